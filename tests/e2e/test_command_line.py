"""The command line itself: completion, the manual page, suggestions for mistyped words."""

import re
import subprocess

import pytest
from conftest import BIN, Vidbench


def complete(vidbench: Vidbench, *words: str) -> list[str]:
    return vidbench.run("complete", "--", *words).stdout.split()


def test_completion(vidbench: Vidbench) -> None:
    assert {"run", "score", "models"} <= set(complete(vidbench, ""))
    assert complete(vidbench, "mod") == ["models"]
    assert "search" in complete(vidbench, "models", "")
    assert "--metrics" in complete(vidbench, "score", "videos", "--m")
    assert complete(vidbench, "score", "videos", "--format", "j") == ["json", "jsonl"]
    assert complete(vidbench, "score", "videos", "--format=h") == ["--format=html"]
    assert complete(vidbench, "run", "qu") == ["quickstart"]
    assert complete(vidbench, "run", "quickstart", "--model", "null,shapes-small-2") == ["null,shapes-small-24"]
    assert complete(vidbench, "config", "set", "run.w") == ["run.workers"]
    assert complete(vidbench, "score", "") == [], "files are the shell's"
    for hostile in ("$(touch /tmp/x)", "--=", "-", "--format=" + "x" * 10000, "\n"):
        complete(vidbench, "run", hostile)


def test_bash_completes(vidbench: Vidbench) -> None:
    script = vidbench.run("completion", "bash").stdout
    asks = 'COMP_WORDS=(vidbench models sh) COMP_CWORD=2; _vidbench; printf "%s\\n" "${COMPREPLY[@]}"'
    environment = {**vidbench.environment, "PATH": f"{BIN}:{vidbench.environment['PATH']}"}
    result = subprocess.run(["bash", "-c", f"{script}\n{asks}"], env=environment, capture_output=True, text=True)
    assert result.stdout == "show\n", result


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_ask_the_program(vidbench: Vidbench, shell: str) -> None:
    assert "vidbench complete --" in vidbench.run("completion", shell).stdout
    assert "not in {bash,zsh,fish}" in vidbench.run("completion", "tcsh", code=2).stderr


def test_the_manual_page_has_every_command(vidbench: Vidbench) -> None:
    page = vidbench.run("man").stdout
    assert page.startswith(".TH VIDBENCH 1")
    for section in ("vidbench run", "vidbench models search", "vidbench score", "vidbench weights fetch"):
        assert f".SS {section}" in page
    assert "output format [table, json, jsonl, csv, md, html, latex; default: table]" in page
    assert "\\-\\-unverified\\-weights" in page and ".SH EXIT STATUS" in page
    assert not [line for line in page.splitlines() if line.startswith("'")]


def all_commands(vidbench: Vidbench, *words: str) -> list[tuple[str, ...]]:
    text = vidbench.run(*words, "--help").stdout
    below = text.split("\nCommands:\n")[1].split("\n\n")[0] if "\nCommands:\n" in text else ""
    names = [line.split()[0] for line in below.splitlines() if line[2] != " "]
    return [words, *(command for name in names for command in all_commands(vidbench, *words, name))]


def test_every_command_has_a_help_that_fits(vidbench: Vidbench) -> None:
    commands = all_commands(vidbench)
    assert len(commands) > 50 and ("models", "list") in commands and ("run",) in commands
    for words in commands:
        text = vidbench.run(*words, "--help").stdout
        assert f"Usage: {' '.join(('vidbench', *words))}" in text
        assert max(len(line) for line in text.splitlines()) <= 100, text
        assert not re.search(r"(TEXT|INT|FLOAT):|REQUIRED", text), text
        rows = re.findall(r"^ +(--?[a-z][^ ]*(?:, --?[^ ]+)*(?: [^ ]+)?)(.*)\n( *)", text, re.MULTILINE)
        assert rows and all(row[1].strip() or len(row[2]) >= 28 for row in rows), f"an option says nothing: {text}"
        vidbench.environment["COLUMNS"] = "60"
        narrow = vidbench.run(*words, "--help").stdout
        del vidbench.environment["COLUMNS"]
        assert max(len(line) for line in narrow.splitlines()) <= 72, "names alone may stick out"


def test_help_tells_values_limits_and_defaults(vidbench: Vidbench) -> None:
    text = " ".join(vidbench.run("run", "--help").stdout.split())
    assert text.startswith("vidbench run — run a suite") and "Usage: vidbench run [OPTIONS] [SUITE]" in text
    assert "-m, --model MODEL… models, separated by commas" in text
    assert "--workers N models that generate at the same time [1 to 64" in text
    assert "--format FORMAT output format [table, json, jsonl, csv, md, html, latex; default: table]" in text
    assert "--export FILE… also write FILE" in text
    assert vidbench.run().stdout == vidbench.run("--help").stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["runn"], "did you mean 'run'?"),
        (["models", "serch"], "did you mean 'search'?"),
        (["score", "x", "--metrcs", "a"], "did you mean '--metrics'?"),
        (["score", "x", "--metrcs=a"], "did you mean '--metrics'?"),
        (["models", "list", "--vram", "8"], "did you mean '--max-vram'?"),
        (["run", "quickstrat"], "did you mean"),
        (["run", "quickstart", "--model", "shapes-bsae-8"], "did you mean 'shapes-base-8'?"),
        (["suites", "show", "quikstart"], "did you mean 'quickstart'?"),
        (["metrics", "show", "video/fliker"], "did you mean 'video/flicker'?"),
        (["weights", "fetch", "--metrics", "clip-scor"], "did you mean"),
        (["config", "get", "run.seed"], "did you mean 'run.seeds'?"),
        (["score", "x", "--frobnicate"], "vidbench score --help shows its options"),
        (["run", "quickstart", "--output", "x"], "vidbench run has no option '--output' — did you mean '--out'?"),
        (["run", "quickstart", "--steps2", "4"], "vidbench run has no option '--steps2' — did you mean '--steps'?"),
        (["run", "quickstart", "4"], "vidbench run: one argument too many, '4'"),
        (["models", "lst"], "vidbench models has no command 'lst' — did you mean 'list'?"),
        (["models"], "vidbench models needs a command: list, search, show"),
        (["models", "show"], "vidbench models show --help shows its options"),
        (["frob\nnicate"], "vidbench has no command 'frob nicate' — vidbench --help shows its commands"),
        (["run", "quickstart", "--workers", "0"], "vidbench run --help shows its options"),
        (["run", "quickstart", "--", "--steps"], "'--steps' — vidbench run --help"),
    ],
)
def test_mistyped_words_get_a_suggestion(vidbench: Vidbench, words: list[str], hint: str) -> None:
    error = vidbench.run(*words, code=2).stderr
    assert hint in error and error.count("\n") == 1, error
