"""Resizing of bytes against Pillow."""

import pathlib

import numpy
import pytest
import torch
from conftest import Probe
from PIL import Image

SIZES = [(224, 398), (224, 224), (100, 37), (1, 1), (272, 640), (272, 100), (500, 640), (700, 900)]


@pytest.mark.parametrize("size", SIZES)
def test_the_same_bytes(probe: Probe, clips: list[torch.Tensor], size: tuple[int, int]) -> None:
    frame = clips[0][3]
    for bicubic, method in ((True, Image.Resampling.BICUBIC), (False, Image.Resampling.BILINEAR)):
        inputs = {"frame": frame.float(), "size": torch.tensor(size), "bicubic": torch.tensor([int(bicubic)])}
        made = probe("resample", pathlib.Path("none"), **inputs)["frame"].numpy()
        wanted = numpy.asarray(Image.fromarray(frame.numpy()).resize((size[1], size[0]), method))
        assert numpy.array_equal(made, wanted), (numpy.abs(made - wanted).max(), bicubic)
