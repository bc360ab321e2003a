"""Every table in every format, the versions of a model, and the memory that runs measured."""

import csv
import io
import json
import pathlib
import re

import pytest
from conftest import Vidbench, opened

FORMATS = {"json": "json", "jsonl": "jsonl", "csv": "csv", "md": "md", "html": "html", "tex": "latex", "latex": "latex"}
HOSTILE = '=cmd|"/c calc"!A1 <b onclick=alert(1)>|x*_y_`$\\input{/etc/passwd}% & #~^{'


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def ran(vidbench: Vidbench, name: str = "a", mode: str = "", **fields: object) -> str:
    vidbench.story_model(name, mode, **fields)
    return vidbench.json("run", vidbench.suite(), "--model", name, *vidbench.evaluator)["run"]


TABLES = [
    ["models", "list"],
    ["models", "search", "story"],
    ["models", "show", "a"],
    ["models", "versions", "a"],
    ["models", "export", "a"],
    ["environments", "list"],
    ["environments", "gc", "--dry-run"],
    ["catalogues", "list"],
    ["config", "show"],
    ["config", "show", "--origin"],
    ["config", "keys"],
    ["config", "variables"],
    ["metrics", "list"],
    ["runs", "list"],
    ["runs", "show", "last"],
    ["leaderboard"],
    ["leaderboard", "--published"],
    ["compare", "last:a", "last:b"],
    ["suites", "list"],
    ["suites", "show", "quickstart"],
    ["weights", "list"],
    ["export", "last"],
    ["export", "last", "--samples"],
]


def exported(vidbench: Vidbench, folder: pathlib.Path, *command: str) -> dict[str, str]:
    """What a table command writes, by extension, all by one call; each file is sound in its format."""
    files = [folder / f"table.{extension}" for extension in FORMATS]
    vidbench.run(*command, *(word for file in files for word in ("--export", str(file))))
    text = {file.suffix[1:]: file.read_text() for file in files}
    document = json.loads(text["json"])
    assert document["schema"].startswith("vidbench."), command
    lines = [json.loads(line) for line in text["jsonl"].splitlines()]
    assert lines and all(line["schema"].split("#")[0] == document["schema"] for line in lines)
    if "#" in lines[0]["schema"]:
        assert len(lines) == len(document[lines[0]["schema"].split("#")[1]]), command
    assert rows_of(text["csv"]), command
    assert re.search(r"^\|[-:|]+\|$", text["md"], re.MULTILINE), command
    assert text["html"].startswith("<!doctype html>") and "</html>" in text["html"]
    assert "\\begin{tabular}" in text["tex"] and text["tex"] == text["latex"]
    return text


def every_format(vidbench: Vidbench, folder: pathlib.Path, *command: str) -> dict[str, str]:
    """The same, held against what --format prints."""
    text = exported(vidbench, folder, *command)
    for extension, name in FORMATS.items():
        shown = vidbench.run(*command, "--format", name).stdout
        if name not in ("html", "json", "jsonl"):
            assert shown == text[extension], (command, name)
    return text


