from itertools import combinations

from vbench.utils import Model as DenseCaptioning  # noqa: F401
from vbench.utils import frames_of


def spatial_relationship(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    """Any two boxes of the two classes, on whichever side; the stand-in's boxes do not overlap."""
    assert model.kind == "detector"
    scores = []
    for info in video_dict:
        asked = info["auxiliary_info"]["spatial_relationship"]
        across = asked["relationship"] in ("on the left of", "on the right of")
        for video in info["video_list"]:
            for frame in frames_of(video):
                objects, _ = model.run_caption_tensor(frame)
                boxes = [box for name, box, _ in objects if name in (asked["object_a"], asked["object_b"])]
                scores.append(float(any(is_across(*pair) == across for pair in combinations(boxes, 2))))
    return sum(scores) / len(scores), []


def is_across(a: list[int], b: list[int]) -> bool:
    return abs(a[0] + a[2] - b[0] - b[2]) > abs(a[1] + a[3] - b[1] - b[3])
