"""A generator that misbehaves as its prompt says; for the tests of the server around it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

import numpy as np

from vidbench_worker import (
    Context,
    Defaults,
    GenerateRequest,
    Generator,
    LoadInfo,
    LoadRequest,
    Video,
    WorkerError,
    serve,
)


class OutOfMemoryError(RuntimeError):
    """Named like torch's, which is recognised by its name."""


class OddGenerator(Generator):
    name = "odd"
    version = "7"

    def load(self, request: LoadRequest) -> LoadInfo:
        print("print during load")
        if "raise" in request.settings:
            raise WorkerError("licence", "accept the licence\nfirst")
        self.many = request.settings.get("batch", "")
        threads = os.environ.get("OMP_NUM_THREADS", "")
        return LoadInfo(
            device=request.device,
            dtype=request.dtype,
            versions={"threads": f"{request.threads}/{threads}"},
            defaults=Defaults(frames=2, width=8, height=4, fps=8, steps=3),
        )

    def generate_batch(
        self, requests: Sequence[GenerateRequest], context: Context
    ) -> Iterable[Video | Exception]:
        if self.many == "few":
            return [self.generate(requests[0], context)]
        if self.many == "dies":
            return self._dies(requests[0], context)
        return super().generate_batch(requests, context)

    def _dies(self, request: GenerateRequest, context: Context) -> Iterable[Video]:
        yield self.generate(request, context)
        raise ConnectionResetError("peer gone")

    def generate(self, request: GenerateRequest, context: Context) -> Video:
        assert request.frames and request.width and request.height and request.fps and request.steps
        frames = np.full(
            (request.frames, request.height, request.width, 3), request.seed % 256, dtype=np.uint8
        )
        action = request.prompt.split(" ")[0]
        if action == "print":
            print("a print to stdout")
            sys.stdout.write('{"jsonrpc":"2.0","id":1,"result":{}}\n')
            os.write(1, b"bytes to descriptor 1\n")
            ctypes.CDLL(None).puts(b"puts from C")
            ctypes.CDLL(None).fflush(None)
            subprocess.run(
                ["/bin/sh", "-c", "echo from a child; cat"], check=True
            )  # cat must see the end at once
        elif action == "raise":
            raise ValueError("two\nlines")
        elif action == "oom":
            raise MemoryError
        elif action == "cuda-oom":
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        elif action == "cpu-oom":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")
        elif action == "moderation":
            raise WorkerError("moderation", "the prompt was refused")
        elif action == "nan":
            floats = frames.astype(np.float32) / 255
            floats[1, 0, 0, 0] = np.nan
            return Video(floats, request.fps)
        elif action == "range":
            return Video(frames.astype(np.float32) - 2.0, request.fps)
        elif action == "float":
            return Video(np.linspace(0, 1, frames.size, dtype=np.float16).reshape(frames.shape), request.fps)
        elif action == "int":
            return Video(frames.astype(np.int64), request.fps)
        elif action == "shape":
            return Video(frames.transpose(0, 3, 1, 2), request.fps)
        elif action == "nothing":
            return None  # type: ignore[return-value]
        elif action == "slow":
            context.progress("sleep")
            time.sleep(60)
        elif action == "exit":
            os._exit(3)
        elif action == "many":
            for step in range(200):
                context.progress("denoise", step + 1, 200)
        elif action == "stages":
            with context.stage("denoise"):
                time.sleep(0.02)
        return Video(frames, request.fps)

    def unload(self) -> None:
        print("unloaded", flush=True)


if __name__ == "__main__":
    serve(OddGenerator())
