"""The configuration as a user meets it: layers, profiles, changes to files, mistakes."""

import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import time

import jsonschema
import pytest
import yaml
from conftest import ROOT, Vidbench


@pytest.fixture
def project(vidbench: Vidbench) -> pathlib.Path:
    """The user's file is HOME/.config/vidbench/config.yaml, the project's is PROJECT/vidbench.yaml."""
    folder = vidbench.home / "project"
    folder.mkdir()
    vidbench.environment["HOME"] = str(vidbench.home)
    del vidbench.environment["XDG_CONFIG_HOME"]
    vidbench.environment["VIDBENCH_CONFIG"] = str(folder / "vidbench.yaml")
    (folder / "vidbench.yaml").write_text("")
    return folder


def user_file(vidbench: Vidbench) -> pathlib.Path:
    return vidbench.home / ".config/vidbench/config.yaml"


def write_user(vidbench: Vidbench, text: str) -> pathlib.Path:
    file = user_file(vidbench)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def origin(vidbench: Vidbench, key: str, *words: str) -> tuple[object, str | None]:
    setting = vidbench.json("config", "show", *words)["settings"][key]
    return setting["value"], setting["origin"]["place"]


def test_each_layer_counts_more(vidbench: Vidbench, project: pathlib.Path) -> None:
    assert origin(vidbench, "run.workers") == (None, None)
    write_user(vidbench, "run:\n  workers: 2\n")
    assert origin(vidbench, "run.workers") == (2, "~/.config/vidbench/config.yaml:2")
    (project / "vidbench.yaml").write_text("# ours\nrun: {workers: 3}\nprofiles: {ci: {run: {workers: 4}}}\n")
    assert origin(vidbench, "run.workers") == (3, "~/project/vidbench.yaml:2")
    assert origin(vidbench, "run.workers", "--profile", "ci") == (4, "~/project/vidbench.yaml:3")
    vidbench.environment["VIDBENCH_PROFILE"] = "ci"
    assert vidbench.run("config", "get", "run.workers").stdout == "4\n"
    vidbench.environment["VIDBENCH_RUN_WORKERS"] = "5"
    assert origin(vidbench, "run.workers") == (5, "$VIDBENCH_RUN_WORKERS")
    table = vidbench.run("config", "show", "--origin", "--format", "csv").stdout
    assert "run.workers,5,$VIDBENCH_RUN_WORKERS" in table and "store,vidbench.db in the data folder,built-in" in table


def test_the_nearest_project_file_is_found(vidbench: Vidbench, project: pathlib.Path) -> None:
    del vidbench.environment["VIDBENCH_CONFIG"]
    (project / "vidbench.yaml").write_text("format: csv\n")
    below = project / "a/b"
    below.mkdir(parents=True)
    command = vidbench.command("config", "get", "format")
    found = subprocess.run(command, cwd=below, env=vidbench.environment, capture_output=True, text=True)
    assert found.stdout == "csv\n"
    vidbench.environment["VIDBENCH_CONFIG"] = ""
    found = subprocess.run(command, cwd=below, env=vidbench.environment, capture_output=True, text=True)
    assert found.stdout == "table\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_project_file_of_somebody_else_is_refused(vidbench: Vidbench, project: pathlib.Path) -> None:
    del vidbench.environment["VIDBENCH_CONFIG"]
    os.chown(project / "vidbench.yaml", 12345, 12345)
    command = vidbench.command("runs", "list")
    refused = subprocess.run(command, cwd=project, env=vidbench.environment, capture_output=True, text=True)
    assert refused.returncode == 2 and "belongs to another user (uid 12345)" in refused.stderr


def test_options_are_fed_and_count_most(vidbench: Vidbench, project: pathlib.Path) -> None:
    vidbench.story_model("story")
    suite = vidbench.suite(prompts=6)
    (project / "vidbench.yaml").write_text(
        f"store: sqlite:here.db\nruns: runs\nformat: json\nevaluator: {json.dumps(vidbench.evaluator[1])}\n"
        "run: {models: [story], limit: 3, seeds: [7], batch_size: 2}\nprofiles: {few: {run: {limit: 2}}}\n"
    )
    board = json.loads(vidbench.run("run", suite).stdout)
    assert board["entries"][0]["samples"]["planned"] == 3
    assert (project / "here.db").exists()
    manifest = json.loads((project / "runs" / board["run"] / "manifest.json").read_text())
    assert manifest["seeds"] == [7] and manifest["options"]["batch_size"] == 2
    taken = manifest["configuration"]
    assert taken["files"] == ["vidbench.yaml"] and taken["profile"] is None
    board = json.loads(vidbench.run("run", suite, "--profile", "few", "--profile", "quality").stdout)
    assert board["entries"][0]["samples"]["planned"] == 2 and board["profile"] == "quality"
    assert json.loads(vidbench.run("run", suite, "--limit", "1").stdout)["entries"][0]["samples"]["planned"] == 1


