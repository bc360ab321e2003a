"""Command line: `python -m vidbench_worker diffusers` starts the diffusers worker, `… vbench` VBench's metrics."""

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
        choices=["diffusers", "vbench"],
        help="diffusers: Hugging Face text-to-video pipelines; vbench: the dimensions of the package vbench "
        "that need detectors and captioners",
    )
    if parser.parse_args(arguments).worker == "vbench":
        from .vbench_metrics import VbenchEvaluator

        serve(VbenchEvaluator())
    else:
        from .diffusers_runner import DiffusersGenerator

        serve(DiffusersGenerator())
    return 0


if __name__ == "__main__":
    sys.exit(main())
