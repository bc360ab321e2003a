"""What the tests' HTTP servers share: a server on this machine, and handlers that find who owns it."""

import http.server
import threading
from typing import Any


class LocalServer:
    """Answers each request on a thread of its own; its handlers find it as `owner`."""

    def __init__(self, handler: type[http.server.BaseHTTPRequestHandler], queue: int = 5) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.socket.listen(queue)
        self.server.owner = self  # type: ignore[attr-defined]
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class LocalHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def owner(self) -> Any:
        return self.server.owner  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass
