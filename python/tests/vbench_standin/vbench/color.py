from vbench.utils import Model as DenseCaptioning  # noqa: F401
from vbench.utils import detections


def color(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    assert model.kind == "captioner"
    rates = []
    for info in video_dict:
        wanted = info["auxiliary_info"]["color"]
        for video in info["video_list"]:
            coloured = [frame for frame in detections(video) if frame]
            if coloured:
                rates.append(sum(wanted in frame for frame in coloured) / len(coloured))
    return sum(rates) / len(rates), [{"video_results": rate} for rate in rates]
