"""Runs, retries, caches and resumption through the real program with real child processes."""

import json
import os
import signal
import subprocess
import time

from conftest import Vidbench


def quality(board: dict) -> dict:
    """What must not depend on timing."""
    return {
        entry["model"]: {name: m for name, m in entry["metrics"].items() if name.startswith("test/")}
        for entry in board["entries"]
    }


def test_a_run_ends_with_numbers_intervals_and_a_directory(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    board = vidbench.json("run", vidbench.suite(), "--model", "a", *vidbench.evaluator)
    assert board["schema"] == "vidbench.leaderboard/1"
    (entry,) = board["entries"]
    assert entry["samples"] == {"planned": 12, "done": 12, "failed": 0}
    mean = entry["metrics"]["test/mean"]
    assert mean["low"] < mean["value"] < mean["high"] and mean["n"] == 12
    assert entry["metrics"]["test/frechet"]["value"] > 0
    assert entry["metrics"]["latency"]["value"] > 0
    (run,) = vidbench.json("runs", "list")["runs"]
    assert run["state"] == "done" and run["id"] == board["run"]
    manifest = json.loads((vidbench.home / "data/vidbench/runs" / run["id"] / "manifest.json").read_text())
    assert manifest["suite"]["digest"] and manifest["hardware"]["cores"] >= 1
    assert (vidbench.home / "data/vidbench/runs" / run["id"] / "report.html").stat().st_size > 10_000


def test_a_repeated_run_recomputes_nothing_and_says_so(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    suite = vidbench.suite()
    first = vidbench.json("run", suite, "--model", "a", *vidbench.evaluator)
    made = len(vidbench.generated())
    again = vidbench.run("run", suite, "--model", "a", *vidbench.evaluator, "--format", "json")
    assert len(vidbench.generated()) == made == 12
    assert "12 videos, 12 scores" in again.stderr
    assert quality(json.loads(again.stdout)) == quality(first)
    vidbench.run("run", suite, "--model", "a", *vidbench.evaluator, "--no-cache")
    assert len(vidbench.generated()) == 24


def test_out_of_memory_halves_the_batch(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "oom-above 1")
    board = vidbench.json("run", vidbench.suite(), "--model", "a", *vidbench.evaluator)
    assert board["entries"][0]["samples"]["done"] == 12


def test_a_crash_restarts_the_worker(vidbench: Vidbench) -> None:
    vidbench.story_model("a", f"crash-once {vidbench.home / 'crashed'}")
    result = vidbench.run("run", vidbench.suite(), "--model", "a", *vidbench.evaluator, "--format", "json")
    assert json.loads(result.stdout)["entries"][0]["samples"]["done"] == 12
    assert "crash" in result.stderr and "trying again" in result.stderr


def test_failed_samples_are_counted_classified_and_do_not_end_the_run(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "fail number 1")  # prompts 1, 10 and 11
    vidbench.story_model("b")
    board = vidbench.json("run", vidbench.suite(), "--model", "a,b", *vidbench.evaluator, code=4)
    samples = {entry["model"]: entry["samples"] for entry in board["entries"]}
    assert samples["a"] == {"planned": 12, "done": 9, "failed": 3}
    assert samples["b"]["done"] == 12
    failures = vidbench.json("runs", "show", "last")["failures"]
    assert [f["kind"] for f in failures] == ["moderation"] * 3


def test_fail_fast_and_the_failure_budget_stop_early(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "fail number")
    suite = vidbench.suite(prompts=40, batch_size=1)
    vidbench.run("run", suite, "--model", "a", *vidbench.evaluator, "--fail-fast", code=4)
    assert vidbench.json("runs", "list")["runs"][0]["samples"]["failed"] == 1
    vidbench.run("run", suite, "--model", "a", *vidbench.evaluator, code=4)
    run = vidbench.json("runs", "list")["runs"][0]
    assert run["state"] == "failed" and 5 <= run["samples"]["failed"] < 40


def test_ctrl_c_stops_cleanly_and_resume_completes(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.05")
    suite = vidbench.suite(prompts=40)
    process = subprocess.Popen(
        vidbench.command("run", suite, "--model", "a", *vidbench.evaluator),
        env=vidbench.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while len(vidbench.generated()) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert b"vidbench resume" in stderr
    run = vidbench.json("runs", "list")["runs"][0]
    assert run["state"] == "interrupted" and run["samples"]["evaluated"] < 40
    resumed = vidbench.json("resume", "--last", *vidbench.evaluator)
    vidbench.story_model("b")
    assert resumed["entries"][0]["samples"]["done"] == 40


def test_resume_refuses_a_changed_suite(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    vidbench.run("run", vidbench.suite(), "--model", "a", *vidbench.evaluator)
    vidbench.suite(prompts=13)
    result = vidbench.run("resume", "--last", *vidbench.evaluator, code=2)
    assert "has changed since the run was made" in result.stderr


def test_parallel_workers_give_the_same_numbers(vidbench: Vidbench) -> None:
    for name in "abc":
        vidbench.story_model(name, "slow 0.002")
    suite = vidbench.suite()
    one = vidbench.json("run", suite, "--model", "a,b,c", *vidbench.evaluator, "--no-cache")
    three = vidbench.json(
        "run", suite, "--model", "a,b,c", *vidbench.evaluator, "--no-cache", "--workers", "3", "--overlap", "on"
    )
    assert quality(one) == quality(three)


def test_dry_run_executes_nothing(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    plan = vidbench.json("run", vidbench.suite(), "--model", "a", "--dry-run", *vidbench.evaluator)
    assert plan["models"][0]["samples"] == 12
    assert not vidbench.generated() and vidbench.json("runs", "list")["runs"] == []


def test_prompts_of_a_private_suite_are_stored_nowhere(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    prompts = [{"text": text, "category": "x"} for text in ("zanzibar secret", *(f"other {i}" for i in range(5)))]
    suite = vidbench.suite(public=False, texts=prompts)
    vidbench.run("run", suite, "--model", "a", *vidbench.evaluator)
    leaks = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(vidbench.home)
        for name in names
        if name != "story.yaml" and (b"zanzibar" in open(os.path.join(folder, name), "rb").read() or "zanzibar" in name)
    ]
    assert leaks == []


def test_bad_input_is_one_clear_line(vidbench: Vidbench) -> None:
    vidbench.story_model("a")
    unknown_metric = vidbench.suite(file="wrong.yaml", metrics=["test/maen"])
    cases = [
        (["run", "quickstrat"], 2, "did you mean 'quickstart'"),
        (["run", vidbench.suite(), "--model", "shapes-bsae-8"], 2, "shapes-base-8"),
        (["leaderboard", "nothing"], 2, "no run"),
        (["frobnicate"], 2, "--help"),
        (
            ["run", unknown_metric, "--model", "a", *vidbench.evaluator],
            2,
            "test/mean",
        ),
        (["run", vidbench.suite(), "--model", "a", "--evaluator", "/does/not/exist"], 3, "/does/not/exist"),
        (["runs", "list", "--store", "postgresql://x"], 2, "sqlite:PATH"),
        (["run", vidbench.suite(), "--model", "a", "--format", "xml"], 2, "xml"),
    ]
    for arguments, code, text in cases:
        result = vidbench.run(*arguments, code=code)
        assert text in result.stderr, (arguments, result.stderr)
        assert result.stdout == ""
        assert len([line for line in result.stderr.splitlines() if line.startswith("error:")]) == 1, result.stderr
