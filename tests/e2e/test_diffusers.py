"""Real diffusers pipelines, tiny and random, from the catalogue entry to the scored leaderboard, offline."""

import json
import pathlib
import subprocess
import sys

import pytest
from conftest import ROOT, Vidbench

FAMILIES = {"wan": "WanPipeline", "ltx": "LTXPipeline"}


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    made = {}
    for family in FAMILIES:
        made[family] = tmp_path_factory.mktemp(family) / "pipeline"
        script = ROOT / "python/tests/make_tiny_pipeline.py"
        subprocess.run([sys.executable, str(script), family, str(made[family])], check=True, timeout=300)
    return made


def add_models(vidbench: Vidbench, pipelines: dict[str, pathlib.Path]) -> None:
    vidbench.environment |= {"VIDBENCH_PYTHON": sys.executable, "HF_HUB_OFFLINE": "1"}
    for family, pipeline in FAMILIES.items():
        entry = {
            "id": f"tiny-{family}",
            "title": f"Tiny random {pipeline}",
            "tasks": ["text-to-video"],
            "licence": "Apache-2.0",
            "runner": "diffusers",
            "settings": {"pipeline": pipeline, "path": str(pipelines[family]), "fps": 8},
            "dtype": "fp32",
            "device": "cpu",
            "defaults": {"frames": 9, "width": 32, "height": 32, "fps": 8, "steps": 2, "guidance": 3.0},
        }
        (vidbench.catalogue / f"{family}.yaml").write_text(json.dumps({"family": family, "models": [entry]}))


def test_tiny_pipelines_are_validated_run_and_scored(vidbench: Vidbench, pipelines: dict[str, pathlib.Path]) -> None:
    add_models(vidbench, pipelines)
    report = vidbench.json("models", "validate", "tiny-wan")
    assert all(check["passed"] for check in report["checks"] if check["required"]), report

    suite = vidbench.suite(prompts=3, batch_size=1, metrics=["video/flicker", "video/motion-amount"], reference=None)
    board = vidbench.json("run", suite, "--model", "tiny-wan,tiny-ltx")
    assert {entry["model"] for entry in board["entries"]} == {"tiny-wan", "tiny-ltx"}
    for entry in board["entries"]:
        assert entry["samples"] == {"planned": 3, "done": 3, "failed": 0}
        assert 0 <= entry["metrics"]["video/flicker"]["value"] <= 100
        assert entry["metrics"]["parameters"]["value"] > 1000
        assert entry["metrics"]["peak_memory"]["value"] > 1 << 20


def test_a_wrong_pipeline_setting_is_named(vidbench: Vidbench, pipelines: dict[str, pathlib.Path]) -> None:
    add_models(vidbench, pipelines)
    path = vidbench.catalogue / "wan.yaml"
    entry = json.loads(path.read_text())
    entry["models"][0]["settings"]["call"] = {"guidence": 3}
    path.write_text(json.dumps(entry))
    suite = vidbench.suite(prompts=1, batch_size=1, metrics=[], reference=None)
    result = vidbench.run("run", suite, "--model", "tiny-wan", "--max-attempts", "1", code=4)
    assert "guidence" in result.stderr and "guidance" in result.stderr
