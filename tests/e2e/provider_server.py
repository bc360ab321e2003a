"""A hosted service on this machine: replays one provider's sequence, and misbehaves as a test asks."""

import http.server
import json
import threading
from collections.abc import Callable

from local_server import LocalHandler, LocalServer

VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 200

# An answer: status, headers, body (bytes as they are, anything else as JSON).
Answer = tuple[int, dict[str, str], object]


class Request:
    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class ProviderServer(LocalServer):
    """`answers` by "METHOD /path" (without query): a list that is used up to its last entry, which stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer | Callable[[http.server.BaseHTTPRequestHandler], None]]] = {}
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        super().__init__(Handler)

    def on(self, call: str, *answers: object) -> None:
        """Each answer: a body, a (status, headers, body), or a function of the handler."""
        self.answers[call] = [a if callable(a) or isinstance(a, tuple) else (200, {}, a) for a in answers]

    def sent(self, call: str) -> list[Request]:
        return [request for request in self.requests if f"{request.method} {request.path.split('?')[0]}" == call]


class Handler(LocalHandler):
    def handle_any(self) -> None:
        owner: ProviderServer = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {key.lower(): value for key, value in self.headers.items()}
        with owner.lock:
            owner.requests.append(Request(self.command, self.path, headers, body))
            known = owner.answers.get(f"{self.command} {self.path.split('?')[0]}")
            answer = None if not known else known[0] if len(known) == 1 else known.pop(0)
        try:
            if callable(answer):
                answer(self)
            else:
                self.answer(*(answer or (404, {}, {"message": f"nothing at {self.command} {self.path}"})))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def answer(self, status: int, headers: dict[str, str], body: object) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if "Content-Type" not in headers:
            self.send_header("Content-Type", "video/mp4" if isinstance(body, bytes) else "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def hang_up(handler: http.server.BaseHTTPRequestHandler) -> None:
    """The request was read, and nothing is answered."""
    handler.close_connection = True
    handler.connection.close()
