"""C3D and the Inception Score of videos against an independent implementation: TGAN2's needs Chainer, so the network
below is written from its definition, and saved as Chainer saves it."""

import pathlib
import subprocess

import numpy
import pytest
import torch
from conftest import BUILD, Probe, assert_same, score

CHANNELS = {"1a": 8, "2a": 12, "3a": 16, "3b": 16, "4a": 24, "4b": 24, "5a": 32, "5b": 32}
HIDDEN, CLASSES = 48, 101


class Reference(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        inputs = 3
        for name, outputs in CHANNELS.items():
            self.add_module(f"conv{name}", torch.nn.Conv3d(inputs, outputs, 3, padding=1))
            inputs = outputs
        self.fc6 = torch.nn.Linear(inputs * 16, HIDDEN)
        self.fc7 = torch.nn.Linear(HIDDEN, HIDDEN)
        self.fc8 = torch.nn.Linear(HIDDEN, CLASSES)
        self.register_buffer("mean", torch.rand(3, 16, 128, 171) * 60 + 70)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        x = clips - self.mean[:, :, 8:120, 8:120]
        for name in CHANNELS:
            x = self.get_submodule(f"conv{name}")(x).relu()
            if name == "1a":
                x = torch.nn.functional.max_pool3d(x, (1, 2, 2))
            elif name not in ("3a", "4a", "5a"):
                # Rounded up: 7 rows become 4.
                x = torch.nn.functional.max_pool3d(x, 2, ceil_mode=True)
        x = self.fc6(x.flatten(1)).relu()
        return self.fc8(self.fc7(x).relu())


@pytest.fixture(scope="module")
def reference(clips: list[torch.Tensor]) -> Reference:
    """Random weights whose layers keep the size of real clips, and logits that make posteriors differ."""
    torch.manual_seed(13)
    network = Reference().eval()
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        else:
            torch.nn.init.normal_(parameter, std=5 if name.startswith("conv") else 1)
    with torch.no_grad():
        network.fc8.bias.zero_()
        logits = network(torch.cat([prepared(clip) for clip in clips]))
        scale = 3 / (logits - logits.mean(0)).std()
        network.fc8.weight.mul_(scale)
        network.fc8.bias.copy_(-scale * logits.mean(0))
    return network


def prepared(frames: torch.Tensor) -> torch.Tensor:
    """Frames [16, H, W, 3] uint8 -> [1, 3, 16, 112, 112], blue first: each pixel the mix of four, the corners of both
    pictures on each other."""
    pixels = frames.double()
    for axis in (1, 2):
        extent = pixels.shape[axis]
        place = torch.arange(112, dtype=torch.float64) * (extent - 1) / 111
        low = place.floor().long().clamp(max=extent - 1)
        share = (place - low).reshape([-1 if dim == axis else 1 for dim in range(4)])
        high = (low + 1).clamp(max=extent - 1)
        pixels = pixels.index_select(axis, low) * (1 - share) + pixels.index_select(axis, high) * share
    return pixels.flip(3).permute(3, 0, 1, 2).float()[None]


def official(network: Reference, folder: pathlib.Path, *, compressed: bool) -> None:
    """conv3d_deepnetA_ucf.npz and mean2.npz."""
    arrays = {}
    for name, parameter in network.named_parameters():
        module, kind = name.split(".")
        arrays[f"{module}/{'W' if kind == 'weight' else 'b'}"] = parameter.detach().numpy()
    save = numpy.savez_compressed if compressed else numpy.savez
    save(folder / "conv3d_deepnetA_ucf.npz", **arrays)
    save(folder / "mean2.npz", mean=network.mean.double().numpy() if compressed else network.mean.numpy())


def test_preparation(probe: Probe, clips: list[torch.Tensor]) -> None:
    single = torch.full((16, 1, 1, 3), 7, dtype=torch.uint8)
    for frames in (*clips[::3], clips[0][:, :112, :112], single):
        made = probe("c3d-clip", pathlib.Path("none"), frames=frames.float())["clip"]
        assert (made - prepared(frames)).abs().max() < 2e-2  # of 255, in single precision


@torch.no_grad()
@pytest.mark.parametrize("compressed", [False, True])
def test_logits(probe: Probe, reference: Reference, clips: list[torch.Tensor], compressed: bool) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips])
    official(reference, probe.folder, compressed=compressed)
    assert_same(probe("c3d", probe.folder, clips=inputs)["logits"], reference(inputs))


def test_bad_files_are_named(probe: Probe, reference: Reference) -> None:
    given = probe.folder / "inputs.safetensors"
    given.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    command = [str(BUILD / "tests/nn_probe"), "c3d", str(probe.folder), str(given), str(probe.folder / "out")]

    def refusal() -> str:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stderr

    official(reference, probe.folder, compressed=False)
    numpy.savez(probe.folder / "mean2.npz", mean=numpy.zeros((3, 16, 112, 112), numpy.float32))
    assert "mean2.npz: tensor 'mean' has another shape" in refusal()
    official(reference, probe.folder, compressed=False)
    whole = (probe.folder / "conv3d_deepnetA_ucf.npz").read_bytes()
    (probe.folder / "conv3d_deepnetA_ucf.npz").write_bytes(whole[: len(whole) // 2])
    assert "conv3d_deepnetA_ucf.npz: is cut off" in refusal()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 255
    (probe.folder / "conv3d_deepnetA_ucf.npz").write_bytes(damaged)
    assert "conv3d_deepnetA_ucf.npz: array 'conv5a/W' has another checksum" in refusal()
    numpy.savez(probe.folder / "conv3d_deepnetA_ucf.npz", **{"conv1a/W": numpy.zeros((8, 3, 3, 3, 3), numpy.float32)})
    assert "'conv1a/b'" in refusal()


def test_score_of_files(tmp_path: pathlib.Path, reference: Reference, clips: list[torch.Tensor]) -> None:
    weights, videos = tmp_path / "weights", tmp_path / "videos"
    weights.mkdir()
    videos.mkdir()
    official(reference, weights, compressed=False)
    for index, clip in enumerate(clips):
        numpy.save(videos / f"{index}.npy", clip.numpy())
    found = score(tmp_path, str(videos), "--metrics", "is-videos", "--weights-dir", str(weights))
    with torch.no_grad():
        logits = torch.cat([reference(prepared(clip)) for clip in clips])
    p = logits.double().softmax(1).numpy()
    divergence = (p * (numpy.log(p) - numpy.log(p.mean(0)))).sum(1).mean()
    assert numpy.exp(divergence) > 1.5, "the reference's posteriors hardly differ"
    assert found["metrics"]["is-videos"]["value"] == pytest.approx(numpy.exp(divergence), rel=1e-4)
    assert found["metrics"]["is-videos"]["n"] == len(clips)
