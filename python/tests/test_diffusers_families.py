"""Every kind of pipeline through the real worker process: text-, image- and video-to-video of many families."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worker_process import WorkerProcess

pytest.importorskip("diffusers")

import tiny_pipelines
from test_diffusers import load_params, start_worker

SHORT_TEXT = {"max_sequence_length": 16}


@dataclass(frozen=True)
class Case:
    family: str  # of tiny_pipelines
    pipeline: str
    files: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    frames: int = 9
    made: int | None = None  # frames, where the family rounds
    side: int = 32
    steps: int = 3  # that are left to do

    def __str__(self) -> str:
        return self.pipeline


CASES = [
    Case(
        "allegro", "AllegroPipeline", settings={"vae_tiling": True, "call": SHORT_TEXT}, frames=24, side=128
    ),
    Case("animatediff", "AnimateDiffPipeline"),
    Case("cogvideox", "CogVideoXPipeline"),
    Case("hunyuan-video", "HunyuanVideoPipeline"),
    Case("latte", "LattePipeline", frames=16),
    Case("ltx", "LTXPipeline"),
    Case("mochi", "MochiPipeline", settings={"call": SHORT_TEXT}, made=7),
    Case("modelscope", "TextToVideoSDPipeline"),
    Case("wan", "WanPipeline"),
    Case("cogvideox-i2v", "CogVideoXImageToVideoPipeline", ("image",)),
    Case("ltx", "LTXImageToVideoPipeline", ("image",)),
    Case("svd", "StableVideoDiffusionPipeline", ("image",)),
    Case("wan-i2v", "WanImageToVideoPipeline", ("image",)),
    Case("animatediff", "AnimateDiffVideoToVideoPipeline", ("video",), steps=2),
    Case("cogvideox", "CogVideoXVideoToVideoPipeline", ("video",), steps=2),
    Case("ltx", "LTXConditionPipeline", ("video",)),
    Case("wan", "WanVideoToVideoPipeline", ("video",), steps=2),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pipelines by family, and two of each file that a prompt may give: image0.png, video1.npy, …"""
    image = pytest.importorskip("PIL.Image")
    root = tmp_path_factory.mktemp("families")
    for family in {case.family for case in CASES} | {"motion-adapter"}:
        tiny_pipelines.make(family, root / family)
    for index in range(2):
        pixels = np.random.default_rng(index).integers(0, 256, (12, 40, 60, 3), dtype=np.uint8)
        image.fromarray(pixels[0]).save(root / f"image{index}.png")
        np.save(root / f"video{index}.npy", pixels)
    return root


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    process = start_worker(tmp_path_factory.mktemp("worker"))
    yield process
    process.kill()


def settings_of(case: Case, root: Path) -> dict[str, Any]:
    settings = {"pipeline": case.pipeline, "path": str(root / case.family), "fps": 8} | case.settings
    if case.family == "animatediff":
        settings["motion_adapter"] = {"path": str(root / "motion-adapter")}
    return settings


def request_of(case: Case, root: Path, **change: Any) -> dict[str, Any]:
    request = {"prompt": "a red circle", "seed": 1, "frames": case.frames, "steps": 3}
    request |= {"width": case.side, "height": case.side}
    request |= {file: str(next(root.glob(f"{file}0.*"))) for file in case.files}
    return {key: value for key, value in (request | change).items() if value is not None}


