"""Videos as arrays: the checks between a model's output and the file that vidbench reads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .errors import WorkerError

Frames = npt.NDArray[np.uint8]

# Rounding in a model's last layer; anything further out means another value range (-1..1, 0..255).
RANGE_TOLERANCE: Final = 1e-3
SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True)
class Video:
    """Frames [T, H, W, 3], uint8 or float in 0..1 (NumPy array or torch tensor), and the rate to play them at."""

    frames: Any
    fps: float


def to_uint8(frames: Any) -> Frames:
    """Frames as uint8 [T, H, W, 3] in C order. Raises WorkerError("bad-output") that says what is wrong."""
    array = _to_array(frames)
    if array.ndim != 4 or array.shape[3] != 3:
        raise WorkerError(
            "bad-output", f"frames have the shape {_shape(array)}, expected T×H×W×3{_advice(array)}"
        )
    if 0 in array.shape:
        raise WorkerError("bad-output", f"the video is empty: its shape is {_shape(array)}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind != "f":
        raise WorkerError("bad-output", f"frames are {array.dtype}, expected uint8, or float in 0..1")
    return _from_float(array)


def _to_array(frames: Any) -> npt.NDArray[Any]:
    if hasattr(frames, "detach"):  # a torch tensor
        frames = frames.detach().cpu()
        if frames.is_floating_point():
            frames = frames.float()  # NumPy has no bfloat16
        frames = frames.numpy()
    if not isinstance(frames, np.ndarray):
        raise WorkerError(
            "bad-output", f"frames are a {type(frames).__name__}, expected a NumPy array or a torch tensor"
        )
    return frames


def _from_float(array: npt.NDArray[Any]) -> Frames:
    finite = np.isfinite(array)
    if not finite.all():
        frame = int(np.argwhere(~finite.all(axis=(1, 2, 3)))[0][0])
        share = 1.0 - float(finite.mean())
        raise WorkerError(
            "bad-output", f"frame {frame}: not-finite values ({share:.1%} of the video are NaN or Inf)"
        )
    low, high = float(array.min()), float(array.max())
    if low < -RANGE_TOLERANCE or high > 1 + RANGE_TOLERANCE:
        raise WorkerError("bad-output", f"float frames lie in {low:.4g}..{high:.4g}, expected 0..1")
    return np.ascontiguousarray(np.rint(np.clip(array, 0.0, 1.0) * 255.0).astype(np.uint8))


def _shape(array: npt.NDArray[Any]) -> str:
    return "×".join(str(size) for size in array.shape) or "()"


def _advice(array: npt.NDArray[Any]) -> str:
    if array.ndim == 5 and array.shape[0] == 1:
        return "; drop the batch axis: frames[0]"
    if array.ndim == 4 and array.shape[1] == 3:
        return "; move the colours last: frames.transpose(0, 2, 3, 1)"
    if array.ndim == 4 and array.shape[0] == 3:
        return "; move the colours last: frames.transpose(1, 2, 3, 0)"
    return ""


def file_name(sample_id: str) -> str:
    """A file name for a sample's video that cannot leave its folder, whatever the id holds."""
    if SAFE_NAME.fullmatch(sample_id):
        return f"{sample_id}.npy"
    return f"video-{hashlib.sha256(sample_id.encode()).hexdigest()[:32]}.npy"


def write_npy(path: Path, frames: Frames) -> None:
    """Writes and renames, so that a killed worker leaves no half video under the final name."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.save(file, frames, allow_pickle=False)
    partial.replace(path)


def read_npy(path: Path) -> Frames:
    """Reads a video that a generator wrote. Raises WorkerError("bad-output") that names the file."""
    if path.suffix != ".npy":
        raise WorkerError(
            "unsupported", f"{path}: only .npy videos are read here; decode other files yourself"
        )
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise WorkerError("bad-output", f"{path}: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        raise WorkerError("bad-output", f"{path}: expected a uint8 array")
    try:
        return to_uint8(array)
    except WorkerError as error:
        raise WorkerError(error.failure_class, f"{path}: {error.message}") from None
