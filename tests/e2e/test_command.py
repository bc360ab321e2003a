"""The runner `command`: a repository's own script, started once for each sample, through the real program."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import yaml
from conftest import ROOT, Vidbench

# Mimics the script of a model's repository. The first word of $SCRIPT_MODE says how it misbehaves.
SCRIPT = """
import argparse, datetime, hashlib, json, os, pathlib, struct, subprocess, sys, time

parser = argparse.ArgumentParser()
parser.add_argument("--prompt")
parser.add_argument("--prompt-file")
parser.add_argument("--negative")
parser.add_argument("--seed", type=int)
parser.add_argument("--size")
parser.add_argument("--frames", type=int)
parser.add_argument("--ckpt")
parser.add_argument("--out")
arguments = parser.parse_args()
if arguments.prompt_file:
    arguments.prompt = pathlib.Path(arguments.prompt_file).read_text().rstrip("\\n")
mode = os.environ.get("SCRIPT_MODE", "")
with open(os.environ["SCRIPT_LOG"], "a") as log:
    log.write(json.dumps({"cwd": os.getcwd(), "offline": os.environ.get("HF_HUB_OFFLINE"), **vars(arguments)}) + "\\n")
print("Loading pipeline: 1/2 [00:01", file=sys.stderr)
print(f"Generating with {arguments}")
for step in range(1, 5):
    print(f"\\r{step * 25}%|##| {step}/4 [00:00<00:00]", end="", file=sys.stderr, flush=True)
print(file=sys.stderr)
if mode == "oom":
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
if mode == "module":
    raise ModuleNotFoundError("No module named 'flash_attn'")
if mode == "exit":
    sys.exit(3)
if mode in ("hang", "fork"):
    children = [subprocess.Popen(["sleep", "600"], start_new_session=new) for new in (False, True)]
    pathlib.Path(os.environ["SCRIPT_LOG"] + ".pids").write_text(" ".join(str(c.pid) for c in [*children]))
    if mode == "hang":
        time.sleep(600)
if mode == "nothing":
    sys.exit(0)
out = pathlib.Path(arguments.out or f"results/{datetime.datetime.now():%H%M%S%f}.npy")
out.parent.mkdir(parents=True, exist_ok=True)
if mode == "text":
    out.write_text("this is no video")
    sys.exit(0)
if mode == "empty":
    out.write_bytes(b"")
    sys.exit(0)
