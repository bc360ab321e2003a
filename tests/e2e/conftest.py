"""Fixtures for tests that drive the built programs as a user would."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy
import pytest
from playwright.sync_api import Page, sync_playwright

if TYPE_CHECKING:
    import weights_store

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("VIDBENCH_BIN_DIR", ROOT / "build/release/bin"))
STORY = pathlib.Path(__file__).with_name("story_worker.py")

# Plays the videos of a page; returns how many do not.
_PLAY = """async (videos) => {
  for (const video of videos) await video.play();
  return videos.filter((video) => video.readyState < 2 || video.videoWidth === 0).length;
}"""


@contextlib.contextmanager
def opened(file: pathlib.Path, width: int) -> Iterator[Page]:
    """A page in a browser window of that width: its videos play, it does not scroll sideways, nothing in it fails."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": width, "height": 900})
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(file.as_uri())
        assert page.locator("video").evaluate_all(_PLAY) == 0, "a video does not play"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
        yield page
        assert not faults, faults
        browser.close()


def moving_squares(folder: pathlib.Path, count: int, seed: int) -> pathlib.Path:
    """Small videos of a square that moves, as .npy."""
    folder.mkdir()
    random = numpy.random.default_rng(seed)
    for index in range(count):
        frames = numpy.full((16, 32, 32, 3), random.integers(0, 255, 3), numpy.uint8)
        colour, (y, x) = random.integers(0, 255, 3), random.integers(0, 16, 2)
        for t in range(16):
            frames[t, y : y + 8, x + t // 2 : x + t // 2 + 8] = colour
        numpy.save(folder / f"{index:02}.npy", frames)
    return folder


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
            "XDG_CONFIG_HOME": str(home / "config"),
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
            "tasks": ["text-to-video"],
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


@pytest.fixture
def store(vidbench: Vidbench) -> Iterator["weights_store.Store"]:
    """A home with a weights store and a hub of its own."""
    from hub_server import HubServer
    from weights_store import Store

    with contextlib.closing(HubServer()) as hub:
        yield Store(vidbench, hub)
