"""Catalogues of one's own: folders and Git checkouts over the shipped one."""

import json
import pathlib
import subprocess

import pytest
from conftest import Vidbench


def git(folder: pathlib.Path, *words: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *identity, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def entry(name: str) -> str:
    return json.dumps({"models": [{"id": name, "runner": "null"}]})


@pytest.fixture
def repository(vidbench: Vidbench) -> pathlib.Path:
    folder = vidbench.home / "team models"
    (folder / "catalogue").mkdir(parents=True)
    (folder / "catalogue/ours.yaml").write_text(entry("ours"))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


@pytest.fixture
def config(vidbench: Vidbench) -> pathlib.Path:
    del vidbench.environment["VIDBENCH_CATALOGUE"]
    file = vidbench.home / "vidbench.yaml"
    vidbench.environment["VIDBENCH_CONFIG"] = str(file)
    file.write_text("")
    return file


def test_a_folder(vidbench: Vidbench, config: pathlib.Path) -> None:
    folder = vidbench.home / "mine"
    folder.mkdir()
    (folder / "mine.yaml").write_text(entry("mine"))
    (folder / ".hidden").mkdir()
    (folder / ".hidden/broken.yaml").write_text("[")
    config.write_text("catalogues: [mine]\n")
    assert vidbench.json("models", "show", "mine")["origin"].endswith("mine/mine.yaml:1")
    assert vidbench.json("models", "show", "null")["origin"].startswith("catalogue/")
    (folder / "mine.yaml").write_text(entry("null"))
    error = vidbench.run("models", "list", code=2).stderr
    assert f"{folder}/mine.yaml:1: model 'null' is already defined in catalogue/" in error
    config.write_text("catalogues: [nowhere]\n")
    error = vidbench.run("models", "list", code=2).stderr
    assert "nowhere is not there" in error and "vidbench catalogues list" in error


def test_a_checkout_is_used_as_it_is(vidbench: Vidbench, config: pathlib.Path, repository: pathlib.Path) -> None:
    config.write_text(json.dumps({"catalogues": [{"git": str(repository), "folder": "catalogue"}]}))
    commit = git(repository, "rev-parse", "HEAD")
    shown = vidbench.json("models", "show", "ours")["origin"]
    assert shown == f"{repository}/catalogue/ours.yaml:1 (git {commit[:12]})"
    (listed,) = vidbench.json("catalogues", "list")["catalogues"]
    assert listed["commit"] == commit and listed["there"] and listed["address"] is None
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "two")
    assert commit[:12] not in vidbench.json("models", "show", "ours")["origin"]
    git(repository, "pack-refs", "--all")
    assert git(repository, "rev-parse", "HEAD")[:12] in vidbench.json("models", "show", "ours")["origin"]
    tree = vidbench.home / "tree"
    git(repository, "worktree", "add", "--quiet", "-b", "side", str(tree))
    config.write_text("catalogues: [tree/catalogue]\n")
    assert git(tree, "rev-parse", "HEAD")[:12] in vidbench.json("models", "show", "ours")["origin"]


def test_an_address_is_fetched_when_told_to(vidbench: Vidbench, config: pathlib.Path, repository: pathlib.Path) -> None:
    address = repository.as_uri()
    config.write_text(json.dumps({"catalogues": [{"git": address, "ref": "main", "folder": "catalogue"}]}))
    assert "vidbench catalogues update" in vidbench.run("models", "list", code=2).stderr
    (listed,) = vidbench.json("catalogues", "list")["catalogues"]
    assert not listed["there"] and listed["address"] == address
    vidbench.run("catalogues", "update")
    first = git(repository, "rev-parse", "HEAD")
    assert f"(git {first[:12]})" in vidbench.json("models", "show", "ours")["origin"]
    (repository / "catalogue/more.yaml").write_text(entry("more"))
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "two")
    vidbench.run("models", "show", "more", code=2)
    vidbench.run("catalogues", "update")
    assert vidbench.json("models", "show", "more")["runner"] == "null"
    assert "as before" in vidbench.run("catalogues", "update").stderr
    config.write_text(json.dumps({"catalogues": [{"git": address, "ref": first, "folder": "catalogue"}]}))
    vidbench.run("catalogues", "update")
    vidbench.run("models", "show", "more", code=2)
    for wrong in ({"git": address, "ref": "nowhere"}, {"git": address + "-gone"}, {"git": address, "folder": "none"}):
        config.write_text(json.dumps({"catalogues": [wrong]}))
        assert vidbench.run("catalogues", "update", code=None).returncode in (2, 3)
    assert not list((vidbench.home / "data/vidbench/catalogues").glob(".*")), "nothing half made is left"


def test_the_manifest_names_the_catalogues(vidbench: Vidbench, config: pathlib.Path, repository: pathlib.Path) -> None:
    config.write_text(
        json.dumps({"catalogues": [{"git": str(repository), "folder": "catalogue"}, str(vidbench.catalogue)]})
    )
    vidbench.story_model("story")
    board = vidbench.json("run", vidbench.suite(prompts=2), "--model", "story", *vidbench.evaluator)
    manifest = vidbench.json("runs", "show", board["run"])["manifest"]
    first, second = manifest["configuration"]["catalogues"]
    assert first["commit"] == git(repository, "rev-parse", "HEAD") and second["commit"] is None
