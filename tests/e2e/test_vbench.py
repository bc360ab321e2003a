"""`vidbench vbench`: from raw values to VBench's scores."""

import csv
import io
import json
import pathlib
import sys

import pytest
from conftest import ROOT, Vidbench, moving_squares

ROWS = list(csv.DictReader(line for line in (ROOT / "tests/report/vbench_rows.csv").open() if not line.startswith("#")))
PUBLISHED = ("quality", "semantic", "total")


def raw(row: dict[str, str]) -> dict[str, float]:
    return {key: float(value) for key, value in row.items() if key not in ("model", *PUBLISHED)}


@pytest.fixture
def own_format(tmp_path: pathlib.Path) -> tuple[dict[str, str], list[str]]:
    """VBench's own results, one file for each half of the dimensions."""
    row = ROWS[0]
    items = [(key.replace(" ", "_"), value / 100) for key, value in raw(row).items()]
    files = []
    for index, half in enumerate((items[:7], items[7:])):
        path = tmp_path / f"part{index}_eval_results.json"
        path.write_text(json.dumps({key: [value, [{"video_path": "a.mp4"}]] for key, value in half}))
        files.append(str(path))
    return row, files


def test_formats_agree(vidbench: Vidbench, own_format: tuple[dict[str, str], list[str]]) -> None:
    row, files = own_format
    document = vidbench.json("vbench", *files)
    assert document["schema"] == "vidbench.vbench/1" and document["mode"] == "faithful"
    assert document["coverage"] == {"present": 16, "of": 16, "missing": []}
    assert 100 * document["total"] == pytest.approx(float(row["total"]), abs=0.02)
    assert 100 * document["groups"]["semantic"]["value"] == pytest.approx(float(row["semantic"]), abs=0.02)
    rows = {
        line["score"]: line
        for line in csv.DictReader(io.StringIO(vidbench.run("vbench", *files, "--format", "csv").stdout))
    }
    shown = f"{100 * document['total']:.2f}"
    assert float(rows["Total"]["normalised %"]) == 100 * document["total"]
    assert float(rows["scene"]["raw %"]) == pytest.approx(53.88, abs=0.005)
    assert shown in vidbench.run("vbench", *files).stdout
    assert f"| {shown} |" in vidbench.run("vbench", *files, "--format", "md").stdout


def test_a_missing_dimension_leaves_no_total(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "values.json"
    path.write_text(json.dumps({key: value for key, value in raw(ROWS[0]).items() if key != "scene"}))
    result = vidbench.run("vbench", str(path), "--percent")
    assert "PARTIAL: 8 of 9 dimensions" in result.stdout and "no total: 1 of 16" in result.stderr
    document = vidbench.json("vbench", str(path), "--percent")
    assert document["total"] is None and document["coverage"]["missing"] == ["scene"]
    assert document["groups"]["semantic"]["value"] is None and document["groups"]["semantic"]["partial"] > 0.7
    assert document["groups"]["quality"]["value"] is not None


def test_from_a_folder_of_videos_to_the_total(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    """Videos named as VBench names them, its list of prompts, our worker and the adapter of its package."""
    entries = [
        {"prompt_en": "a red car", "dimension": ["color"], "auxiliary_info": {"color": {"color": "red"}}},
        {"prompt_en": "a cat", "dimension": ["object_class"], "auxiliary_info": {"object_class": {"object": "cat"}}},
    ]
    (tmp_path / "VBench_full_info.json").write_text(json.dumps(entries))
    moving_squares(tmp_path / "videos", 3, seed=1)
    found = {
        "a red car-0": [[["red", "car"]], [["blue", "car"]], [["a dog", "dog"], ["red", "car"]]],
        "a red car-1": [[]],
        "a cat-0": [[["cat"]], [["cat"]], [], [["dog"]]],
    }
    for file, (name, frames) in zip(sorted((tmp_path / "videos").iterdir()), found.items(), strict=True):
        file.rename(tmp_path / "videos" / f"{name}.npy")
        (tmp_path / "videos" / f"{name}.json").write_text(json.dumps(frames))
    vidbench.environment["PYTHONPATH"] = f"{ROOT}/python:{ROOT}/python/tests/vbench_standin"
    common = ("score", str(tmp_path / "videos"), "--prompts", str(tmp_path / "VBench_full_info.json"))
    adapter = f"{sys.executable} -m vidbench_worker vbench"
    document = vidbench.json(*common, "--evaluator", adapter)
    values = {name: (number["value"], number["n"]) for name, number in document["metrics"].items()}
    corrected = pytest.approx(2 / 3)
    assert values == {
        "vbench/color": (0.5, 1),
        "vbench-corrected/color": (corrected, 1),
        "vbench/object-class": (0.5, 1),
    }
    for metric in ("vbench/scene", "vbench-corrected/scene"):
        assert document["missing"][metric] == "its prompt is not one of this dimension"
    reasons = {video["file"]: video["missing"] for video in document["videos"]}
    assert reasons["a red car-1.npy"]["vbench/color"] == "no frame's caption gives the object a colour"
    assert reasons["a cat-0.npy"]["vbench/color"] == "its prompt is not one of this dimension"
    assert "scored" not in vidbench.run(*common, "--evaluator", adapter, "--format", "json").stderr
    path = tmp_path / "scores.json"
    path.write_text(json.dumps(document))
    for mode, colour in (("faithful", (0.5, "faithful")), ("corrected", (corrected, "corrected"))):
        total = vidbench.json("vbench", str(path), "--mode", mode)
        assert total["mode"] == mode and total["coverage"]["present"] == 2 and total["total"] is None
        there = [item for item in total["dimensions"] if item["raw"] is not None]
        raw_values = {item["dimension"]: (item["raw"], item["variant"]) for item in there}
        assert raw_values == {"color": colour, "object class": (0.5, "faithful")}
    shown = vidbench.run("vbench", str(path), "--mode", "corrected", "--format", "csv").stdout
    notes = {line["score"]: line["note"] for line in csv.DictReader(io.StringIO(shown))}
    assert notes["color"] == "corrected value" and notes["object class"] == ""
    path.write_text(json.dumps({"schema": "vidbench.score/1", "metrics": {"video/flicker": {"value": 1}}}))
    assert "none of its metrics is one of VBench's" in vidbench.run("vbench", str(path), code=2).stderr


def test_mistakes(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "values.json"
    for content, message in (
        ('{"scene": 53.9}', "--percent"),
        ('{"scenes": 0.5}', "did you mean 'scene'"),
        ('{"scene": NaN}', "not valid JSON"),
        ("[1]", "expected an object"),
    ):
        path.write_text(content)
        result = vidbench.run("vbench", str(path), code=2)
        assert str(path) in result.stderr and message in result.stderr
    vidbench.run("vbench", str(path), "--suite", "vbench-3", code=2)
    vidbench.run("vbench", str(tmp_path / "none.json"), code=2)
