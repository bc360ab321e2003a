"""A pipeline's output, whatever its form, as one array of frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import WorkerError


def first_video(output: Any) -> Any:
    """Frames [T, H, W, 3] of the first video: NumPy, uint8 or float in 0..1."""
    frames = getattr(output, "frames", None)
    if frames is None:
        frames = getattr(output, "images", None)  # TextToVideoZero
    if frames is None and isinstance(output, (tuple, list)) and output:
        frames = output[0]
    if frames is None:
        raise WorkerError("bad-output", f"the pipeline returned a {type(output).__name__} without frames")
    return _one_video(frames)


def _one_video(frames: Any) -> Any:
    if hasattr(frames, "detach"):
        frames = frames.detach().cpu()
        frames = (frames.float() if frames.is_floating_point() else frames).numpy()
    if isinstance(frames, np.ndarray):
        return _colours_last(frames[0] if frames.ndim == 5 else frames)
    return _from_list(list(frames))


def _from_list(frames: list[Any]) -> Any:
    if frames and isinstance(frames[0], (list, tuple)):  # a batch of lists of images
        frames = list(frames[0])
    elif frames and getattr(frames[0], "ndim", 0) == 4:  # a batch of arrays
        return _one_video(frames[0])
    if not frames:
        raise WorkerError("bad-output", "the pipeline returned no frames")
    if hasattr(frames[0], "convert"):  # PIL images
        return np.stack([np.asarray(image.convert("RGB")) for image in frames])
    if not isinstance(frames[0], np.ndarray):
        raise WorkerError(
            "bad-output", f"the pipeline returned frames of the type {type(frames[0]).__name__}"
        )
    return _colours_last(np.stack(frames))


def _colours_last(frames: Any) -> Any:
    """torch outputs are [T, 3, H, W]."""
    if frames.ndim == 4 and frames.shape[3] != 3 and frames.shape[1] == 3:
        return frames.transpose(0, 2, 3, 1)
    return frames
