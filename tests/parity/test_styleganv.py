"""FVD on a TorchScript program with the interface of StyleGAN-V's I3D, against the same program in Python."""

import json
import os
import pathlib
import subprocess

import numpy
import pytest
import torch
from conftest import BUILD, Evaluator, assert_same, score
from test_set_statistics import frechet


class Detector(torch.nn.Module):
    """A network of the same interface: rescales, resizes, returns 400 numbers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.first = torch.nn.Conv3d(3, 16, (3, 7, 7), (2, 8, 8))
        self.second = torch.nn.Conv3d(16, 32, (3, 5, 5), (2, 4, 4))
        self.last = torch.nn.Linear(32 * 6, 400)

    def forward(
        self, x: torch.Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False
    ) -> torch.Tensor:
        if rescale:
            x = 2 * x / 255 - 1
        if resize:
            x = torch.nn.functional.interpolate(x, size=[x.size(2), 224, 224], mode="trilinear", align_corners=False)
        x = torch.relu(self.second(torch.relu(self.first(x))))
        x = self.last(torch.cat([x.mean((3, 4)).flatten(1), x.amax((3, 4)).flatten(1)], 1))
        return x if return_features else torch.softmax(x, 1)


def square(clip: torch.Tensor) -> torch.Tensor:
    height, width = clip.shape[1:3]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return clip[:, top : top + side, left : left + side]


@pytest.fixture
def weights(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    torch.jit.script(Detector().eval()).save(str(folder / "i3d_torchscript.pt"))
    return folder


def pin(weights: pathlib.Path, tmp_path: pathlib.Path) -> None:
    command = [str(BUILD / "bin/vidbench"), "weights", "verify", "i3d_torchscript.pt", "--pin"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    result = subprocess.run([*command, "--weights-dir", str(weights)], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_fvd(tmp_path: pathlib.Path, weights: pathlib.Path, clips: list[torch.Tensor]) -> None:
    pin(weights, tmp_path)
    files = []
    for index, clip in enumerate(clips):
        files.append(tmp_path / "videos" / f"{index}.npy")
        files[-1].parent.mkdir(exist_ok=True)
        numpy.save(files[-1], clip.numpy())
    with torch.no_grad():
        inputs = [square(clip).permute(3, 0, 1, 2)[None].float() for clip in clips]
        theirs = torch.cat([Detector().eval()(x, rescale=True, resize=True, return_features=True) for x in inputs])
    worker = Evaluator("--weights-dir", str(weights), official_only=True)
    results = worker.evaluate(files, ["fvd-styleganv"])
    worker.close()
    ours = torch.tensor([result["features"]["i3d-styleganv/logits"] for result in results])
    assert_same(ours, theirs)
    (tmp_path / "real").mkdir()
    for file in files[::2]:
        (tmp_path / "real" / file.name).symlink_to(file)
    arguments = ("--metrics", "fvd-styleganv", "--weights-dir", str(weights), "--allow-small-sample")
    document = score(tmp_path, str(tmp_path / "videos"), "--reference", str(tmp_path / "real"), *arguments)
    expected = frechet(theirs.numpy(), theirs[::2].numpy(), biased=True)
    assert document["metrics"]["fvd-styleganv"]["value"] == pytest.approx(expected, rel=1e-4)


def unavailable(weights: pathlib.Path) -> str:
    worker = Evaluator("--weights-dir", str(weights), official_only=True)
    worker.close()
    return worker.metrics["fvd-styleganv"]["unavailable"]


def test_a_program_is_run_only_when_it_is_known(tmp_path: pathlib.Path, weights: pathlib.Path) -> None:
    assert "run only when its digest is known" in unavailable(weights)
    pin(weights, tmp_path)
    assert unavailable(weights) == ""
    pins = weights / "pins.json"
    document = json.loads(pins.read_text())
    digest = document["files"]["i3d_torchscript.pt"]["sha256"]
    torch.jit.script(torch.nn.Identity()).save(str(weights / "i3d_torchscript.pt"))
    assert digest[:12] in unavailable(weights), "another file of the name is refused"
    pins.write_text("[]")
    assert "pins.json" in unavailable(weights)


def test_another_program_fails_with_its_name(tmp_path: pathlib.Path, weights: pathlib.Path) -> None:
    torch.jit.script(torch.nn.Identity()).save(str(weights / "i3d_torchscript.pt"))
    pin(weights, tmp_path)
    numpy.save(tmp_path / "a.npy", numpy.zeros((16, 32, 32, 3), numpy.uint8))
    worker = Evaluator("--weights-dir", str(weights), official_only=True)
    (result,) = worker.evaluate([tmp_path / "a.npy"], ["fvd-styleganv"])
    worker.close()
    assert "i3d_torchscript.pt: the program failed" in result["missing"]["fvd-styleganv"]
