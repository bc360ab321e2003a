"""The smallest complete worker: a "model" that moves a white bar over fading noise.

In a catalogue entry: `runner: worker` and `command: [python, minimal_worker.py]`.
"""

import numpy as np

from vidbench_worker import (
    Context,
    Defaults,
    GenerateRequest,
    Generator,
    LoadInfo,
    LoadRequest,
    Video,
    serve,
)


class MovingBar(Generator):
    name = "moving-bar"
    version = "1.0"

    def load(self, request: LoadRequest) -> LoadInfo:
        defaults = Defaults(frames=16, width=32, height=32, fps=8, steps=4)
        return LoadInfo(device="cpu", dtype="fp32", parameters=0, weights_bytes=0, defaults=defaults)

    def generate(self, request: GenerateRequest, context: Context) -> Video:
        # Numbers that the request leaves out were filled in from the defaults above.
        assert request.frames and request.height and request.width and request.fps and request.steps
        random = np.random.default_rng(request.seed)  # the seed decides everything that is random
        frames = random.random((request.frames, request.height, request.width, 3), dtype=np.float32)
        for step in range(request.steps):
            frames *= 0.5
            context.progress("denoise", step + 1, request.steps)
        for index in range(request.frames):
            frames[index, :, index % request.width] = 1.0
        return Video(frames, request.fps)


if __name__ == "__main__":
    serve(MovingBar())
