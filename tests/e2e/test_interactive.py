"""`vidbench run` without arguments in a real terminal (tmux): the full screen and the plain questions."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import BIN, Vidbench

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
PASSED_ON = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "VIDBENCH_CATALOGUE", "VIDBENCH_HOME", "STORY_LOG", "PATH")


class Terminal:
    """A shell in tmux; `wait_for` gives the screen once it shows a text."""

    def __init__(self, vidbench: Vidbench, folder: Path, columns: int = 100, rows: int = 30) -> None:
        self.name = f"vidbench-{uuid.uuid4().hex[:8]}"
        environment = {**os.environ, **vidbench.environment, "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        size = ["-x", str(columns), "-y", str(rows)]
        passed = [word for name in PASSED_ON for word in ("-e", f"{name}={environment[name]}") if name in environment]
        shell = ["env", "LC_ALL=C.UTF-8", "PS1=shell> ", "bash", "--norc", "--noprofile", "-i"]
        self.environment = environment
        self.tmux("new-session", "-d", "-s", self.name, *size, *passed, "-c", str(folder), shlex.join(shell))
        self.wait_for("shell>")

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-L", self.name, "-f", "/dev/null", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-t", self.name, "-l", text)

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", "-t", self.name, *keys)

    def start(self, *arguments: str, before: str = "") -> None:
        self.type(f"clear; {before} {shlex.join([str(BIN / 'vidbench'), 'run', *arguments])}; echo exit=$?")
        self.press("Enter")

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-J", "-S", "-200", "-t", self.name)

    def wait_for(self, text: str, timeout: float = 60) -> str:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            screen = self.screen()
            if re.search(text, screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"no {text!r} on the screen:\n{self.screen()}")

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-t", self.name, "-x", str(columns), "-y", str(rows))

    def assert_usable(self) -> None:
        """The shell echoes, edits lines and breaks them: the terminal was given back as it was."""
        self.type("stty -a | tr ';' '\\n' | grep -cE ' (icanon|icrnl|echo|isig|opost) | (echo|isig|icanon) '")
        self.press("Enter")
        self.type("echo sti''ll-here")
        self.press("Enter")
        self.wait_for(r"(?m)^still-here$")
        self.type("stty")
        self.press("Enter")
        time.sleep(0.3)
        assert "-echo" not in self.screen().replace("-echok", "").replace("-echoprt", "").replace("-echonl", "")

    def child(self) -> int:
        """The vidbench that runs in the shell."""
        shell = self.tmux("display-message", "-p", "-t", self.name, "#{pane_pid}").strip()
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True).stdout.split()
        return int(found[0])

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self.name, "kill-server"], env=self.environment, capture_output=True)


@pytest.fixture
def terminals(vidbench: Vidbench, tmp_path: Path) -> Iterator[object]:
    opened: list[Terminal] = []

    def make(**size: int) -> Terminal:
        opened.append(Terminal(vidbench, tmp_path, **size))
        return opened[-1]

    yield make
    for terminal in opened:
        terminal.close()


def check_run_and_batch(vidbench: Vidbench, file: Path, models: list[str]) -> None:
    """A run of the embedded models is in the store, and the saved file runs as a batch, all from the caches."""
    (run,) = vidbench.json("runs", "list")["runs"]
    assert run["state"] == "done" and run["suite"] == "quickstart"
    board = vidbench.json("leaderboard", run["id"])
    assert sorted(entry["model"] for entry in board["entries"]) == models
    assert all(entry["samples"] == {"planned": 2, "done": 2, "failed": 0} for entry in board["entries"])
    summary = vidbench.json("batch", str(file))
    assert [cell["state"] for cell in summary["cells"]] == ["done"] * len(models)
    assert sorted(entry["model"] for entry in summary["leaderboards"][0]["entries"]) == models


def test_the_full_screen_leads_to_a_run(vidbench: Vidbench, terminals, tmp_path: Path) -> None:
    terminal = terminals()
    terminal.start()
    screen = terminal.wait_for("Which models")
    assert "[runs here]" in screen and "Space marks" in screen
    terminal.type("shpsmall")  # letters in order are enough
    screen = terminal.wait_for("> shpsmall")
    assert "shapes-small-4" in screen and "shapes-base" not in screen
    terminal.press("BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "BSpace", "BSpace")
    terminal.type("shapes-small")
    terminal.wait_for(r"> shapes-small ")
    terminal.press("Space", "Space")
    assert "2 marked" in terminal.wait_for("2 marked")
    terminal.press("Enter")
    terminal.wait_for("Which suite")
    terminal.type("quick")
    terminal.press("Enter")
    terminal.wait_for("Settings")
    terminal.press("Down", "Down", "Down")
    terminal.type("2")  # the models' steps differ: the field was empty
    terminal.press("End")
    terminal.type("many")
    terminal.wait_for("limit must be")
    terminal.press("Enter")
    assert "Settings" in terminal.screen(), "a mistake is not taken"
    terminal.press("BSpace", "BSpace", "BSpace", "BSpace")
    terminal.type("2")
    terminal.press("Enter")
    screen = terminal.wait_for("The plan")
    for line in ("samples  4, 0 of them", "time     unknown", "memory   not measured yet", "cost     none"):
        assert line in screen
    terminal.press("Enter")
    terminal.wait_for("Save this as a batch file")
    terminal.press("Enter")
    screen = terminal.wait_for(r"exit=\d+", timeout=120)
    assert "exit=0" in screen
    models = sorted(re.findall(r"shapes-small-\d+:steps=2", screen))[:2]
    command = re.search(r"the same again: (vidbench run quickstart --model (\S+) --limit 2 --steps 2)", screen)
    assert command, screen
    assert "saved as batch-quickstart.yaml: vidbench batch batch-quickstart.yaml" in screen
    terminal.assert_usable()
    models = sorted(f"{model}:steps=2" for model in command[2].split(","))
    check_run_and_batch(vidbench, tmp_path / "batch-quickstart.yaml", models)
    printed = subprocess.run(
        [str(BIN / "vidbench"), *shlex.split(command[1])[1:], "--format", "json"],
        env=vidbench.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(entry["model"] for entry in json.loads(printed.stdout)["entries"]) == models


@pytest.mark.parametrize("way", ["--plain", "TERM=dumb", "LC_ALL=C"])
def test_plain_questions_lead_to_a_run(vidbench: Vidbench, terminals, tmp_path: Path, way: str) -> None:
    terminal = terminals()
    if way == "--plain":
        terminal.start("--plain")
    else:
        terminal.start(before=way)
    terminal.wait_for("numbers or names")
    terminal.type("no such thing\n")
    terminal.wait_for("nothing fits")
    terminal.type("shapes small\n")
    terminal.wait_for("search: shapes small")
    terminal.type("shapes-small-4\n")
    terminal.wait_for("Which suite")
    terminal.type("1\n")
    terminal.wait_for("frames of a video")
    terminal.type("\n\n\nzero\n")
    terminal.wait_for("steps must be a whole number")
    terminal.type("2,3\n\n\n\n2\n")
    screen = terminal.wait_for(r"(?s)The plan.*number:")
    assert "samples  4" in screen
    terminal.type("9\n1\n")
    terminal.wait_for("Save this as a batch file")
    terminal.type("mine.yaml\n")
    assert "exit=0" in terminal.wait_for(r"exit=\d+", timeout=120)
    terminal.assert_usable()
    check_run_and_batch(vidbench, tmp_path / "mine.yaml", ["shapes-small-4:steps=2", "shapes-small-4:steps=3"])


@pytest.mark.parametrize("key", ["Escape", "C-c"])
@pytest.mark.parametrize("screens", [0, 1, 2, 3, 4])
def test_every_screen_can_be_left(vidbench: Vidbench, terminals, tmp_path: Path, key: str, screens: int) -> None:
    terminal = terminals()
    terminal.start()
    for title in ("Which models", "Which suite", "Settings", "The plan", "Save this as")[:screens]:
        terminal.wait_for(title)
        terminal.press("Enter")
    terminal.wait_for(("Which models", "Which suite", "Settings", "The plan", "Save this as")[screens])
    terminal.press(key)
    assert "exit=130" in terminal.wait_for(r"exit=\d+")
    assert "nothing was started" in terminal.screen()
    terminal.assert_usable()
    assert vidbench.json("runs", "list")["runs"] == [] and not list(tmp_path.glob("batch-*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_gives_the_terminal_back(vidbench: Vidbench, terminals, number: signal.Signals) -> None:
    terminal = terminals()
    terminal.start()
    terminal.wait_for("Which models")
    os.kill(terminal.child(), number)
    terminal.wait_for(r"exit=\d+")
    terminal.assert_usable()


def test_narrow_terminals_and_resizing(vidbench: Vidbench, terminals) -> None:
    terminal = terminals(columns=60, rows=20)
    terminal.start()
    screen = terminal.wait_for("Which models")
    assert "runs here" in screen and "Esc" in screen
    for columns, rows in ((120, 40), (60, 20), (30, 8), (12, 3), (2, 1), (60, 20)):
        terminal.resize(columns, rows)
        terminal.press("Down")
        time.sleep(0.1)
    terminal.press("Tab")
    assert "[all]" in terminal.wait_for(r"\[all\]")
    terminal.press("PageDown", "PageDown", "End", "Home", "Up", "Left", "F5", "DC")
    terminal.type("wan2.1")
    screen = terminal.wait_for("> wan2.1")
    assert max(len(line) for line in screen.splitlines()) <= 60
    terminal.press("Enter")
    terminal.wait_for("Which suite")
    terminal.press("Enter")
    terminal.wait_for("Settings")
    terminal.press("Enter")
    screen = terminal.wait_for("cannot run here")
    assert "Start now" not in screen, "what lacks something cannot be started"
    terminal.press("Escape")
    terminal.wait_for("exit=130")
    terminal.assert_usable()


def test_nothing_is_overwritten(vidbench: Vidbench, terminals, tmp_path: Path) -> None:
    (tmp_path / "batch-quickstart.yaml").write_text("mine")
    (tmp_path / "other.yaml").symlink_to("nowhere")
    terminal = terminals()
    terminal.start()
    for title in ("Which models", "Which suite", "Settings"):
        terminal.wait_for(title)
        terminal.press("Enter")
    terminal.wait_for("The plan")
    terminal.press("Down", "Enter")
    terminal.wait_for("batch-quickstart-2.yaml")
    terminal.press(*["BSpace"] * 30)
    terminal.type("batch-quickstart.yaml")
    terminal.press("Enter")
    terminal.wait_for("is there already")
    terminal.press(*["BSpace"] * 30)
    terminal.type("other.yaml")
    terminal.press("Enter")
    terminal.wait_for("other.yaml is there already")
    terminal.press(*["BSpace"] * 30)
    terminal.type("süß & neu.yaml")
    terminal.press("Enter")
    assert "exit=0" in terminal.wait_for(r"exit=\d+")
    assert (tmp_path / "batch-quickstart.yaml").read_text() == "mine"
    plan = vidbench.json("batch", str(tmp_path / "süß & neu.yaml"), "--dry-run")
    assert plan["batch"] == "sneu" and len(plan["cells"]) == 1


def test_without_a_terminal_it_is_a_usage_error(vidbench: Vidbench) -> None:
    for arguments in (["run"], ["run", "--plain"], ["run", "--model", "a"]):
        error = vidbench.run(*arguments, code=2).stderr
        assert "suite is required" in error and error.count("\n") == 1
