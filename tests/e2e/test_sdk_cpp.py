"""The C++ SDK: its example as a user runs it, and what it answers to requests that are wrong."""

import json
import pathlib
import subprocess

import jsonschema
import numpy
from conftest import BIN, ROOT, Vidbench

WORKER = BIN.parent / "tests/moving_bar"
SCHEMA = json.loads((ROOT / "schemas/worker-protocol.schema.json").read_text())


def add_model(vidbench: Vidbench, **fields: object) -> None:
    entry = {"id": "bar", "runner": "worker", "command": [str(WORKER)], "tasks": ["text-to-video"], **fields}
    (vidbench.catalogue / "bar.yaml").write_text(json.dumps({"family": "bar", "models": [entry]}))


def answers(*messages: object) -> list[dict]:
    """What the worker says to these lines (text as it is, anything else as JSON), held against the schema."""
    lines = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    result = subprocess.run([WORKER], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    said = [json.loads(line) for line in result.stdout.splitlines()]
    definition = {"$ref": "#/$defs/from_worker", "$defs": SCHEMA["$defs"]}
    for message in said:
        jsonschema.Draft202012Validator(definition).validate(message)
    return [message for message in said if message.get("method") != "progress"]


def call(number: int, method: str, **params: object) -> dict:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


HELLO = call(1, "initialize", protocol="vidbench.worker/1", client="test", threads=1)
LOAD = call(2, "load", model="bar", settings={}, device="cpu", dtype="fp32", offline=True)


def test_the_example_keeps_the_protocol_and_runs(vidbench: Vidbench) -> None:
    add_model(vidbench)
    report = vidbench.json("models", "validate", "bar")
    assert report["passed"] and all(check["passed"] for check in report["checks"]), report
    suite = vidbench.suite(prompts=3, batch_size=2, metrics=["video/flicker"], reference=None)
    (entry,) = vidbench.json("run", suite, "--model", "bar")["entries"]
    assert entry["samples"] == {"planned": 3, "done": 3, "failed": 0}


def test_a_wrong_setting_is_refused_in_one_line(vidbench: Vidbench) -> None:
    add_model(vidbench, settings={"brightness": 7})
    suite = vidbench.suite(prompts=1, metrics=[], reference=None)
    error = vidbench.run("run", suite, "--model", "bar", "--max-attempts", "1", code=4).stderr
    assert "settings.brightness: expected above 0 and at most 1 (invalid-request)" in error


def test_videos_and_failures(tmp_path: pathlib.Path) -> None:
    requests = [
        {"id": "s1", "prompt": "ä", "seed": 2**64 - 1, "frames": 3, "height": 8, "width": 5},
        {"id": "../../s2", "prompt": "x", "seed": 1},
        {"id": "s3", "prompt": "x", "seed": 1, "image": "/a.png"},
    ]
    *_, answer, end = answers(
        HELLO, LOAD, call(3, "generate", output_dir=str(tmp_path), requests=requests), call(4, "shutdown")
    )
    first, second, third = answer["result"]["results"]
    assert numpy.load(tmp_path / first["video"]).shape == (3, 8, 5, 3)
    assert "/" not in second["video"] and numpy.load(tmp_path / second["video"]).shape == (16, 32, 32, 3)
    assert third["error"]["class"] == "unsupported"
    assert first["latency_s"] <= second["latency_s"] <= answer["result"]["batch_s"]
    assert end == {"jsonrpc": "2.0", "id": 4, "result": {}}
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted((first["video"], second["video"]))


def test_wrong_requests_are_answered_and_survived(tmp_path: pathlib.Path) -> None:
    good = {"id": "a", "prompt": "x", "seed": 1}

    def generate(**change: object) -> dict:
        return call(9, "generate", output_dir=str(tmp_path), requests=[good | change])

    cases = [
        ("no json", -32700),
        ("[" * 100_000, -32700),
        ("[1]", -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "load"}, -32600),
        (call(1, "evaluate"), -32601),
        (call(1, "load"), -32000),
        (LOAD, -32000),
        (generate(seed=-1), -32602),
        (generate(seed=1.5), -32602),
        (generate(frames=0), -32602),
        (generate(frames=2**40), -32602),
        (generate(width="8"), -32602),
        (generate(image="relative.png"), -32602),
        (call(1, "generate", output_dir=str(tmp_path), requests=[good, good]), -32602),
        (call(1, "generate", output_dir=str(tmp_path), requests={}), -32602),
        (call(1, "generate", output_dir=str(tmp_path / "none"), requests=[good]), -32000),
        (call(1, "initialize", protocol="vidbench.worker/9"), -32000),
    ]
    before = answers(call(1, "generate"), HELLO)
    assert before[0]["error"]["data"]["class"] == "invalid-request"
    said = answers(HELLO, call(2, "load", model="bar"), *(case for case, _ in cases), generate())
    assert [item["error"]["code"] for item in said[2:-1]] == [code for _, code in cases]
    assert said[-1]["result"]["results"][0]["video"] == "a.npy", "it still works"
