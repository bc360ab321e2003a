"""An HTTP server of one folder of weight files, honest by default and as dishonest as a test asks."""

import time
from collections.abc import Callable

from local_server import LocalHandler, LocalServer


class WeightServer(LocalServer):
    """`files` by name; `behave[name]` answers a request for it instead, and may hand it back to `serve`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.behave: dict[str, Callable[[Handler, str], None]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        super().__init__(Handler)

    def url(self, name: str) -> str:
        return f"{self.base}/{name}"

    def ranges(self, name: str) -> list[str]:
        """The Range of each request for the file, "" for none."""
        return [headers.get("range", "") for path, headers in self.requests if path == name]


class Handler(LocalHandler):
    def do_GET(self) -> None:
        name = self.path.lstrip("/").split("?")[0]
        self.owner.requests.append((name, {key.lower(): value for key, value in self.headers.items()}))
        try:
            self.owner.behave.get(name, Handler.serve)(self, name)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def range_start(self, name: str) -> int:
        """Where the answer begins: 0 without a Range, or when If-Range names other content."""
        wanted = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if not wanted or (condition is not None and condition != self.owner.etags.get(name)):
            return 0
        return int(wanted.removeprefix("bytes=").split("-")[0])

    def begin(self, name: str, length: int | None = None, kind: str = "application/octet-stream") -> bytes:
        """Sends the headers for the file, from where it was asked; returns what is to be sent."""
        content = self.owner.files[name]
        start = self.range_start(name)
        if start > len(content) or (start == len(content) and start > 0):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return b""
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Type", kind)
        if name in self.owner.etags:
            self.send_header("ETag", self.owner.etags[name])
        self.send_header("Content-Length", str(len(content) - start if length is None else length))
        self.end_headers()
        return content[start:]

    def serve(self, name: str) -> None:
        if name not in self.owner.files:
            return self.answer(404)
        self.wfile.write(self.begin(name))

    def answer(self, code: int, **headers: str) -> None:
        body = b"<html>no</html>"
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def cut_after(size: int, times: int = 10**9) -> Callable[[Handler, str], None]:
    """Ends the connection after `size` bytes of what was promised, the first `times` times."""
    left = [times]

    def behave(handler: Handler, name: str) -> None:
        content = handler.begin(name)
        if left[0] > 0:
            left[0] -= 1
            content = content[:size]
            handler.close_connection = True
        handler.wfile.write(content)

    return behave


def slowly(pause: float, block: int) -> Callable[[Handler, str], None]:
    def behave(handler: Handler, name: str) -> None:
        content = handler.begin(name)
        for start in range(0, len(content), block):
            handler.wfile.write(content[start : start + block])
            handler.wfile.flush()
            time.sleep(pause)

    return behave


def fail(code: int, times: int = 10**9, **headers: str) -> Callable[[Handler, str], None]:
    left = [times]

    def behave(handler: Handler, name: str) -> None:
        if left[0] <= 0:
            return handler.serve(name)
        left[0] -= 1
        handler.answer(code, **headers)

    return behave


def redirect(target: str) -> Callable[[Handler, str], None]:
    return fail(302, Location=target, ETag='"not the file\'s"')
