"""VBench's dimensions that need its detectors and captioners, computed by the official package.

`python -m vidbench_worker vbench` offers them where `vbench` is installed (pip install vbench, with detectron2);
its own code fetches its weights. Each video is judged alone by the package's function of the dimension, so that
its quirks are kept. Huang et al., VBench, CVPR 2024, arXiv:2311.17982.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

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


@dataclass(frozen=True)
class Dimension:
    module: str  # of the package, and its function
    title: str
    build: Build
    definition: str
    failure_cases: str
    unjudged: str = ""  # what it means when the package judges none of the video's frames


_GRIT = "16 frames in the middle of equal parts, judged by GRiT-B. "

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
    "vbench/spatial-relationship": Dimension(
        "spatial_relationship",
        "Spatial relationship (GRiT)",
        _detector,
        _GRIT
        + "Per frame the best pair of boxes of the two objects: 1 when they lie apart along the axis that was asked "
        "for, less the more they overlap.",
        "Left and right score alike, as do top and bottom, and two boxes of one object are a pair, too.",
    ),
    "vbench/scene": Dimension(
        "scene",
        "Scene (Tag2Text)",
        _tagger,
        "16 frames in the middle of equal parts at 384x384, captioned by Tag2Text: the share of captions that hold "
        "every word of the scene's name.",
        "Words are found inside other words.",
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
        for name in metrics:
            dimension = DIMENSIONS[name]
            told = request.auxiliary.get(dimension.module)
            if not isinstance(told, dict):
                missing[name] = f"nothing of '{dimension.module}' is told beside the prompt"
                continue
            value = self._judge(dimension, request, told)
            if value is None:
                missing[name] = dimension.unjudged
            else:
                values[name] = value
        return Evaluation(values=values, missing=missing)

    def _judge(self, dimension: Dimension, request: EvaluateRequest, told: dict[str, Any]) -> float | None:
        module = importlib.import_module(f"vbench.{dimension.module}")
        device = _device()
        if dimension.build not in self._models:
            utils = importlib.import_module("vbench.utils")
            submodules = utils.init_submodules([dimension.module])[dimension.module]
            self._models[dimension.build] = dimension.build(module, submodules, device)
        video = {"prompt": request.prompt, "video_list": [str(request.video)], "auxiliary_info": told}
        try:
            value, _ = getattr(module, dimension.module)(self._models[dimension.build], [video], device)
        except ZeroDivisionError:  # its mean over no video
            if dimension.unjudged:
                return None
            raise
        except KeyError as error:
            raise WorkerError(
                "unsupported", f"{dimension.module}: {error} is not told beside the prompt"
            ) from None
        return float(value)


def _device() -> Any:
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
