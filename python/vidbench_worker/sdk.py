"""The two classes to derive from: Generator for a model, Evaluator for metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from .context import Context
from .messages import EvaluateRequest, Evaluation, GenerateRequest, LoadInfo, LoadRequest, Metric, Reference
from .video import Video


class Worker:
    """What `initialize` answers with; `name` falls back to the class's name."""

    name: ClassVar[str] = ""
    version: ClassVar[str] = "0"


class Generator(Worker, ABC):
    """A model. Implement `load` and `generate`, then call `vidbench_worker.serve(MyGenerator())`.

    Any exception becomes that request's failure; raise WorkerError(class, message) to choose its class.
    """

    @abstractmethod
    def load(self, request: LoadRequest) -> LoadInfo:
        """Loads the model; called once before `generate`, and again only after `unload`."""

    @abstractmethod
    def generate(self, request: GenerateRequest, context: Context) -> Video:
        """Makes one video. The same request on the same machine must give the same frames."""

    def generate_batch(
        self, requests: Sequence[GenerateRequest], context: Context
    ) -> Iterable[Video | Exception]:
        """Yields one outcome a request, in their order; override it to make several videos at once.

        Yield each as soon as its frames are complete: that moment is its latency.
        """
        for request in requests:
            context.begin(request.id)
            try:
                yield self.generate(request, context)
            except Exception as error:
                yield error

    def unload(self) -> None:
        """Frees the model. Override it when dropping references in `load` is not enough."""
        return


class Evaluator(Worker, ABC):
    """A set of metrics. Implement `metrics` and `evaluate`, then call `vidbench_worker.serve(MyEvaluator())`."""

    @abstractmethod
    def metrics(self) -> Sequence[Metric]:
        """The metrics that are offered; called at `initialize`, so load no network here."""

    @abstractmethod
    def evaluate(self, request: EvaluateRequest, metrics: Sequence[str]) -> Evaluation:
        """The asked metrics of one video; nothing may depend on the videos seen before."""

    def reference(self, kind: str, count: int, seed: int, features: Sequence[str]) -> Reference:
        """Features of built-in reference videos. Override it only when the worker has some."""
        raise NotImplementedError
