from vbench.utils import detections


class _Tagger:
    def __init__(self, model_weight: str) -> None:
        assert model_weight == "scene.pth"
        self.ready = False

    def eval(self) -> "_Tagger":
        self.ready = True
        return self

    def to(self, device: object) -> "_Tagger":
        return self


tag2text_caption = _Tagger


def scene(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    assert model.ready
    hits = []
    for info in video_dict:
        words = info["auxiliary_info"]["scene"]["scene"].split(" ")
        for video in info["video_list"]:
            hits += [all(word in caption for word in words) for caption in detections(video)]
    return sum(hits) / len(hits), []
