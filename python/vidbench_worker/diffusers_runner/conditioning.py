"""A prompt's picture or video as a pipeline takes it: RGB pictures of the size that is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import WorkerError
from ..video import read_npy


def load_image(path: Path, size: tuple[int, int] | None) -> Any:
    """A PIL picture, upright, RGB; covers `size` (width, height), what stands over is cut off evenly."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            opened.load()
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WorkerError("invalid-request", f"image {str(path)!r} cannot be read: {error}") from error
    return picture if size is None else fit(picture, size)


def load_video(path: Path, frames: int | None, size: tuple[int, int] | None, whole: bool = True) -> list[Any]:
    """The first `frames` frames as PIL pictures (all of them when None), each as load_image does; with `whole` not
    fewer."""
    pictures = _from_npy(path, frames) if path.suffix == ".npy" else _decode(path, frames)
    if not pictures or (whole and frames is not None and len(pictures) < frames):
        raise WorkerError(
            "unsupported",
            f"video {str(path)!r} has {len(pictures)} frames, {frames or 'at least 1'} are needed; ask for fewer "
            "frames, or give a longer video",
        )
    return pictures if size is None else [fit(picture, size) for picture in pictures]


def fit(picture: Any, size: tuple[int, int]) -> Any:
    from PIL import Image, ImageOps

    if picture.size == size:
        return picture
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _from_npy(path: Path, frames: int | None) -> list[Any]:
    from PIL import Image

    return [Image.fromarray(frame) for frame in read_npy(path)[:frames]]


def _decode(path: Path, frames: int | None) -> list[Any]:
    from PIL import Image

    try:
        import av
    except ImportError:
        raise WorkerError(
            "unsupported",
            f"video {str(path)!r}: the Python package av decodes it and is not installed; run: pip install -r "
            "python/requirements-diffusers.txt",
        ) from None
    pictures: list[Any] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                pictures.append(Image.fromarray(frame.to_ndarray(format="rgb24")))
                if len(pictures) == frames:
                    break
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise WorkerError("invalid-request", f"video {str(path)!r} cannot be decoded: {error}") from error
    return pictures
