"""A small Hugging Face Hub on this machine: API, files, a CDN behind a redirect. It counts, and misbehaves if told."""

import hashlib
import json
import urllib.parse
from collections.abc import Callable

from local_server import LocalHandler, LocalServer


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Repository:
    """Files of one commit; those of `large` names are the CDN's, known by sha256."""

    def __init__(self, files: dict[str, bytes], large: tuple[str, ...] = (".safetensors", ".bin", ".pth")) -> None:
        self.files = files
        self.large = {name for name in files if name.endswith(large)}

    @property
    def commit(self) -> str:
        listing = "".join(f"{name} {sha256(content)}\n" for name, content in sorted(self.files.items()))
        return hashlib.sha1(listing.encode()).hexdigest()

    def siblings(self) -> list[dict]:
        entries = []
        for name, content in self.files.items():
            entry: dict = {"rfilename": name, "size": len(content), "blobId": git_sha1(content)}
            if name in self.large:
                entry["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 135}
            entries.append(entry)
        return entries


class Listener(LocalServer):
    """One address; `requests` has (method, path, headers) of each request."""

    def __init__(self, answer: "Callable[[Handler], None]") -> None:
        self.answer = answer
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        super().__init__(Handler, queue=128)

    def asked(self, part: str) -> list[tuple[str, str, dict[str, str]]]:
        return [request for request in self.requests if part in request[1]]


class HubServer:
    """`repositories` by "owner/name"; `behave` by a part of the path answers instead of the honest handler."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.token: str | None = None
        self.behave: dict[str, Callable[[Handler], None]] = {}
        self.hub = Listener(self.answer_hub)
        self.cdn = Listener(self.answer_cdn)

    @property
    def host(self) -> str:
        return self.hub.base.removeprefix("http://").replace(":", "_")

    def close(self) -> None:
        self.hub.close()
        self.cdn.close()

    def answer_hub(self, handler: "Handler") -> None:
        path = urllib.parse.unquote(handler.path.split("?")[0])
        if self.token is not None and handler.headers.get("Authorization") != f"Bearer {self.token}":
            return handler.fail(401)
        parts = path.strip("/").split("/")
        if path.startswith("/api/models/"):
            repository = self.repositories.get("/".join(parts[2:4]))
            if repository is None:
                return handler.fail(404)
            document = {"id": "/".join(parts[2:4]), "sha": repository.commit, "siblings": repository.siblings()}
            return handler.send(json.dumps(document).encode(), "application/json")
        repository = self.repositories.get("/".join(parts[:2]))
        name = "/".join(parts[4:])
        if repository is None or parts[2] != "resolve" or parts[3] != repository.commit or name not in repository.files:
            return handler.fail(404)
        if name in repository.large:
            return handler.fail(302, Location=f"{self.cdn.base}/{sha256(repository.files[name])}")
        return handler.send(repository.files[name], "text/plain")

    def answer_cdn(self, handler: "Handler") -> None:
        for repository in self.repositories.values():
            for name in repository.large:
                if sha256(repository.files[name]) == handler.path.strip("/"):
                    return handler.send(repository.files[name])
        return handler.fail(404)

    def dishonest(self, path: str) -> "Callable[[Handler], None] | None":
        return next((behaviour for part, behaviour in self.behave.items() if part in path), None)


class Handler(LocalHandler):
    def do_GET(self) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.owner.requests.append((self.command, self.path, headers))
        hub = self.owner.answer.__self__
        try:
            (hub.dishonest(self.path) or self.owner.answer)(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def honest(self) -> None:
        self.owner.answer(self)

    def range(self, size: int) -> tuple[int, int] | None:
        """The first byte and the one behind the last that are asked for."""
        wanted = self.headers.get("Range", "")
        if not wanted.startswith("bytes="):
            return None
        first, last = wanted.removeprefix("bytes=").split("-")
        return int(first), min(int(last) + 1 if last else size, size)

    def begin(self, content: bytes, kind: str = "application/octet-stream", length: int | None = None) -> bytes:
        """Sends the headers; returns what is to be sent."""
        wanted = self.range(len(content))
        if wanted and wanted[0] >= len(content):
            self.fail(416, Content_Range=f"bytes */{len(content)}")
            return b""
        part = content[slice(*wanted)] if wanted else content
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {wanted[0]}-{wanted[1] - 1}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(part) if length is None else length))
        self.end_headers()
        return part

    def send(self, content: bytes, kind: str = "application/octet-stream") -> None:
        self.wfile.write(self.begin(content, kind))

    def fail(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"no\n")
