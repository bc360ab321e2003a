"""What a machine has, and which models are judged to run on it."""

import json
import os
import pathlib

import jsonschema
import pytest
from conftest import BIN, ROOT, Vidbench


@pytest.fixture(scope="module")
def diagnosis(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return Vidbench(tmp_path_factory.mktemp("doctor")).json("doctor")


def named(findings: list[dict]) -> dict[str, dict]:
    return {finding["name"]: finding for finding in findings}


def test_the_document_keeps_its_schema(diagnosis: dict) -> None:
    jsonschema.validate(diagnosis, json.loads((ROOT / "schemas/doctor.schema.json").read_text()))
    assert diagnosis["hardware"]["cores"] == len(os.sched_getaffinity(0))
    programs = named(diagnosis["programs"])
    assert programs["vidbench-eval"]["detail"] == str(BIN / "vidbench-eval") and programs["vidbench-eval"]["available"]
    for finding in diagnosis["programs"] + diagnosis["isolation"]:
        assert finding["available"] == (finding["reason"] is None), finding
        assert finding["available"] or finding["remedy"], finding
    assert named(diagnosis["isolation"])["process"]["available"]


def test_a_program_that_does_not_work_is_not_there(vidbench: Vidbench) -> None:
    folder = vidbench.home / "bin"
    folder.mkdir()
    for name, script in (("git", "exit 1"), ("bwrap", "echo no namespaces for you; exit 1"), ("nvidia-smi", "exit 9")):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    vidbench.environment["PATH"] = f"{folder}:{vidbench.environment['PATH']}"
    vidbench.environment["VIDBENCH_PYTHON"] = "/nowhere/python"
    diagnosis = vidbench.json("doctor")
    assert named(diagnosis["programs"])["git"]["available"] is False
    assert "no namespaces for you" in named(diagnosis["isolation"])["bubblewrap"]["reason"]
    assert "/nowhere/python" in named(diagnosis["programs"])["python"]["reason"]
    assert "nvidia-smi ended with exit code 9" in diagnosis["hardware"]["notes"][0]


def test_every_format(vidbench: Vidbench) -> None:
    vidbench.environment["VIDBENCH_PYTHON"] = "/nowhere/python"
    table = vidbench.run("doctor")
    assert "bubblewrap" in table.stdout and "CPU" in table.stdout and "The way to get" in table.stderr
    assert vidbench.run("doctor", "--format", "csv").stdout.startswith("kind,name,there,version,detail,remedy\n")
    assert "| isolation | podman |" in vidbench.run("doctor", "--format", "md").stdout


def on(vidbench: Vidbench, *gigabytes: int) -> None:
    """Lets models be judged by a machine with GPUs of these sizes."""
    gpus = [{"vendor": "nvidia", "name": f"GPU {size}", "memory_bytes": size * 10**9} for size in gigabytes]
    hardware = {"cpu": "some", "cores": 8, "memory_bytes": 64 * 10**9, "gpus": gpus}
    file = vidbench.home / "hardware.json"
    file.write_text(json.dumps({"schema": "vidbench.doctor/1", "hardware": hardware}))
    vidbench.environment["VIDBENCH_HARDWARE"] = str(file)


def fitting(vidbench: Vidbench) -> dict[str, dict]:
    return {model["id"]: model for model in vidbench.json("models", "list", "--runs-here")["models"]}


def test_models_are_judged_by_the_hardware(vidbench: Vidbench) -> None:
    on(vidbench)
    without = fitting(vidbench)
    assert {"null", "shapes-base-8"} <= set(without)
    weights = {"diffusers", "command", "worker"}
    for model in without.values():
        assert model["runner"], "nobody knows how to run it"
        assert "min_vram_gb" not in model["card"] or model["runner"] not in weights or model["device"] == "cpu"
    assert "wan2.1-t2v-1.3b" not in without
    on(vidbench, 4, 24)
    small = fitting(vidbench)
    assert "wan2.1-t2v-1.3b" in small and set(without) < set(small)
    stated = [m["card"]["min_vram_gb"] for m in small.values() if "min_vram_gb" in m["card"] and m["runner"] in weights]
    assert stated and max(stated) <= 24
    on(vidbench, 80)
    large = fitting(vidbench)
    assert set(small) < set(large)
    found = vidbench.json("models", "search", "wan", "--runs-here", "--max-vram", "10")["models"]
    assert found and all(model["card"]["min_vram_gb"] <= 10 for model in found)


def test_show_says_why(vidbench: Vidbench) -> None:
    on(vidbench, 4)
    fit = vidbench.json("models", "show", "wan2.1-t2v-1.3b")["fits_hardware"]
    assert fit["fits"] is False and fit["reason"] == "needs 8.19 GB of GPU memory; GPU 4 has 4.0 GB"
    assert "min_vram_gb" in fit["source"]
    assert "no: needs 8.19 GB" in " ".join(vidbench.run("models", "show", "wan2.1-t2v-1.3b").stdout.split())


def test_hardware_that_is_none(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "x.json"
    vidbench.environment["VIDBENCH_HARDWARE"] = str(file)
    assert "x.json" in vidbench.run("models", "list", "--runs-here", code=2).stderr
    for text in ("", "{", "{}", '{"schema": "vidbench.doctor/1", "hardware": {"gpus": 3}}'):
        file.write_text(text)
        error = vidbench.run("models", "list", "--runs-here", code=2).stderr
        assert "x.json" in error and error.count("\n") == 1, error
