"""VBench's dimensions that need its detectors and captioners, computed by the official package.

`python -m vidbench_worker vbench` offers them where `vbench` is installed (pip install vbench, with detectron2);
its own code fetches its weights. Each video is judged alone by the package's function of the dimension, so that
its quirks are kept; the corrected variants are scored from what its networks said meanwhile
(vbench_corrected.py). Huang et al., VBench, CVPR 2024, arXiv:2311.17982.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from . import vbench_corrected
from .errors import WorkerError
from .messages import EvaluateRequest, Evaluation, Metric
from .sdk import Evaluator

Build = Callable[[ModuleType, Any, Any], Any]


def _detector(module: ModuleType, submodules: Any, device: Any) -> Any:
    model = module.DenseCaptioning(device)
    model.initialize_model_det(**submodules)
    return model


def _captioner(module: ModuleType, submodules: Any, device: Any) -> Any:
    model = module.DenseCaptioning(device)
    model.initialize_model(**submodules)
    return model


def _tagger(module: ModuleType, submodules: Any, device: Any) -> Any:
    return module.tag2text_caption(**submodules).eval().to(device)


@dataclass
class Judged:
    """What the package's function made of a video, and what its network said of the frames on the way."""

    value: float | None = None  # none: it judged no frame
    detections: list[list[vbench_corrected.Detection]] = field(default_factory=list)  # by frame
    captions: list[str] = field(default_factory=list)  # by frame


# The value by what was judged, the prompt, and what is told beside it; none: nothing to judge.
Score = Callable[[Judged, str, dict[str, Any]], float | None]


class _Witness:
    """The package's model; what it says is kept."""

    def __init__(self, model: Any, judged: Judged) -> None:
        self._model = model
        self._judged = judged

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def run_caption_tensor(self, frame: Any) -> Any:
        said = self._model.run_caption_tensor(frame)
        self._judged.detections.append(said[0])
        return said

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        said = self._model.generate(*args, **kwargs)
        self._judged.captions += said[0]
        return said


def _own_value(judged: Judged, prompt: str, told: dict[str, Any]) -> float | None:
    return judged.value


def _from_detections(score: Callable[..., float | None]) -> Score:
    return lambda judged, prompt, told: score(judged.detections, prompt, told)


def _from_captions(score: Callable[..., float | None]) -> Score:
    return lambda judged, prompt, told: score(judged.captions, prompt, told)


@dataclass(frozen=True)
class Dimension:
    module: str  # of the package, and its function
    title: str
    build: Build
    definition: str
    failure_cases: str
    unjudged: str = ""  # what it means when there is no value
    score: Score = _own_value


_GRIT = "16 frames in the middle of equal parts, judged by GRiT-B. "
_NOT_VBENCHS = " Not the number that VBench publishes."

