"""SIGKILL of any process at any moment, then resume: same numbers, nothing lost, nothing made twice."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from conftest import Vidbench
from test_run import quality

KILLS = 30
PROMPTS = 60


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def committed(vidbench: Vidbench) -> set[str]:
    """Samples whose video is committed."""
    with vidbench.store() as db:
        return {row[0] for row in db.execute("SELECT id FROM samples WHERE state IN ('generated', 'evaluated')")}


def kill_at_random(vidbench: Vidbench, arguments: list[str], rng: random.Random) -> tuple[bool, bool]:
    """Runs the command and kills it or one of its children. Returns whether it still completed, and whether
    something was killed."""
    process = subprocess.Popen(
        vidbench.command(*arguments), env=vidbench.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(rng.uniform(0.0, 0.9))
    if process.poll() is not None:
        return process.returncode == 0, False
    victims = [process.pid, *children(process.pid)]
    try:
        os.kill(rng.choice(victims), signal.SIGKILL)
        killed = True
    except ProcessLookupError:
        killed = False
    if rng.random() < 0.7 and process.poll() is None:  # a child's death alone must be survived: let some runs go on
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
    process.wait(timeout=120)
    return process.returncode == 0, killed


def test_killed_runs_resume_to_the_same_numbers(tmp_path: Path) -> None:
    rng = random.Random(20261125)
    undisturbed = Vidbench(tmp_path / "undisturbed")
    undisturbed.story_model("a", "slow 0.02")
    undisturbed.story_model("b", "slow 0.02")
    suite = undisturbed.suite(prompts=PROMPTS)
    truth = quality(undisturbed.json("run", suite, "--model", "a,b", *undisturbed.evaluator))

    kills, rounds = 0, 0
    while kills < KILLS:
        rounds += 1
        assert rounds < 20, f"only {kills} kills in {rounds} runs"
        victim = Vidbench(tmp_path / f"victim{rounds}")
        victim.story_model("a", "slow 0.02")
        victim.story_model("b", "slow 0.02")
        suite = victim.suite(prompts=PROMPTS)
        started, before = False, 0
        while True:
            start = ["run", suite, "--model", "a,b"]
            arguments = ["resume", "--last", "--retry-failed"] if started else start
            done_before = committed(victim) if started else set()
            log_before = len(victim.generated())
            finished, killed = kill_at_random(victim, [*arguments, *victim.evaluator], rng)
            kills += killed
            again = set(victim.generated()[log_before:]) & done_before
            assert not again, f"generated again after their commit: {sorted(again)}"
            store = victim.home / "data/vidbench/vidbench.db"
            started = store.exists() and bool(victim.json("runs", "list")["runs"])
            if started:
                now = len(committed(victim))
                assert now >= before, "a committed sample was lost"
                before = now
            if finished:
                break
        board = victim.json("resume", "--last", "--retry-failed", *victim.evaluator)
        assert all(e["samples"]["done"] == PROMPTS for e in board["entries"]), board["entries"]
        assert quality(board) == truth
    assert kills >= KILLS
