"""`vidbench vbench`: from raw values to VBench's scores."""

import csv
import io
import json
import pathlib

import pytest
from conftest import ROOT, Vidbench

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
    assert rows["Total"]["normalised %"] == shown and rows["scene"]["raw %"] == "53.88"
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
