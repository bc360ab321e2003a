"""The video pipelines of the installed diffusers, found by looking at its classes."""

from __future__ import annotations

import difflib
from typing import Any

from ..errors import WorkerError
from .fields import invalid
from .signature import CallSignature, makes_videos


def video_pipelines(diffusers: Any) -> list[str]:
    """Names of all pipeline classes whose call makes a video; importing them all takes seconds."""
    names = []
    for name in sorted(item for item in dir(diffusers) if item.endswith("Pipeline")):
        found = getattr(diffusers, name, None)
        if _is_pipeline(diffusers, found) and makes_videos(found):
            names.append(name)
    return names


def find_pipeline_class(diffusers: Any, name: str) -> Any:
    """Raises WorkerError that lists the video pipelines for a name that is none of them."""
    found = getattr(diffusers, name, None) if not name.startswith("_") else None
    backends = getattr(found, "_backends", None)
    if backends and not _is_pipeline(diffusers, found):
        raise WorkerError(
            "unsupported", f"settings.pipeline: {name} needs: {', '.join(backends)}; install them"
        )
    if not _is_pipeline(diffusers, found):
        what = "is no pipeline of" if isinstance(found, type) else "does not exist in"
        raise invalid(
            f"settings.pipeline: {name!r} {what} diffusers {diffusers.__version__}{_right_ones(diffusers, name)}"
        )
    if not makes_videos(found):
        raise WorkerError(
            "unsupported",
            f"settings.pipeline: {name} makes no videos: its call takes neither a number of frames nor a "
            f"video{_right_ones(diffusers, name)}",
        )
    return found


def describe(diffusers: Any) -> list[str]:
    """One line for each video pipeline: its name, and what it starts from."""
    lines = []
    for name in video_pipelines(diffusers):
        signature = CallSignature(getattr(diffusers, name))
        inputs = [] if not signature.has("prompt") else ["text"]
        for condition in ("image", "video"):
            if signature.condition(condition) is not None:
                inputs.append(condition + ("" if condition in signature.required_conditions() else "?"))
        lines.append(f"{name}\t{' + '.join(inputs)}")
    return lines


def _right_ones(diffusers: Any, name: str) -> str:
    names = video_pipelines(diffusers)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{hint}; video pipelines: {', '.join(names)}"


def _is_pipeline(diffusers: Any, found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, diffusers.DiffusionPipeline)
