"""The embedded world through every stage: a shortened quickstart with its report, comparison and exports."""

import csv
import io
import json
import pathlib
import re

import pytest
from conftest import Vidbench, opened


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Vidbench, dict]:
    vidbench = Vidbench(tmp_path_factory.mktemp("quickstart") / "home")
    return vidbench, vidbench.json("run", "quickstart", "--limit", "16")


def test_every_variant_has_numbers_with_intervals(quickstart: tuple[Vidbench, dict]) -> None:
    _, board = quickstart
    assert len(board["entries"]) >= 6
    for entry in board["entries"]:
        assert entry["samples"]["done"] == 16, entry["model"]
        assert entry["score"]["value"] is not None
        for metric in ("shapes/frechet", "shapes/text-alignment", "latency", "throughput", "peak_memory", "model_size"):
            number = entry["metrics"][metric]
            assert number["low"] <= number["value"] <= number["high"], (entry["model"], metric)
    assert any(entry["pareto"] for entry in board["entries"])
    assert sorted(e["rank"] for e in board["entries"])[0] == 1


def test_the_weak_variant_is_last_in_quality_and_more_steps_cost_time(quickstart: tuple[Vidbench, dict]) -> None:
    _, board = quickstart
    metrics = {entry["model"]: entry["metrics"] for entry in board["entries"]}
    weak = metrics["shapes-weak-8"]["shapes/frechet"]["value"]
    assert all(weak > m["shapes/frechet"]["value"] for name, m in metrics.items() if name != "shapes-weak-8")
    assert metrics["shapes-base-24"]["latency"]["value"] > metrics["shapes-base-4"]["latency"]["value"]


def test_table_json_csv_and_markdown_tell_the_same(quickstart: tuple[Vidbench, dict]) -> None:
    vidbench, board = quickstart
    order = [entry["model"] for entry in board["entries"]]
    rows = list(csv.DictReader(io.StringIO(vidbench.run("leaderboard", "--format", "csv").stdout)))
    assert [row["model"] for row in rows] == order
    for row, entry in zip(rows, board["entries"], strict=True):
        assert float(row["shapes/frechet"]) == entry["metrics"]["shapes/frechet"]["value"]
    for arguments in (["leaderboard"], ["leaderboard", "--format", "md"], ["export", "last", "--format", "latex"]):
        text = vidbench.run(*arguments).stdout
        places = [text.index(model) for model in order if model in text]
        assert len(places) == len(order), arguments


def test_the_report_is_self_contained_and_plays_videos(quickstart: tuple[Vidbench, dict]) -> None:
    vidbench, board = quickstart
    page = vidbench.run("export", board["run"], "--format", "html").stdout
    assert len(re.findall(r"data:video/mp4;base64,", page)) >= 6 * 4
    assert not re.findall(r'(?:src|href)\s*=\s*"https?:', page)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_the_report(quickstart: tuple[Vidbench, dict], tmp_path: pathlib.Path, width: int) -> None:
    vidbench, board = quickstart
    report = tmp_path / "report.html"
    report.write_text(vidbench.run("export", board["run"], "--format", "html").stdout)
    with opened(report, width) as page:
        assert page.locator("video").count() >= 6


def test_compare_finds_the_weak_variant_worse(quickstart: tuple[Vidbench, dict]) -> None:
    vidbench, board = quickstart
    run = board["run"]
    document = vidbench.json("compare", f"{run}:shapes-base-24", f"{run}:shapes-weak-8")
    assert "worse" in str(document)
    vidbench.run("compare", f"{run}:shapes-base-24", f"{run}:nothing", code=2)


def test_a_second_run_comes_from_the_caches(quickstart: tuple[Vidbench, dict]) -> None:
    vidbench, board = quickstart
    again = vidbench.run("run", "quickstart", "--limit", "16", "--format", "json")
    assert f"{16 * len(board['entries'])} videos" in again.stderr
    entries = json.loads(again.stdout)["entries"]
    assert len(entries) == len(board["entries"])
    metrics = {entry["model"]: entry["metrics"] for entry in board["entries"]}
    for entry in entries:
        assert entry["metrics"] == metrics[entry["model"]], entry["model"]  # model size and load time included


def test_the_embedded_model_passes_validation(quickstart: tuple[Vidbench, dict]) -> None:
    vidbench, _ = quickstart
    report = vidbench.json("models", "validate", "shapes-base-8")
    assert all(check["passed"] for check in report["checks"] if check["required"]), report
