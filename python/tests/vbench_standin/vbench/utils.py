import json
from pathlib import Path


def init_submodules(dimensions: list[str], local: bool = False, read_frame: bool = False) -> dict:
    return {name: {"model_weight": f"{name}.pth"} for name in dimensions}


def frames_of(video: str) -> list:
    return json.loads(Path(video).with_suffix(".json").read_text())


class Model:
    """Tells in the log when a model is made and when it looks at a video's frames."""

    def __init__(self, device: object) -> None:
        self.device, self.kind = device, ""

    def _ready(self, kind: str, model_weight: str) -> None:
        assert model_weight.endswith(".pth")
        self.kind = kind
        print(f"loaded {kind}", flush=True)

    def initialize_model_det(self, model_weight: str) -> None:
        self._ready("detector", model_weight)

    def initialize_model(self, model_weight: str) -> None:
        self._ready("captioner", model_weight)

    def run_caption_tensor(self, frame: list) -> tuple[list[tuple], object]:
        """Of each object its caption or class, its box, and the classes of all objects; and the frame with them."""
        print(f"{self.kind} looks", flush=True)
        whole = [[*one, [0, 0, 8, 8]] if isinstance(one[-1], str) else one for one in frame]
        classes = [one[-2] for one in whole]
        texts = [one[0] for one in whole]
        return [(text, one[-1], classes) for text, one in zip(texts, whole, strict=True)], object()
