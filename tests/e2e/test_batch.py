"""Batches through the real program: grids, budgets, priorities, resumption after kills, summaries."""

import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT, Vidbench
from provider_server import VIDEO, ProviderServer


def write(vidbench: Vidbench, name: str = "study", file: str = "batch.yaml", **content: object) -> str:
    """Writes a batch file (JSON is YAML) and returns its path."""
    path = vidbench.home / file
    path.write_text(json.dumps({"name": name, **content}))
    return str(path)


def batch(vidbench: Vidbench, file: str, *arguments: str, code: int = 0) -> dict:
    return vidbench.json("batch", file, *vidbench.evaluator, *arguments, code=code)


def states(summary: dict) -> list[str]:
    return [cell["state"] for cell in summary["cells"]]


def numbers(summary: dict) -> dict:
    """What must not depend on timing or on kills."""
    return {
        (board["suite"], entry["model"]): {name: m for name, m in entry["metrics"].items() if name.startswith("test/")}
        for board in summary["leaderboards"]
        for entry in board["entries"]
    }


def test_a_grid_runs_once_and_is_summed_up(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    vidbench.story_model("b", "slow 0")  # another model as far as digests go
    vidbench.suite()
    vidbench.suite(file="other.yaml", id="other", prompts=6)
    file = write(
        vidbench,
        defaults={"seed": [1, 2]},
        matrix={"steps": [4, 8], "exclude": [{"model": "b", "steps": 8}]},
        runs=[
            {"models": ["a", "b"], "suite": "./story.yaml"},
            {"name": "first", "model": "b", "suite": "./other.yaml", "steps": 4, "priority": 9},
        ],
    )
    plan = vidbench.json("batch", file, "--dry-run", *vidbench.evaluator)
    assert plan["schema"] == "vidbench.batch-plan/1"
    told = [(cell["model"], cell["suite"], cell["options"]["steps"]) for cell in plan["cells"]]
    assert told == [("b", "other", 4), ("a", "story", 4), ("a", "story", 8), ("b", "story", 4)]
    assert [cell["estimate"]["samples"] for cell in plan["cells"]] == [12, 24, 24, 24]
    assert plan["cells"][0]["estimate"]["seconds"] is None, "never measured here"
    assert not vidbench.generated() and vidbench.json("runs", "list")["runs"] == []

    summary = batch(vidbench, file)
    assert summary["schema"] == "vidbench.batch/1" and states(summary) == ["done"] * 4
    assert [cell["samples"]["done"] for cell in summary["cells"]] == [12, 24, 24, 24]
    assert len(vidbench.generated()) == 72, "six prompts are those of the other suite"
    boards = {board["suite"]: [entry["model"] for entry in board["entries"]] for board in summary["leaderboards"]}
    assert boards["other"] == ["b:steps=4"]
    assert sorted(boards["story"]) == ["a:steps=4", "a:steps=8", "b:steps=4"]
    entries = [entry for board in summary["leaderboards"] for entry in board["entries"]]
    assert sorted(entry["metrics"]["test/mean"]["n"] for entry in entries) == [12, 24, 24, 24]
    schema = json.loads((ROOT / "schemas/leaderboard.schema.json").read_text())
    for board in summary["leaderboards"]:
        jsonschema.validate(board, schema)
    assert summary["used"]["seconds"] > 0 and summary["used"]["bytes"] > 72 * 4 * 8 * 8 * 3

    again = batch(vidbench, file)
    assert len(vidbench.generated()) == 72 and all(cell["earlier"] for cell in again["cells"])
    assert numbers(again) == numbers(summary)
    assert again["used"]["seconds"] == summary["used"]["seconds"], "nothing more was used"


def test_every_format_tells_the_same(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    vidbench.suite()
    file = write(vidbench, runs=[{"model": "a", "suite": "./story.yaml", "steps": [4, 8]}])
    summary = batch(vidbench, file)
    csv = vidbench.run("batch", file, *vidbench.evaluator, "--format", "csv").stdout.splitlines()
    assert len(csv) == 3 and csv[0].startswith(",name,model,suite,varying,state")
    for line, cell in zip(csv[1:], summary["cells"], strict=True):
        assert cell["run"] in line and "done,12/12" in line
    table = vidbench.run("batch", file, *vidbench.evaluator)
    markdown = vidbench.run("batch", file, *vidbench.evaluator, "--format", "md")
    for text in (table.stdout, markdown.stdout):
        assert "steps=4" in text and "a:steps=8" in text and "12/12" in text
    assert "study: 2 done" in table.stderr
    folder = Path(summary["directory"])
    assert json.loads((folder / "summary.json").read_text())["cells"] == [
        {**cell, "earlier": True} for cell in summary["cells"]
    ]
    assert (folder / "summary.csv").read_text().splitlines() == csv
    assert "a:steps=8" in (folder / "summary.md").read_text()
    assert vidbench.run("batch", file, "--dry-run", "--format", "csv").stdout.count("\n") == 3


def test_failures_end_with_4_and_do_not_stop_the_others(vidbench: Vidbench) -> None:
    vidbench.story_model("bad", "fail number 1")
    vidbench.story_model("good")
    vidbench.story_model("gone", command=["/nowhere/program"])
    vidbench.suite()
    runs = [{"models": ["bad", "gone", "good"], "suite": "./story.yaml"}]
    file = write(vidbench, runs=runs)
    summary = batch(vidbench, file, code=4)
    assert states(summary) == ["failed", "failed", "done"]
    assert summary["cells"][0]["samples"] == {"planned": 12, "done": 9, "failed": 3}
    assert "/nowhere/program" in summary["cells"][1]["reason"]
    made = len(vidbench.generated())
    again = batch(vidbench, file, code=4)
    assert len(vidbench.generated()) == made and again["cells"][0]["earlier"]
    vidbench.story_model("bad", "fail number 1")
    retried = batch(vidbench, file, "--retry-failed", code=4)
    assert not retried["cells"][0]["earlier"]
    strict = batch(vidbench, write(vidbench, name="strict", runs=runs, keep_going=False), code=4)
    assert states(strict) == ["failed", "failed", "skipped"]
    assert "keep_going" in strict["cells"][2]["reason"]


def test_only_what_changed_runs_anew(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    suite = vidbench.suite()
    file = write(vidbench, runs=[{"model": "a", "suite": suite, "steps": [4, 8]}])
    first = batch(vidbench, file)
    write(vidbench, runs=[{"model": "a", "suite": suite, "steps": [4, 9], "threads": 1, "priority": 3}])
    second = batch(vidbench, file)
    assert [cell["earlier"] for cell in second["cells"]] == [True, False]
    assert second["cells"][0]["run"] == first["cells"][0]["run"]
    assert second["used"]["seconds"] > first["used"]["seconds"], "what was used before the change counts"
    vidbench.suite(prompts=6)  # another digest
    third = batch(vidbench, file)
    assert [cell["earlier"] for cell in third["cells"]] == [False, False]


def test_the_time_budget_interrupts_and_a_larger_one_goes_on(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.3")
    vidbench.story_model("b")
    suite = vidbench.suite(prompts=40, batch_size=1)
    runs = [{"model": "a", "suite": suite, "priority": 1}, {"model": "b", "suite": suite}]
    file = write(vidbench, runs=runs, budget={"time": "3s"})
    summary = batch(vidbench, file)
    assert states(summary) == ["interrupted", "skipped"], summary["cells"]
    assert "budget" in summary["cells"][0]["reason"] and "budget: no time is left" in summary["cells"][1]["reason"]
    done = summary["cells"][0]["samples"]["done"]
    assert done < 40
    write(vidbench, runs=runs, budget={"time": "1h"})
    made = len(vidbench.generated())
    rest = batch(vidbench, file)
    assert states(rest) == ["done", "done"]
    assert len(vidbench.generated()) - made <= 80 - made


def test_what_does_not_fit_is_skipped_and_a_smaller_one_runs(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.05", defaults={"frames": 4, "width": 8, "height": 8, "steps": 1})
    suite = vidbench.suite(prompts=12)
    vidbench.run("run", suite, "--model", "a", *vidbench.evaluator)  # so that its speed is known
    grid = {"model": "a", "suite": suite, "seed": list(range(100, 1100))}
    file = write(vidbench, runs=[{**grid, "name": "huge"}, {"model": "a", "suite": suite, "seed": 5, "name": "small"}])
    content = json.loads(Path(file).read_text())
    Path(file).write_text(json.dumps({**content, "budget": {"time": "2 min"}}))
    summary = batch(vidbench, file)
    assert states(summary) == ["skipped", "done"]
    assert re.match(r"budget: about .* needed, .* left", summary["cells"][0]["reason"])
    small = write(vidbench, name="disk", file="disk.yaml", runs=content["runs"], budget={"disk": "5MB"})
    summary = batch(vidbench, small)
    assert states(summary) == ["skipped", "done"] and "of disk needed" in summary["cells"][0]["reason"]
    human = vidbench.run("batch", small, *vidbench.evaluator)
    assert "skipped: budget" in human.stderr and "of 4.8 MiB" in human.stderr


def hosted(vidbench: Vidbench, server: ProviderServer, **settings: object) -> None:
    """A hosted model whose provider is a server of this test, with whose answers videos come."""
    providers = vidbench.home / "providers"
    providers.mkdir(exist_ok=True)
    (providers / "toy.yaml").write_text(
        "provider: toy\nbase_url: https://toy.example.com\nsources: [this test]\n"
        "submit: {call: POST /make, capture: {id: /id}}\nfields: {prompt: {at: /prompt}}\n"
        "poll: {call: 'GET /jobs/{id}', status: {at: /status, success: [done]}}\n"
        "result: {kind: content, call: 'GET /jobs/{id}/video'}\n"
    )
    vidbench.environment["VIDBENCH_PROVIDERS"] = str(providers)
    vidbench.environment["VIDBENCH_PROVIDER_URL_TOY"] = server.base
    entry = {
        "id": "hosted",
        "runner": "http",
        "settings": {"provider": "toy", "model": "m", "poll_interval_s": 0.02, **settings},
    }
    (vidbench.catalogue / "hosted.yaml").write_text(json.dumps({"models": [entry]}))
    server.on("POST /make", {"id": "1"})
    server.on("GET /jobs/1", {"status": "done"})
    server.on("GET /jobs/1/video", VIDEO)


def test_a_hosted_model_needs_online_and_a_budget_of_its_cost(vidbench: Vidbench) -> None:
    server = ProviderServer()
    hosted(vidbench, server, price={"currency": "USD", "per_video": 0.5})
    suite = vidbench.suite(prompts=3, metrics=["test/mean"], reference=None)
    runs = [
        {"model": "hosted", "suite": suite, "seed": [1], "name": "x"},
        {"model": "hosted", "suite": suite, "seed": 2},
    ]
    file = write(vidbench, runs=runs)
    plan = vidbench.json("batch", file, "--dry-run")
    assert plan["cells"][0]["estimate"]["cost"] == {"amount": 1.5, "currency": "USD"}

    def reason(*arguments: str, **content: object) -> str:
        write(vidbench, runs=runs, **content)
        summary = batch(vidbench, file, *arguments)
        assert states(summary) == ["skipped", "skipped"] and not server.requests
        return summary["cells"][0]["reason"]

    assert "without --online" in reason()
    assert "it costs about 1.50 USD; add 'cost: 1.50 USD'" in reason("--online")
    assert "about 1.50 USD needed, 1.00 left" in reason("--online", budget={"cost": "1 USD"})
    assert "paid in USD, the budget is in EUR" in reason("--online", budget={"cost": "9 EUR"})
    write(vidbench, runs=runs, budget={"cost": "2.5 USD"})
    summary = batch(vidbench, file, "--online")
    assert states(summary) == ["done", "skipped"], summary["cells"]
    assert summary["used"]["cost"] == {"USD": 1.5} and len(server.sent("POST /make")) == 3
    assert "1.50 USD needed, 1.00 left" in summary["cells"][1]["reason"]
    assert states(batch(vidbench, file, "--online")) == ["done", "skipped"], "what was spent stays spent"

    hosted(vidbench, server)  # no price
    unknown = write(vidbench, name="unknown", file="u.yaml", runs=runs[1:], budget={"cost": "9 USD"})
    assert "is not known" in batch(vidbench, unknown, "--online")["cells"][0]["reason"]
    server.close()


def wait_for_videos(vidbench: Vidbench, count: int, process: subprocess.Popen[str]) -> None:
    while len(vidbench.generated()) < count:
        assert process.poll() is None, "it ended before"
        time.sleep(0.01)


def interrupt(vidbench: Vidbench, process: subprocess.Popen[str]) -> tuple[str, str]:
    wait_for_videos(vidbench, 6, process)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)


def test_ctrl_c_ends_with_130_and_the_same_call_goes_on(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.1")
    suite = vidbench.suite(prompts=30)
    file = write(vidbench, runs=[{"model": "a", "suite": suite, "steps": [1, 2]}])
    command = vidbench.command("batch", file, *vidbench.evaluator, "--format", "json")
    process = subprocess.Popen(
        command, env=vidbench.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = interrupt(vidbench, process)
    assert process.returncode == 130, err
    assert f"vidbench batch {file} goes on" in err
    summary = json.loads(out)
    assert states(summary) == ["interrupted", "pending"]
    rest = batch(vidbench, file)
    assert states(rest) == ["done", "done"]
    assert 60 <= len(vidbench.generated()) <= 64, "only what was in work is made again"


def test_two_at_once_are_refused(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.2")
    suite = vidbench.suite(prompts=30)
    file = write(vidbench, runs=[{"model": "a", "suite": suite}])
    process = subprocess.Popen(
        vidbench.command("batch", file, *vidbench.evaluator, "--quiet"),
        env=vidbench.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_videos(vidbench, 1, process)
    assert "another process works on this batch" in vidbench.run("batch", file, *vidbench.evaluator, code=2).stderr
    assert interrupt(vidbench, process)[1].count("goes on") == 1


def test_killed_batches_end_with_the_numbers_of_an_undisturbed_one(tmp_path: Path) -> None:
    def prepared(home: Path) -> tuple[Vidbench, str]:
        vidbench = Vidbench(home)
        for name in ("a", "b"):
            vidbench.story_model(name, "slow 0.02")
        vidbench.suite(prompts=20)
        runs = [{"models": ["a", "b"], "suite": "./story.yaml", "steps": [4, 8]}]
        return vidbench, write(vidbench, runs=runs, budget={"time": "1h"})

    undisturbed, file = prepared(tmp_path / "undisturbed")
    truth = numbers(batch(undisturbed, file))
    assert len(truth) == 4
    rng = random.Random(20261129)
    victim, file = prepared(tmp_path / "victim")
    batches = victim.home / "data/vidbench/batches"

    def begun() -> int:
        return sum(file.read_text().count('"started"') for file in batches.glob("*/journal.jsonl"))

    kills = 0
    for attempt in range(16):
        process = subprocess.Popen(
            victim.command("batch", file, *victim.evaluator),
            env=victim.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        before = begun()
        while attempt % 3 and process.poll() is None and begun() == before:  # some are killed before a run begins
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.9))
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        kills += 1
    assert kills >= 4
    summary = batch(victim, file)
    assert states(summary) == ["done"] * 4 and numbers(summary) == truth
    journal = (Path(summary["directory"]) / "journal.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in journal]
    assert sum(event["event"] == "started" for event in events) == sum(event["event"] == "ended" for event in events)
    assert any(event.get("state") == "killed" for event in events)
    runs = victim.json("runs", "list")["runs"]
    assert len(runs) == 4 and {run["state"] for run in runs} == {"done"}


def test_mistakes_are_one_line_with_their_place(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    vidbench.suite()
    path = vidbench.home / "odd name & ümlaut.yaml"
    cases = [
        ("name: x\nruns:\n- {suite: ./story.yaml, modle: a}\n", ":3: unknown key 'modle'", "did you mean 'model'?"),
        ("name: x\nruns:\n- {suite: ./story.yaml, model: aa}\n", ":3: no model is named 'aa'", "did you mean"),
        ("name: x\nruns:\n- {suite: ./nope.yaml, model: a}\n", ":3: cannot read", ""),
        ("name: x\nbudget: {time: yes}\n", ":2: 'time' must be an amount", "1h 30m"),
        ("name: x\nruns:\n\t- a\n", ":3: not valid YAML", ""),
        ("", ":1: expected a mapping", ""),
    ]
    for content, message, hint in cases:
        path.write_text(content)
        error = vidbench.run("batch", str(path), code=2)
        assert str(path) + message in error.stderr and hint in error.stderr, error.stderr
        assert error.stdout == "" and error.stderr.count("error:") == 1
    assert "cannot read" in vidbench.run("batch", "/does/not/exist.yaml", code=2).stderr
    assert "is a directory" in vidbench.run("batch", str(vidbench.home), code=2).stderr
    assert "profile" in vidbench.run("batch", str(path), "--profile", "best", code=2).stderr
    path.write_text("name: x\nruns:\n- {suite: ./story.yaml, model: a}\n")
    assert states(batch(vidbench, str(path))) == ["done"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    suite = vidbench.suite()
    file = write(vidbench, runs=[{"model": "a", "suite": suite}])
    batch(vidbench, file)
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            vidbench.command("batch", file, *vidbench.evaluator),
            env=vidbench.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert result.returncode == 3 and "cannot write to standard output" in result.stderr


def test_the_options_of_a_batch_are_those_of_run(vidbench: Vidbench) -> None:
    known = set(re.findall(r"--([a-z][a-z-]*)", vidbench.run("run", "--help").stdout))
    schema = json.loads((ROOT / "schemas/batch.schema.json").read_text())
    options = set(schema["$defs"]["options"]) - {"models", "suite", "suites"}
    assert {name.replace("_", "-") for name in options} <= known


def test_a_grid_of_run_is_one_leaderboard(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.02")
    suite = vidbench.suite()
    board = vidbench.json("run", suite, "--model", "a", "--steps", "4,8", "--guidance", "1.5", *vidbench.evaluator)
    models = {entry["model"]: entry["settings"] for entry in board["entries"]}
    assert set(models) == {"a:steps=4,guidance=1.5", "a:steps=8,guidance=1.5"}
    assert models["a:steps=8,guidance=1.5"]["steps"] == 8 and models["a:steps=8,guidance=1.5"]["guidance"] == 1.5
    assert len(vidbench.generated()) == 24
    for arguments, message in (
        (["--steps", "4,4"], "steps 4 stands twice"),
        (["--steps", "4.5"], "steps must be a whole number"),
        (["--steps", "0"], "--steps"),
        (["--steps", "many"], "--steps"),
    ):
        assert message in vidbench.run("run", suite, "--model", "a", *arguments, code=2).stderr


def test_a_grid_that_was_killed_resumes(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.05")
    suite = vidbench.suite(prompts=20)
    process = subprocess.Popen(
        vidbench.command("run", suite, "--model", "a", "--steps", "4,8", *vidbench.evaluator),
        env=vidbench.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_videos(vidbench, 9, process)
    process.kill()
    process.wait()
    board = vidbench.json("resume", "--last", *vidbench.evaluator)
    assert {entry["model"]: entry["samples"]["done"] for entry in board["entries"]} == {
        "a:steps=4": 20,
        "a:steps=8": 20,
    }


def test_results_are_written_after_each_model(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.01")
    suite = vidbench.suite(prompts=16)
    process = subprocess.Popen(
        vidbench.command("run", suite, "--model", "a", "--steps", "4,8,16", *vidbench.evaluator),
        env=vidbench.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen: list[dict[str, int]] = []
    while process.poll() is None:
        for file in (vidbench.home / "data/vidbench/runs").glob("*/leaderboard.json"):
            board = json.loads(file.read_text())
            done = {entry["model"]: entry["samples"]["done"] for entry in board["entries"]}
            if board["state"] == "running" and (not seen or seen[-1] != done):
                seen.append(done)
        time.sleep(0.005)
    assert process.returncode == 0
    assert seen, "nothing was written before the end"
    assert seen[0]["a:steps=4"] == 16 and seen[0]["a:steps=16"] < 16
    if len(seen) > 1:
        assert seen[1]["a:steps=8"] == 16
