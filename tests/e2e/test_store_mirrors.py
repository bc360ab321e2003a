"""`vidbench store serve`, and pulling from mirrors."""

import contextlib
import json
import signal
import socket
from collections.abc import Iterator

import pytest
from conftest import Vidbench
from hub_server import sha256
from weights_store import CHOSEN, OTHER, PIPELINE, WEIGHTS, Store, snapshot_files, wait_for


class Serving:
    """`vidbench store serve` of a store."""

    def __init__(self, store: Store, *arguments: str) -> None:
        self.process = store.start("store", "serve", "--listen", "127.0.0.1:0", *arguments)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert "serving on " in line, line + self.process.stderr.read()
        self.base = line.split("serving on ")[1].strip()
        self.port = int(self.base.rsplit(":", 1)[1])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=60) == 0

    def raw(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(request)
            with contextlib.suppress(OSError):  # it has answered and closed already
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while block := connection.recv(65536):
                answer += block
            return answer

    def get(self, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close"]
        lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
        head, _, body = self.raw("\r\n".join([*lines, "", ""]).encode()).partition(b"\r\n\r\n")
        status, *rest = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in rest)
        return int(status.split()[1]), {key.lower(): value for key, value in fields.items()}, body


@pytest.fixture
def serving(store: Store) -> Iterator[Serving]:
    store.offer("toy")
    store.pull("toy")
    serving = Serving(store)
    yield serving
    if serving.process.poll() is None:
        serving.stop()


def test_serves_blobs_and_manifests(store: Store, serving: Serving) -> None:
    blob = f"/blobs/sha256-{sha256(WEIGHTS)}"
    status, headers, body = serving.get(blob)
    assert status == 200 and body == WEIGHTS and headers["etag"] == f'"{sha256(WEIGHTS)}"'
    status, headers, body = serving.get(blob, "HEAD")
    assert status == 200 and body == b"" and headers["content-length"] == str(len(WEIGHTS))
    assert serving.get(blob, Range="bytes=5-9")[::2] == (206, WEIGHTS[5:10])
    assert serving.get(blob, Range="bytes=-7")[::2] == (206, WEIGHTS[-7:])
    assert serving.get(blob, Range="bytes=2999990-")[::2] == (206, WEIGHTS[2999990:])
    status, headers, _ = serving.get(blob, Range="bytes=3000000-")
    assert status == 416 and headers["content-range"] == "bytes */3000000"
    assert serving.get(blob, Range="bytes=1-2", If_Range='"other"')[::2] == (200, WEIGHTS)
    assert serving.get(blob, If_None_Match=f'"{sha256(WEIGHTS)}"')[::2] == (304, b"")
    assert serving.get(f"/manifests/{store.hub.host}/someone/toy/main.json")[0] == 200
    assert serving.get(blob, "DELETE")[0] == 405 and serving.get(blob, "PUT")[0] == 405
    with socket.create_connection(("127.0.0.1", serving.port)) as connection:  # kept for a second request
        for _ in range(2):
            connection.sendall(f"HEAD {blob} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/blobs/",
        "/blobs/../lock",
        "/blobs/sha256-../../lock",
        "/lock",
        "/leases/",
        "/parts/",
        "/manifests/../../../../../../etc/passwd",
        "/manifests/%2e%2e/%2e%2e/%2e%2e/etc%2fpasswd",
        "/manifests/a/b/..%2f..%2f..%2fmirrors.json/c.json",
        "/manifests/a/b/c/%00.json",
        "/manifests/%",
        "//etc/passwd",
        "http://elsewhere/blobs/x",
        "/blobs/sha256-" + "0" * 64,
    ],
)
def test_serves_nothing_else(serving: Serving, target: str) -> None:
    assert serving.get(target)[0] == 404


def test_requests_that_are_none(serving: Serving) -> None:
    for request in (
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x00\xff" * 5000,
        b"GET / HTTP/1.1\r\nA: " + b"x" * 50_000,
        b"GET",
    ):
        assert b" 200 " not in serving.raw(request)[:20]
    assert serving.get(f"/blobs/sha256-{sha256(WEIGHTS)}")[0] == 200, "it still serves"


def test_serving_has_a_limit_and_a_graceful_end(store: Store) -> None:
    store.offer("toy")
    store.pull("toy")
    serving = Serving(store, "--max-connections", "2")
    held = [socket.create_connection(("127.0.0.1", serving.port)) for _ in range(2)]
    wait_for(lambda: b" 503 " in serving.raw(b"GET / HTTP/1.1\r\n\r\n")[:20], "the limit")
    held.pop().close()
    wait_for(lambda: serving.get("/")[0] == 404, "a free place")
    serving.stop()
    held.pop().close()
    taken = socket.create_server(("127.0.0.1", 0))
    result = store.run("store", "serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", code=3)
    assert "cannot listen on" in result.stderr
    assert "no address" in store.run("store", "serve", "--listen", "x:y", code=2).stderr


def second_store(store: Store) -> Store:
    """Another machine that asks the same hub."""
    other = Store(Vidbench(store.vidbench.home / "second"), store.hub)
    other.model("toy")
    return other


def test_a_mirror_gives_all_without_the_hub(store: Store, serving: Serving) -> None:
    other = second_store(store)
    store.hub.hub.requests.clear()
    store.hub.cdn.requests.clear()
    other.vidbench.environment["VIDBENCH_MIRRORS"] = serving.base + "/"
    assert snapshot_files(other.pull_json("toy")["path"]) == {name: PIPELINE[name] for name in CHOSEN}
    assert store.hub.hub.requests == [] and store.hub.cdn.requests == []


def test_a_mirror_that_lacks_or_spoils_a_blob_is_passed_over(store: Store, serving: Serving) -> None:
    blob = store.root / "blobs" / f"sha256-{sha256(WEIGHTS)}"
    blob.chmod(0o644)
    blob.write_bytes(OTHER)
    (store.root / "blobs" / f"sha256-{sha256(b'{}')}").unlink()
    other = second_store(store)
    result = other.pull("toy", "--mirror", serving.base)
    assert "expected " + sha256(WEIGHTS) in result.stderr
    assert other.blobs() == {sha256(PIPELINE[name]): PIPELINE[name] for name in CHOSEN}


def test_a_mirror_that_is_down_comes_last_for_a_while(store: Store, serving: Serving) -> None:
    gone = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    gone.close()
    other = second_store(store)
    store.hub.hub.requests.clear()
    result = other.pull("toy", "--mirror", address, "--mirror", serving.base)
    assert result.stderr.count(address) == 1, "asked once, then passed over"
    assert address in json.loads((other.root / "mirrors.json").read_text()) and store.hub.hub.requests == []
    (other.root / "mirrors.json").write_text("nonsense")
    other.run("models", "rm", "toy")
    other.pull("toy", "--mirror", serving.base)
    assert "no http or https address" in other.pull("toy", "--mirror", "ftp://x", code=2).stderr


def test_a_hostile_mirror_manifest_is_refused(store: Store, serving: Serving) -> None:
    path = store.root / "manifests" / store.hub.host / "someone/toy/main.json"
    manifest = json.loads(path.read_text())
    manifest["files"][0]["path"] = "../../../../evil"
    path.write_text(json.dumps(manifest))
    other = second_store(store)
    result = other.pull("toy", "--mirror", serving.base)
    assert "no path in a repository" in result.stderr and not list(other.vidbench.home.rglob("evil"))
    assert store.hub.hub.asked("/api/"), "the hub is asked instead"
