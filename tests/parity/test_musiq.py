"""MUSIQ against pyiqa's network, from tensors and from files."""

import pathlib
import sys
import types

import numpy
import pytest
import torch
import torchvision.transforms.functional as functional
from conftest import REFERENCES, Evaluator, Probe
from torchvision.transforms import InterpolationMode


def pyiqa_musiq() -> types.ModuleType:
    """pyiqa's module of the network; the package itself asks for many others when it is imported."""
    import importlib.util

    for name in ("pyiqa", "pyiqa.archs", "pyiqa.data", "pyiqa.utils", "pyiqa.utils.registry", "pyiqa.archs.arch_util"):
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.__path__ = [str(REFERENCES / name.replace(".", "/"))]
            sys.modules[name] = module
    registry = types.SimpleNamespace(register=lambda: lambda cls: cls)
    sys.modules["pyiqa.utils.registry"].ARCH_REGISTRY = registry
    util = sys.modules["pyiqa.archs.arch_util"]
    util.dist_to_mos = lambda q: q
    util.load_pretrained_network = None
    util.get_url_from_name = lambda name: name
    util.ExactPadding2d = SamePadding
    util.exact_padding_2d = lambda x, kernel, stride, mode: SamePadding(kernel, stride)(x)
    for name in ("pyiqa.data.multiscale_trans_util", "pyiqa.archs.musiq_arch"):
        spec = importlib.util.spec_from_file_location(name, REFERENCES / (name.replace(".", "/") + ".py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules["pyiqa.archs.musiq_arch"]


class SamePadding(torch.nn.Module):
    """TensorFlow's SAME padding with zeros."""

    def __init__(self, kernel: int | tuple[int, int], stride: int | tuple[int, int], mode: str = "same") -> None:
        super().__init__()
        self.kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        self.stride = stride if isinstance(stride, tuple) else (stride, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads = []
        for extent, kernel, stride in zip(
            reversed(x.shape[-2:]), reversed(self.kernel), reversed(self.stride), strict=True
        ):
            total = max((-(-extent // stride) - 1) * stride + kernel - extent, 0)
            pads += [total // 2, total - total // 2]
        return torch.nn.functional.pad(x, pads)


@pytest.fixture(scope="module")
def reference() -> torch.nn.Module:
    torch.manual_seed(4)
    network = pyiqa_musiq().MUSIQ(pretrained=False, num_layers=3, num_class=1)
    for parameter in network.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=1.5 / parameter[0].numel() ** 0.5)
        else:
            torch.nn.init.normal_(parameter, mean=0.5, std=0.3)
    return network.eval()


def pictures(clips: list[torch.Tensor]) -> list[torch.Tensor]:
    """Of several shapes, [3, H, W] in 0..1: wide, upright, smaller than a patch, and no multiple of one."""
    shapes = [(0, 272, 500), (4, 500, 281), (8, 144, 176), (8, 20, 50), (5, 97, 333)]
    return [clips[i][3].permute(2, 0, 1)[:, :h, :w].float() / 255 for i, h, w in shapes]


@torch.no_grad()
def test_qualities(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    weights = probe.save(reference.state_dict())
    values = []
    for picture in pictures(clips):
        theirs = reference(picture[None]).item()
        ours = probe("musiq", weights, picture=picture)["quality"].item()
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-4), picture.shape
        values.append(theirs)
    assert numpy.std(values) > 100 * 1e-4 * numpy.abs(values).mean(), values


@torch.no_grad()
def test_imaging_quality_of_files(
    tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]
) -> None:
    torch.save(reference.state_dict(), tmp_path / "musiq_spaq_ckpt-358bb6af.pth")
    worker = Evaluator("--weights-dir", str(tmp_path))
    for name, frames in {"large": clips[0][:3], "small": clips[8][:3]}.items():
        numpy.save(tmp_path / f"{name}.npy", frames.numpy())
        ours = worker.evaluate([tmp_path / f"{name}.npy"], ["vbench/imaging-quality"])[0]["values"]
        tensor = frames.permute(0, 3, 1, 2).float()
        height, width = tensor.shape[-2:]
        if max(height, width) > 512:
            scale = 512 / max(height, width)
            size = [int(scale * height), int(scale * width)]
            tensor = functional.resize(tensor, size, InterpolationMode.BILINEAR, antialias=False)
        theirs = torch.cat([reference(frame[None] / 255) for frame in tensor]).mean().item() / 100
        assert ours["vbench/imaging-quality"] == pytest.approx(theirs, rel=1e-4, abs=1e-6), name
    worker.close()
