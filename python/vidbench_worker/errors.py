"""Failures as the worker protocol names them, and how exceptions become them."""

from __future__ import annotations

import difflib
import sys
import traceback
from collections.abc import Iterable
from typing import Any, Final

FAILURE_CLASSES: Final = (
    "oom",
    "timeout",
    "crash",
    "bad-output",
    "network",
    "moderation",
    "licence",
    "unsupported",
    "invalid-request",
)

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
UNKNOWN_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
FAILED: Final = -32000

MAX_MESSAGE: Final = 4000  # holds the names of all video pipelines

# Matched against class names, so that no library is imported only to be asked for its exceptions.
NETWORK_ERRORS: Final = {
    "ConnectionError",
    "URLError",
    "gaierror",
    "HfHubHTTPError",
    "LocalEntryNotFoundError",
    "OfflineModeIsEnabled",
    "RequestException",
    "TransportError",
}


class WorkerError(Exception):
    """A failure with one of the protocol's classes and a one-line message that says the way out."""

    def __init__(self, failure_class: str, message: str) -> None:
        if failure_class not in FAILURE_CLASSES:
            raise ValueError(f"unknown failure class {failure_class!r}; one of: {', '.join(FAILURE_CLASSES)}")
        super().__init__(message)
        self.failure_class = failure_class
        self.message = one_line(message)

    def to_json(self) -> dict[str, Any]:
        return {"class": self.failure_class, "message": self.message}


class RequestError(Exception):
    """A request that is malformed as JSON-RPC sees it; `code` is one of the standard codes."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = one_line(message)


def one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion to append to "unknown …": the likeliest name, or all of them when there are few."""
    names = sorted(known)
    return did_you_mean(name, names) or (f"; one of: {', '.join(names)}" if 0 < len(names) <= 20 else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The likeliest name, to append to a message that lists all of them; "" when none is near."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def classify(error: BaseException) -> WorkerError:
    """The protocol's view of any exception that a generator or an evaluator let out."""
    if isinstance(error, WorkerError):
        return error
    text = one_line(str(error))
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return WorkerError(_failure_class(error, text.lower()), message)


def report(error: Exception) -> WorkerError:
    """Classifies a failure and logs what its one line leaves out: where an unforeseen exception came from."""
    failure = classify(error)
    if failure is error and error.__cause__ is None:
        print(f"{failure.failure_class}: {failure.message}", file=sys.stderr)
    else:
        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    return failure


def _failure_class(error: BaseException, text: str) -> str:
    names = {base.__name__ for base in type(error).__mro__}
    if isinstance(error, MemoryError) or "OutOfMemoryError" in names:
        return "oom"
    # The CPU allocator of torch and some CUDA libraries report exhausted memory as a plain RuntimeError.
    if isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text):
        return "oom"
    if "GatedRepoError" in names:
        return "licence"
    if isinstance(error, TimeoutError):
        return "timeout"
    if names & NETWORK_ERRORS:
        return "network"
    if isinstance(error, NotImplementedError):
        return "unsupported"
    return "crash"
