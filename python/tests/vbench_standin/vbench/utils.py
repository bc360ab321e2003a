import json
from pathlib import Path


def init_submodules(dimensions: list[str], local: bool = False, read_frame: bool = False) -> dict:
    return {name: {"model_weight": f"{name}.pth"} for name in dimensions}


def detections(video: str) -> list:
    return json.loads(Path(video).with_suffix(".json").read_text())


class Model:
    """Counts in a file how often a model is made."""

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
