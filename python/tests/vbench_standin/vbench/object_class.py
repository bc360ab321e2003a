from vbench.utils import Model as DenseCaptioning  # noqa: F401
from vbench.utils import frames_of


def object_class(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    assert model.kind == "detector"
    rates = []
    for info in video_dict:
        wanted = set(info["auxiliary_info"]["object"].split(" and "))
        for video in info["video_list"]:
            found = [model.run_caption_tensor(frame)[0] for frame in frames_of(video)]
            rates.append(sum(wanted <= {one[0] for one in frame} for frame in found) / len(found))
    return sum(rates) / len(rates), [{"video_results": rate} for rate in rates]
