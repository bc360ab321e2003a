"""Command line: `python -m vidbench_worker diffusers` starts the diffusers worker, `… vbench` VBench's metrics;
`… pipelines` lists what the diffusers worker can run."""

from __future__ import annotations

import argparse
import sys

from . import __version__, serve


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="vidbench-worker", description="Workers that speak vidbench's protocol on stdin and stdout."
    )
    parser.add_argument("--version", action="version", version=f"vidbench-worker {__version__}")
    parser.add_argument(
        "worker",
        choices=["diffusers", "vbench", "pipelines"],
        help="diffusers: Hugging Face video pipelines; vbench: the dimensions of the package vbench "
        "that need detectors and captioners; pipelines: list the video pipelines of the installed diffusers and "
        "what each starts from ('image?': if there is one)",
    )
    worker = parser.parse_args(arguments).worker
    if worker == "pipelines":
        from .diffusers_runner.loading import import_libraries
        from .diffusers_runner.pipelines import describe

        print("\n".join(describe(import_libraries(offline=True)[1])))
    elif worker == "vbench":
        from .vbench_metrics import VbenchEvaluator

        serve(VbenchEvaluator())
    else:
        from .diffusers_runner import DiffusersGenerator

        serve(DiffusersGenerator())
    return 0


if __name__ == "__main__":
    sys.exit(main())
