"""Time and memory as the framework sees them. torch is asked only when the worker has imported it itself."""

from __future__ import annotations

import pathlib
import resource
import sys
from typing import Any


def _cuda() -> Any:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return cuda if cuda is not None and cuda.is_available() and cuda.is_initialized() else None


def synchronise() -> None:
    """Waits for queued GPU work, so that a clock read afterwards is about finished work."""
    cuda = _cuda()
    if cuda is not None:
        cuda.synchronize()


def reset_peak_memory() -> None:
    cuda = _cuda()
    if cuda is not None:
        cuda.reset_peak_memory_stats()


def peak_memory_bytes() -> int:
    """The device allocator's peak on a GPU; otherwise the process's peak resident size."""
    cuda = _cuda()
    if cuda is not None:
        return int(cuda.max_memory_allocated())
    try:
        # What getrusage tells on Linux includes the size of the process that started this one.
        status = pathlib.Path("/proc/self/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def release_memory() -> None:
    """After a failure: gives cached blocks back, so that one too large request does not doom the next."""
    import gc

    gc.collect()
    cuda = _cuda()
    if cuda is not None:
        cuda.empty_cache()


def limit_threads(threads: int) -> None:
    """Holds torch to `threads` CPU threads (0 = no limit); before its import through the environment."""
    if threads <= 0:
        return
    import os

    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads"):
        torch.set_num_threads(threads)
