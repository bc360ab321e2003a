"""What a pipeline's `__call__` takes, and how the protocol's numbers and files map to its keywords."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from ..errors import WorkerError, did_you_mean
from ..messages import Defaults, GenerateRequest
from .fields import invalid

# The families name the same number differently; the first keyword that a pipeline has is used.
KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "frames": ("num_frames", "video_length", "frames"),
    "width": ("width",),
    "height": ("height",),
    "fps": ("frame_rate", "fps"),
    "steps": ("num_inference_steps",),
    "guidance": ("guidance_scale",),
}

# The same for the files that a prompt may give.
CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "image": ("image", "cond_image", "reference_images", "ref_image"),
    "video": ("video", "control_video", "controls", "conditioning_frames"),
}
LISTS: Final = {"reference_images"}  # keywords that take several pictures

# Signatures give many pipelines' picture or video a default of None and refuse it in their first lines; what such a
# class is made for stands in its name.
NAMED_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "image": ("ImageToVideo", "Image2Video", "I2V", "PIA"),
    "video": ("VideoToVideo", "LucyEdit", "Upsample", "Control", "SR"),
}
NEEDS_NEITHER: Final = ("TI2V",)  # text, or text and picture

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


def call_parameters(pipeline_class: Any) -> dict[str, inspect.Parameter]:
    parameters = list(inspect.signature(pipeline_class.__call__).parameters.values())[1:]
    return {
        parameter.name: parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def makes_videos(pipeline_class: Any) -> bool:
    """Whether its call takes a number of frames, or a video."""
    names = call_parameters(pipeline_class)
    return any(name in names for name in (*KEYWORDS["frames"], *CONDITIONS["video"]))


class CallSignature:
    """The keywords of one pipeline class. Raises WorkerError("unsupported") for what the worker cannot fill."""

    def __init__(self, pipeline_class: Any) -> None:
        self.pipeline = pipeline_class.__name__
        self._parameters = call_parameters(pipeline_class)
        self._refuse_other_tasks()

    def has(self, keyword: str) -> bool:
        return keyword in self._parameters

    def keyword(self, number: str) -> str | None:
        """The pipeline's keyword for one of the protocol's numbers; None if it takes none."""
        return next((name for name in KEYWORDS[number] if self.has(name)), None)

    def condition(self, condition: str) -> str | None:
        """The pipeline's keyword for the prompt's image or video; None if it takes none."""
        return next((name for name in CONDITIONS[condition] if self.has(name)), None)

    def required_conditions(self) -> set[str]:
        """Of "image" and "video", those that the pipeline does nothing without."""
        required = set()
        for condition in CONDITIONS:
            keyword = self.condition(condition)
            if keyword is not None and (self._has_no_default(keyword) or self._named_for(condition)):
                required.add(condition)
        return required

    def check_call(self, call: Mapping[str, Any]) -> None:
        """Refuses keys of `settings.call` that the pipeline does not take or the worker sets itself."""
        given = {name for condition in CONDITIONS if (name := self.condition(condition)) is not None}
        right = [name for name in self._parameters if name not in RESERVED | given]
        for key in call:
            if key in given:
                raise invalid(f"settings.call.{key}: each prompt of a suite gives its own; remove it")
            if key in RESERVED:
                raise invalid(f"settings.call.{key}: the worker sets this itself; remove it")
            if key not in right:
                hint = did_you_mean(key, right)
                raise invalid(
                    f"settings.call.{key}: {self.pipeline} takes no such keyword{hint}; it takes: {', '.join(right)}"
                )

    def check_files(self, request: GenerateRequest) -> None:
        """Refuses a file that the pipeline does not take, and a request without one that it needs."""
        for condition in CONDITIONS:
            given = getattr(request, condition) is not None
            if given and self.condition(condition) is None:
                raise WorkerError(
                    "unsupported",
                    f"{self.pipeline} takes no {condition}; use prompts without one, or a pipeline that takes it",
                )
            if not given and condition in self.required_conditions():
                raise WorkerError(
                    "unsupported",
                    f"{self.pipeline} needs an {condition} and the prompt has none; give the suite's prompts "
                    f"`{condition}: FILE`".replace("an video", "a video"),
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
            elif not self._honoured_otherwise(number, request):
                raise WorkerError(
                    "unsupported",
                    f"{number} = {value}: {self.pipeline} takes no {KEYWORDS[number][0]}; leave it unset",
                )
        return keywords

    def _named_for(self, condition: str) -> bool:
        return any(part in self.pipeline for part in NAMED_FOR[condition]) and not any(
            part in self.pipeline for part in NEEDS_NEITHER
        )

    def _honoured_otherwise(self, number: str, request: GenerateRequest) -> bool:
        """fps is then only the rate the frames are played at; a video is cut to frames and size before it goes in,
        and so is a picture to its size."""
        if number == "fps":
            return True
        if request.video is not None:
            return number in ("frames", "width", "height")
        return request.image is not None and number in ("width", "height")

    def _has_no_default(self, name: str) -> bool:
        return self._parameters[name].default is inspect.Parameter.empty

    def _refuse_other_tasks(self) -> None:
        if self.keyword("frames") is None and self.condition("video") is None:
            raise WorkerError(
                "unsupported",
                f"{self.pipeline} makes no videos: its call takes neither a number of frames nor a video",
            )
        fillable = {"prompt", *(name for names in CONDITIONS.values() for name in names)}
        for name in self._parameters:
            if self._has_no_default(name) and name not in fillable:
                raise WorkerError(
                    "unsupported",
                    f"{self.pipeline} needs `{name}`, which no prompt of a suite can give",
                )
