"""Write a vidbench worker in Python: derive from Generator (a model) or Evaluator (metrics), then `serve` it."""

from .context import Context
from .errors import FAILURE_CLASSES, WorkerError
from .messages import (
    PROTOCOL,
    Defaults,
    EvaluateRequest,
    Evaluation,
    GenerateRequest,
    LoadInfo,
    LoadRequest,
    Metric,
    Reference,
)
from .sdk import Evaluator, Generator
from .server import serve
from .video import Video, read_npy

__version__ = "0.1.0"

__all__ = [
    "FAILURE_CLASSES",
    "PROTOCOL",
    "Context",
    "Defaults",
    "EvaluateRequest",
    "Evaluation",
    "Evaluator",
    "GenerateRequest",
    "Generator",
    "LoadInfo",
    "LoadRequest",
    "Metric",
    "Reference",
    "Video",
    "WorkerError",
    "__version__",
    "read_npy",
    "serve",
]
