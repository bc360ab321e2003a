"""The VBench adapter against a stand-in of the package's interface."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from worker_process import PYTHON_DIR, WorkerProcess

from vidbench_worker import vbench_corrected

Start = Callable[..., WorkerProcess]
STANDIN = Path(__file__).with_name("vbench_standin")
RELATION = {"object_a": "cat", "object_b": "dog", "relationship": "on the left of"}
LEFT, RIGHT, BELOW = [0, 0, 10, 10], [20, 0, 30, 10], [0, 20, 10, 30]


@pytest.fixture
def worker(start: Start) -> WorkerProcess:
    return start("-m", "vidbench_worker", "vbench", env={"PYTHONPATH": f"{PYTHON_DIR}:{STANDIN}"})


def video(tmp_path: Path, frames: list) -> str:
    path = tmp_path / f"{len(list(tmp_path.glob('*.json')))}.mp4"
    path.with_suffix(".json").write_text(json.dumps(frames))
    return str(path)


ANIMALS = [[["cat"], ["dog"]], [["dog"]], [], [["cat"]]]


@pytest.mark.parametrize(
    ("metric", "auxiliary", "frames", "value", "corrected"),
    [
        ("object-class", {"object": "cat"}, ANIMALS, 0.5, None),
        ("multiple-objects", {"object": "cat and dog"}, ANIMALS, 0.25, None),
        (
            "color",
            {"color": "red"},
            # VBench takes the second frame's red for the car's, and looks for no car in the last two.
            [
                [["a red car", "car"]],
                [["a blue car", "car"], ["red", "dog"]],
                [],
                [["a blue hat", "dog"], ["the car is red", "car"]],
                [["a hat", "dog"], ["a car of red and white", "car"]],
            ],
            2 / 2,
            3 / 4,
        ),
        (
            "spatial-relationship",
            {"spatial_relationship": RELATION},
            [
                [["cat", LEFT], ["dog", RIGHT]],
                [["cat", RIGHT], ["dog", LEFT]],
                [["cat", LEFT], ["cat", RIGHT]],
                [["cat", LEFT], ["dog", BELOW]],
            ],
            3 / 4,
            1 / 4,
        ),
        (
            "scene",
            {"scene": {"scene": "train station"}},
            ["a station", "a train in a station", "a man trained at stations", "two trains at a station"],
            3 / 4,
            2 / 4,
        ),
    ],
)
def test_values(
    worker: WorkerProcess,
    tmp_path: Path,
    metric: str,
    auxiliary: dict,
    frames: list,
    value: float,
    corrected: float | None,
) -> None:
    expected = {f"vbench/{metric}": value}
    if corrected is not None:
        expected[f"vbench-corrected/{metric}"] = corrected
    dimension = metric.replace("-", "_")
    offered = {item["id"]: item for item in worker.initialize()["metrics"]}
    assert {name for name in offered if name.endswith(f"/{metric}")} == set(expected)
    for name in expected:
        assert offered[name]["needs"] == ["prompt", "auxiliary"] and offered[name]["unavailable"] == ""
    path, prompt = video(tmp_path, frames), "a red car"
    requests = [
        {"id": "a", "video": path, "prompt": prompt, "auxiliary": {dimension: auxiliary}},
        {"id": "b", "video": path, "prompt": prompt, "auxiliary": {"other": {}}},
        {"id": "c", "video": path, "prompt": prompt, "auxiliary": {dimension: {}}},
    ]
    results = worker.call("evaluate", {"metrics": list(expected), "requests": requests})["results"]
    assert results[0]["values"] == expected and "missing" not in results[0]
    reason = f"nothing of '{dimension}' is told beside the prompt"
    assert results[1]["missing"] == dict.fromkeys(expected, reason)
    assert results[2]["error"]["class"] == "unsupported"
    for name in expected:
        (alone,) = worker.call("evaluate", {"metrics": [name], "requests": requests[:1]})["results"]
        assert alone["values"] == {name: expected[name]}


def test_a_video_that_shows_no_colour_is_left_out(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.initialize()
    metrics = ["vbench/color", "vbench-corrected/color"]
    reason = "no frame's caption gives the object a colour"
    for frames, values in (
        ([[], [["a car", "car"]], [["red", "dog"]]], {}),
        # Beside the dog VBench looks at no car.
        ([[["a dog", "dog"], ["a red car", "car"]]], {"vbench-corrected/color": 1}),
        # It finds red in "tired".
        ([[["a tired car", "car"]]], {"vbench/color": 1}),
    ):
        request = {"id": "a", "video": video(tmp_path, frames), "prompt": "a red car"}
        request["auxiliary"] = {"color": {"color": "red"}}
        (result,) = worker.call("evaluate", {"metrics": metrics, "requests": [request]})["results"]
        assert result["values"] == values
        assert result["missing"] == {name: reason for name in metrics if name not in values}


def test_a_model_is_loaded_once_for_all_dimensions_that_use_it(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.initialize()
    auxiliary = {
        "object_class": {"object": "cat"},
        "spatial_relationship": {"spatial_relationship": RELATION},
    }
    requests = [
        {"id": name, "video": video(tmp_path, [[["cat"]], []]), "prompt": "x", "auxiliary": auxiliary}
        for name in "abc"
    ]
    metrics = ["vbench/object-class", "vbench-corrected/spatial-relationship", "vbench/spatial-relationship"]
    assert len(worker.call("evaluate", {"metrics": metrics, "requests": requests})["results"]) == 3
    log = worker.log.read_text()
    assert log.count("loaded detector") == 1
    # Both variants share what was seen: three videos of two frames, two dimensions.
    assert log.count("detector looks") == 3 * 2 * 2


def test_a_relationship_without_a_side_has_no_corrected_value(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.initialize()
    told = {"spatial_relationship": RELATION | {"relationship": "near"}}
    request = {"id": "a", "video": video(tmp_path, [[["cat"]]]), "prompt": "x"}
    request["auxiliary"] = {"spatial_relationship": told}
    metrics = ["vbench/spatial-relationship", "vbench-corrected/spatial-relationship"]
    (result,) = worker.call("evaluate", {"metrics": metrics, "requests": [request]})["results"]
    assert result["values"] == {metrics[0]: 0}
    assert result["missing"] == {metrics[1]: "its relationship names no side (left, right, top, bottom)"}


def test_without_the_package_the_metrics_are_unavailable(start: Start) -> None:
    offered = start("-m", "vidbench_worker", "vbench").initialize()["metrics"]
    assert {item["unavailable"] for item in offered} == {"the Python package 'vbench' is not installed"}


def frame(*objects: tuple) -> list[vbench_corrected.Detection]:
    """As the package tells it, of (caption or class, class, box)."""
    return [(text, box, [one[1] for one in objects]) for text, _, box in objects]


@pytest.mark.parametrize(
    ("prompt", "asked", "caption", "value"),
    [
        ("a grey cat", "grey", "a gray cat", 1),
        ("a gray cat", "gray", "a Grey, fluffy cat", 1),
        ("a red cat", "red", "a black-and-white cat", 0),
        ("a red cat", "red", "a black and red cat", 1),
        ("a red cat", "red", "a cat covered in fur", None),
        ("an orange cat", "orange", "a brown cat", None),
        ("a brown cat", "brown", "a brown cat", 1),
    ],
)
def test_corrected_colours_are_words(prompt: str, asked: str, caption: str, value: float | None) -> None:
    frames = [frame((caption, "cat", LEFT))]
    assert vbench_corrected.color(frames, prompt, {"color": asked}) == value


def test_the_corrected_object_is_what_the_prompt_has_beside_its_colour() -> None:
    for prompt, thing in (("a red teddy bear", "teddy bear"), ("A red pizza oven", "pizza oven")):
        frames = [frame((f"a red {thing}", thing, LEFT), ("a blue bear", "bear", RIGHT))]
        assert vbench_corrected.color(frames, prompt, {"color": "red"}) == 1
    assert vbench_corrected.color(frames, "a red bear", {"color": "red"}) == 0


@pytest.mark.parametrize(
    ("cat", "dog", "right_sides", "value"),
    [
        (LEFT, RIGHT, {"left"}, 1),
        (RIGHT, LEFT, {"right"}, 1),
        (LEFT, BELOW, {"top"}, 1),  # y grows downwards
        (BELOW, LEFT, {"bottom"}, 1),
        (LEFT, LEFT, set(), 1),
        (LEFT, [20, 20, 30, 30], set(), 1),  # as far to the left as above
        (LEFT, [5, 0, 15, 10], {"left"}, 0.1 / (50 / 150)),
        (LEFT, [9, 0, 19, 10], {"left"}, 1),  # they overlap by 1/19
        ([0, 0, 0, 0], [1, 0, 1, 0], {"left"}, 1),  # boxes without an area
    ],
)
def test_corrected_sides(cat: list[int], dog: list[int], right_sides: set[str], value: float) -> None:
    frames = [frame(("dog", "dog", dog), ("cat", "cat", cat))]
    for side in ("left", "right", "top", "bottom"):
        told = {"spatial_relationship": RELATION | {"relationship": f"on the {side} of"}}
        expected = value if side in right_sides else 0
        assert vbench_corrected.spatial_relationship(frames, "", told) == pytest.approx(expected), side


def test_the_best_corrected_pair_counts() -> None:
    cats = [("cat", "cat", box) for box in (BELOW, RIGHT, [40, 0, 50, 10])]
    told = {"spatial_relationship": RELATION}
    assert vbench_corrected.spatial_relationship([frame(*cats, ("dog", "dog", LEFT))], "", told) == 0
    assert (
        vbench_corrected.spatial_relationship([frame(*cats, ("dog", "dog", [31, 0, 39, 9]))], "", told) == 1
    )
    assert vbench_corrected.spatial_relationship([frame(*cats), []], "", told) == 0


@pytest.mark.parametrize(
    ("scene", "caption", "value"),
    [
        ("bar", "a barn in a field", 0),
        ("bar", "people at a bar", 1),
        ("sky", "a skyscraper", 0),
        ("alley", "two alleys", 1),
        ("art gallery", "Art in galleries.", 1),
        ("arch", "a row of arches", 1),
        ("indoor library", "a library", 0),
    ],
)
def test_corrected_scenes_are_words(scene: str, caption: str, value: float) -> None:
    assert vbench_corrected.scene([caption], scene, {"scene": {"scene": scene}}) == value
