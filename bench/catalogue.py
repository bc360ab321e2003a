"""Measures how long the catalogue takes to load and to list.

Usage: python3 bench/catalogue.py [--rounds 25] [--bin build/release/bin]
Prints one JSON document: medians of whole commands, taking turns, each with the program's start. `version` loads
nothing; `load` completes a model's name, which loads every entry from the index and prints one; `list` is `models
list`; `rebuild` is `load` when a file has changed and the index is made anew from the YAML. The difference of `load`
and `version` is `loading_s`.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    options = parser.parse_args()
    vidbench = str(options.bin.absolute() / "vidbench")
    load = ["complete", "--", "models", "show", "wan2.1-t2v-1.3b"]
    commands = {"version": ["--version"], "load": load, "list": ["models", "list"], "rebuild": load}
    with tempfile.TemporaryDirectory(prefix="vidbench-bench") as name:
        home = pathlib.Path(name)
        env = {**os.environ, "XDG_DATA_HOME": str(home / "data"), "VIDBENCH_HOME": str(ROOT)}
        for variable in ("VIDBENCH_CATALOGUE", "VIDBENCH_PROFILE"):
            env.pop(variable, None)

        def run(arguments: list[str], cache: str) -> bytes:
            environment = {**env, "XDG_CACHE_HOME": str(home / cache)}
            return subprocess.run([vidbench, *arguments], env=environment, check=True, capture_output=True).stdout

        def timed(arguments: list[str], cache: str) -> float:
            start = time.perf_counter()
            run(arguments, cache)
            return time.perf_counter() - start

        models = json.loads(run(["models", "list", "--format", "json"], "kept"))["models"]
        times: dict[str, list[float]] = {command: [] for command in commands}
        for _ in range(options.rounds):
            for command, arguments in commands.items():
                times[command].append(timed(arguments, "fresh" if command == "rebuild" else "kept"))
                shutil.rmtree(home / "fresh", ignore_errors=True)
    median = {command: statistics.median(values) for command, values in times.items()}
    print(
        json.dumps(
            {
                "models": len(models),
                "rounds": options.rounds,
                "median_s": median,
                "min_s": {command: min(values) for command, values in times.items()},
                "loading_s": median["load"] - median["version"],
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
