"""Fixtures for tests that drive the built programs as a user would."""

import json
import os
import pathlib
import sqlite3
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("VIDBENCH_BIN_DIR", ROOT / "build/release/bin"))
STORY = pathlib.Path(__file__).with_name("story_worker.py")

# Plays the videos of a page; returns how many do not.
PLAY = """async (videos) => {
  for (const video of videos) await video.play();
  return videos.filter((video) => video.readyState < 2 || video.videoWidth === 0).length;
}"""


class Vidbench:
    """vidbench with a home of its own: store, runs, caches and catalogue lie below `home`."""

    def __init__(self, home: pathlib.Path) -> None:
        self.home = home
        self.catalogue = home / "catalogue"
        self.catalogue.mkdir(parents=True)
        self.log = home / "story.log"
        self.environment = {
            **os.environ,
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "VIDBENCH_CATALOGUE": str(self.catalogue),
            "VIDBENCH_HOME": str(ROOT),
            "STORY_LOG": str(self.log),
        }

    def command(self, *arguments: str) -> list[str]:
        return [str(BIN / "vidbench"), *arguments]

    def run(self, *arguments: str, code: int | None = 0, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        if code is not None:
            assert result.returncode == code, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *arguments: str, code: int = 0) -> dict:
        return json.loads(self.run(*arguments, "--format", "json", code=code).stdout)

    def story_model(self, name: str, mode: str = "", **fields: object) -> None:
        """Adds a model run by story_worker.py to the catalogue."""
        entry = {
            "id": name,
            "title": name,
            "task": "text-to-video",
            "licence": "Apache-2.0",
            "runner": "worker",
            "command": [sys.executable, str(STORY)],
            "settings": {"mode": mode},
            "device": "cpu",
            "timeouts": {"start_s": 60, "sample_s": 60, "stall_s": 60},
            **fields,
        }
        (self.catalogue / f"{name}.yaml").write_text(json.dumps({"family": "story", "models": [entry]}))

    def suite(self, prompts: int = 12, file: str = "story.yaml", texts: list | None = None, **fields: object) -> str:
        """Writes a suite of numbered prompts, or of `texts`, and returns its path."""
        content = {
            "id": "story",
            "version": 1,
            "title": "Story",
            "public": True,
            "licence": "CC0-1.0",
            "prompts": texts
            or [{"id": f"p{i}", "text": f"prompt number {i}", "category": f"c{i % 3}"} for i in range(prompts)],
            "seeds": [1],
            "batch_size": 4,
            "metrics": ["test/mean", "test/frechet"],
            "reference": {"kind": "shapes", "count": 32, "seed": 1},
            **fields,
        }
        path = self.home / file
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
        return str(path)

    @property
    def evaluator(self) -> list[str]:
        return ["--evaluator", f"{sys.executable} {STORY}"]

    def store(self) -> sqlite3.Connection:
        return sqlite3.connect(self.home / "data/vidbench/vidbench.db")

    def generated(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def vidbench(tmp_path: pathlib.Path) -> Vidbench:
    return Vidbench(tmp_path)