DIMENSIONS: Final = {
    "vbench/object-class": Dimension(
        "object_class",
        "Object class (GRiT)",
        _detector,
        _GRIT
        + "The share of frames in which the object that the prompt names is among the detected classes.",
        "Averaged over videos here and over frames by VBench: the same, as every video has 16. A frame whose "
        "detection fails counts as one without objects.",
    ),
    "vbench/multiple-objects": Dimension(
        "multiple_objects",
        "Multiple objects (GRiT)",
        _detector,
        _GRIT + "The share of frames in which both objects are among the detected classes.",
        "Says nothing of how many there are of each.",
    ),
    "vbench/color": Dimension(
        "color",
        "Color (GRiT captions)",
        _captioner,
        _GRIT
        + "Of the frames in which the object's caption names a colour, the share in which it is the one that "
        "was asked for.",
        "Every caption is compared under the class of the frame's first detection. A video without such a frame "
        "is left out of the mean.",
        "no frame's caption gives the object a colour",
    ),
    "vbench-corrected/color": Dimension(
        "color",
        "Color, corrected (GRiT captions)",
        _captioner,
        _GRIT
        + "Of the frames in which a caption of the object names a colour, the share in which one names that asked "
        "for. A caption is one of the object when its own detection's class is what the prompt has beside the colour "
        "and the article. Colours are whole words, grey and gray one.",
        "A colour is the object's wherever it stands in the caption. A video without such a frame is left out of the "
        "mean." + _NOT_VBENCHS,
        "no frame's caption gives the object a colour",
        _from_detections(vbench_corrected.color),
    ),
    "vbench/spatial-relationship": Dimension(
        "spatial_relationship",
        "Spatial relationship (GRiT)",
        _detector,
        _GRIT
        + "Per frame the best pair of boxes of the two objects: 1 when they lie apart along the axis that was asked "
        "for, less the more they overlap.",
        "Left and right score alike, as do top and bottom, and two boxes of one object are a pair, too.",
    ),
    "vbench-corrected/spatial-relationship": Dimension(
        "spatial_relationship",
        "Spatial relationship, corrected (GRiT)",
        _detector,
        _GRIT
        + "Per frame the best pair of a box of object_a and one of object_b, or 0: where the centre of a lies to the "
        "side of that of b that was asked for, and further along that axis than along the other, 1, or 0.1/IoU when "
        "their IoU exceeds 0.1.",
        "Sides are those of the picture." + _NOT_VBENCHS,
        "its relationship names no side (left, right, top, bottom)",
        _from_detections(vbench_corrected.spatial_relationship),
    ),
    "vbench/scene": Dimension(
        "scene",
        "Scene (Tag2Text)",
        _tagger,
        "16 frames in the middle of equal parts at 384x384, captioned by Tag2Text: the share of captions that hold "
        "every word of the scene's name.",
        "Words are found inside other words.",
    ),
    "vbench-corrected/scene": Dimension(
        "scene",
        "Scene, corrected (Tag2Text)",
        _tagger,
        "16 frames in the middle of equal parts at 384x384, captioned by Tag2Text: the share of captions that hold "
        "every word of the scene's name as a word of its own, in the singular or with a plural's s, es or ies.",
        "Other words for the scene do not count (skiing for ski, theatre for theater)." + _NOT_VBENCHS,
        score=_from_captions(vbench_corrected.scene),
    ),
}


class VbenchEvaluator(Evaluator):
    name = "vbench"

    def __init__(self) -> None:
        self._models: dict[Build, Any] = {}

    def metrics(self) -> Sequence[Metric]:
        absent = "" if importlib.util.find_spec("vbench") else "the Python package 'vbench' is not installed"
        return [
            Metric(
                id=name,
                title=dimension.title,
                better="higher",
                range=(0.0, 1.0),
                needs=["prompt", "auxiliary"],
                definition=dimension.definition,
                failure_cases=dimension.failure_cases,
                citation="Huang et al., VBench, CVPR 2024, arXiv:2311.17982",
                licence="Apache-2.0",
                unavailable=absent,
            )
            for name, dimension in DIMENSIONS.items()
        ]

    def evaluate(self, request: EvaluateRequest, metrics: Sequence[str]) -> Evaluation:
        values: dict[str, float] = {}
        missing: dict[str, str] = {}
        judged: dict[str, Judged] = {}  # by module: both variants look once
        for name in metrics:
            dimension = DIMENSIONS[name]
            told = request.auxiliary.get(dimension.module)
            if not isinstance(told, dict):
                missing[name] = f"nothing of '{dimension.module}' is told beside the prompt"
                continue
            if dimension.module not in judged:
                judged[dimension.module] = self._judge(dimension, request, told)
            value = dimension.score(judged[dimension.module], request.prompt or "", told)
            if value is None:
                missing[name] = dimension.unjudged
            else:
                values[name] = value
        return Evaluation(values=values, missing=missing)

    def _judge(self, dimension: Dimension, request: EvaluateRequest, told: dict[str, Any]) -> Judged:
        module = importlib.import_module(f"vbench.{dimension.module}")
        device = _device()
        if dimension.build not in self._models:
            utils = importlib.import_module("vbench.utils")
            submodules = utils.init_submodules([dimension.module])[dimension.module]
            self._models[dimension.build] = dimension.build(module, submodules, device)
        video = {"prompt": request.prompt, "video_list": [str(request.video)], "auxiliary_info": told}
        judged = Judged()
        model = _Witness(self._models[dimension.build], judged)
        try:
            value, _ = getattr(module, dimension.module)(model, [video], device)
        except ZeroDivisionError:
            if dimension.module == "color":  # its mean over no video
                return judged
            raise
        except KeyError as error:
            raise WorkerError(
                "unsupported", f"{dimension.module}: {error} is not told beside the prompt"
            ) from None
        judged.value = float(value)
        return judged


def _device() -> Any:
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
