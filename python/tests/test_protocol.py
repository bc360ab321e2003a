"""The protocol as a client sees it, spoken with real workers over real pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worker_process import PYTHON_DIR, WorkerProcess

ODD = str(PYTHON_DIR / "tests" / "odd_worker.py")
Start = Callable[..., WorkerProcess]


def loaded(start: Start, **settings: Any) -> WorkerProcess:
    worker = start(ODD)
    worker.initialize()
    worker.call(
        "load", {"model": "odd", "settings": settings, "device": "cpu", "dtype": "fp32", "offline": True}
    )
    return worker


def generate(worker: WorkerProcess, folder: Path, *prompts: str, **numbers: Any) -> list[dict[str, Any]]:
    requests = [
        {"id": f"s{index}", "prompt": prompt, "negative_prompt": "", "seed": index + 1, **numbers}
        for index, prompt in enumerate(prompts)
    ]
    results = worker.call("generate", {"output_dir": str(folder), "requests": requests})["results"]
    assert [result["id"] for result in results] == [request["id"] for request in requests]
    return results


def test_the_whole_life_of_a_worker(start: Start, tmp_path: Path) -> None:
    worker = start(ODD)
    assert worker.initialize(threads=2) == {
        "protocol": "vidbench.worker/1",
        "name": "odd",
        "version": "7",
        "capabilities": ["generate"],
        "metrics": [],
    }
    load = {"model": "odd", "settings": {}, "device": "cpu", "dtype": "bf16", "offline": True}
    info = worker.call("load", load)
    assert info["dtype"] == "bf16"
    assert info["versions"] == {"threads": "2/2"}
    assert info["defaults"] == {"frames": 2, "width": 8, "height": 4, "fps": 8, "steps": 3}
    assert info["peak_memory_bytes"] > 1_000_000
    assert "parameters" not in info, "an unknown fact is absent"

    first, second = generate(worker, tmp_path, "plain", "plain", frames=3)
    video = np.load(tmp_path / second["video"])
    assert video.shape == (3, 4, 8, 3) == (second["frames"], second["height"], second["width"], 3)
    assert video.dtype == np.uint8
    assert (video == 2).all()
    assert 0 <= first["latency_s"] <= second["latency_s"]
    assert sorted(file.name for file in tmp_path.glob("*.npy*")) == ["s0.npy", "s1.npy"]

    assert worker.call("unload") == {}
    assert (
        worker.fail("generate", {"output_dir": str(tmp_path), "requests": []})["data"]["class"]
        == "invalid-request"
    )
    worker.call("load", load)
    assert worker.call("shutdown") == {}
    assert worker.process.wait(30) == 0
    assert worker.log.read_text().count("unloaded") == 2


def test_prints_do_not_reach_the_protocol(start: Start, tmp_path: Path) -> None:
    worker = loaded(start)
    (result,) = generate(worker, tmp_path, "print")
    assert "video" in result
    assert worker.close_stdin() == 0
    assert worker.no_more_output()
    log = worker.log.read_text()
    for text in ("print during load", "a print to stdout", "descriptor 1", "puts from C", "from a child"):
        assert text in log


@pytest.mark.parametrize(
    ("prompt", "failure_class", "text"),
    [
        ("raise", "crash", "ValueError: two lines"),
        ("oom", "oom", "MemoryError"),
        ("cuda-oom", "oom", "CUDA out of memory"),
        ("cpu-oom", "oom", "can't allocate"),
        ("moderation", "moderation", "the prompt was refused"),
        ("nan", "bad-output", "frame 1: not-finite values"),
        ("range", "bad-output", "expected 0..1"),
        ("int", "bad-output", "frames are int64"),
        ("shape", "bad-output", "2×3×4×8, expected T×H×W×3; move the colours last"),
        ("nothing", "bad-output", "returned a NoneType"),
    ],
)
def test_a_failure_is_one_sample_s(
    shared_worker: WorkerProcess, tmp_path: Path, prompt: str, failure_class: str, text: str
) -> None:
    bad, good = generate(shared_worker, tmp_path, prompt, "plain")
    assert bad["error"]["class"] == failure_class
    assert text in bad["error"]["message"]
    assert "\n" not in bad["error"]["message"]
    assert good["video"] == "s1.npy"
    assert [file.name for file in tmp_path.glob("s*.npy*")] == ["s1.npy"]


@pytest.fixture(scope="module")
def shared_worker(tmp_path_factory: pytest.TempPathFactory) -> Any:
    worker = WorkerProcess([ODD], tmp_path_factory.mktemp("shared") / "stderr.log")
    worker.initialize()
    worker.call("load", {"model": "odd"})
    yield worker
    worker.kill()


def test_float_frames_become_bytes(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    (result,) = generate(shared_worker, tmp_path, "float")
    video = np.load(tmp_path / result["video"])
    assert video.dtype == np.uint8
    assert (video.flat[0], video.flat[-1]) == (0, 255)
    assert abs(int(video.flat[video.size // 2]) - 128) <= 1


def test_progress_is_throttled(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    shared_worker.progress.clear()
    generate(shared_worker, tmp_path, "many")
    assert 1 <= len(shared_worker.progress) <= 20
    assert shared_worker.progress[0] | {"peak_memory_bytes": 0} == {
        "id": "s0", "stage": "denoise", "step": 1, "steps": 200, "peak_memory_bytes": 0,
    }  # fmt: skip


def test_stages_are_timed(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    (result,) = generate(shared_worker, tmp_path, "stages")
    assert 0.02 <= result["stages"]["denoise"] <= result["latency_s"]


def test_ids_cannot_leave_the_folder(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    params = {
        "output_dir": str(folder),
        "requests": [{"id": name, "prompt": "plain", "seed": 1} for name in ("../escape", "/etc/x", "..")],
    }
    results = shared_worker.call("generate", params)["results"]
    names = {result["video"] for result in results}
    assert len(names) == 3
    assert {file.name for file in folder.iterdir()} == names
    assert [file.name for file in tmp_path.iterdir()] == ["inner"]


@pytest.mark.parametrize(
    ("line", "code", "answered_id"),
    [
        (b"", -32700, None),
        (b"hello", -32700, None),
        (b'{"jsonrpc":"2.0","id":1,', -32700, None),
        (b'{"jsonrpc":"2.0","id":1,"method":"unload","params":{"x":NaN}}', -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"[]", -32600, None),
        (b"17", -32600, None),
        (b'{"id":5,"method":"unload"}', -32600, 5),
        (b'{"jsonrpc":"2.0","id":6}', -32600, 6),
        (b'{"jsonrpc":"2.0","id":true,"method":"unload"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":"a","method":"fly"}', -32601, "a"),
        (b'{"jsonrpc":"2.0","id":7,"method":"evaluate","params":{}}', -32601, 7),
        (b'{"jsonrpc":"2.0","id":8,"method":"generate","params":[]}', -32602, 8),
    ],
)
def test_malformed_lines_are_answered(
    shared_worker: WorkerProcess, tmp_path: Path, line: bytes, code: int, answered_id: Any
) -> None:
    shared_worker.send_line(line)
    answer = shared_worker.receive()
    assert answer["error"]["code"] == code
    assert "data" not in answer["error"], "the standard codes speak for themselves"
    assert answer["id"] == answered_id
    assert "video" in generate(shared_worker, tmp_path, "plain")[0], "the loop goes on"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"seed": -1}, "requests[0].seed: expected a whole number from 0 to 18446744073709551615, got -1"),
        ({"seed": 2**64}, "requests[0].seed"),
        ({"frames": 0}, "requests[0].frames"),
        ({"frames": True}, "requests[0].frames"),
        ({"frames": "9"}, "requests[0].frames"),
        ({"fps": 0}, "requests[0].fps: expected a number above 0"),
        ({"guidance": "high"}, "requests[0].guidance: expected a number, got 'high'"),
        ({"prompt": None}, "requests[0].prompt"),
    ],
)
def test_bad_params_name_the_place(
    shared_worker: WorkerProcess, tmp_path: Path, change: dict[str, Any], text: str
) -> None:
    request = {"id": "a", "prompt": "plain", "seed": 1} | change
    error = shared_worker.fail("generate", {"output_dir": str(tmp_path), "requests": [request]})
    assert error["code"] == -32602
    assert text in error["message"]


def test_more_bad_params(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    item = {"id": "a", "prompt": "plain", "seed": 1}
    twice = shared_worker.fail("generate", {"output_dir": str(tmp_path), "requests": [item, item]})
    assert (twice["code"], "appears twice" in twice["message"]) == (-32602, True)
    relative = shared_worker.fail("generate", {"output_dir": "here", "requests": [item]})
    assert (relative["code"], "absolute" in relative["message"]) == (-32602, True)
    absent = shared_worker.fail("generate", {"output_dir": str(tmp_path / "no"), "requests": [item]})
    assert (absent["code"], absent["data"]["class"]) == (-32000, "invalid-request")
    assert "no such folder" in absent["message"]


def test_the_largest_seed_is_taken(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    (result,) = shared_worker.call(
        "generate",
        {"output_dir": str(tmp_path), "requests": [{"id": "a", "prompt": "", "seed": 2**64 - 1}]},
    )["results"]
    assert (np.load(tmp_path / result["video"]) == 255).all()


def test_notifications_are_not_answered(shared_worker: WorkerProcess, tmp_path: Path) -> None:
    shared_worker.send_line(b'{"jsonrpc":"2.0","method":"fly"}')
    assert "video" in generate(shared_worker, tmp_path, "plain")[0]


def test_a_too_long_line_is_refused(start: Start) -> None:
    worker = start(ODD)
    worker.send_line(b"x" * (64 * 1024 * 1024 + 10))
    assert worker.receive()["error"]["code"] == -32600
    assert worker.initialize()["name"] == "odd"


def test_order_is_kept(start: Start, tmp_path: Path) -> None:
    worker = start(ODD)
    early = worker.fail("load", {"model": "odd"})
    assert (early["data"]["class"], "initialize" in early["message"]) == ("invalid-request", True)
    other = worker.fail("initialize", {"protocol": "vidbench.worker/2"})
    assert (other["data"]["class"], "vidbench.worker/1" in other["message"]) == ("unsupported", True)
    worker.initialize()
    licence = worker.fail("load", {"model": "odd", "settings": {"raise": 1}})
    assert licence == {"code": -32000, "message": "accept the licence first", "data": {"class": "licence"}}
    worker.call("load", {"model": "odd"})
    assert "unload first" in worker.fail("load", {"model": "odd"})["message"]


@pytest.mark.parametrize(
    ("kind", "failure_class", "text"), [("few", "bad-output", "too few"), ("dies", "network", "peer gone")]
)
def test_an_own_batch_that_ends_early(
    start: Start, tmp_path: Path, kind: str, failure_class: str, text: str
) -> None:
    good, *bad = generate(loaded(start, batch=kind), tmp_path, "plain", "plain", "plain")
    assert good["video"] == "s0.npy"
    assert [item["error"]["class"] for item in bad] == [failure_class] * 2
    assert text in bad[0]["error"]["message"]


def test_end_of_input_ends_the_worker(start: Start) -> None:
    worker = loaded(start)
    assert worker.close_stdin() == 0
    assert "unloaded" in worker.log.read_text()


def test_sigterm_ends_the_worker_at_rest_and_at_work(start: Start, tmp_path: Path) -> None:
    idle = loaded(start)
    assert idle.terminate() == 0
    busy = loaded(start)
    request = {"id": "a", "prompt": "slow", "seed": 1}
    message = {"jsonrpc": "2.0", "id": 9, "method": "generate"}
    busy.send_line(
        json.dumps(message | {"params": {"output_dir": str(tmp_path), "requests": [request]}}).encode()
    )
    while b"sleep" not in busy._lines.get(timeout=30):
        pass
    assert busy.terminate() == 0
    assert busy.no_more_output(), "an interrupted request gets no answer"
    assert "unloaded" in busy.log.read_text()
    assert "Traceback" not in busy.log.read_text()


def test_a_reader_that_went_away_ends_the_worker() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, ODD], env={"PYTHONPATH": str(PYTHON_DIR)}, **pipes) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n')
        process.stdin.flush()  # stdin stays open: only the answer that nobody reads can end the worker
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
