"""`vidbench models pull` from a hub on this machine, honest and not: real transfers."""

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable

import pytest
from hub_server import Handler, sha256
from weights_store import CHOSEN, OTHER, PIPELINE, WEIGHTS, Store, wait_for


def ended_after(size: int, times: int = 10**9) -> Callable[[Handler], None]:
    """Ends the connection after `size` bytes of what was promised, the first `times` times."""
    left = [times]

    def behave(handler: Handler) -> None:
        if left[0] <= 0:
            return handler.honest()
        left[0] -= 1
        part = handler.begin(WEIGHTS)
        handler.close_connection = True
        handler.wfile.write(part[:size])

    return behave


def ended_once() -> Callable[[Handler], None]:
    """Ends the first connection after a part; later ones find nothing."""
    left = [1]

    def behave(handler: Handler) -> None:
        left[0] -= 1
        ended_after(1_000_000)(handler) if left[0] >= 0 else handler.fail(404)

    return behave


def failing(code: int, times: int, **headers: str) -> Callable[[Handler], None]:
    left = [times]

    def behave(handler: Handler) -> None:
        left[0] -= 1
        handler.fail(code, **headers) if left[0] >= 0 else handler.honest()

    return behave


LARGE = "/" + sha256(WEIGHTS)


def test_a_broken_connection_is_continued(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = ended_after(1_000_000, times=2)
    store.pull("toy", "--connections", "1")
    ranges = [headers.get("range", "") for _, _, headers in store.hub.cdn.asked(LARGE)]
    assert ranges == ["", "bytes=1000000-", "bytes=2000000-"] and sha256(WEIGHTS) in store.blobs()


@pytest.mark.parametrize("code", [429, 503, 500, 408])
def test_passing_trouble_is_waited_for(store: Store, code: int) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = failing(code, 2, Retry_After="0")
    store.hub.behave["/api/"] = failing(code, 1, Retry_After="0")
    store.pull("toy")
    assert sha256(WEIGHTS) in store.blobs()


def test_trouble_that_does_not_pass_ends_in_one_line(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = failing(503, 10**9, Retry_After="0")
    result = store.pull("toy", code=3)
    assert "cannot fetch transformer/diffusion_pytorch_model.safetensors" in result.stderr
    assert "answers 503" in result.stderr and LARGE.strip("/") not in store.blobs()
    del store.hub.behave[LARGE]
    assert store.pull_json("toy")["how"] == "fetched"


def test_a_server_that_stalls(store: Store) -> None:
    store.offer("toy")
    silent = threading.Event()
    left = [1]

    def stall(handler: Handler) -> None:
        if left[0] <= 0:
            return handler.honest()
        left[0] -= 1
        handler.wfile.write(handler.begin(WEIGHTS)[:1_000_000])
        handler.wfile.flush()
        silent.wait(120)
        handler.close_connection = True

    store.hub.behave[LARGE] = stall
    store.pull("toy", "--stall", "1", "--connections", "1")
    silent.set()
    assert sha256(WEIGHTS) in store.blobs() and len(store.hub.cdn.asked(LARGE)) == 2


@pytest.mark.parametrize("length", [len(WEIGHTS) + 5000, 1000])
def test_a_server_that_lies_about_the_length(store: Store, length: int) -> None:
    store.offer("toy")

    def lie(handler: Handler) -> None:
        part = handler.begin(WEIGHTS, length=length)
        handler.close_connection = True
        handler.wfile.write(part)

    store.hub.behave[LARGE] = lie
    result = store.pull("toy", "--connections", "1", code=3)
    assert f"a file of {length} bytes, not of {len(WEIGHTS)}" in result.stderr
    assert sha256(WEIGHTS) not in store.blobs()


def test_a_server_that_sends_more(store: Store) -> None:
    store.offer("toy")

    def more(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        while True:
            handler.wfile.write(WEIGHTS)

    store.hub.behave[LARGE] = more
    assert f"sends more than {len(WEIGHTS)} bytes" in store.pull("toy", code=3).stderr
    assert sha256(WEIGHTS) not in store.blobs()


def test_wrong_content_never_gets_a_name(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = lambda handler: handler.send(OTHER)
    result = store.pull("toy", code=3)
    assert f"has sha256 {sha256(OTHER)}, expected {sha256(WEIGHTS)}" in result.stderr
    assert not {sha256(WEIGHTS), sha256(OTHER)} & set(store.blobs()) and store.parts() == []


def test_content_that_changes_on_the_way(store: Store) -> None:
    store.offer("toy")
    answers = [WEIGHTS[:1_500_000], None]

    def change(handler: Handler) -> None:
        if answers:
            answer = answers.pop(0)
            if answer is not None:
                handler.wfile.write(handler.begin(OTHER)[:1_500_000])
                handler.close_connection = True
                return
        handler.send(WEIGHTS)

    store.hub.behave[LARGE] = change
    store.pull("toy", "--connections", "1")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_a_small_file_with_another_digest(store: Store) -> None:
    store.offer("toy")
    store.hub.behave["vae/config.json"] = lambda handler: handler.send(b"{!}")
    assert "has git sha1" in store.pull("toy", code=3).stderr
    assert sha256(b"{!}") not in store.blobs()


def test_a_server_that_answers_416(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = ended_once()
    store.pull("toy", code=3)

    def no_ranges(handler: Handler) -> None:
        if handler.range(len(WEIGHTS)):
            return handler.fail(416, Content_Range="bytes */5")
        handler.send(WEIGHTS)

    store.hub.behave[LARGE] = no_ranges
    store.pull("toy")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_a_server_that_knows_no_ranges(store: Store) -> None:
    store.offer("toy")

    def whole(size: int) -> Callable[[Handler], None]:
        def behave(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(WEIGHTS)))
            handler.end_headers()
            handler.wfile.write(WEIGHTS[:size])
            handler.close_connection = size < len(WEIGHTS)

        return behave

    store.hub.behave[LARGE] = whole(1_000_000)
    store.pull("toy", code=3)
    store.hub.behave[LARGE] = whole(len(WEIGHTS))
    store.pull("toy", "--join-after", "0")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_another_range_than_was_asked_for(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = ended_once()
    store.pull("toy", code=3)

    def shifted(handler: Handler) -> None:
        if not handler.range(len(WEIGHTS)):
            return handler.send(WEIGHTS)
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 5-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
        handler.send_header("Content-Length", str(len(WEIGHTS) - 5))
        handler.end_headers()
        handler.wfile.write(WEIGHTS[5:])

    store.hub.behave[LARGE] = shifted
    store.pull("toy")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_several_connections_share_a_file(store: Store) -> None:
    store.offer("toy")
    threads = set()

    def slow(handler: Handler) -> None:
        threads.add(threading.get_ident())
        part = handler.begin(WEIGHTS)
        for start in range(0, len(part), 20_000):
            handler.wfile.write(part[start : start + 20_000])
            time.sleep(0.005)

    store.hub.behave[LARGE] = slow
    store.pull("toy", "--join-after", "0", "--connections", "4")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and len(threads) >= 4
    ranges = [headers.get("range", "") for _, _, headers in store.hub.cdn.asked(LARGE)]
    assert ranges[0] == "" and all(one.startswith("bytes=") for one in ranges[1:]) and len(ranges) > 4


def test_connections_that_are_refused_leave_the_first_alone(store: Store) -> None:
    store.offer("toy")

    busy = threading.Lock()
    refused = []

    def one_only(handler: Handler) -> None:
        if not busy.acquire(blocking=False):
            refused.append(handler.path)
            return handler.fail(429, Retry_After="0")
        with contextlib.ExitStack() as stack:
            stack.callback(busy.release)
            part = handler.begin(WEIGHTS)
            for start in range(0, len(part), 50_000):
                handler.wfile.write(part[start : start + 50_000])
                time.sleep(0.01)

    store.hub.behave[LARGE] = one_only
    store.pull("toy", "--join-after", "0")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and refused


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_pull_goes_on(store: Store, how: signal.Signals) -> None:
    store.offer("toy")

    def slow(handler: Handler) -> None:
        part = handler.begin(WEIGHTS)
        for start in range(0, len(part), 20_000):
            handler.wfile.write(part[start : start + 20_000])
            time.sleep(0.02)

    store.hub.behave[LARGE] = slow
    process = store.start("models", "pull", "toy", "--connections", "1")
    record = store.root / "parts" / f"{sha256(WEIGHTS)}.ranges.json"
    wait_for(lambda: record.exists() and "1111" in record.read_text(), "the first chunks")
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    assert process.returncode == (130 if how != signal.SIGKILL else -signal.SIGKILL), error
    assert sha256(WEIGHTS) not in store.blobs()
    store.hub.behave.clear()
    store.hub.cdn.requests.clear()
    assert store.pull_json("toy")["fetched_bytes"] < sum(len(PIPELINE[name]) for name in CHOSEN)
    ((_, _, headers),) = store.hub.cdn.asked(LARGE)
    assert int(headers["range"].removeprefix("bytes=").removesuffix("-")) >= 4 * 65536
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and store.parts() == []


def test_32_processes_ask_once(store: Store) -> None:
    store.offer("toy")
    processes = [store.start("models", "pull", "toy", "--quiet") for _ in range(32)]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 32, errors
    assert len(store.hub.cdn.asked(LARGE)) == 1, "one download of the blob"
    assert len(store.hub.hub.asked("/api/")) == 1
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and store.parts() == []


def test_models_that_share_a_blob_fetch_it_once(store: Store) -> None:
    for i in range(8):
        store.offer(f"toy{i}", {**PIPELINE, "vae/config.json": f"{i}".encode()})
    processes = [store.start("models", "pull", f"toy{i}", "--quiet") for i in range(8)]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, errors
    assert len(store.hub.cdn.asked(LARGE)) == 1
    first = store.json("stat")["manifests"][0]
    assert first["own_bytes"] == 1 and first["bytes"] > len(WEIGHTS)


def test_offline_asks_nobody(store: Store) -> None:
    store.offer("toy")
    for arguments, variable in ((["--offline"], ""), ([], "1")):
        store.vidbench.environment["VIDBENCH_OFFLINE"] = variable
        assert "offline" in store.pull("toy", *arguments, code=3).stderr
    assert store.hub.hub.requests == []


def test_a_store_that_cannot_be_written(store: Store) -> None:
    store.offer("toy")
    store.root.write_text("a file")
    assert str(store.root) in store.pull("toy", code=3).stderr


def test_a_full_disk_is_told_before_the_download(store: Store) -> None:
    repository = store.offer("toy")

    def huge(handler: Handler) -> None:
        siblings = repository.siblings()
        for entry in siblings:
            if entry["rfilename"].endswith("model.safetensors"):
                entry["lfs"]["size"] = 2**46
        document = {"sha": repository.commit, "siblings": siblings}
        handler.send(json.dumps(document).encode(), "application/json")

    store.hub.behave["/api/"] = huge
    result = store.pull("toy", code=3)
    assert "free, someone/toy needs" in result.stderr and store.hub.cdn.requests == []
