"""Measures what vidbench itself costs: start-up, orchestration a sample, memory, and how fast a resume finds its place.

Usage: python3 bench/overhead.py [--samples 10000] [--bin build/release/bin]
Prints one JSON document. As a peer for the disk's share, the same number of files and SQLite commits is timed alone.
"""

import argparse
import json
import os
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def suite(folder: pathlib.Path, samples: int) -> str:
    path = folder / "null.yaml"
    prompts = [{"text": f"prompt {i}", "category": "null"} for i in range(samples)]
    content = {
        "id": "null-suite",
        "version": 1,
        "title": "Overhead",
        "public": True,
        "licence": "CC0-1.0",
        "prompts": prompts,
        "seeds": [1],
        "batch_size": 1,
        "metrics": [],
    }
    path.write_text(json.dumps(content))
    return str(path)


def timed(command: list[str], env: dict[str, str]) -> tuple[float, int]:
    """Seconds, and the process's peak resident bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"exit {process.returncode}: {' '.join(command)}")
    return seconds, usage.ru_maxrss * 1024


def disk_alone(folder: pathlib.Path, samples: int) -> float:
    """The same files and durable commits without vidbench."""
    db = sqlite3.connect(folder / "alone.db")
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    data = bytes(16 * 32 * 32 * 3)
    start = time.monotonic()
    for i in range(samples):
        (folder / f"{i}.bin").write_bytes(data)
        for _ in range(2):
            with db:
                db.execute("INSERT INTO t (x) VALUES (?)", (i,))
    return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    vidbench = str(options.bin / "vidbench")
    with tempfile.TemporaryDirectory(prefix="vidbench-bench") as name:
        folder = pathlib.Path(name)
        env = {
            **os.environ,
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "VIDBENCH_HOME": str(ROOT),
        }
        versions = [timed([vidbench, "--version"], env)[0] for _ in range(30)]
        spec = suite(folder, options.samples)
        run_s, run_peak = timed([vidbench, "run", spec, "--model", "null", "--quiet"], env)
        resume_s, resume_peak = timed([vidbench, "resume", "--last", "--quiet"], env)
        # A run that was killed half-way: the time until the resumed one commits its next sample.
        again = subprocess.Popen(
            [vidbench, "run", spec, "--model", "null", "--quiet", "--no-cache"], env=env, stdout=subprocess.DEVNULL
        )
        time.sleep(run_s / 2)
        again.send_signal(signal.SIGKILL)
        again.wait()
        db = sqlite3.connect(folder / "data/vidbench/vidbench.db")
        run = db.execute("SELECT id FROM runs ORDER BY created_at DESC LIMIT 1").fetchone()[0]
        count = "SELECT count(*) FROM samples WHERE run = ? AND state = 'evaluated'"
        before = db.execute(count, (run,)).fetchone()[0]
        start = time.monotonic()
        resumed = subprocess.Popen(
            [vidbench, "resume", run, "--quiet", "--no-cache"], env=env, stdout=subprocess.DEVNULL
        )
        while db.execute(count, (run,)).fetchone()[0] == before and resumed.poll() is None:
            time.sleep(0.005)
        place_s = time.monotonic() - start
        resumed.wait()
        alone_s = disk_alone(folder, options.samples)
    print(
        json.dumps(
            {
                "samples": options.samples,
                "version_ms": {"median": statistics.median(versions) * 1e3, "min": min(versions) * 1e3},
                "run_ms_per_sample": run_s / options.samples * 1e3,
                "disk_alone_ms_per_sample": alone_s / options.samples * 1e3,
                "ratio_to_disk_alone": run_s / alone_s,
                "resume_of_a_finished_run_s": resume_s,
                "killed_at_sample": before,
                "resume_to_next_commit_s": place_s,
                "peak_resident_mb": {"run": run_peak / 1e6, "resume": resume_peak / 1e6},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