def test_every_option_of_the_table_is_one(vidbench: Vidbench, project: pathlib.Path) -> None:
    values = {"whole number": "3", "number": "0.5", "true": "true", "list of whole": "[1, 2]", "list": "[/a]"}
    lines: dict = {}
    for key in vidbench.json("config", "keys")["keys"]:
        value = next((value for kind, value in values.items() if key["type"].startswith(kind)), None)
        value = value or ("cpu" if "device" in key["key"] else key["type"].split(",")[0].strip())
        value = {"path": "/a", "program": "sh", "text": "x", "size in bytes": "3 GB"}.get(value, value)
        value = "sqlite:a.db" if key["key"] == "store" else value
        *groups, name = key["key"].split(".")
        target = lines
        for group in groups:
            target = target.setdefault(group, {})
        target[name] = yaml.safe_load(value)
    (project / "vidbench.yaml").write_text(yaml.safe_dump(lines))
    vidbench.run("config", "validate")
    vidbench.run("weights", "list", "--weights-dir", str(project))
    schema = json.loads(vidbench.run("config", "schema").stdout)
    jsonschema.Draft202012Validator(schema).validate(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run:\n  worker: 2\n", "vidbench.yaml:2: unknown key 'worker' in 'run' — did you mean 'workers'?"),
        ("run: {workers: 65}\n", "must be a whole number from 1 to 64, not '65'"),
        ("formt: json\n", "did you mean 'format'?"),
        ("run: [\n", "not valid YAML"),
        ("a: &a [*a]\n", "aliases"),
        ("\0", "vidbench.yaml"),
        ("- " * 50000, "vidbench.yaml"),
    ],
)
def test_mistakes_stop_everything_but_mending(
    vidbench: Vidbench, project: pathlib.Path, text: str, message: str
) -> None:
    (project / "vidbench.yaml").write_text(text)
    for words in (["runs", "list"], ["config", "show"], ["config", "validate"], ["models", "list"]):
        error = vidbench.run(*words, code=2).stderr
        assert message in error and error.count("error:") == 1, error
    vidbench.run("run", "--help")
    vidbench.run("config", "keys")
    vidbench.environment["VISUAL"] = "sh -c 'echo format: csv >\"$0\"'"
    vidbench.run("config", "edit", "--project")
    assert vidbench.run("config", "get", "format").stdout == "csv\n"


def test_mistyped_names(vidbench: Vidbench, project: pathlib.Path) -> None:
    assert "did you mean 'run.workers'?" in vidbench.run("config", "get", "run.worker", code=2).stderr
    (project / "vidbench.yaml").write_text("profiles: {nightly: {}}\n")
    refused = vidbench.run("runs", "list", "--profile", "nightli", code=2).stderr
    assert "no configuration file has a profile 'nightli' — did you mean 'nightly'?" in refused
    assert "no configuration file has a profile" in vidbench.run("--profile", "balanced", "runs", "list", code=2).stderr
    assert "two profiles" in vidbench.run("runs", "list", "--profile", "a", "--profile=b", code=2).stderr
    vidbench.environment["VIDBENCH_STOER"] = "x"
    assert "nobody reads VIDBENCH_STOER — did you mean VIDBENCH_STORE?" in vidbench.run("runs", "list").stderr
    assert "VIDBENCH_STOER" in vidbench.run("config", "validate", code=2).stderr
    del vidbench.environment["VIDBENCH_STOER"]
    vidbench.environment["VIDBENCH_RUN_LIMIT"] = "few"
    assert "VIDBENCH_RUN_LIMIT: 'run.limit' must be" in vidbench.run("runs", "list", code=2).stderr


