"""Tiny pipelines with random weights, one module a family: real classes, real code path, no download."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Nothing here may look for a model elsewhere; must be set before the libraries are imported.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from . import (
    allegro,
    animatediff,
    cogvideox,
    hunyuan_video,
    latte,
    ltx,
    mochi,
    modelscope,
    svd,
    wan,
)

SEED = 0
FAMILIES: dict[str, Callable[[], Any]] = {
    "allegro": allegro.make,
    "animatediff": animatediff.make,
    "cogvideox": cogvideox.make,
    "cogvideox-i2v": cogvideox.make_from_image,
    "hunyuan-video": hunyuan_video.make,
    "latte": latte.make,
    "ltx": ltx.make,
    "mochi": mochi.make,
    "modelscope": modelscope.make,
    "motion-adapter": animatediff.make_adapter,
    "svd": svd.make,
    "wan": wan.make,
    "wan-i2v": wan.make_from_image,
}


def make(family: str, folder: Path) -> Path:
    """Saves the tiny pipeline of a family into `folder`; the same bytes each time."""
    import torch

    torch.manual_seed(SEED)
    made = FAMILIES[family]()
    for module in getattr(made, "components", {"": made}).values():
        if isinstance(module, torch.nn.Module):
            spread_weights(module)
    made.save_pretrained(folder, safe_serialization=True)
    return folder


def spread_weights(module: Any) -> None:
    """Fresh layers are near zero, so that every video would be the same grey: give each matrix unit gain."""
    import torch

    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim >= 2:
                fan_in = parameter[0].numel()
                parameter.normal_(0.0, fan_in**-0.5)
