"""The examples of the README, run as a user would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from worker_process import PYTHON_DIR, WorkerProcess

Start = Callable[..., WorkerProcess]


def test_minimal_worker(start: Start, tmp_path: Path) -> None:
    worker = start(str(PYTHON_DIR / "examples" / "minimal_worker.py"))
    assert worker.initialize()["name"] == "moving-bar"
    assert worker.call("load", {"model": "bar"})["defaults"]["frames"] == 16
    requests = [{"id": f"s{i}", "prompt": "a bar", "seed": seed} for i, seed in enumerate((1, 1, 2))]
    result = worker.call("generate", {"output_dir": str(tmp_path), "requests": requests})
    one, again, other = (np.load(tmp_path / item["video"]) for item in result["results"])
    assert one.shape == (16, 32, 32, 3)
    assert (one[3, :, 3] == 255).all()
    assert (one == again).all()
    assert (one != other).any()
    assert [item["step"] for item in worker.progress] == [1, 2, 3, 4] * 3
    assert result["results"][2]["latency_s"] <= result["batch_s"]


def test_minimal_evaluator(start: Start, tmp_path: Path) -> None:
    worker = start(str(PYTHON_DIR / "examples" / "minimal_evaluator.py"))
    description = worker.initialize()
    assert description["capabilities"] == ["evaluate"]
    assert description["metrics"][0]["id"] == "example/brightness"
    np.save(tmp_path / "grey.npy", np.full((2, 4, 4, 3), 51, dtype=np.uint8))
    np.save(tmp_path / "float.npy", np.zeros((2, 4, 4, 3)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "grey.npy").read_bytes()[:-5])
    names = ("grey", "float", "cut", "absent")
    requests = [{"id": name, "video": str(tmp_path / f"{name}.npy"), "prompt": "grey"} for name in names]
    good, *bad = worker.call("evaluate", {"metrics": ["example/brightness"], "requests": requests})["results"]
    assert good == {"id": "grey", "values": {"example/brightness": 0.2}, "features": {}}
    for item in bad:
        assert item["error"]["class"] == "bad-output"
        assert f"{item['id']}.npy" in item["error"]["message"]
    error = worker.fail("evaluate", {"metrics": ["example/brightnes"], "requests": []})
    assert error["data"]["class"] == "unsupported"
    assert "did you mean 'example/brightness'?" in error["message"]
    assert worker.fail("load", {"model": "x"})["code"] == -32601