def generate(worker: WorkerProcess, folder: Path, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = [{"id": f"v{index}", **item} for index, item in enumerate(requests)]
    return list(worker.call("generate", {"output_dir": str(folder), "requests": named})["results"])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_family_generates(worker: WorkerProcess, root: Path, tmp_path: Path, case: Case) -> None:
    worker.progress.clear()
    worker.call("load", load_params(settings_of(case, root)))
    other_file = {file: str(next(root.glob(f"{file}1.*"))) for file in case.files}
    changes: list[dict[str, Any]] = [{}, {}, {"seed": 2}, other_file or {"prompt": "a blue square"}]
    time.sleep(1.0)  # so that the last case's messages do not count against this one's 20 a second
    try:
        results = generate(worker, tmp_path, [request_of(case, root, **change) for change in changes])
    finally:
        worker.call("unload")
    assert all("video" in result for result in results), results
    one, again, other_seed, other_input = (np.load(tmp_path / result["video"]) for result in results)
    assert one.shape == (case.made or case.frames, case.side, case.side, 3)
    assert one.std() > 5, "the video shows something"
    assert (one == again).all(), "the same seed gives the same bytes"
    assert (one != other_seed).any(), "the seed matters"
    assert (one != other_input).any(), "what it starts from matters"
    for result in results:
        assert set(result["stages"]) == {"text_encode", "denoise", "decode"}
    first = [item for item in worker.progress if item.get("id") == "v0"]
    assert [(i["stage"], i.get("step"), i.get("steps")) for i in first] == [
        ("text_encode", None, None),
        *(("denoise", step, case.steps) for step in range(1, case.steps + 1)),
        ("decode", None, None),
    ]


def test_files_that_do_not_fit_are_one_sample_s(worker: WorkerProcess, root: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    picture, video = str(root / "image0.png"), str(root / "video0.npy")

    def failures(case: Case, *changes: dict[str, Any]) -> list[tuple[str, str]]:
        worker.call("load", load_params(settings_of(case, root)))
        try:
            results = generate(worker, tmp_path, [request_of(case, root, **change) for change in changes])
            good = generate(worker, tmp_path, [request_of(case, root)])
        finally:
            worker.call("unload")
        assert "video" in good[0], good
        return [(result["error"]["class"], result["error"]["message"]) for result in results]

    by_pipeline = {case.pipeline: case for case in CASES}
    text, from_image, from_video = (
        by_pipeline[name] for name in ("WanPipeline", "LTXImageToVideoPipeline", "WanVideoToVideoPipeline")
    )
    takes_none = failures(text, {"image": picture}, {"video": video})
    assert [kind for kind, _ in takes_none] == ["unsupported"] * 2
    assert takes_none[0][1].startswith("WanPipeline takes no image; ")
    needs = failures(
        from_image,
        {"image": None},
        {"image": str(tmp_path / "text.png")},
        {"image": str(tmp_path / "no.png")},
    )
    assert [kind for kind, _ in needs] == ["unsupported", "invalid-request", "invalid-request"]
    assert "LTXImageToVideoPipeline needs an image and the prompt has none" in needs[0][1]
    assert "text.png" in needs[1][1] and "no.png" in needs[2][1]
    video_needs = failures(from_video, {"video": None}, {"frames": 17}, {"video": str(tmp_path / "cut.mp4")})
    assert [kind for kind, _ in video_needs] == ["unsupported", "unsupported", "invalid-request"]
    assert "needs a video" in video_needs[0][1]
    assert "has 12 frames, 17 are needed" in video_needs[1][1]
    assert "cut.mp4" in video_needs[2][1]


def test_a_video_may_be_shorter_than_what_goes_on_from_it(
    worker: WorkerProcess, root: Path, tmp_path: Path
) -> None:
    (case,) = (case for case in CASES if case.pipeline == "LTXConditionPipeline")
    worker.call("load", load_params(settings_of(case, root)))
    try:
        (result,) = generate(worker, tmp_path, [request_of(case, root, frames=17)])
    finally:
        worker.call("unload")
    assert result.get("frames") == 17, result


def test_encoded_videos_are_decoded(root: Path, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    from vidbench_worker.diffusers_runner.conditioning import load_video

    file = tmp_path / "grey.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for level in (20, 90, 160, 230):
            frame = av.VideoFrame.from_ndarray(np.full((32, 64, 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames = [np.asarray(picture) for picture in load_video(file, 3, (16, 16))]
    assert [frame.shape for frame in frames] == [(16, 16, 3)] * 3
    for frame, level in zip(frames, (20, 90, 160), strict=True):
        assert abs(float(frame.mean()) - level) < 6


def test_pictures_are_upright_and_cover_the_size(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    from vidbench_worker.diffusers_runner.conditioning import load_image

    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[:, :20] = (255, 0, 0, 255)
    pixels[:, 20:] = (0, 0, 255, 255)
    exif = image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    image.fromarray(pixels[..., :3]).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    image.fromarray(pixels).save(tmp_path / "alpha.png")
    turned = load_image(tmp_path / "turned.jpg", None)
    assert turned.size == (20, 40)
    assert turned.getpixel((10, 5))[0] > 200 and turned.getpixel((10, 35))[2] > 200
    square = np.asarray(load_image(tmp_path / "alpha.png", (20, 20)))
    assert square.shape == (20, 20, 3)
    assert tuple(square[10, 2]) == (255, 0, 0) and tuple(square[10, 17]) == (0, 0, 255)
