"""`vidbench metrics`: what the metric worker, ours or another, says of its metrics."""

import csv
import io
import json
import pathlib
import subprocess
import sys

import jsonschema
import pytest
from conftest import BIN, ROOT, Vidbench, moving_squares

NON_COMMERCIAL = """
import json, sys

METRIC = {
    "id": "x/restricted", "version": 3, "title": "Restricted", "unit": "points", "better": "lower",
    "range": [None, 5], "kind": "sample", "reducer": "mean", "needs": ["prompt"],
    "definition": "\\u001b[31mDefined\\u001b[0m | somehow", "licence": "CC-BY-NC-4.0",
    "weights_files": ["a.pth", "b.pth"],
}
for line in sys.stdin:
    call = json.loads(line)
    result = {}
    if call["method"] == "initialize":
        result = {"protocol": "vidbench.worker/1", "name": "x", "version": "1", "capabilities": ["evaluate"],
                  "metrics": [METRIC]}
    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}), flush=True)
    if call["method"] == "shutdown":
        break
"""


@pytest.fixture
def restricted(tmp_path: pathlib.Path) -> tuple[str, str]:
    worker = tmp_path / "restricted.py"
    worker.write_text(NON_COMMERCIAL)
    return "--evaluator", f"{sys.executable} {worker}"


def test_lists_the_same_metrics_in_every_format(vidbench: Vidbench) -> None:
    document = vidbench.json("metrics", "list")
    assert document["schema"] == "vidbench.metrics/1"
    metrics = {metric["id"]: metric for metric in document["metrics"]}
    assert metrics["video/flicker"]["available"] and not metrics["video/flicker"]["non_commercial"]
    missing = metrics["fvd-i3d"]
    assert not missing["available"] and "i3d_pretrained_400.pt" in missing["unavailable"]
    assert missing["weights_files"] == ["i3d_pretrained_400.pt"] and missing["weights_sha256"] == ""
    rows = list(csv.DictReader(io.StringIO(vidbench.run("metrics", "list", "--format", "csv").stdout)))
    assert [row["metric"] for row in rows] == list(metrics)
    assert {row["metric"] for row in rows if row["can be computed here"] == "yes"} == {
        metric["id"] for metric in metrics.values() if metric["available"]
    }
    table = vidbench.run("metrics", "list").stdout
    markdown = vidbench.run("metrics", "list", "--format", "md").stdout
    for name in metrics:
        assert f"│ {name} " in table and f"| {name} |" in markdown.replace("\\_", "_")


def test_descriptions_keep_the_protocols_schema_and_know_their_failures() -> None:
    schema = json.loads((ROOT / "schemas/worker-protocol.schema.json").read_text())
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/metric", "$defs": schema["$defs"]})
    listing = subprocess.run(
        [BIN / "vidbench-eval", "metrics", "--format", "json"], capture_output=True, text=True, check=True
    )
    metrics = json.loads(listing.stdout)["metrics"]
    assert metrics
    for metric in metrics:
        validator.validate(metric)
        assert len(metric["failure_cases"]) > 30, metric["id"]
        assert metric["licence"], metric["id"]
        assert bool(metric["weights_sha256"]) <= bool(metric["weights_files"]), metric["id"]


def test_shows_everything_of_one_metric(vidbench: Vidbench) -> None:
    text = vidbench.run("metrics", "show", "shapes/frechet").stdout
    metric = vidbench.json("metrics", "show", "shapes/frechet")
    assert metric["schema"] == "vidbench.metric/1" and metric["better"] == "lower" and metric["range"] == [0, None]
    words = " ".join(text.split())
    for part in ("definition", "failure_cases", "citation", "licence", "weights_sha256"):
        assert metric[part] and " ".join(metric[part].split()) in words, part
    assert "classifier.safetensors" in words and "0 to …" in words and "computed here yes" in words
    assert max(len(line) for line in text.splitlines()) <= 110
    markdown = vidbench.run("metrics", "show", "fvd-i3d", "--format", "md").stdout
    assert "| computed here | no: weights i3d_pretrained_400.pt are not in" in markdown.replace("\\_", "_")


def test_the_metrics_of_another_worker(vidbench: Vidbench, restricted: tuple[str, str]) -> None:
    (row,) = csv.DictReader(io.StringIO(vidbench.run("metrics", "list", *restricted, "--format", "csv").stdout))
    assert row["non-commercial"] == "NON-COMMERCIAL" and row["licence"] == "CC-BY-NC-4.0" and row["needs"] == "prompt"
    assert vidbench.json("metrics", "show", "x/restricted", *restricted)["non_commercial"] is True
    text = vidbench.run("metrics", "show", "x/restricted", *restricted).stdout
    assert "CC-BY-NC-4.0 — NON-COMMERCIAL use only" in text and "… to 5" in text and "a.pth, b.pth" in text
    assert "\x1b" not in text


def test_mistakes(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    result = vidbench.run("metrics", "show", "video/sharpnes", code=2)
    assert "video/sharpness" in result.stderr and not result.stdout
    result = vidbench.run("metrics", "list", "--weights-dir", str(tmp_path / "none"), code=2)
    assert "is not a folder" in result.stderr
    result = vidbench.run("metrics", "list", "--evaluator", "/nowhere/worker", code=3)
    assert "/nowhere/worker" in result.stderr and result.stderr.count("error:") == 1


def test_the_audit_tells_which_metrics_notice_what(vidbench: Vidbench) -> None:
    metrics = "video/sharpness,video/flicker,shapes/frechet,shapes/text-alignment,paired/psnr"
    document = vidbench.json("metrics", "audit", "--metrics", metrics, "--count", "12")
    assert document["schema"] == "vidbench.audit/1" and document["videos"] == 12
    moved = {name: metric["corruptions"] for name, metric in document["metrics"].items()}
    assert moved["video/sharpness"]["blur"]["correlation"] == 1
    assert moved["video/sharpness"]["noise"]["correlation"] == -1, "noise looks sharp"
    assert moved["video/flicker"]["flicker"]["correlation"] == 1
    assert moved["video/flicker"]["freeze"]["correlation"] == -1, "a frozen video does not flicker"
    assert moved["shapes/text-alignment"]["wrong-caption"]["correlation"] == 1
    assert moved["video/sharpness"]["wrong-caption"] == {"missing": "reads no prompt"}
    for corruption in ("noise", "blur", "compression", "freeze", "shuffle", "flicker", "speed"):
        values = moved["paired/psnr"][corruption]["values"]
        assert len(values) == 4 and values[0] == 100 > values[-1], corruption
    assert moved["shapes/frechet"]["freeze"]["correlation"] > 0
    # Clips are compared with themselves: at first there is no distance, however many metrics read the features.
    clips = moving_squares(vidbench.home / "clips", 5, seed=6)
    document = vidbench.json(
        "metrics", "audit", str(clips), "--metrics", "shapes/frechet,shapes/kernel,video/sharpness"
    )
    assert document["videos"] == 5
    values = document["metrics"]["shapes/frechet"]["corruptions"]["noise"]["values"]
    assert abs(values[0]) < 1e-6 < values[-1], values
    table = vidbench.run("metrics", "audit", "--metrics", "video/sharpness", "--count", "3").stdout
    assert "video/sharpness" in table and "wrong-caption" in table and "+1.0" in table
    assert "video/sharpnes" in vidbench.run("metrics", "audit", "--metrics", "video/sharpnes", code=2).stderr
