"""What a pipeline's `__call__` takes, and how the protocol's numbers map to its keywords."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from ..errors import WorkerError, nearest
from ..messages import Defaults, GenerateRequest
from .settings import invalid

# The families name the same number differently; the first keyword that a pipeline has is used.
KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "frames": ("num_frames", "video_length", "frames"),
    "width": ("width",),
    "height": ("height",),
    "fps": ("frame_rate", "fps"),
    "steps": ("num_inference_steps",),
    "guidance": ("guidance_scale",),
}

# Set by the worker itself, or contrary to one video a request.
RESERVED: Final = {
    "callback",
    "callback_on_step_end",
    "callback_on_step_end_tensor_inputs",
    "callback_steps",
    "generator",
    "num_images_per_prompt",
    "num_videos_per_prompt",
    "output_type",
    "prompt",
    "return_dict",
}


class CallSignature:
    """The keywords of one pipeline class. Raises WorkerError("unsupported") for what makes no video from text."""

    def __init__(self, pipeline_class: Any) -> None:
        self.pipeline = pipeline_class.__name__
        parameters = list(inspect.signature(pipeline_class.__call__).parameters.values())[1:]
        self._parameters = {
            parameter.name: parameter
            for parameter in parameters
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        }
        self._refuse_other_tasks()

    def has(self, keyword: str) -> bool:
        return keyword in self._parameters

    def keyword(self, number: str) -> str | None:
        """The pipeline's keyword for one of the protocol's numbers; None if it takes none."""
        return next((name for name in KEYWORDS[number] if self.has(name)), None)

    def check_call(self, call: Mapping[str, Any]) -> None:
        """Refuses keys of `settings.call` that the pipeline does not take or the worker sets itself."""
        right = [name for name in self._parameters if name not in RESERVED]
        for key in call:
            if key in RESERVED:
                raise invalid(f"settings.call.{key}: the worker sets this itself; remove it")
            if key not in right:
                hint = nearest(key, right).split("; one of")[0]
                raise invalid(
                    f"settings.call.{key}: {self.pipeline} takes no such keyword{hint}; it takes: {', '.join(right)}"
                )

    def defaults(self, call: Mapping[str, Any], fps: float | None) -> Defaults:
        """What is used when a request leaves a number out: `settings.call`, else the signature's default."""
        found: dict[str, Any] = {}
        for number in KEYWORDS:
            keyword = self.keyword(number)
            if keyword is not None:
                value = call.get(keyword, self._parameters[keyword].default)
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    found[number] = value
        if fps is not None:
            found["fps"] = fps
        return Defaults(**found)

    def numbers(self, request: GenerateRequest) -> dict[str, Any]:
        """The request's numbers as keyword arguments. A number that the pipeline cannot honour is refused."""
        keywords: dict[str, Any] = {}
        for number in KEYWORDS:
            value = getattr(request, number)
            if value is None:
                continue
            keyword = self.keyword(number)
            if keyword is not None:
                keywords[keyword] = value
            elif number != "fps":  # fps is then only the rate the frames are played at
                raise WorkerError(
                    "unsupported",
                    f"{number} = {value}: {self.pipeline} takes no {KEYWORDS[number][0]}; leave it unset",
                )
        return keywords

    def _refuse_other_tasks(self) -> None:
        if self.keyword("frames") is None:
            raise WorkerError(
                "unsupported", f"{self.pipeline} makes no videos: its call takes no number of frames"
            )
        if not self.has("prompt"):
            raise WorkerError(
                "unsupported", f"{self.pipeline} makes no videos from text: its call takes no prompt"
            )
        for name, parameter in self._parameters.items():
            if parameter.default is parameter.empty and name != "prompt":
                raise WorkerError(
                    "unsupported",
                    f"{self.pipeline} needs `{name}` besides the prompt; only text-to-video is run",
                )
