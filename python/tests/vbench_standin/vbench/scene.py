from vbench.utils import frames_of


class _Tagger:
    def __init__(self, model_weight: str) -> None:
        assert model_weight == "scene.pth"
        self.ready = False

    def eval(self) -> "_Tagger":
        self.ready = True
        return self

    def to(self, device: object) -> "_Tagger":
        return self

    def generate(
        self, image: list[str], tag_input: None = None, return_tag_predict: bool = False
    ) -> tuple[list[str], list[str]]:
        assert self.ready and return_tag_predict
        return image, ["tag"] * len(image)


tag2text_caption = _Tagger


def scene(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    """Words count inside other words."""
    hits = []
    for info in video_dict:
        words = info["auxiliary_info"]["scene"]["scene"].split(" ")
        for video in info["video_list"]:
            captions, _ = model.generate(frames_of(video), tag_input=None, return_tag_predict=True)
            hits += [all(word in caption for word in words) for caption in captions]
    return sum(hits) / len(hits), []
