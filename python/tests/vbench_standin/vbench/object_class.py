from vbench.utils import Model as DenseCaptioning  # noqa: F401
from vbench.utils import detections


def object_class(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    assert model.kind == "detector"
    rates = []
    for info in video_dict:
        wanted = set(info["auxiliary_info"]["object"].split(" and "))
        for video in info["video_list"]:
            frames = detections(video)
            rates.append(sum(wanted <= set(frame) for frame in frames) / len(frames))
    return sum(rates) / len(rates), [{"video_results": rate} for rate in rates]
