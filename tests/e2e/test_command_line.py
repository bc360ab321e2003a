"""The command line itself: completion, the manual page, suggestions for mistyped words."""

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
    assert "\\-\\-unverified\\-weights" in page and ".SH EXIT STATUS" in page
    assert not [line for line in page.splitlines() if line.startswith("'")]


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
        (["score", "x", "--frobnicate"], "vidbench COMMAND --help"),
    ],
)
def test_mistyped_words_get_a_suggestion(vidbench: Vidbench, words: list[str], hint: str) -> None:
    error = vidbench.run(*words, code=2).stderr
    assert hint in error and error.count("\n") == 1, error
