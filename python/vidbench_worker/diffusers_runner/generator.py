"""The generator that drives a diffusers pipeline."""

from __future__ import annotations

from typing import Any, ClassVar

from ..context import Context
from ..errors import WorkerError
from ..messages import GenerateRequest, LoadInfo, LoadRequest
from ..sdk import Generator
from ..video import Video
from . import checks, conditioning, loading
from .frames import first_video
from .settings import Settings, parse
from .signature import LISTS, CallSignature
from .steps import StepWatch


class DiffusersGenerator(Generator):
    """One video pipeline; `settings` are described in python/README.md."""

    name: ClassVar[str] = "vidbench-diffusers"
    version: ClassVar[str] = "0.1.0"

    def __init__(self) -> None:
        self._pipeline: Any = None
        self._torch: Any = None
        self._signature: CallSignature | None = None
        self._settings: Settings | None = None

    def load(self, request: LoadRequest) -> LoadInfo:
        settings = parse(request.settings)
        torch, diffusers = loading.import_libraries(request.offline)
        device = loading.choose_device(torch, request.device)
        pipeline_class, signature = checks.check(diffusers, settings)
        loading.check_compile_backend(torch, settings)
        # The same seed must give the same bytes, so no algorithm may be chosen by a race of timings.
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        pipeline = loading.load_pipeline(torch, diffusers, pipeline_class, settings, request)
        parameters, weights_bytes = loading.count_parameters(torch, pipeline)
        loading.place(torch, pipeline, settings, device)
        self._pipeline, self._torch, self._signature, self._settings = pipeline, torch, signature, settings
        return LoadInfo(
            device=device,
            dtype=request.dtype,
            parameters=parameters,
            weights_bytes=weights_bytes,
            weights_sha256=loading.weights_sha256(settings),
            versions=loading.versions(),
            defaults=signature.defaults(settings.call, settings.fps),
        )

    def generate(self, request: GenerateRequest, context: Context) -> Video:
        assert self._signature is not None and self._settings is not None
        self._signature.check_files(request)
        fps = self._fps(request)
        arguments = self._arguments(request)
        self._add_files(request, arguments)
        watch = StepWatch(self._pipeline, self._signature, context)
        with self._torch.no_grad(), watch.attached(arguments):
            output = self._pipeline(**arguments)
            frames = first_video(output)
        return Video(frames, fps)

    def unload(self) -> None:
        if self._settings is not None and self._settings.attention is not None:
            loading.reset_attention()
        self._pipeline = None

    def _arguments(self, request: GenerateRequest) -> dict[str, Any]:
        """Keyword arguments of one call: settings.call, overridden by the request."""
        assert self._signature is not None and self._settings is not None
        arguments = dict(self._settings.call) | self._signature.numbers(request)
        if self._signature.has("prompt"):
            arguments["prompt"] = request.prompt
        if request.negative_prompt:
            if not self._signature.has("negative_prompt"):
                raise WorkerError(
                    "unsupported", f"{self._signature.pipeline} takes no negative prompt; leave it empty"
                )
            arguments["negative_prompt"] = request.negative_prompt
        # On the CPU, so that the same seed starts from the same noise on every device.
        arguments["generator"] = self._torch.Generator("cpu").manual_seed(request.seed)
        if self._signature.has("output_type"):
            arguments["output_type"] = "np"
        return arguments

    def _add_files(self, request: GenerateRequest, arguments: dict[str, Any]) -> None:
        """The prompt's picture and video, cut to the size that is made so that no pipeline distorts them."""
        assert self._signature is not None
        size = (request.width, request.height) if request.width and request.height else None
        if request.image is not None:
            keyword = self._signature.condition("image")
            picture = conditioning.load_image(request.image, size)
            arguments[str(keyword)] = [picture] if keyword in LISTS else picture
        if request.video is not None:
            keyword = self._signature.condition("video")
            # A pipeline with a number of frames goes on from the video; the others make as many as it has.
            whole = self._signature.keyword("frames") is None
            arguments[str(keyword)] = conditioning.load_video(request.video, request.frames, size, whole)

    def _fps(self, request: GenerateRequest) -> float:
        """The rate to play the frames at. The model's own rate, where known, cannot be overridden by a label."""
        assert self._signature is not None and self._settings is not None
        native = self._settings.fps
        if request.fps is None:
            raise WorkerError(
                "invalid-request",
                f"fps: {self._signature.pipeline} has no known frame rate; set settings.fps to the trained one",
            )
        if native is not None and request.fps != native and self._signature.keyword("fps") is None:
            raise WorkerError(
                "unsupported",
                f"fps = {request.fps}: the model makes {native} frames a second; leave fps unset",
            )
        return request.fps
