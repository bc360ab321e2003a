"""Every diffusers entry of the catalogue against the installed diffusers; needs no weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from worker_process import PYTHON_DIR

pytest.importorskip("diffusers")

import diffusers
import yaml

from vidbench_worker import WorkerError
from vidbench_worker.diffusers_runner.checks import check
from vidbench_worker.diffusers_runner.settings import parse

# Pipelines whose class is a stand-in until another package is installed; what they need is named instead.
NEEDS_MORE = {"ConsisIDPipeline": "opencv"}


def deployments() -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """Id, settings and tasks of each deployment with the runner diffusers."""
    for file in sorted((PYTHON_DIR.parent / "catalogue").rglob("*.yaml")):
        document = yaml.load(file.read_text(), yaml.CSafeLoader)
        shared = document.get("shared", {})
        for model in document["models"]:
            for own in model.get("deployments", [{}]):
                layers = (shared, model, own)
                one: dict[str, Any] = {key: value for layer in layers for key, value in layer.items()}
                settings: dict[str, Any] = {}
                for layer in layers:
                    settings |= layer.get("settings", {})
                if one.get("runner") == "diffusers":
                    yield f"{model['id']}@{own.get('name', '')}", settings, one.get("tasks", [])


ENTRIES = list(deployments())


def test_there_are_entries() -> None:
    assert len(ENTRIES) >= 113


@pytest.mark.parametrize(("entry", "settings", "tasks"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_settings_are_right(entry: str, settings: dict[str, Any], tasks: list[str]) -> None:
    try:
        _, signature = check(diffusers, parse(settings))
    except WorkerError as error:
        needed = NEEDS_MORE.get(settings["pipeline"])
        assert error.failure_class == "unsupported" and needed and needed in error.message, error.message
        return
    needs = signature.required_conditions()
    text = " ".join(tasks)
    assert "image" not in needs or "text-to-" not in text.replace("text-image-to-", "")
    assert "image" not in needs or "image-to-" in text or "reference-to-" in text
    assert "video" not in needs or any(word in text for word in ("video-to-", "control-to-", "video-editing"))
    if not needs and "text-to-" not in text:
        assert any(signature.condition(condition) for condition in ("image", "video")), (
            "it takes no file at all"
        )
