"""Parts whose cases are many or need a clock: throttle, error classes, output forms, call signatures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vidbench_worker import GenerateRequest, WorkerError
from vidbench_worker.context import Context, Throttle
from vidbench_worker.diffusers_runner.frames import first_video
from vidbench_worker.diffusers_runner.signature import CallSignature
from vidbench_worker.diffusers_runner.steps import StepWatch
from vidbench_worker.errors import classify, one_line
from vidbench_worker.video import to_uint8


def test_throttle_holds_in_every_window_of_a_second() -> None:
    now = 0.0
    throttle = Throttle(20, clock=lambda: now)
    sent: list[float] = []
    for tick in range(5000):
        now = tick / 1000
        if throttle.allows():
            sent.append(now)
    assert sent[:20] == [tick / 1000 for tick in range(20)], "a short burst passes"
    assert all(later - earlier >= 1.0 for earlier, later in zip(sent, sent[20:], strict=False))
    assert len(sent) == 100


@pytest.mark.parametrize(
    ("error", "failure_class"),
    [
        (MemoryError(), "oom"),
        (RuntimeError("CUDA error: out of memory"), "oom"),
        (RuntimeError("shape mismatch"), "crash"),
        (TimeoutError("slow"), "timeout"),
        (ConnectionRefusedError("no"), "network"),
        (NotImplementedError("not for Half"), "unsupported"),
        (ValueError(""), "crash"),
    ],
)
def test_exceptions_have_a_class(error: Exception, failure_class: str) -> None:
    assert classify(error).failure_class == failure_class


def test_hub_and_torch_errors_have_a_class() -> None:
    torch = pytest.importorskip("torch")
    errors = pytest.importorskip("huggingface_hub.errors")
    assert classify(torch.cuda.OutOfMemoryError("x")).failure_class == "oom"
    assert classify(errors.LocalEntryNotFoundError("x")).failure_class == "network"
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert classify(caught.value).failure_class == "oom", "what the CPU allocator really says"


def test_messages_are_one_short_line() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("x" * 10_000)) == 4000


def test_every_output_form_gives_the_same_frames() -> None:
    torch = pytest.importorskip("torch")
    image = pytest.importorskip("PIL.Image")
    frames = np.random.default_rng(1).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    floats = frames.astype(np.float32) / 255
    colours_first = torch.from_numpy(floats).permute(0, 3, 1, 2)

    class Output:
        def __init__(self, value: Any) -> None:
            self.frames = value

    forms: list[Any] = [
        floats[None],
        [floats],
        [list(floats)],
        list(floats),
        frames,
        colours_first[None],
        [colours_first],
        [[image.fromarray(frame) for frame in frames]],
        [image.fromarray(frame) for frame in frames],
    ]
    for form in forms:
        assert (to_uint8(first_video(Output(form))) == frames).all()
        assert (to_uint8(first_video((form,))) == frames).all()
    assert to_uint8(torch.from_numpy(floats).bfloat16()).shape == (4, 6, 5, 3)
    for nothing in (Output([]), Output(["x"]), object()):
        with pytest.raises(WorkerError):
            first_video(nothing)


class OldPipeline:
    """The keywords of the first text-to-video pipelines, whose bar is the only sign of progress."""

    def __call__(self, prompt: Any, video_length: int = 8, num_inference_steps: int = 4) -> int:
        with self.progress_bar(total=num_inference_steps) as bar:
            for _ in range(num_inference_steps):
                bar.update()
        return video_length

    def progress_bar(self, iterable: Any = None, total: Any = None) -> Any:
        raise AssertionError("the watch replaces this")


class IteratingPipeline(OldPipeline):
    def __call__(self, prompt: Any, video_length: int = 8, num_inference_steps: int = 4) -> int:
        for _ in self.progress_bar(range(num_inference_steps)):
            pass
        return video_length


class CallbackPipeline(OldPipeline):
    def __call__(
        self,
        prompt: Any,
        video_length: int = 8,
        num_inference_steps: int = 4,
        callback: Any = None,
        callback_steps: int = 3,
    ) -> int:
        for step in range(num_inference_steps):
            if step % callback_steps == 0:
                callback(step, 0, None)
        return video_length


@pytest.mark.parametrize(
    ("kind", "timed"), [(OldPipeline, True), (IteratingPipeline, True), (CallbackPipeline, False)]
)
def test_progress_of_older_pipelines(kind: type[OldPipeline], timed: bool) -> None:
    sent: list[dict[str, Any]] = []
    context = Context(sent.append, Throttle(100))
    context.begin("a")
    pipeline = kind()
    signature = CallSignature(kind)
    arguments: dict[str, Any] = signature.numbers(GenerateRequest("a", "", 1, frames=3, steps=5)) | {
        "prompt": ""
    }
    with StepWatch(pipeline, signature, context).attached(arguments):
        assert pipeline(**arguments) == 3
    steps = [item["params"]["step"] for item in sent if "step" in item["params"]]
    assert steps == [1, 2, 3, 4, 5]
    assert set(context.stages_of("a")) == ({"text_encode", "denoise", "decode"} if timed else set())


def test_a_number_that_the_pipeline_does_not_take_is_refused() -> None:
    signature = CallSignature(OldPipeline)
    assert signature.defaults({"video_length": 12}, 8.0).frames == 12
    assert signature.numbers(GenerateRequest("a", "", 1, fps=8)) == {}
    with pytest.raises(WorkerError, match=r"guidance = 3\.0: OldPipeline takes no guidance_scale") as caught:
        signature.numbers(GenerateRequest("a", "", 1, guidance=3.0))
    assert caught.value.failure_class == "unsupported"