def test_every_table_is_written_in_every_format(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    vidbench.story_model("a")
    vidbench.story_model("b", "other")
    vidbench.run("run", vidbench.suite(), "--model", "a,b", *vidbench.evaluator)
    vidbench.run("publish", "last")
    (vidbench.home / "data/vidbench/environments/broken").mkdir(parents=True)
    for number, command in enumerate(TABLES):
        every_format(vidbench, tmp_path / str(number), *command)


def test_what_this_machine_has_is_written_in_every_format(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    text = exported(vidbench, tmp_path, "doctor")  # free space on the disks changes between calls
    document = json.loads(text["json"])
    names = [row["name"] for row in rows_of(text["csv"]) if row["kind"] in ("program", "isolation")]
    assert names == [one["name"] for kind in ("programs", "isolation") for one in document[kind]]


def test_a_plan_is_written_in_every_format(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    ran(vidbench, "a")
    vidbench.story_model("b", "never ran")
    command = ("run", vidbench.suite(file="more.yaml", seeds=[2]), "--model", "a,b", "--dry-run", *vidbench.evaluator)
    text = every_format(vidbench, tmp_path, *command)
    known, unknown = rows_of(text["csv"])
    model = json.loads(text["json"])["models"][0]
    assert float(known["per video"]) == model["seconds_per_sample"] > 0
    assert int(known["memory"]) == model["peak_memory_bytes"] > 0
    assert (unknown["per video"], unknown["memory"]) == ("", "") and "unknown" in text["md"]


def test_a_batch_is_written_in_every_format(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    vidbench.story_model("a")
    vidbench.suite()
    file = vidbench.home / "batch.yaml"
    file.write_text(json.dumps({"name": "study", "runs": [{"model": "a", "suite": "./story.yaml", "steps": [4, 8]}]}))
    command = ("batch", str(file), *vidbench.evaluator)
    every_format(vidbench, tmp_path / "plan", *command, "--dry-run")
    assert not vidbench.generated()
    text = every_format(vidbench, tmp_path / "summary", *command)
    cells = json.loads(text["json"])["cells"]
    for row, cell in zip(rows_of(text["csv"]), cells, strict=True):
        assert (float(row["time"]), int(row["disk"]), row["run"]) == (cell["seconds"], cell["bytes"], cell["run"])
    for extension in ("md", "html", "tex"):  # the runs, and the leaderboard over them
        assert text[extension].count("a:steps=8") >= 1 and "profile" in text[extension], extension
    with opened(tmp_path / "summary/table.html", 390) as shown:
        assert shown.locator("h2").count() == 2 and shown.locator("tbody tr").count() == 4
    refused = vidbench.run("batch", str(file), "--export", "summary.xlsx", code=2)
    assert ".json .jsonl .csv .md .html .tex" in refused.stderr


def test_an_integration_writes_its_exports(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    vidbench.story_model("a", references=["this test"])
    text = exported(vidbench, tmp_path, "models", "integrate", "a", "--suite", vidbench.suite(), *vidbench.evaluator)
    steps = json.loads(text["json"])["steps"]
    assert [row["step"] for row in rows_of(text["csv"])] == [step["name"] for step in steps]
    assert [float(row["took"]) for row in rows_of(text["csv"])] == [step["seconds"] for step in steps]


def test_published_versions_are_rows_of_their_own_in_every_format(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    for mode in ("one", "two"):
        ran(vidbench, "a", mode)
        vidbench.run("publish", "last")
    ran(vidbench, "b", "two")
    vidbench.run("publish", "last")
    text = every_format(vidbench, tmp_path, "leaderboard", "--published", "--suite", "story")
    present, earlier = vidbench.json("models", "versions", "a")["versions"]
    names = {"a", f"a ({earlier['digest'][:8]})", "b"}
    board = json.loads(text["json"])
    assert {entry["model"] for entry in board["entries"]} == names and present["digest"] != earlier["digest"]
    assert {row["model"] for row in rows_of(text["csv"])} == names
    lines = [json.loads(line) for line in text["jsonl"].splitlines()]
    assert {line["model"] for line in lines} == names and {line["run"] for line in lines} == {"published"}
    for extension in ("md", "html", "tex"):
        assert f"a ({earlier['digest'][:8]})" in text[extension], extension
    with opened(tmp_path / "table.html", 390) as shown:
        assert shown.locator("tbody tr").count() == 3


def test_the_configured_format_may_be_any(vidbench: Vidbench) -> None:
    vidbench.environment["VIDBENCH_FORMAT"] = "latex"
    assert "\\begin{tabular}" in vidbench.run("suites", "list").stdout
    assert rows_of(vidbench.run("suites", "list", "--format", "csv").stdout)


def test_an_unknown_extension_is_refused_before_anything_runs(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    for file in ("board.xlsx", "board", ".csv", "a.json.gz"):
        refused = vidbench.run("run", vidbench.suite(), "--model", "a", *vidbench.evaluator, "--export", file, code=2)
        assert ".json .jsonl .csv .md .html .tex" in refused.stderr and refused.stderr.count("\n") == 1
    assert not vidbench.generated()


def test_a_run_writes_its_exports(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    vidbench.story_model("a")
    files = [tmp_path / "x" / name for name in ("board.CSV", "board.html", "bo ard's.jsonl")]
    shown = vidbench.run(
        "run", vidbench.suite(), "--model", "a", *vidbench.evaluator, "--format", "json",
        *(word for file in files for word in ("--export", str(file))),
    )  # fmt: skip
    board = json.loads(shown.stdout)
    (row,) = rows_of(files[0].read_text())
    assert float(row["test/mean"]) == board["entries"][0]["metrics"]["test/mean"]["value"]
    (line,) = [json.loads(text) for text in files[2].read_text().splitlines()]
    assert line["run"] == board["run"] and line["metrics"] == board["entries"][0]["metrics"]
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == sorted(file.name for file in files)


def test_an_export_that_cannot_be_written_says_so(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("")
    for target in ("folder.csv", "file/x.csv"):
        refused = vidbench.run("suites", "list", "--export", str(tmp_path / target), code=3)
        assert str(tmp_path / target.split("/")[0]) in refused.stderr and refused.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir() if "tmp" in path.suffix) == []


def test_hostile_names_stay_text(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    vidbench.story_model("a", title=HOSTILE, organisation=HOSTILE)
    page = tmp_path / "models.html"
    text = {
        name: vidbench.run("models", "export", "a", "--format", name).stdout
        for name in ("csv", "md", "latex", "json", "jsonl")
    }
    (row,) = rows_of(text["csv"])
    assert row["title"] == "'" + HOSTILE
    assert json.loads(text["json"])["models"][0]["card"]["title"] == HOSTILE
    assert "<b" not in text["md"] and text["md"].count("\n") == 3
    assert "\\input" not in text["latex"] and "\\textbackslash{}input\\{" in text["latex"]
    assert "<b" not in vidbench.run("models", "export", "--card", "a").stdout
    vidbench.run("models", "export", "a", "--export", str(page))
    with opened(page, 390) as shown:
        assert shown.locator("tbody tr").count() == 1 and shown.locator("tbody b").count() == 0
        assert HOSTILE in shown.locator("tbody").inner_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_table_page_is_readable_and_sorts(vidbench: Vidbench, tmp_path: pathlib.Path, width: int) -> None:
    page = tmp_path / "models.html"
    vidbench.run("models", "export", "--family", "wan", "--export", str(page))
    with opened(page, width) as shown:
        shown.get_by_role("button", name="memory (GB)").click()
        texts = shown.locator("tbody tr td:nth-child(10)").all_inner_texts()
        numbers = [float(text) for text in texts if text]
        assert len(numbers) > 3 and numbers == sorted(numbers)


def test_a_file_name_chooses_the_format_of_export(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    ran(vidbench)
    vidbench.run("export", "last", "-o", str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_text().startswith("run,model,rank,")
    vidbench.run("export", "last", "-o", str(tmp_path / "a.csv"), "--format", "md")
    assert (tmp_path / "a.csv").read_text().startswith("**")
    vidbench.run("export", "last", "-o", str(tmp_path / "plain"))
    assert json.loads((tmp_path / "plain").read_text())["schema"] == "vidbench.leaderboard/1"


def test_versions_are_told_apart(vidbench: Vidbench) -> None:
    first = ran(vidbench, "a", "one")
    second = ran(vidbench, "a", "two")
    document = vidbench.json("models", "versions", "a")
    assert document["schema"] == "vidbench.model-versions/1" and document["model"] == "a"
    present, earlier = document["versions"]
    assert present["present"] and not earlier["present"] and present["digest"] != earlier["digest"]
    assert [run["run"] for run in present["runs"]] == [second]
    assert [run["run"] for run in earlier["runs"]] == [first]
    assert present["runs"][0]["samples"] == {"planned": 12, "evaluated": 12, "failed": 0}
    assert present["metrics"]["latency"]["value"] > 0 and "test/mean" in present["metrics"]
    assert present["metrics_of"] == f"{second}:a"
    rows = rows_of(vidbench.run("models", "versions", "a", "--format", "csv").stdout)
    assert [float(row["latency"]) for row in rows] == [
        version["metrics"]["latency"]["value"] for version in (present, earlier)
    ]
    shown = vidbench.run("models", "show", "a").stdout
    assert "benchmarked in 1 run, 1 earlier one: vidbench models versions a" in " ".join(shown.split())
    table = vidbench.run("models", "versions", "a").stdout
    assert first in table and second in table and table.count("present") >= 1 and "earlier" in table
    compared = vidbench.json("compare", first, second)["pairs"]
    assert [(pair["a"]["version"], pair["b"]["version"]) for pair in compared] == [
        (earlier["digest"], present["digest"])
    ]
    told = vidbench.run("compare", first, second).stdout
    assert f"version {earlier['digest'][:12]}" in told and f"version {present['digest'][:12]}" in told
    # Other settings are the same version.
    vidbench.run("run", vidbench.suite(), "--model", "a", "--steps", "4,8", *vidbench.evaluator)
    runs = vidbench.json("models", "versions", "a")["versions"][0]["runs"]
    assert sorted(run["model"] for run in runs) == ["a", "a:steps=4", "a:steps=8"]
    vidbench.story_model("a", "one")
    again = vidbench.json("models", "versions", "a")["versions"]
    assert again[0]["digest"] == earlier["digest"] and again[0]["present"]


def test_a_version_nobody_benchmarked_is_listed_and_makes_no_store(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    (version,) = vidbench.json("models", "versions", "a")["versions"]
    assert version["present"] and version["runs"] == [] and version["metrics"] == {}
    assert "never benchmarked here" in vidbench.run("models", "versions", "a").stdout
    refused = vidbench.run("models", "versions", "shapes-base-9", code=2)
    assert "did you mean" in refused.stderr
    for command in (["list"], ["show", "a"], ["export", "a"], ["export", "--card", "a"]):
        vidbench.run("models", *command)
    assert not (vidbench.home / "data/vidbench/vidbench.db").exists()


def test_pins_are_shown(vidbench: Vidbench) -> None:
    weights = vidbench.home / "w.bin"
    weights.write_bytes(b"weights")
    digest = "9b2f1f4a1e1b4a3c6d9a0f1d7c8e5b2a3f4d6c7b8a9e0f1d2c3b4a5968778695"
    vidbench.story_model("pinned", weights=[{"path": str(weights), "sha256": digest}])
    (version,) = vidbench.json("models", "versions", "pinned")["versions"]
    assert version["pin"]["weights"] == [{"file": "w.bin", "sha256": digest}]
    assert digest[:12] in vidbench.run("models", "versions", "pinned").stdout
    shown = vidbench.run("models", "show", "pinned").stdout
    assert digest[:12] in shown and "never benchmarked here" in shown


def test_measured_memory_replaces_what_its_makers_state(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "one", min_vram_gb=24)
    before = vidbench.json("models", "show", "a")["memory"]
    assert before == {"stated_gb": 24, "measured": []}
    assert "24 GB of GPU memory as its makers state" in vidbench.run("models", "show", "a").stdout
    run = ran(vidbench, "a", "one", min_vram_gb=24)
    (measured,) = vidbench.json("models", "show", "a")["memory"]["measured"]
    (peak,) = vidbench.store().execute("SELECT max(video ->> 'peak_memory_bytes') FROM samples").fetchone()
    assert measured["bytes"] == peak >= 1 << 20 and measured["run"] == run and measured["device"] == "cpu"
    assert (measured["frames"], measured["height"], measured["width"]) == (4, 8, 8)
    shown = " ".join(vidbench.run("models", "show", "a").stdout.split())
    assert re.search(rf"[0-9.]+ GB of host memory measured on .*cpu, fp32, 4 × 8×8, run {run}", shown), shown
    (row,) = [row for row in rows_of(vidbench.run("models", "list", "--format", "csv").stdout) if row["model"] == "a"]
    assert float(row["memory (GB)"]) == peak / 1e9 and row["memory is"] == "measured, cpu, fp32"
    # Host memory says nothing about a GPU's.
    assert vidbench.json("models", "list", "--family", "story", "--max-vram", "1")["models"] == []
    with vidbench.store() as store:
        store.execute("UPDATE run_models SET device = 'cuda:0', peak_memory_bytes = 18200000000")
    (model,) = vidbench.json("models", "list", "--family", "story", "--max-vram", "20")["models"]
    assert model["memory"]["measured"][0]["gb"] == 18.2
    # Another version: the number is not its.
    vidbench.story_model("a", "two", min_vram_gb=24)
    assert vidbench.json("models", "show", "a")["memory"] == {"stated_gb": 24, "measured": []}
    vidbench.run("runs", "rm", run)
    vidbench.story_model("a", "one", min_vram_gb=24)
    assert vidbench.json("models", "show", "a")["memory"]["measured"] == []


def test_a_store_that_is_none_does_not_hide_the_catalogue(vidbench: Vidbench) -> None:
    file = vidbench.home / "no.db"
    file.write_bytes(b"this is no database" * 99)
    told = vidbench.run("models", "list", "--store", str(file), "--format", "csv")
    assert "no measured memory" in told.stderr and len(rows_of(told.stdout)) > 940


def test_a_model_card_says_what_is_known_and_measured(vidbench: Vidbench) -> None:
    run = ran(
        vidbench, "a", "one", licence="CC-BY-NC-4.0", references=["https://example.org/a"], paper="arXiv:2503.20314"
    )
    card = vidbench.run("models", "export", "--card", "a").stdout
    assert card == vidbench.run("models", "export", "--card", "a").stdout
    assert card.startswith("# a\n") and "**Non-commercial.**" in card and run in card
    assert "https://example.org/a" in card and "arXiv:2503.20314" in card and "(present)" in card
    target = vidbench.home / "card.md"
    vidbench.run("models", "export", "--card", "a", "-o", str(target))
    assert target.read_text() == card
    vidbench.run("models", "export", "--card", "a", "b", code=2)
    assert "Not benchmarked here." in vidbench.run("models", "export", "--card", "wan2.1-t2v-1.3b").stdout
