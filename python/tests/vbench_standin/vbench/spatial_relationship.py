from vbench.utils import Model as DenseCaptioning  # noqa: F401
from vbench.utils import detections


def spatial_relationship(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    assert model.kind == "detector"
    scores = []
    for info in video_dict:
        asked = info["auxiliary_info"]["spatial_relationship"]
        assert asked["relationship"].startswith("on the ")
        for video in info["video_list"]:
            scores += [float(frame == [asked["object_a"], asked["object_b"]]) for frame in detections(video)]
    return sum(scores) / len(scores), []
