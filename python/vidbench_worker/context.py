"""What a generator tells while it works: progress, and how long its stages took."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from .measure import peak_memory_bytes, synchronise

MAX_MESSAGES_PER_SECOND: Final = 20


class Throttle:
    """Lets at most `limit` events through in any window of one second."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._times: deque[float] = deque(maxlen=limit)
        self._clock = clock
        self._lock = threading.Lock()

    def allows(self) -> bool:
        with self._lock:
            now = self._clock()
            if len(self._times) == self._times.maxlen and now - self._times[0] < 1.0:
                return False
            self._times.append(now)
            return True


class Context:
    """Handed to `generate` and `generate_batch`; `progress` may be called from any thread, as often as wished."""

    def __init__(self, send: Callable[[dict[str, Any]], None], throttle: Throttle) -> None:
        self._send = send
        self._throttle = throttle
        self._sample: str | None = None
        self._stages: dict[str, dict[str, float]] = {}

    def begin(self, sample_id: str | None) -> None:
        """Says which request is in work; None when several are at once."""
        self._sample = sample_id

    def progress(self, stage: str, step: int | None = None, steps: int | None = None) -> None:
        """Reports that work goes on: step `step` (from 1) of `steps` is done. Surplus messages are dropped."""
        if not self._throttle.allows():
            return
        params: dict[str, Any] = {"stage": stage, "peak_memory_bytes": peak_memory_bytes()}
        for key, value in (("id", self._sample), ("step", step), ("steps", steps)):
            if value is not None:
                params[key] = value
        self._send({"jsonrpc": "2.0", "method": "progress", "params": params})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Announces a stage of the current request and adds its duration to the request's `stages`."""
        self.progress(name)
        synchronise()
        start = time.perf_counter()
        try:
            yield
        finally:
            synchronise()
            self.add_stage(name, time.perf_counter() - start)

    def add_stage(self, name: str, seconds: float) -> None:
        """Adds to a stage of the current request that was measured elsewhere."""
        if self._sample is not None:
            stages = self._stages.setdefault(self._sample, {})
            stages[name] = stages.get(name, 0.0) + seconds

    def stages_of(self, sample_id: str) -> dict[str, float]:
        return self._stages.get(sample_id, {})
