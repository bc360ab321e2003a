"""The request loop: one request at a time, each answered, until shutdown, end of input or SIGTERM."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import measure, params
from .batch import run_batch
from .context import MAX_MESSAGES_PER_SECOND, Throttle
from .errors import (
    FAILED,
    INVALID_REQUEST,
    UNKNOWN_METHOD,
    RequestError,
    WorkerError,
    nearest,
    report,
)
from .messages import (
    NUMBERS,
    PROTOCOL,
    Defaults,
    EvaluateRequest,
    Evaluation,
    GenerateRequest,
    LoadInfo,
    Metric,
    present,
)
from .params import Params
from .sdk import Evaluator, Generator
from .transport import Stop, Transport

Answer = dict[str, Any]


def serve(worker: Generator | Evaluator) -> None:
    """Speaks the protocol on stdin and stdout until told to end; then returns.

    From here on stdout belongs to the protocol: everything printed goes to stderr.
    """
    if not isinstance(worker, (Generator, Evaluator)):
        raise TypeError(f"serve() takes a Generator or an Evaluator, got {type(worker).__name__}")
    transport = Transport.take_stdio()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
    server = Server(worker, transport)
    try:
        server.run()
    except (EOFError, Stop):
        pass
    finally:
        server.close()


def _stop(_signal: int, _frame: Any) -> None:
    raise Stop


class Server:
    """Dispatches requests to a generator or evaluator and keeps the order that the protocol asks for."""

    def __init__(self, worker: Generator | Evaluator, transport: Transport) -> None:
        self._worker = worker
        self._transport = transport
        self._throttle = Throttle(MAX_MESSAGES_PER_SECOND)
        self._threads = 0
        self._initialized = False
        self._loaded: LoadInfo | None = None
        self._metrics: dict[str, Metric] = {}
        self._done = False
        self._methods: dict[str, Callable[[Params], Answer]] = {
            "initialize": self._initialize,
            "unload": self._unload,
            "shutdown": self._shutdown,
        }
        if isinstance(worker, Generator):
            self._methods |= {"load": self._load, "generate": self._generate}
        if isinstance(worker, Evaluator):
            self._methods["evaluate"] = self._evaluate
            if type(worker).reference is not Evaluator.reference:
                self._methods["reference"] = self._reference

    def run(self) -> None:
        while not self._done:
            try:
                message = self._transport.receive()
            except RequestError as error:
                self._transport.send(_error(None, error))
                continue
            answer = self._answer(message)
            if not _is_notification(message):
                self._transport.send(answer)

    def _answer(self, message: Any) -> Answer:
        request_id = _request_id(message)
        try:
            _check_envelope(message)
            return {"jsonrpc": "2.0", "id": request_id, "result": self._call(message)}
        except RequestError as error:
            return _error(request_id, error)
        except Exception as error:
            measure.release_memory()
            return _error(request_id, report(error))

    def close(self) -> None:
        if self._loaded is not None and isinstance(self._worker, Generator):
            self._loaded = None
            self._worker.unload()

    def _call(self, message: dict[str, Any]) -> Answer:
        name = message["method"]
        method = self._methods.get(name)
        if method is None:
            raise RequestError(
                UNKNOWN_METHOD, f"method {name!r}: this worker offers {', '.join(self._methods)}"
            )
        if not self._initialized and name not in ("initialize", "shutdown"):
            raise WorkerError("invalid-request", f"{name} before initialize: send initialize first")
        return method(Params(message.get("params", {})))

    def _initialize(self, request: Params) -> Answer:
        protocol = request.text("protocol")
        if protocol != PROTOCOL:
            raise WorkerError("unsupported", f"protocol {protocol!r}: this worker speaks {PROTOCOL!r}")
        self._threads = request.whole("threads", 0, 4096, 0)
        measure.limit_threads(self._threads)
        worker = self._worker
        if isinstance(worker, Evaluator):
            self._metrics = {metric.id: metric for metric in worker.metrics()}
        self._initialized = True
        offered = [name for name in ("generate", "evaluate", "reference") if name in self._methods]
        return {
            "protocol": PROTOCOL,
            "name": worker.name or type(worker).__name__,
            "version": worker.version,
            "capabilities": offered,
            "metrics": [_metric_json(metric) for metric in self._metrics.values()],
        }

    def _load(self, request: Params) -> Answer:
        if self._loaded is not None:
            raise WorkerError("invalid-request", "load: a model is loaded already; send unload first")
        loading = params.load_request(request, self._threads)
        measure.limit_threads(self._threads)
        info = self._generator().load(loading)
        if not isinstance(info, LoadInfo):
            raise WorkerError("crash", f"load returned a {type(info).__name__}, expected a LoadInfo")
        measure.limit_threads(self._threads)  # again: torch may be here only now
        self._loaded = info
        answer = present(info)
        answer.setdefault("peak_memory_bytes", measure.peak_memory_bytes())
        return answer | {"versions": dict(info.versions), "defaults": present(info.defaults)}

    def _generate(self, request: Params) -> Answer:
        if self._loaded is None:
            raise WorkerError("invalid-request", "generate: no model is loaded; send load first")
        output_dir, requests = params.generate_requests(request)
        if not output_dir.is_dir():
            raise WorkerError("invalid-request", f"output_dir {str(output_dir)!r}: there is no such folder")
        filled = [_fill(item, self._loaded.defaults) for item in requests]
        return run_batch(self._generator(), filled, output_dir, self._transport.send, self._throttle)

    def _evaluate(self, request: Params) -> Answer:
        names, requests = params.evaluate_requests(request)
        for name in names:
            if name not in self._metrics:
                raise WorkerError("unsupported", f"metric {name!r}: unknown{nearest(name, self._metrics)}")
        measure.reset_peak_memory()
        results = [self._evaluate_one(item, names) for item in requests]
        return {"results": results, "peak_memory_bytes": measure.peak_memory_bytes()}

    def _evaluate_one(self, request: EvaluateRequest, names: Sequence[str]) -> Answer:
        try:
            evaluation = self._evaluator().evaluate(request, names)
            return {"id": request.id, **self._checked(evaluation, names)}
        except Exception as error:
            measure.release_memory()
            return {"id": request.id, "error": report(error).to_json()}

    def _checked(self, evaluation: Evaluation, names: Sequence[str]) -> Answer:
        values: dict[str, float] = {}
        features: dict[str, list[float]] = {}
        missing: dict[str, str] = {}
        for name in names:
            metric = self._metrics[name]
            if name in evaluation.missing:
                missing[name] = evaluation.missing[name]
            elif metric.kind == "sample":
                values[name] = _finite(_pick(evaluation.values, name, "value"), name)
            elif metric.features is not None:
                vector = _pick(evaluation.features, metric.features, "features")
                features[metric.features] = [_finite(value, metric.features) for value in vector]
        answer: Answer = {"values": values, "features": features}
        return answer | {"missing": missing} if missing else answer

    def _reference(self, request: Params) -> Answer:
        reference = self._evaluator().reference(
            request.text("kind"),
            request.whole("count", 1, 2**31 - 1),
            request.whole("seed", 0, 2**64 - 1),
            request.texts("features"),
        )
        features = {
            name: [[_finite(value, name) for value in vector] for vector in vectors]
            for name, vectors in reference.features.items()
        }
        return {"features": features, "digest": reference.digest}

    def _unload(self, _request: Params) -> Answer:
        self.close()
        measure.release_memory()
        return {}

    def _shutdown(self, _request: Params) -> Answer:
        self._done = True
        return {}

    def _generator(self) -> Generator:
        assert isinstance(self._worker, Generator)
        return self._worker

    def _evaluator(self) -> Evaluator:
        assert isinstance(self._worker, Evaluator)
        return self._worker


def _request_id(message: Any) -> int | str | None:
    """The id to answer with; None when the message has no usable one."""
    request_id = message.get("id") if isinstance(message, dict) else None
    return request_id if _is_id(request_id) else None


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_notification(message: Any) -> bool:
    return isinstance(message, dict) and "id" not in message and isinstance(message.get("method"), str)


def _check_envelope(message: Any) -> None:
    if not isinstance(message, dict):
        raise RequestError(INVALID_REQUEST, "expected one JSON-RPC request object a line")
    if message.get("jsonrpc") != "2.0":
        raise RequestError(INVALID_REQUEST, 'jsonrpc: expected "2.0"')
    if not isinstance(message.get("method"), str):
        raise RequestError(INVALID_REQUEST, "method: expected a string")
    if "id" in message and not _is_id(message["id"]):
        raise RequestError(INVALID_REQUEST, "id: expected a whole number or a string")


def _error(request_id: int | str | None, error: RequestError | WorkerError) -> Answer:
    if isinstance(error, RequestError):
        body: Answer = {"code": error.code, "message": error.message}
    else:
        body = {"code": FAILED, "message": error.message, "data": {"class": error.failure_class}}
    return {"jsonrpc": "2.0", "id": request_id, "error": body}


def _fill(request: GenerateRequest, defaults: Defaults) -> GenerateRequest:
    absent = {name: getattr(defaults, name) for name in NUMBERS if getattr(request, name) is None}
    return replace(request, **absent)


def _metric_json(metric: Metric) -> Answer:
    return present(metric) | {"range": list(metric.range), "needs": list(metric.needs)}


def _pick(found: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in found:
        raise WorkerError("bad-output", f"evaluate returned no {what} for {name!r}")
    return found[name]


def _finite(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise WorkerError("bad-output", f"{name}: {value!r} is no number") from None
    if not math.isfinite(number):
        raise WorkerError("bad-output", f"{name}: the value is {number}")
    return number
