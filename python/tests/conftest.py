from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from worker_process import WorkerProcess

# Networks this small only lose time on more threads, above all beside other work.
os.environ["OMP_NUM_THREADS"] = "1"

Start = Callable[..., WorkerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start("script.py", …) launches a worker; all of them are gone after the test."""
    running: list[WorkerProcess] = []

    def launch(*command: str, env: dict[str, str] | None = None) -> WorkerProcess:
        running.append(WorkerProcess(list(command), tmp_path / f"stderr{len(running)}.log", env))
        return running[-1]

    yield launch
    for worker in running:
        worker.kill()