def test_set_keeps_the_rest(vidbench: Vidbench, project: pathlib.Path) -> None:
    text = "# mine\nstore: sqlite:a.db  # here\n\nrun:\n  # two at a time\n  workers: 2\nformat: csv\n"
    file = write_user(vidbench, text)
    file.chmod(0o600)
    target = vidbench.home / "dotfiles.yaml"
    file.rename(target)
    file.symlink_to(target)
    vidbench.run("config", "set", "run.workers", "4")
    assert target.read_text() == text.replace("workers: 2", "workers: 4") and file.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    vidbench.run("config", "set", "run.seeds", "1,2")
    vidbench.run("config", "set", "run.limit", "2", "--in-profile", "ci")
    assert yaml.safe_load(target.read_text())["run"] == {"workers": 4, "seeds": [1, 2]}
    assert vidbench.run("config", "get", "run.limit", "--profile", "ci").stdout == "2\n"
    vidbench.run("config", "unset", "run.workers")
    assert "workers" not in target.read_text() and "# two at a time" in target.read_text()
    before = target.read_text()
    for key, value in (("run.workers", "65"), ("formt", "csv"), ("format", "cvs"), ("run.seeds", "[1")):
        vidbench.run("config", "set", key, value, code=2)
    assert target.read_text() == before
    vidbench.run("config", "set", "format", "md", "--project")
    assert (project / "vidbench.yaml").read_text() == "format: md\n"
    assert "vidbench.yaml:1 counts more: md" in vidbench.run("config", "set", "format", "json").stderr


def test_edit_loses_nothing(vidbench: Vidbench, project: pathlib.Path) -> None:
    file = write_user(vidbench, "format: csv\n")
    draft = file.with_name("config.edit.yaml")
    vidbench.environment["EDITOR"] = "sh -c 'echo formt: json >>\"$0\"'"
    refused = vidbench.run("config", "edit", code=2).stderr
    assert "config.edit.yaml:2: unknown key 'formt'" in refused and "goes on with the draft" in refused
    assert file.read_text() == "format: csv\n" and draft.read_text() == "format: csv\nformt: json\n"
    vidbench.environment["EDITOR"] = "sed -i 's/formt: json/offline: true/'"
    vidbench.run("config", "edit")
    assert file.read_text() == "format: csv\noffline: true\n" and not draft.exists()
    vidbench.environment["EDITOR"] = "false"
    assert "nothing is changed" in vidbench.run("config", "edit", code=3).stderr
    assert file.read_text() == "format: csv\noffline: true\n"


def test_a_killed_edit_goes_on(vidbench: Vidbench, project: pathlib.Path) -> None:
    file = write_user(vidbench, "format: csv\n")
    draft = file.with_name("config.edit.yaml")
    vidbench.environment["EDITOR"] = "sh -c 'echo offline: true >>\"$0\"; exec sleep 600'"
    process = subprocess.Popen(vidbench.command("config", "edit"), env=vidbench.environment, start_new_session=True)
    while not draft.exists() or "offline" not in draft.read_text():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert file.read_text() == "format: csv\n"
    vidbench.environment["EDITOR"] = "true"
    assert "going on with" in vidbench.run("config", "edit").stderr
    assert file.read_text() == "format: csv\noffline: true\n"


def test_a_new_file_begins_with_every_key(vidbench: Vidbench, project: pathlib.Path) -> None:
    vidbench.environment["EDITOR"] = "sed -i 's/^# format:.*/format: md/'"
    vidbench.run("config", "edit")
    assert "# store:" in user_file(vidbench).read_text()
    assert vidbench.run("config", "get", "format").stdout == "md\n"


def test_passwords_are_not_shown(vidbench: Vidbench, project: pathlib.Path) -> None:
    vidbench.environment["VIDBENCH_STORE"] = "postgresql://me:secret@host/db"
    for words in (["show"], ["show", "--format", "json"]):
        shown = vidbench.run("config", *words)
        assert "secret" not in shown.stdout + shown.stderr and "me:***@host" in shown.stdout
    assert vidbench.run("config", "get", "store").stdout == "postgresql://me:secret@host/db\n"


def test_documentation_and_schema_are_the_table(vidbench: Vidbench) -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    for words in (["keys"], ["variables"]):
        assert vidbench.run("config", *words, "--format", "md").stdout in page
    assert json.loads(vidbench.run("config", "schema").stdout) == json.loads(
        (ROOT / "schemas/config.schema.json").read_text()
    )


def test_every_variable_of_the_code_is_in_the_table(vidbench: Vidbench) -> None:
    known = {entry["variable"] for entry in vidbench.json("config", "variables")["variables"]}
    built = {"VIDBENCH_VERSION", "VIDBENCH_VECTORISED", "VIDBENCH_TORCH"}
    for folder in ("src", "apps", "python/vidbench_worker"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix not in {".cpp", ".h", ".py"} or file.name == "variables.cpp":
                continue
            for name in re.findall(r"VIDBENCH_[A-Z_]+", file.read_text()):
                if name not in built and not name.startswith("VIDBENCH_PROVIDER_URL_"):
                    assert name in known, f"{file}: {name}"