frames, height, width = 4, 8, 8
header = str({"descr": "|u1", "fortran_order": False, "shape": (frames, height, width, 3)}).encode()
header += b" " * (117 - len(header)) + b"\\n"
block = hashlib.sha256(f"{arguments.prompt}|{arguments.seed}".encode()).digest()
size = frames * height * width * 3
out.write_bytes(b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header)) + header + (block * (size // 32 + 1))[:size])
"""

CHOSEN_BY_THE_SCRIPT = {"output": "results/*.npy"}
COMMAND = ["python", "generate.py", "--prompt={prompt}", "--size", "{width}*{height}", "--ckpt", "{weights}"]


@pytest.fixture
def repository(vidbench: Vidbench) -> pathlib.Path:
    """A checkout of github:someone/model where vidbench looks for it, with weights in the hub's cache."""
    folder = vidbench.home / "data/vidbench/repositories/someone/model"
    folder.mkdir(parents=True)
    (folder / "generate.py").write_text(SCRIPT)
    snapshot = vidbench.home / "hub/models--someone--weights/snapshots/abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(b"weights")
    vidbench.environment |= {
        "HF_HUB_CACHE": str(vidbench.home / "hub"),
        "VIDBENCH_PYTHON": sys.executable,
        "SCRIPT_LOG": str(vidbench.home / "script.log"),
    }
    return folder


def add_model(vidbench: Vidbench, name: str, mode: str = "", settings: dict | None = None, **fields: object) -> None:
    entry = {
        "id": name,
        "runner": "command",
        "command": COMMAND,
        "settings": {
            "repository": "github:someone/model",
            "weights": "hf:someone/weights",
            "optional": [["--negative", "{negative_prompt}"], ["--seed", "{seed}"]],
            "environment": {"SCRIPT_MODE": mode},
            **(CHOSEN_BY_THE_SCRIPT if settings is None else settings),
        },
        "defaults": {"frames": 4, "width": 8, "height": 8, "fps": 8},
        **fields,
    }
    (vidbench.catalogue / f"{name}.yaml").write_text(yaml.safe_dump({"models": [entry]}))


def calls(vidbench: Vidbench) -> list[dict]:
    return [json.loads(line) for line in (vidbench.home / "script.log").read_text().splitlines()]


def failure(vidbench: Vidbench, name: str, **suite: object) -> dict:
    """Of the only sample of a run that fails."""
    arguments = ["--model", name, *vidbench.evaluator, "--max-attempts", "1"]
    vidbench.run("run", vidbench.suite(1, **suite), *arguments, code=4)
    (failure,) = vidbench.store().execute("select failure from samples where model = ?", [name]).fetchone()
    return json.loads(failure)


def test_a_script_that_chooses_its_file_name(vidbench: Vidbench, repository: pathlib.Path) -> None:
    add_model(vidbench, "own-name")
    board = vidbench.json("run", vidbench.suite(3, warmup=1), "--model", "own-name", *vidbench.evaluator)
    (entry,) = board["entries"]
    assert entry["samples"] == {"planned": 3, "done": 3, "failed": 0}
    assert entry["metrics"]["latency"]["value"] > 0
    assert entry["settings"]["includes_loading"] is True
    made = calls(vidbench)
    assert len(made) == 3, "a warm-up would only load once more"
    assert {call["prompt"] for call in made} == {f"prompt number {i}" for i in range(3)}
    assert all(call["cwd"] == str(repository) and call["offline"] == "1" for call in made)
    assert all(call["size"] == "8*8" and call["seed"] == 1 and call["negative"] is None for call in made)
    assert all(call["ckpt"].endswith("snapshots/abc") for call in made)
    assert list((repository / "results").iterdir()) == [], "videos are taken, not copied"


def test_another_commit_of_the_weights_is_another_version(vidbench: Vidbench, repository: pathlib.Path) -> None:
    """What a branch of the hub leads to is told, keeps results apart, and can be pinned."""
    hub = vidbench.home / "hub/models--someone--weights"
    older, newer = "a" * 40, "b" * 40
    (hub / "snapshots/abc").rename(hub / "snapshots" / older)
    (hub / "snapshots" / newer).mkdir()
    (hub / "snapshots" / newer / "model.safetensors").write_bytes(b"other weights")
    (hub / "refs").mkdir()
    add_model(vidbench, "moving")
    for commit in (older, newer, newer):
        (hub / "refs/main").write_text(commit)
        vidbench.run("run", vidbench.suite(2), "--model", "moving", *vidbench.evaluator)
    assert [call["ckpt"].split("/")[-1] for call in calls(vidbench)] == [older] * 2 + [newer] * 2
    present, earlier = vidbench.json("models", "versions", "moving")["versions"]
    assert present["present"] and len(present["runs"]) == 2 and len(earlier["runs"]) == 1
    assert present["pin"]["hub"] == [
        {"repository": "someone/weights", "path": None, "revision": "main", "pinned": False}
    ]
    assert "nothing: someone/weights is what the hub has" in vidbench.run("models", "show", "moving").stdout
    add_model(vidbench, "pinned", settings={**CHOSEN_BY_THE_SCRIPT, "weights": f"hf:someone/weights@{older}"})
    run = vidbench.json("run", vidbench.suite(2), "--model", "pinned", *vidbench.evaluator)["run"]
    assert calls(vidbench)[-1]["ckpt"].endswith(older)
    assert f"commit {older} of someone/weights" in vidbench.run("models", "show", "pinned").stdout
    (manifest,) = vidbench.store().execute("select manifest from runs where id = ?", [run]).fetchone()
    assert json.loads(manifest)["models"][0]["weights"] == [
        {"repository": "someone/weights", "path": None, "commit": older}
    ]
    add_model(vidbench, "pinned", settings={**CHOSEN_BY_THE_SCRIPT, "weights": f"hf:someone/weights@{'c' * 40}"})
    refused = vidbench.run("run", vidbench.suite(2), "--model", "pinned", *vidbench.evaluator, code=3)
    assert f"someone/weights@{'c' * 40} is neither in the weights store" in refused.stderr


def test_prompts_pass_untouched_and_stay_out_of_the_log(vidbench: Vidbench, repository: pathlib.Path) -> None:
    prompts = [
        "-- a dog 'runs' \"away\"",
        "$(touch pwned) `id` {braces} % ; rm -rf /",
        "a second line here, é 猫在走路",
    ]
    texts = [
        {"id": f"p{i}", "text": text, "category": "c", "negative": "a blurry grey picture"}
        for i, text in enumerate(prompts)
    ]
    add_model(vidbench, "plain")
    file_command = ["python", "generate.py", "--prompt-file", "{prompt_file}", "--out", "{output_dir}/x.npy"]
    add_model(vidbench, "from-file", settings={"output": "{output_dir}/*.npy"}, command=file_command)
    suite = vidbench.suite(texts=texts, public=False)
    vidbench.run("run", suite, "--model", "plain,from-file", *vidbench.evaluator)
    assert sorted(call["prompt"] for call in calls(vidbench)) == sorted(prompts * 2)
    assert {call["negative"] for call in calls(vidbench)} == {"a blurry grey picture"}
    assert not (repository / "pwned").exists()
    for name in ("plain", "from-file"):
        (file,) = (vidbench.home / "data/vidbench/runs").rglob(f"{name}.log")
        log = file.read_text()
        assert "Generating with" in log and "[prompt]" in log
        for words in ("a dog", "away", "touch pwned", "second line", "猫在", "blurry grey"):
            assert words not in log, log
    leftovers = [p for p in (vidbench.home / "data/vidbench/runs").rglob("*") if p.name in ("work", "prompt.txt")]
    assert all(not any(p.iterdir()) for p in leftovers if p.is_dir())


@pytest.mark.parametrize(
    ("mode", "kind", "message"),
    [
        ("oom", "oom", "CUDA out of memory"),
        ("module", "unsupported", "No module named 'flash_attn'"),
        ("exit", "crash", "ended with exit code 3"),
        ("nothing", "bad-output", "made no file"),
        ("text", "bad-output", "is not a video"),
        ("empty", "bad-output", "is empty"),
        ("hang", "timeout", "printed nothing for 1 s"),
    ],
)
def test_failures_have_their_class(
    vidbench: Vidbench, repository: pathlib.Path, mode: str, kind: str, message: str
) -> None:
    add_model(vidbench, "fails", mode, timeouts={"stall_s": 1})
    found = failure(vidbench, "fails")
    assert found["kind"] == kind and message in found["message"], found
    assert "Generating with" in found["log_tail"]


def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def children_of(vidbench: Vidbench) -> list[int]:
    file = pathlib.Path(f"{vidbench.home}/script.log.pids")
    for _ in range(600):
        if file.exists() and len(file.read_text().split()) == 2:
            return [int(pid) for pid in file.read_text().split()]
        time.sleep(0.05)
    raise AssertionError("the script has not started its children")


def test_nothing_that_a_script_started_outlives_it(vidbench: Vidbench, repository: pathlib.Path) -> None:
    add_model(vidbench, "forks", "fork")
    vidbench.run("run", vidbench.suite(1), "--model", "forks", *vidbench.evaluator)
    assert all(gone(pid) for pid in children_of(vidbench))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_vidbench(vidbench: Vidbench, repository: pathlib.Path, how: signal.Signals) -> None:
    add_model(vidbench, "hangs", "hang")
    run = subprocess.Popen(
        vidbench.command("run", vidbench.suite(1), "--model", "hangs", *vidbench.evaluator),
        env=vidbench.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pids = children_of(vidbench)
    os.kill(run.pid, how)
    assert run.wait(30) == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert all(gone(pid) for pid in pids)


def test_a_number_without_a_place_in_the_command_is_refused(vidbench: Vidbench, repository: pathlib.Path) -> None:
    add_model(vidbench, "fixed")
    found = failure(vidbench, "fixed", settings={"frames": 9})
    assert found["kind"] == "unsupported" and "no place for frames 9" in found["message"]
    add_model(vidbench, "unsized", defaults={"frames": 4})
    found = failure(vidbench, "unsized")
    assert found["kind"] == "invalid-request" and "no value for {width}" in found["message"]
    assert not (vidbench.home / "script.log").exists()


def test_what_is_missing_is_said_with_the_way_out(vidbench: Vidbench) -> None:
    vidbench.environment |= {"HF_HUB_CACHE": str(vidbench.home / "hub"), "VIDBENCH_PYTHON": sys.executable}
    add_model(vidbench, "absent")
    shown = vidbench.json("models", "show", "absent")
    path = vidbench.home / "data/vidbench/repositories/someone/model"
    text = "\n".join(shown["models"][0]["missing"] if "models" in shown else shown["missing"])
    assert f"git clone https://github.com/someone/model {path}" in text
    assert "someone/weights is neither in the weights store" in text
    assert "cannot run here" in vidbench.run("run", vidbench.suite(1), "--model", "absent", code=3).stderr


def test_dry_run_tells_what_would_be_executed(vidbench: Vidbench, repository: pathlib.Path) -> None:
    add_model(vidbench, "here")
    add_model(vidbench, "away", settings={**CHOSEN_BY_THE_SCRIPT, "weights": "hf:someone/else"})
    vidbench.story_model("story")
    suite = vidbench.suite(2)
    plan = vidbench.json("run", suite, "--model", "here,away,story,wan2.1-t2v-1.3b", "--dry-run")
    here, away, story, wan = plan["models"]
    argv = here["execution"]["argv"]
    assert argv[0] == sys.executable
    assert argv[1:5] == ["generate.py", "--prompt=prompt number 0", "--size", "8*8"]
    assert argv[-2:] == ["--seed", "1"]
    assert here["execution"]["directory"] == str(repository) and here["missing"] == []
    assert here["execution"]["environment"]["HF_HUB_OFFLINE"] == "1"
    assert "hf:someone/else" in away["execution"]["argv"] and away["cached"] == 0
    assert "someone/else is neither in the weights store" in away["missing"][0]
    assert [message["method"] for message in story["execution"]["messages"]] == ["load", "generate"]
    assert wan["missing"] and wan["execution"]["messages"][0]["params"]["settings"]["pipeline"] == "WanPipeline"
    assert not (vidbench.home / "script.log").exists()
    told = vidbench.run("run", suite, "--model", "away", "--dry-run").stderr
    assert "generate.py '--prompt=prompt number 0'" in told and "away is missing: someone/else" in told


def test_every_command_of_the_catalogue_renders(vidbench: Vidbench) -> None:
    models = [
        model["id"]
        for model in vidbench.json("models", "list")["models"]
        if model["runner"] == "command" and "catalogue/" in model["origin"]
    ]
    assert len(models) >= 30
    plan = vidbench.json("run", vidbench.suite(1), "--model", ",".join(models), "--dry-run")
    assert len(plan["models"]) == len(models)
    for model in plan["models"]:
        assert "problem" not in model, (model["model"], model["problem"])
        argv = model["execution"]["argv"]
        assert any("prompt number 0" in a or "{prompt_file}" in a for a in argv), argv
        assert not any("{" in a.replace("{output_dir}", "").replace("{prompt_file}", "") for a in argv), argv


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{width}", "{widht}", "unknown placeholder {widht}"),
        ("  output:", "  outptu:", "no setting 'outptu'"),
        ("hf:someone/weights", "hf:someone", "names no repository"),
        ("github:someone/model", "someone/model", "github:owner/name"),
        ("--prompt={prompt}", "--prompt=x", "nothing in the command takes the prompt"),
        ("output: results/*.npy", "progress: 'step (\\d+'", "settings.progress"),
    ],
)
def test_mistakes_name_file_and_line(vidbench: Vidbench, old: str, new: str, message: str) -> None:
    add_model(vidbench, "wrong")
    file = vidbench.catalogue / "wrong.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    said = vidbench.run("models", "list", code=2).stderr
    assert f"{file}:" in said and message in said


def test_the_schema_knows_the_runner() -> None:
    schema = json.loads((ROOT / "schemas/model.schema.json").read_text())
    assert "command" in schema["$defs"]["deployment"]["properties"]["runner"]["enum"]
