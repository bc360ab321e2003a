"""The VBench adapter against a stand-in of the package's interface."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from worker_process import PYTHON_DIR, WorkerProcess

Start = Callable[..., WorkerProcess]
STANDIN = Path(__file__).with_name("vbench_standin")
RELATION = {"object_a": "cat", "object_b": "dog", "relationship": "on the left of"}


@pytest.fixture
def worker(start: Start) -> WorkerProcess:
    return start("-m", "vidbench_worker", "vbench", env={"PYTHONPATH": f"{PYTHON_DIR}:{STANDIN}"})


def video(tmp_path: Path, frames: list) -> str:
    path = tmp_path / f"{len(list(tmp_path.glob('*.json')))}.mp4"
    path.with_suffix(".json").write_text(json.dumps(frames))
    return str(path)


@pytest.mark.parametrize(
    ("metric", "auxiliary", "frames", "value"),
    [
        ("object-class", {"object": "cat"}, [["cat", "dog"], ["dog"], [], ["cat"]], 0.5),
        ("multiple-objects", {"object": "cat and dog"}, [["cat", "dog"], ["dog"], [], ["cat"]], 0.25),
        ("color", {"color": "red"}, ["a red car", "a blue car", "", ""], 0.5),
        ("spatial-relationship", {"spatial_relationship": RELATION}, [["cat", "dog"], ["dog", "cat"]], 0.5),
        ("scene", {"scene": {"scene": "train station"}}, ["a station", "a train in a station"], 0.5),
    ],
)
def test_values(
    worker: WorkerProcess, tmp_path: Path, metric: str, auxiliary: dict, frames: list, value: float
) -> None:
    name, dimension = f"vbench/{metric}", metric.replace("-", "_")
    offered = {item["id"]: item for item in worker.initialize()["metrics"]}
    assert offered[name]["needs"] == ["prompt", "auxiliary"] and offered[name]["unavailable"] == ""
    requests = [
        {"id": "a", "video": video(tmp_path, frames), "prompt": "x", "auxiliary": {dimension: auxiliary}},
        {"id": "b", "video": video(tmp_path, frames), "prompt": "x", "auxiliary": {"other": {}}},
        {"id": "c", "video": video(tmp_path, frames), "prompt": "x", "auxiliary": {dimension: {}}},
    ]
    results = worker.call("evaluate", {"metrics": [name], "requests": requests})["results"]
    assert results[0]["values"] == {name: value} and "missing" not in results[0]
    assert results[1]["missing"] == {name: f"nothing of '{dimension}' is told beside the prompt"}
    assert results[2]["error"]["class"] == "unsupported"


def test_a_video_that_shows_no_colour_is_left_out(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.initialize()
    request = {"id": "a", "video": video(tmp_path, ["", ""]), "prompt": "a red car"}
    request["auxiliary"] = {"color": {"color": "red"}}
    (result,) = worker.call("evaluate", {"metrics": ["vbench/color"], "requests": [request]})["results"]
    assert result["missing"] == {"vbench/color": "no frame's caption gives the object a colour"}


def test_a_model_is_loaded_once_for_all_dimensions_that_use_it(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.initialize()
    auxiliary = {
        "object_class": {"object": "cat"},
        "spatial_relationship": {"spatial_relationship": RELATION},
    }
    requests = [
        {"id": name, "video": video(tmp_path, [["cat"]]), "prompt": "x", "auxiliary": auxiliary}
        for name in "abc"
    ]
    metrics = ["vbench/object-class", "vbench/spatial-relationship"]
    assert len(worker.call("evaluate", {"metrics": metrics, "requests": requests})["results"]) == 3
    assert worker.log.read_text().count("loaded detector") == 1


def test_without_the_package_the_metrics_are_unavailable(start: Start) -> None:
    offered = start("-m", "vidbench_worker", "vbench").initialize()["metrics"]
    assert {item["unavailable"] for item in offered} == {"the Python package 'vbench' is not installed"}
