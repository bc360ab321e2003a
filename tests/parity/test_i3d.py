"""I3D, and FVD on it, against cd-fvd 0.1.1."""

import pathlib

import numpy
import pytest
import torch
from conftest import CLIPS, REFERENCES, Evaluator, Probe, assert_same, module_from


@pytest.fixture(scope="module")
def reference(clips: list[torch.Tensor]) -> torch.nn.Module:
    """cd-fvd's network, its normalisation fitted to real clips: with the statistics of a fresh one every clip gives
    nearly the same logits."""
    torch.manual_seed(5)
    network = module_from(REFERENCES / "cdfvd/third_party/i3d/pytorch_i3d.py").InceptionI3d(400, in_channels=3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.momentum = None
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    network.train()
    with torch.no_grad():
        network(torch.cat([prepared(clip) for clip in clips[::2]]))
    return network.eval()


def prepared(frames: torch.Tensor) -> torch.Tensor:
    """Frames [T, H, W, 3] uint8 -> [1, 3, T, 224, 224], as cdfvd.fvd preprocesses them."""
    pictures = frames.permute(0, 3, 1, 2).float()
    resized = torch.nn.functional.interpolate(pictures, size=(224, 224), mode="bilinear", align_corners=False)
    return 2 * resized.permute(1, 0, 2, 3)[None] / 255 - 1


def loaded(frames: torch.Tensor) -> torch.Tensor:
    """What cd-fvd's data loader makes of frames [T, H, W, 3]: shorter side to 256, centre crop, whole bytes."""
    pictures = frames.permute(0, 3, 1, 2).float() / 255
    height, width = pictures.shape[-2:]
    scale = 256 / min(height, width)
    size = (256, int(numpy.ceil(width * scale))) if height < width else (int(numpy.ceil(height * scale)), 256)
    resized = torch.nn.functional.interpolate(pictures, size=size, mode="bilinear", align_corners=False, antialias=True)
    top, left = (size[0] - 256) // 2, (size[1] - 256) // 2
    return (resized[:, :, top : top + 256, left : left + 256] * 255).byte().permute(0, 2, 3, 1)


def test_preparation(probe: Probe, clips: list[torch.Tensor]) -> None:
    made = probe("i3d-clip", pathlib.Path("none"), frames=clips[0].float())["clip"]
    assert (made - prepared(clips[0])).abs().max() <= 1e-6


def test_logits(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips])
    with torch.no_grad():
        theirs = torch.cat([reference(one[None]) for one in inputs]).reshape(len(inputs), -1)
    weights = probe.save(reference.state_dict())
    assert_same(probe("i3d", weights, clips=inputs)["logits"], theirs)
    # Nine frames are the least that the network takes.
    with torch.no_grad():
        theirs = reference(inputs[:, :, :9]).reshape(len(inputs), -1)
    assert_same(probe("i3d", weights, clips=inputs[:, :, :9])["logits"], theirs)


def test_bfloat16_stays_near(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips])
    weights = probe.save(reference.state_dict())
    exact = probe("i3d", weights, clips=inputs)["logits"]
    rounded = probe("i3d", weights, "bfloat16", clips=inputs)["logits"]
    error = ((rounded - exact).norm(dim=1) / exact.norm(dim=1)).max().item()
    assert 1e-5 < error < 0.05, error


def test_fvd_of_files(tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    """From files to features through the metric worker, and the distance against scipy."""
    folder = tmp_path / "weights"
    folder.mkdir()
    torch.save(reference.state_dict(), folder / "i3d_pretrained_400.pt")
    videos = []
    for index, clip in enumerate(clips):
        videos.append(tmp_path / f"{index}.npy")
        numpy.save(videos[-1], clip.numpy())
    worker = Evaluator("--weights-dir", str(folder))
    assert worker.metrics["fvd-i3d"]["weights_sha256"]
    ours = torch.tensor([r["features"]["i3d/logits"] for r in worker.evaluate(videos, ["fvd-i3d"])])
    first = torch.tensor(worker.evaluate([CLIPS / "bikes.mp4"], ["kvd-i3d"])[0]["features"]["i3d/logits"])
    worker.close()
    with torch.no_grad():
        theirs = torch.cat([reference(prepared(loaded(clip))).reshape(1, -1) for clip in clips])
    assert_same(ours, theirs)
    assert_same(torch.stack([first, ours[1]]), theirs[:2])
