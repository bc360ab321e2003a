from vbench.utils import Model as DenseCaptioning  # noqa: F401
from vbench.utils import frames_of

COLOURS = ("red", "blue", "gray", "grey")


def color(model: object, video_dict: list[dict], device: object) -> tuple[float, list[dict]]:
    """Captions count under the class of the frame's first object; colours are parts of captions."""
    assert model.kind == "captioner"
    rates = []
    for info in video_dict:
        wanted = info["auxiliary_info"]["color"]
        thing = info["prompt"].removeprefix("a ").replace(wanted, "").strip()
        for video in info["video_list"]:
            texts = []
            for frame in frames_of(video):
                objects, _ = model.run_caption_tensor(frame)
                texts.append([text for text, _, classes in objects if classes[0] == thing])
            coloured = [frame for frame in texts if any(one in text for text in frame for one in COLOURS)]
            if coloured:
                rates.append(sum(any(wanted in text for text in frame) for frame in coloured) / len(coloured))
    return sum(rates) / len(rates), [{"video_results": rate} for rate in rates]
