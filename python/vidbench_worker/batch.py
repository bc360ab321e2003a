"""One `generate` request: runs the generator, checks and writes each video, and keeps the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import measure
from .context import Context, Throttle
from .errors import WorkerError, report
from .messages import GenerateRequest
from .sdk import Generator
from .video import Video, file_name, to_uint8, write_npy

Outcome = Video | Exception


def run_batch(
    generator: Generator,
    requests: Sequence[GenerateRequest],
    output_dir: Path,
    send: Callable[[dict[str, Any]], None],
    throttle: Throttle,
) -> dict[str, Any]:
    """The result of `generate`: one entry a request. Writing files does not count as latency."""
    measure.reset_peak_memory()
    context = Context(send, throttle)
    clock = Clock()
    results: list[dict[str, Any]] = []
    for request, outcome in outcomes(generator, requests, context):
        measure.synchronise()
        latency = clock.elapsed()
        with clock.paused():
            try:
                results.append(written(request, outcome, output_dir, latency, context))
            except Exception as error:
                measure.release_memory()
                results.append({"id": request.id, "error": report(error).to_json()})
    return {
        "results": results,
        "batch_s": clock.elapsed(),
        "peak_memory_bytes": measure.peak_memory_bytes(),
    }


def outcomes(
    generator: Generator, requests: Sequence[GenerateRequest], context: Context
) -> Iterator[tuple[GenerateRequest, Outcome]]:
    """Exactly one outcome a request, in order, whatever `generate_batch` does."""
    missing: Exception = WorkerError("bad-output", "generate_batch yielded too few videos")
    pending = list(requests)
    try:
        for outcome in generator.generate_batch(requests, context):
            if not pending:
                raise WorkerError("bad-output", "generate_batch yielded more videos than there were requests")
            yield pending.pop(0), outcome
    except Exception as error:
        if not pending:
            raise
        missing = error
    for request in pending:
        yield request, missing


def written(
    request: GenerateRequest, outcome: Outcome, output_dir: Path, latency: float, context: Context
) -> dict[str, Any]:
    """Checks one video and writes it into the output directory."""
    if isinstance(outcome, Exception):
        raise outcome
    if not isinstance(outcome, Video):
        raise WorkerError("bad-output", f"generate returned a {type(outcome).__name__}, expected a Video")
    if not outcome.fps > 0:
        raise WorkerError("bad-output", f"the video's fps is {outcome.fps}, expected a number above 0")
    frames = to_uint8(outcome.frames)
    name = file_name(request.id)
    write_npy(output_dir / name, frames)
    count, height, width, _ = frames.shape
    return {
        "id": request.id,
        "video": name,
        "frames": count,
        "height": height,
        "width": width,
        "fps": outcome.fps,
        "latency_s": latency,
        "stages": context.stages_of(request.id),
    }


class Clock:
    """Seconds since its making, less the pauses."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._paused_s = 0.0

    def elapsed(self) -> float:
        return time.perf_counter() - self._start - self._paused_s

    @contextmanager
    def paused(self) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._paused_s += time.perf_counter() - start
