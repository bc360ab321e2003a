"""Checks the include direction of src/ and who may include which library (docs/architecture.md).

Prints one line for each violation and exits with 1 when there is one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Each folder may include itself and what stands here.
ALLOWED = {
    "base": set(),
    "config": {"base"},
    "media": {"base"},
    "stats": {"base"},
    "text": {"base"},
    "net": {"base"},
    "providers": {"base"},
    "registry": {"base", "blobs", "providers"},
    "suites": {"base"},
    "blobs": {"base", "net"},
    "weights": {"base", "blobs"},
    "store": {"base"},
    "workers": {"base", "blobs", "media", "net", "providers", "registry", "store", "suites"},
    "environments": {"base", "blobs", "registry", "workers"},
    "resources": {"base", "registry", "workers"},
    "engine": {"base", "media", "stats", "registry", "suites", "store", "workers", "resources"},
    "batch": {"base", "registry", "suites", "store", "workers", "engine"},
    "bundle": {"base", "store", "engine"},
    "report": {"base", "media", "stats", "registry", "suites", "store", "workers", "engine"},
    "integration": {"base", "registry", "suites", "store", "workers", "environments", "engine", "report"},
    "cli": {
        "base",
        "config",
        "media",
        "stats",
        "registry",
        "suites",
        "store",
        "workers",
        "environments",
        "resources",
        "engine",
        "batch",
        "bundle",
        "report",
        "integration",
        "blobs",
        "net",
        "weights",
    },
    "nn": {"base", "media"},
    "shapes": {"base", "media", "nn", "workers"},
    "metrics": {"base", "weights", "media", "stats", "store", "text", "nn", "shapes", "workers"},
}

# Headers that only these folders may include.
OWNERS = {
    re.compile(r"^(torch|ATen|c10|caffe2)/"): {"nn", "shapes", "metrics"},
    re.compile(r"^sqlite3\.h"): {"store"},
    re.compile(r"^lib(av|sw)"): {"media"},
    re.compile(r"^CLI/"): {"cli"},
    re.compile(r"^curl/"): {"net"},
    re.compile(r"^n?curses\.h"): {"cli"},
    re.compile(r"^unicode/"): {"text"},
    re.compile(r"^zlib\.h"): {"nn", "text"},
    re.compile(r"^archive(_entry)?\.h"): {"bundle"},
}

INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def violations(path: pathlib.Path) -> list[str]:
    folder = path.relative_to(ROOT / "src").parts[0]
    found = []
    for match in INCLUDE.finditer(path.read_text(encoding="utf-8")):
        header = match.group(1)
        target = header.split("/")[0]
        if target in ALLOWED and target != folder and target not in ALLOWED[folder]:
            found.append(f"{path.relative_to(ROOT)}: {folder} may not include {header}")
        for pattern, owners in OWNERS.items():
            if pattern.match(header) and folder not in owners:
                found.append(f"{path.relative_to(ROOT)}: only {', '.join(sorted(owners))} may include {header}")
    return found


def main() -> int:
    files = [p for p in sorted((ROOT / "src").rglob("*")) if p.suffix in {".h", ".cpp"}]
    unknown = {p.relative_to(ROOT / "src").parts[0] for p in files} - ALLOWED.keys()
    lines = [f"src/{name}: not listed in scripts/check_includes.py" for name in sorted(unknown)]
    for path in files:
        if path.relative_to(ROOT / "src").parts[0] in ALLOWED:
            lines += violations(path)
    print("\n".join(lines) if lines else f"{len(files)} files include in the right direction", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
