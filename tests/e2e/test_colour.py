"""NO_COLOR, CLICOLOR_FORCE, TERM and the setting `colour`, on a terminal and without one."""

import os
import pty
import subprocess

import pytest
from conftest import Vidbench

PAINT = "\x1b[3"


def on_terminal(vidbench: Vidbench, *words: str, **variables: str) -> str:
    """What a terminal gets from stdout and stderr together."""
    ours, theirs = pty.openpty()
    environment = {**vidbench.environment, "TERM": "xterm-256color", **variables}
    process = subprocess.Popen(vidbench.command(*words), env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    output = b""
    try:
        while block := os.read(ours, 65536):
            output += block
    except OSError:  # how the end of a terminal shows on Linux
        pass
    os.close(ours)
    process.wait()
    return output.decode()


@pytest.fixture(autouse=True)
def plain(vidbench: Vidbench) -> None:
    for name in ("NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"):
        vidbench.environment.pop(name, None)


@pytest.mark.parametrize(
    ("variables", "painted"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"CLICOLOR": "0"}, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "VIDBENCH_COLOUR": "always"}, True),
        ({"VIDBENCH_COLOUR": "never"}, False),
    ],
)
def test_tables_on_a_terminal(vidbench: Vidbench, variables: dict, painted: bool) -> None:
    text = on_terminal(vidbench, "weights", "list", **variables)
    assert ("\x1b[" in text) == painted, text[:300]
    assert "missing" in text


@pytest.mark.parametrize(
    ("variables", "painted"),
    [
        ({}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"VIDBENCH_COLOUR": "always"}, True),
    ],
)
def test_tables_in_a_pipe(vidbench: Vidbench, variables: dict, painted: bool) -> None:
    vidbench.environment.update(variables)
    assert ("\x1b[" in vidbench.run("weights", "list").stdout) == painted
    for format in ("json", "csv", "md"):
        assert "\x1b" not in vidbench.run("weights", "list", "--format", format).stdout


def test_status_and_log(vidbench: Vidbench) -> None:
    vidbench.story_model("story")
    words = ("run", vidbench.suite(prompts=3), "--model", "story", *vidbench.evaluator, "--no-cache")
    redrawn = on_terminal(vidbench, *words)
    assert "\r\x1b[K" in redrawn, "a line that is drawn again"
    without = on_terminal(vidbench, *words, NO_COLOR="1")
    assert "\r\x1b[K" in without and PAINT not in without and "\x1b[1;" not in without and "\x1b[2m" not in without
    dumb = on_terminal(vidbench, *words, TERM="dumb")
    assert "\x1b" not in dumb and "story" in dumb
    error = on_terminal(vidbench, "runs", "show", "nothing", CLICOLOR_FORCE="1")
    assert "error: " in error and "\x1b" not in error, "the log has no colours"
