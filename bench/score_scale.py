"""Measures how `vidbench score` grows with the number of videos: peak memory of both processes, and the time of a call
that finds everything in the cache.

Usage: .venv/bin/python bench/score_scale.py [--small 100] [--large 1000] [--bin build/release/bin]
Prints one JSON document. The videos are 16 frames of 96x96, half of them the reference set; the metrics are those that
need no official weights, with both kinds of distances of the embedded world's features.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
METRICS = "video/flicker,video/motion-amount,video/sharpness,video/exposure,shapes/frechet,shapes/kernel"
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def make_videos(folder: pathlib.Path, count: int) -> None:
    folder.mkdir()
    random = numpy.random.default_rng(count)
    for index in range(count):
        frames = numpy.full((16, 96, 96, 3), random.integers(0, 255, 3), numpy.uint8)
        colour, (y, x) = random.integers(0, 255, 3), random.integers(0, 48, 2)
        for t in range(16):
            frames[t, y : y + 24, x + t : x + t + 24] = colour
        numpy.save(folder / f"{index:05}.npy", frames)


def score(binary: pathlib.Path, folder: pathlib.Path) -> dict[str, float]:
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [str(binary / "vidbench"), "score", str(folder / "videos"), "--reference", str(folder / "real")]
    start = time.perf_counter()
    result = subprocess.run([*command, "--metrics", METRICS], env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    assert result.returncode == 0, result.stderr
    found = re.search(r"peak memory: ([\d.]+) (\w+), metric worker ([\d.]+) (\w+)", result.stderr)
    peaks = {}
    if found:
        peaks = {
            "vidbench_bytes": float(found[1]) * UNITS[found[2]],
            "worker_bytes": float(found[3]) * UNITS[found[4]],
        }
    return {"seconds": round(seconds, 3), **peaks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--large", type=int, default=1000)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    arguments = parser.parse_args()
    document: dict[str, object] = {"schema": "vidbench.score-scale/1"}
    calls = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, count in (("small", arguments.small), ("large", arguments.large)):
            folder = pathlib.Path(temporary) / name
            folder.mkdir()
            make_videos(folder / "videos", count)
            make_videos(folder / "real", count)
            first, again = (score(arguments.bin, folder) for _ in range(2))
            calls[name] = {"videos": count, "first": first, "again": again}
    document |= calls
    document["memory_ratio"] = {
        process: round(calls["large"]["first"][process] / calls["small"]["first"][process], 3)
        for process in ("vidbench_bytes", "worker_bytes")
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
