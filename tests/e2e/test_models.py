"""The catalogue as a user meets it: listed, filtered, searched, shown, and refused where it is wrong."""

import json
import pathlib

import jsonschema
import numpy
import pytest
import yaml
from conftest import ROOT, Vidbench
from PIL import Image

CATALOGUE = ROOT / "catalogue"


def ids(document: dict) -> list[str]:
    return [model["id"] for model in document["models"]]


def read(file: pathlib.Path) -> dict:
    return yaml.load(file.read_text(), yaml.CSafeLoader)


def test_every_file_keeps_the_schema() -> None:
    schema = json.loads((ROOT / "schemas/model.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    files = sorted(CATALOGUE.rglob("*.yaml"))
    assert len(files) > 400
    for file in files:
        errors = [f"{file.name}: {error.json_path} {error.message}" for error in validator.iter_errors(read(file))]
        assert not errors, errors


def test_the_catalogue_is_listed(vidbench: Vidbench) -> None:
    models = vidbench.json("models", "list")["models"]
    assert len(models) > 940 and len({model["id"] for model in models}) == len(models)
    for model in models:
        assert model["runnable"] == (not model["missing"]), model
        assert model["deployed"] == bool(model["runner"])
        # A model nobody knows how to run says why; facts of others' models say where they were read.
        assert model["deployed"] or model["missing"]
    known = [model for model in models if not model["deployed"]]
    assert {model["missing"][0] for model in known} >= {"only its paper is known"}


def test_filters(vidbench: Vidbench) -> None:
    def found(*arguments: str) -> list[dict]:
        return vidbench.json("models", "list", *arguments)["models"]

    assert "wan2.1-t2v-1.3b" in ids({"models": found("--family", "wan", "--max-vram", "10", "--runner", "diffusers")})
    for model in found("--task", "image", "--licence", "apache-2.0", "--access", "weights", "--max-size", "5"):
        assert any("image" in task for task in model["card"]["tasks"])
        assert model["card"]["licence"].startswith("Apache-2.0") and model["card"]["parameters_b"] <= 5
    commercial = found("--commercial")
    assert commercial and not any("NC" in model["card"]["licence"] for model in commercial)
    assert {"null", "shapes-base-8"} <= set(ids({"models": found("--runnable")}))
    named = [model for model in found() if "image-to-video" in model["card"].get("tasks", [])]
    assert named and found("--task", "i2v") == named
    assert found("--family", "wan", "--max-vram", "1") == []
    error = vidbench.run("models", "list", "--family", "wann", code=2).stderr
    assert "no model of the catalogue has the family 'wann' — did you mean 'wan'?" in error
    assert "one of: " in vidbench.run("models", "search", "wan", "--access", "gift", code=2).stderr


def test_search(vidbench: Vidbench) -> None:
    assert ids(vidbench.json("models", "search", "cogvideox-5b"))[0] == "cogvideox-5b"
    hits = ids(vidbench.json("models", "search", "wan", "14b", "t2v", "--runner", "diffusers"))
    assert "wan2.1-t2v-14b" in hits and all("14b" in hit for hit in hits)
    assert ids(vidbench.json("models", "search", "2503.20314"))
    assert ids(vidbench.json("models", "search", "no such model here")) == []


def test_show(vidbench: Vidbench) -> None:
    shown = vidbench.json("models", "show", "wan2.1-t2v-1.3b")
    assert shown["schema"] == "vidbench.model/1" and shown["card"]["min_vram_gb"] == 8.19
    assert shown["card"]["references"] and shown["origin"].startswith("catalogue/open/wan-2.1.yaml:")
    text = vidbench.run("models", "show", "wan2.1-t2v-1.3b").stdout
    assert "umt5-xxl" in text and "Alibaba" in text
    refused = vidbench.run("models", "show", "wan2.1-t2v-1.4b", code=2).stderr
    assert "did you mean 'wan2.1-t2v-1.3b'" in refused


def test_several_deployments(vidbench: Vidbench) -> None:
    vidbench.story_model("several")
    file = vidbench.catalogue / "several.yaml"
    document = json.loads(file.read_text())
    (model,) = document["models"]
    del model["runner"]
    command = model.pop("command")
    model["deployments"] = [
        {"name": "plain", "runner": "worker", "command": command},
        {"name": "fast", "runner": "worker", "command": command, "defaults": {"steps": 2}},
    ]
    file.write_text(json.dumps(document))
    assert {"several", "several@fast"} <= set(ids(vidbench.json("models", "search", "several")))
    suite = vidbench.suite(prompts=2)
    board = vidbench.json("run", suite, "--model", "several,several@fast", *vidbench.evaluator)
    assert {entry["model"] for entry in board["entries"]} == {"several", "several@fast"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models:\n  - {id: wan2.1-t2v-1.3b, runner: 'null'}\n", "is already defined in"),
        ("models:\n  - {id: x, titel: y}\n", "mine.yaml:2: unknown key 'titel' in models[0]"),
        ("models:\n  - {id: x, tasks: text}\n", "mine.yaml:2"),
        ("models:\n  - {id: x\n", "mine.yaml"),
    ],
)
def test_mistakes_name_file_and_line(vidbench: Vidbench, text: str, message: str) -> None:
    vidbench.json("models", "list")
    (vidbench.catalogue / "mine.yaml").write_text(text)
    for _ in range(2):
        error = vidbench.run("models", "list", code=2).stderr
        assert message in error and error.count("\n") <= 2, error
    (vidbench.catalogue / "mine.yaml").unlink()
    vidbench.json("models", "list")


def test_a_file_is_validated_before_it_is_in_a_catalogue(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text("models:\n  - {id: new, runner: 'null'}\n  - {id: later, access: paper}\n")
    report = vidbench.json("models", "validate", str(file))
    new, later = report["models"]
    assert (new["id"], new["runner"], new["missing"]) == ("new", "null", [])
    assert later["runner"] == "" and later["missing"]
    assert "new" not in ids(vidbench.json("models", "list"))
    for text, message in [
        ("models:\n  - {id: new, titel: y}\n", "new.yaml:2: unknown key 'titel' in models[0]"),
        ("models:\n  - {id: wan2.1-t2v-1.3b, runner: 'null'}\n", "is already defined in catalogue/"),
        ("models:\n  - {id: new}\n  - {id: new}\n", "new.yaml:3: "),
    ]:
        file.write_text(text)
        error = vidbench.run("models", "validate", str(file), code=2).stderr
        assert message in error and error.count("\n") == 1, error
    assert "nowhere.yaml" in vidbench.run("models", "validate", "nowhere.yaml", code=2).stderr
    # A file of a catalogue is no duplicate of itself.
    assert vidbench.json("models", "validate", str(CATALOGUE / "shapes.yaml"))["models"]


def first_input(model: dict) -> str:
    """What a prompt must give the model, judged by its tasks: the first that it does."""
    tasks = " ".join(model["card"].get("tasks", []))
    if not tasks or "text-to-" in tasks:
        return "text"
    return "image" if any(word in tasks for word in ("image-to-", "reference-to-", "frame-to-")) else "video"


def test_every_deployed_model_tells_what_would_be_executed(vidbench: Vidbench) -> None:
    deployed = vidbench.json("models", "list", "--deployed")["models"]
    assert len(deployed) >= 310
    Image.new("RGB", (8, 8)).save(vidbench.home / "a.png")
    numpy.save(vidbench.home / "a.npy", numpy.zeros((2, 8, 8, 3), numpy.uint8))
    files = {"text": {}, "image": {"image": "a.png"}, "video": {"video": "a.npy"}}
    told = 0
    for kind, given in files.items():
        suite = vidbench.suite(file=f"{kind}.yaml", texts=[{"text": "a cat", **given}], metrics=[], reference=None)
        names = [model["id"] for model in deployed if first_input(model) == kind]
        plan = vidbench.json("run", suite, "--model", ",".join(names), "--dry-run")
        for model in plan["models"]:
            if model["model"] == "null":
                assert "execution" not in model, "the null model starts nothing and sends nothing"
                continue
            assert "execution" in model, (model["model"], model.get("problem"))
            execution = model["execution"]
            assert bool(execution.get("argv")) != bool(execution.get("request"))
            told += 1
    assert told == len(deployed) - 1
