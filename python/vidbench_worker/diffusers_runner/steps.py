"""Watches a pipeline's call from outside: progress a step, and the seconds of its three stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..context import Context
from ..measure import synchronise
from .signature import CallSignature


class StepWatch:
    """Stages: text_encode (all before the first denoising step), denoise, decode (all after the last).

    Steps come from the pipeline's callback where it has one, else from its progress bar. The bar also marks where
    denoising starts: pipelines open it right before their loop and close it right after.
    """

    def __init__(self, pipeline: Any, signature: CallSignature, context: Context) -> None:
        self._pipeline = pipeline
        self._signature = signature
        self._context = context
        self._steps: int | None = None
        self._callback = False
        self._marks: list[float] = []

    @contextmanager
    def attached(self, arguments: dict[str, Any]) -> Iterator[None]:
        """Adds the callback to `arguments` and replaces the pipeline's progress bar while the body runs."""
        self._steps = arguments.get("num_inference_steps")
        if self._signature.has("callback_on_step_end"):
            self._callback = True
            arguments["callback_on_step_end"] = self._on_step_end
        elif self._signature.has("callback"):
            self._callback = True
            arguments |= {"callback": self._on_old_callback, "callback_steps": 1}
        self._context.progress("text_encode")
        start = self._now()
        self._pipeline.progress_bar = self._progress_bar
        try:
            yield
        finally:
            del self._pipeline.progress_bar  # the class's own shows again
        self._report(start, self._now())

    def _on_step_end(
        self, _pipeline: Any, step: int, _timestep: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        self._step_done(step + 1)
        return tensors

    def _on_old_callback(self, step: int, _timestep: Any, _latents: Any) -> None:
        self._step_done(step + 1)

    def _step_done(self, step: int) -> None:
        self._context.progress("denoise", step, self._steps)

    def _progress_bar(self, iterable: Any = None, total: int | None = None) -> _Bar:
        # A pipeline that starts from a video skips the first steps: the bar knows how many are left.
        self._steps = total if total is not None else len(iterable)
        self._marks.append(self._now())
        return _Bar(iterable, None if self._callback else self._step_done, self._loop_done)

    def _loop_done(self) -> None:
        self._marks.append(self._now())
        self._context.progress("decode")

    def _report(self, start: float, end: float) -> None:
        """A pipeline with several loops (a cascade) is left without stages: which is which is not known."""
        if len(self._marks) == 2:
            self._context.add_stage("text_encode", self._marks[0] - start)
            self._context.add_stage("denoise", self._marks[1] - self._marks[0])
            self._context.add_stage("decode", end - self._marks[1])

    @staticmethod
    def _now() -> float:
        synchronise()
        return time.perf_counter()


class _Bar:
    """Stands in for tqdm's bar, which pipelines update, iterate over, enter or close."""

    def __init__(
        self, iterable: Any, step_done: Callable[[int], None] | None, loop_done: Callable[[], None]
    ) -> None:
        self._iterable = iterable
        self._step_done = step_done
        self._loop_done = loop_done
        self._step = 0
        self._closed = False

    def __iter__(self) -> Iterator[Any]:
        for item in self._iterable:
            yield item
            self.update()
        self.close()

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()

    def update(self, count: int = 1) -> None:
        self._step += count
        if self._step_done is not None:
            self._step_done(self._step)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop_done()

    def set_postfix(self, *_: Any, **__: Any) -> None:
        return None

    set_description = set_postfix
