"""Saves a tiny video pipeline with random weights, for tests: real classes, real code path, no download.

    python make_tiny_pipeline.py FAMILY OUT_DIR

The saved folder is less than a megabyte and loads with `from_pretrained` like a published one. Its videos are
coloured noise; what it is good for is the way from a folder of weights to frames.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tiny_pipelines import FAMILIES, make


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("family", choices=sorted(FAMILIES))
    parser.add_argument("out_dir", type=Path)
    arguments = parser.parse_args()
    folder = make(arguments.family, arguments.out_dir)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    index = next(file for name in ("model_index.json", "config.json") if (file := folder / name).is_file())
    print(f"{json.loads(index.read_text())['_class_name']}: {size} bytes in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
