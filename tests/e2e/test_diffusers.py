"""Real diffusers pipelines, tiny and random, from the catalogue entry to the scored leaderboard, offline."""

import json
import pathlib
import subprocess
import sys

import pytest
from conftest import ROOT, Vidbench
from PIL import Image

FAMILIES = {"wan": "WanPipeline", "ltx": "LTXPipeline"}
LTX_I2V = "LTXImageToVideoPipeline"


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


def test_a_pipeline_is_added_and_integrated(vidbench: Vidbench, pipelines: dict[str, pathlib.Path]) -> None:
    """One folder, two commands, and it stands on the leaderboard; in the environment that the installation has."""
    vidbench.environment.pop("VIDBENCH_PYTHON", None)
    vidbench.environment["HF_HUB_OFFLINE"] = "1"
    facts = ("--licence", "MIT", "--task", "text-to-video", "--fps", "8")
    vidbench.run("models", "add", str(pipelines["wan"]), "--id", "tiny", *facts)
    suite = vidbench.suite(
        prompts=2,
        batch_size=1,
        metrics=["video/flicker"],
        reference=None,
        settings={"frames": 9, "width": 32, "height": 32, "steps": 2},
    )
    size = ("--frames", "9", "--width", "32", "--height", "32")
    record = vidbench.json("models", "integrate", "tiny", "--suite", suite, *size)
    assert record["accepted"], record
    environment = record["steps"][1]
    assert environment["detail"]["environment"].startswith("requirements-diffusers-")
    assert "adopted" in environment["result"]
    board = vidbench.json("leaderboard", "--published")
    assert [entry["model"] for entry in board["entries"]] == ["tiny"]
    assert board["entries"][0]["samples"]["done"] == 2


def test_a_wrong_pipeline_setting_is_named(vidbench: Vidbench, pipelines: dict[str, pathlib.Path]) -> None:
    add_models(vidbench, pipelines)
    path = vidbench.catalogue / "wan.yaml"
    entry = json.loads(path.read_text())
    entry["models"][0]["settings"]["call"] = {"guidence": 3}
    path.write_text(json.dumps(entry))
    suite = vidbench.suite(prompts=1, batch_size=1, metrics=[], reference=None)
    result = vidbench.run("run", suite, "--model", "tiny-wan", "--max-attempts", "1", code=4)
    assert "guidence" in result.stderr and "guidance" in result.stderr


def test_a_suite_with_pictures_from_the_file_to_the_leaderboard(
    vidbench: Vidbench, pipelines: dict[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    add_models(vidbench, pipelines)
    entry = json.loads((vidbench.catalogue / "ltx.yaml").read_text())
    (model,) = entry["models"]
    model |= {"id": "tiny-i2v", "tasks": ["image-to-video"], "settings": model["settings"] | {"pipeline": LTX_I2V}}
    (vidbench.catalogue / "i2v.yaml").write_text(json.dumps(entry))
    pictures = tmp_path / "my pictures"
    pictures.mkdir()
    for index, colour in enumerate(((255, 0, 0), (0, 0, 255))):
        Image.new("RGB", (60, 40), colour).save(pictures / f"ü {index}.png")
    texts = [{"text": "it moves", "image": f"my pictures/ü {index}.png"} for index in range(2)]
    suite = vidbench.suite(texts=texts, batch_size=1, metrics=["video/flicker"], reference=None)

    plan = vidbench.json("run", suite, "--model", "tiny-i2v", "--dry-run")
    request = plan["models"][0]["execution"]["messages"][1]["params"]["requests"][0]
    assert request["image"] == str(pictures / "ü 0.png")
    refused = vidbench.run("run", suite, "--model", "tiny-ltx", code=2).stderr
    assert "model 'tiny-ltx' takes no image" in refused and "--task image-to-video" in refused
    plain = vidbench.suite(file="plain.yaml", prompts=1, metrics=[], reference=None)
    assert "nothing from text alone" in vidbench.run("run", plain, "--model", "tiny-i2v", code=2).stderr

    def videos(board: dict) -> list[bytes]:
        (run,) = [one for one in vidbench.json("runs", "list")["runs"] if one["id"] == board["run"]]
        return [file.read_bytes() for file in sorted(pathlib.Path(run["directory"]).glob("videos/tiny-i2v/*"))]

    board = vidbench.json("run", suite, "--model", "tiny-i2v")
    assert board["entries"][0]["samples"] == {"planned": 2, "done": 2, "failed": 0}
    first = videos(board)
    assert len(set(first)) == 2, "one text, two pictures, two videos"
    again = vidbench.run("run", suite, "--model", "tiny-i2v")
    assert "from the caches: 2 videos" in again.stderr
    Image.new("RGB", (60, 40), (0, 255, 0)).save(pictures / "ü 1.png")
    third = vidbench.json("run", suite, "--model", "tiny-i2v")
    assert videos(third)[0] == first[0] and videos(third)[1] != first[1], "only the changed picture's is made anew"
    (pictures / "ü 0.png").unlink()
    assert "is not there" in vidbench.run("run", suite, "--model", "tiny-i2v", code=2).stderr


def test_validate_takes_a_picture(
    vidbench: Vidbench, pipelines: dict[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    add_models(vidbench, pipelines)
    entry = json.loads((vidbench.catalogue / "ltx.yaml").read_text())
    entry["models"][0] |= {"id": "tiny-i2v", "settings": entry["models"][0]["settings"] | {"pipeline": LTX_I2V}}
    (vidbench.catalogue / "i2v.yaml").write_text(json.dumps(entry))
    Image.new("RGB", (32, 32), (9, 99, 200)).save(tmp_path / "a.png")
    report = vidbench.json("models", "validate", "tiny-i2v", "--image", str(tmp_path / "a.png"))
    assert report["passed"], report
    without = vidbench.run("models", "validate", "tiny-i2v", code=None)
    assert without.returncode != 0 and "needs an image" in without.stdout
