"""JSON-RPC lines on the process's stdin and stdout, shielded from whatever the model's libraries print."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, BinaryIO, Final

from .errors import INVALID_REQUEST, PARSE_ERROR, RequestError

MAX_LINE_BYTES: Final = 64 * 1024 * 1024


class Stop(BaseException):
    """Ends the worker. Not an Exception, so that a model's `except Exception` does not swallow it."""


class Transport:
    """Owns the protocol's two streams. Sending is safe from any thread."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    @classmethod
    def take_stdio(cls) -> Transport:
        """Moves stdin and stdout away: prints land on stderr, and child processes cannot read requests."""
        sys.stdout.flush()
        incoming = os.fdopen(os.dup(0), "rb")
        outgoing = os.fdopen(os.dup(1), "wb", buffering=0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        return cls(incoming, outgoing)

    def receive(self) -> Any:
        """The next line's JSON value; raises EOFError at the end, RequestError for a line that is not JSON."""
        line = self._incoming.readline(MAX_LINE_BYTES + 1)
        if not line:
            raise EOFError
        if len(line) > MAX_LINE_BYTES:
            self._skip_line()
            raise RequestError(INVALID_REQUEST, f"the line is longer than {MAX_LINE_BYTES} bytes")
        try:
            return json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise RequestError(PARSE_ERROR, f"not JSON: {error}") from error

    def send(self, message: dict[str, Any]) -> None:
        """Writes one message; raises Stop when nobody reads any more."""
        data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            view = memoryview(data)
            try:
                while view:
                    view = view[self._outgoing.write(view) :]
            except (BrokenPipeError, ConnectionResetError):
                raise Stop from None

    def _skip_line(self) -> None:
        while True:
            rest = self._incoming.readline(1 << 20)
            if not rest or rest.endswith(b"\n"):
                return


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
