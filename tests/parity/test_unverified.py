"""Weight files that are not the official ones: refused, unless the user takes them, and then every number says so."""

import json
import os
import pathlib
import subprocess

import numpy
import pytest
import torch
from conftest import BUILD
from test_clip import openai_layout


@pytest.fixture
def arguments(tmp_path: pathlib.Path, clips: list[torch.Tensor]) -> list[str]:
    torch.save(openai_layout(32, 768, 2).state_dict(), tmp_path / "ViT-B-32.pt")
    (tmp_path / "videos").mkdir()
    numpy.save(tmp_path / "videos/0.npy", clips[0][:3].numpy())
    return [str(tmp_path / "videos"), "--weights-dir", str(tmp_path), "--metrics", "clip/frame-consistency"]


def vidbench(tmp_path: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [str(BUILD / "bin/vidbench"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def test_another_file_is_refused(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    result = vidbench(tmp_path, "score", *arguments)
    assert result.returncode == 3
    assert "ViT-B-32.pt has sha256" in result.stderr and "--unverified-weights" in result.stderr
    shown = json.loads(vidbench(tmp_path, "metrics", "show", "clipsim", *arguments[1:3], "--format", "json").stdout)
    assert not shown["available"] and "the official file 40d3" in shown["unavailable"]


def test_its_numbers_are_marked(tmp_path: pathlib.Path, arguments: list[str]) -> None:
    arguments[-1] += ",video/flicker"
    document = json.loads(vidbench(tmp_path, "score", *arguments, "--unverified-weights", "--format", "json").stdout)
    assert document["metrics"]["clip/frame-consistency"]["unverified"] is True
    assert "unverified" not in document["metrics"]["video/flicker"]
    table = vidbench(tmp_path, "score", *arguments, "--unverified-weights", "--format", "md").stdout
    assert "unverified weights" in table
    page = tmp_path / "page.html"
    vidbench(tmp_path, "score", *arguments, "--unverified-weights", "--format", "html", "-o", str(page))
    assert ", unverified weights" in page.read_text()


def test_a_file_of_which_no_digest_is_known_is_taken(tmp_path: pathlib.Path) -> None:
    (tmp_path / "raft-things.pth").write_bytes(b"PK")
    arguments = ("metrics", "show", "vbench/static", "--weights-dir", str(tmp_path), "--format", "json")
    shown = json.loads(vidbench(tmp_path, *arguments).stdout)
    assert shown["available"] and not shown["unverified"]
