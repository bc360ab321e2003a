"""A worker under test: the real program as a child process, every message held against the schema."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PYTHON_DIR = Path(__file__).resolve().parents[1]
SCHEMA = json.loads(
    (PYTHON_DIR.parent / "schemas" / "worker-protocol.schema.json").read_text(encoding="utf-8")
)
TIMEOUT_S = 120.0


def check(definition: str, value: Any) -> None:
    """Raises ValidationError unless `value` is what the schema's definition says."""
    Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}).validate(value)


class WorkerProcess:
    def __init__(self, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.log = log
        self.progress: list[dict[str, Any]] = []
        self._next_id = 1
        environment = os.environ | {"PYTHONPATH": str(PYTHON_DIR)} | (env or {})
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment,
            )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def send_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """The next answer; progress messages on the way are kept in `progress`."""
        while True:
            line = self._lines.get(timeout=TIMEOUT_S)
            assert line, f"the worker ended:\n{self.log.read_text()}"
            message: dict[str, Any] = json.loads(line)
            check("from_worker", message)
            if message.get("method") != "progress":
                return message
            self.progress.append(message["params"])

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sends one request of any content; returns its answer, result or error."""
        request_id, self._next_id = self._next_id, self._next_id + 1
        message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}}
        self.send_line(json.dumps(message).encode())
        answer = self.receive()
        assert answer["id"] == request_id
        if "result" in answer:
            check(f"{method}_call", message)
            check(f"{method}_answer", answer)
        return answer

    def call(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request that must succeed; returns its result."""
        answer = self.request(method, params)
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def fail(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request that must fail; returns its error."""
        answer = self.request(method, params)
        assert "error" in answer, answer
        error: dict[str, Any] = answer["error"]
        return error

    def initialize(self, threads: int = 1) -> dict[str, Any]:
        return self.call(
            "initialize", {"protocol": "vidbench.worker/1", "client": "tests", "threads": threads}
        )

    def no_more_output(self) -> bool:
        return self._lines.get(timeout=TIMEOUT_S) == b""

    def close_stdin(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(TIMEOUT_S)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
