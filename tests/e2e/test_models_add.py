"""`vidbench models add`: from a folder, the hub, a checkout, a program, a hosted model, and by questions."""

import contextlib
import http.server
import json
import os
import pathlib
import pty
import sys
import threading
from collections.abc import Iterator

import pytest
import yaml
from conftest import STORY, Vidbench

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--prompt", required=True)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--num_frames", type=int, default=49)
parser.add_argument("--output_path", default="out.mp4")
"""


def own_entry(vidbench: Vidbench, model: str) -> dict:
    file = vidbench.home / f"data/vidbench/catalogue/{model}.yaml"
    assert len(file.read_text().splitlines()) <= 40
    return yaml.safe_load(file.read_text())["models"][0]


@contextlib.contextmanager
def hub(answers: dict[str, tuple[int, str]]) -> Iterator[tuple[str, list[dict]]]:
    """A hub on this machine; what it was asked, with the headers."""
    asked: list[dict] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            asked.append({"path": self.path, **{key.lower(): value for key, value in self.headers.items()}})
            status, text = answers.get(self.path, (404, "{}"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()


def description(**fields: object) -> str:
    return json.dumps(
        {
            "id": "someone/Some-Video",
            "sha": COMMIT,
            "pipeline_tag": "text-to-video",
            "cardData": {"license": "apache-2.0"},
            "tags": ["arxiv:2503.20314"],
            "siblings": [{"rfilename": "model_index.json"}],
            **fields,
        }
    )


def test_a_diffusers_folder(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "My Pipeline"
    folder.mkdir()
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "LTXPipeline", "vae": ["diffusers", "V"]}))
    result = vidbench.run("models", "add", str(folder), "--licence", "MIT", "--task", "text-to-video")
    assert "vidbench models validate my-pipeline" in result.stderr
    entry = own_entry(vidbench, "my-pipeline")
    assert entry["settings"] == {"path": str(folder), "pipeline": "LTXPipeline"}
    assert entry["licence"] == "MIT" and entry["runner"] == "diffusers"
    shown = vidbench.json("models", "show", "my-pipeline")
    assert shown["origin"].endswith("my-pipeline.yaml:3") or "my-pipeline.yaml" in shown["origin"]
    # The same again is refused, and nothing is overwritten.
    assert "already defined in" in vidbench.run("models", "add", str(folder), code=2).stderr
    assert (
        "is there already"
        in vidbench.run(
            "models",
            "add",
            str(folder),
            "--id",
            "other",
            "--to",
            str(vidbench.home / "data/vidbench/catalogue/my-pipeline.yaml"),
            code=2,
        ).stderr
    )


def test_the_hub_is_asked_only_when_it_may_be(vidbench: Vidbench) -> None:
    answers = {
        "/api/models/someone/Some-Video": (200, description()),
        f"/someone/Some-Video/raw/{COMMIT}/model_index.json": (200, '{"_class_name": "WanPipeline"}'),
    }
    with hub(answers) as (endpoint, asked):
        vidbench.environment |= {"HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_secret", "HF_HUB_CACHE": str(vidbench.home)}
        assert "--online" in vidbench.run("models", "add", "hf:someone/Some-Video", code=3).stderr
        assert asked == []
        result = vidbench.run("models", "add", "hf:someone/Some-Video", "--online")
        assert [request["authorization"] for request in asked] == ["Bearer hf_secret"] * 2
    assert "hf_secret" not in result.stdout + result.stderr
    entry = own_entry(vidbench, "some-video")
    assert entry["settings"] == {"pipeline": "WanPipeline", "repo": "someone/Some-Video", "revision": COMMIT}
    assert entry["references"] == ["https://huggingface.co/someone/Some-Video"]
    assert entry["licence"] == "Apache-2.0" and entry["paper"] == "arXiv:2503.20314"


@pytest.mark.parametrize(
    ("status", "text", "code", "told"),
    [
        (404, "{}", 2, "the hub knows no"),
        (401, "{}", 3, "HF_TOKEN"),
        (500, "oops", 3, "500"),
        (200, "<html>", 2, "api/models"),
        (200, "[]", 2, "is no object"),
        (200, '{"id": "someone/Some-Video", "sha": 3}', 2, "no 'id' and 'sha'"),
        (200, description(siblings=7), 0, ""),
    ],
)
def test_what_a_hub_may_answer(vidbench: Vidbench, status: int, text: str, code: int, told: str) -> None:
    with hub({"/api/models/someone/Some-Video": (status, text)}) as (endpoint, _):
        vidbench.environment |= {"HF_ENDPOINT": endpoint, "HF_HUB_CACHE": str(vidbench.home)}
        result = vidbench.run("models", "add", "someone/Some-Video", "--online", code=code)
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1 or code == 0


def test_what_is_downloaded_needs_no_hub(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    repository = tmp_path / "hub/models--someone--Some-Video"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(COMMIT)
    (snapshot / "model_index.json").write_text('{"_class_name": "CogVideoXPipeline"}')
    vidbench.environment["HF_HUB_CACHE"] = str(tmp_path / "hub")
    vidbench.run("models", "add", "https://huggingface.co/someone/Some-Video")
    assert own_entry(vidbench, "some-video")["settings"]["revision"] == COMMIT


def test_a_checkout_is_read_and_runs(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    vidbench.environment["VIDBENCH_REPOSITORIES"] = str(tmp_path)
    assert (
        "git clone https://github.com/someone/toy" in vidbench.run("models", "add", "github:someone/toy", code=3).stderr
    )
    checkout = tmp_path / "someone/toy"
    checkout.mkdir(parents=True)
    (checkout / "generate.py").write_text(SCRIPT)
    vidbench.run("models", "add", "github:someone/toy")
    entry = own_entry(vidbench, "toy")
    assert entry["command"] == [
        "python",
        "generate.py",
        "--prompt={prompt}",
        "--seed",
        "{seed}",
        "--num_frames",
        "{frames}",
        "--output_path",
        "{output}",
    ]
    assert entry["defaults"] == {"frames": 49}
    suite = vidbench.suite(prompts=1, reference=None, metrics=["video/flicker"])
    plan = vidbench.json("run", suite, "--model", "toy", "--dry-run")
    (execution,) = [model["execution"] for model in plan["models"]]
    assert "--prompt=prompt number 0" in execution["argv"]


def test_a_script_without_a_seed_cannot_be_added(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/generate.py").write_text(SCRIPT.replace("--seed", "--verbosity"))
    result = vidbench.run("models", "add", str(tmp_path / "toy"), code=2)
    assert "seed" in result.stderr
    assert not (vidbench.home / "data/vidbench/catalogue").exists()


def test_a_program_a_hosted_model_and_what_is_neither(vidbench: Vidbench) -> None:
    vidbench.run("models", "add", "--command", f"{sys.executable} {STORY}", "--id", "mine")
    assert own_entry(vidbench, "mine")["command"] == [sys.executable, str(STORY)]
    report = vidbench.json("models", "validate", "mine")
    assert report["passed"]

    vidbench.run("models", "add", "hosted:fal/fal-ai/new-model", "--id", "hosted")
    assert own_entry(vidbench, "hosted")["settings"] == {"provider": "fal", "model": "fal-ai/new-model"}
    assert "did you mean" in vidbench.run("models", "add", "hosted:fall/x", "--id", "x", code=2).stderr
    for odd in ("nonsense", "hosted:fal", "hf:a/b/c", "github:a", "/no/such/folder"):
        assert len(vidbench.run("models", "add", odd, code=None).stderr.strip().splitlines()) == 1, odd
    assert "needs a source" in vidbench.run("models", "add", code=2).stderr


def test_a_dry_run_writes_nothing(vidbench: Vidbench) -> None:
    printed = vidbench.run("models", "add", "--command", "python3 x.py", "--id", "mine", "--dry-run").stdout
    assert yaml.safe_load(printed)["models"][0]["id"] == "mine"
    assert not (vidbench.home / "data/vidbench/catalogue").exists()
    assert (
        "'My Model' is not a model id"
        in vidbench.run("models", "add", "--command", "x", "--id", "My Model", "--dry-run", code=2).stderr
    )


def test_by_questions_on_a_terminal(vidbench: Vidbench) -> None:
    program = f"{sys.executable} {STORY}"
    seen, code = converse(vidbench, ["9", "4", program, "asked", "An asked one", "", "text-to-video", "1"])
    assert code == 0, seen
    entry = own_entry(vidbench, "asked")
    assert entry["title"] == "An asked one" and "licence" not in entry
    # Leaving harms nothing.
    seen, code = converse(vidbench, ["4", program, "q"])
    assert code == 130 and "nothing was written" in seen
    seen, code = converse(vidbench, ["4", program, "other", "-", "-", "-", "2"])
    assert code == 0 and "nothing was written" in seen
    assert [file.name for file in (vidbench.home / "data/vidbench/catalogue").iterdir()] == ["asked.yaml"]


def converse(vidbench: Vidbench, answers: list[str]) -> tuple[str, int]:
    """What `models add --plain` says on a terminal to these answers, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = vidbench.command("models", "add", "--plain")
        os.execvpe(command[0], command, vidbench.environment)
    os.write(terminal, ("\n".join(answers) + "\n").encode())
    seen = b""
    with contextlib.suppress(OSError):
        while block := os.read(terminal, 4096):
            seen += block
    return seen.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_command_is_validated(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    """Of a script that honours the seed, and of one that does not."""
    (tmp_path / "toy").mkdir()
    script = tmp_path / "toy/generate.py"
    video = """
import numpy, os
arguments = parser.parse_args()
noise = numpy.random.default_rng(arguments.seed).integers(0, 255, (arguments.num_frames, 8, 8, 3), numpy.uint8)
numpy.save(open(arguments.output_path, "wb"), noise)
"""
    script.write_text(SCRIPT.replace("out.mp4", "out.npy") + video)
    vidbench.environment["VIDBENCH_PYTHON"] = sys.executable
    vidbench.run("models", "add", str(tmp_path / "toy"))
    file = vidbench.home / "data/vidbench/catalogue/toy.yaml"
    entry = yaml.safe_load(file.read_text())
    model = entry["models"][0]
    model["command"] = [word.replace("{output}", "{output_dir}/video.npy") for word in model["command"]]
    model["settings"]["output"] = "{output_dir}/*.npy"
    file.write_text(json.dumps(entry))
    report = vidbench.json("models", "validate", "toy")
    names = [check["name"] for check in report["checks"]]
    assert report["passed"], report
    assert "handshake" not in names and "same seed, same bytes in a fresh process" in names

    script.write_text(SCRIPT.replace("out.mp4", "out.npy") + video.replace("arguments.seed", "os.getpid()"))
    report = vidbench.json("models", "validate", "toy", code=5)
    failed = [check["name"] for check in report["checks"] if not check["passed"] and check["required"]]
    assert failed == ["same seed, same bytes in a fresh process"]
