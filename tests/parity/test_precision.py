"""Networks in bfloat16: numbers of their own, whose error is measured and told."""

import os
import pathlib
import subprocess

import numpy
import pytest
import torch
from conftest import BUILD, score
from test_clip import openai_layout


@pytest.fixture
def arguments(tmp_path: pathlib.Path, clips: list[torch.Tensor]) -> list[str]:
    weights, videos = tmp_path / "weights", tmp_path / "videos"
    weights.mkdir()
    videos.mkdir()
    torch.save(openai_layout(32, 768, 12).state_dict(), weights / "ViT-B-32.pt")
    for index, clip in enumerate(clips[:6]):
        numpy.save(videos / f"{index}.npy", clip[:4].numpy())
    metrics = ["--metrics", "clip/frame-consistency,video/flicker"]
    return [str(videos), "--weights-dir", str(weights), "--unverified-weights", *metrics]


def test_the_error_is_measured(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    exact = score(tmp_path, *arguments)
    rounded = score(tmp_path, *arguments, "--precision", "bfloat16")
    assert "precision" not in exact
    told = rounded["precision"]
    assert told["precision"] == "bfloat16" and told["videos"] == 4
    assert list(told["largest_relative_error"]) == ["clip/frame-consistency"], "the flicker is computed as ever"
    error = told["largest_relative_error"]["clip/frame-consistency"]
    assert 1e-6 < error < 0.05
    values = [[video["metrics"] for video in document["videos"]] for document in (exact, rounded)]
    errors = [abs(b["clip/frame-consistency"] / a["clip/frame-consistency"] - 1) for a, b in zip(*values, strict=True)]
    assert min(errors) > 0 and max(errors) >= error * 0.999
    assert [a["video/flicker"] for a in values[0]] == [b["video/flicker"] for b in values[1]]
    # Each precision has numbers of its own in the cache.
    assert score(tmp_path, *arguments) == exact
    assert score(tmp_path, *arguments, "--precision", "bfloat16") == rounded


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--precision", "float16"], 2, "float16 is for CUDA devices"),
        (["--precision", "float8"], 2, "float8"),
        (["--device", "tpu"], 3, "'tpu' is no device"),
        (["--evaluator", "some-worker", "--precision", "bfloat16"], 2, "not another worker's"),
    ],
)
def test_mistakes(tmp_path: pathlib.Path, arguments: list[str], options: list[str], code: int, message: str) -> None:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [str(BUILD / "bin/vidbench"), "score", *arguments, *options]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert message in result.stderr, result.stderr
    assert result.returncode == code, result.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [str(BUILD / "bin/vidbench"), "score", *arguments, "--device", "cuda"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert result.returncode == 3 and "there is no CUDA device" in result.stderr
