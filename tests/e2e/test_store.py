"""`vidbench models pull` and `vidbench store`: real transfers from a hub on this machine, honest and not."""

import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import ROOT, Vidbench
from hub_server import Handler, HubServer, Repository, sha256

WEIGHTS = random.Random(1).randbytes(3_000_000)
OTHER = random.Random(2).randbytes(3_000_000)
INDEX = json.dumps(
    {"_class_name": "WanPipeline", "transformer": ["diffusers", "T"], "vae": ["diffusers", "V"], "extra": [None, None]}
).encode()
PIPELINE = {
    "model_index.json": INDEX,
    "README.md": b"# read me",
    "transformer/config.json": b"{}",
    "transformer/diffusion_pytorch_model.safetensors": WEIGHTS,
    "transformer/diffusion_pytorch_model.bin": OTHER,
    "transformer/diffusion_pytorch_model.fp16.safetensors": OTHER,
    "vae/config.json": b"{ }",
    "vae/diffusion_pytorch_model.bin": WEIGHTS[:1000],
    "extra/config.json": b"not a component",
    "original.safetensors": OTHER,
}
CHOSEN = {
    "model_index.json",
    "transformer/config.json",
    "transformer/diffusion_pytorch_model.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.bin",
}


class Store:
    """A home with a hub of its own; the Hugging Face cache is empty."""

    def __init__(self, vidbench: Vidbench, hub: HubServer) -> None:
        self.vidbench = vidbench
        self.hub = hub
        self.root = vidbench.home / "store"
        self.cache = vidbench.home / "hub"
        resources = vidbench.home / "resources"  # without the shipped catalogue, which takes seconds to read
        (resources / "catalogue").mkdir(parents=True)
        for name in ("models", "providers", "python", "suites"):
            (resources / name).symlink_to(ROOT / name)
        vidbench.environment |= {
            "VIDBENCH_HOME": str(resources),
            "HF_ENDPOINT": hub.hub.base,
            "HF_HUB_CACHE": str(self.cache),
            "VIDBENCH_MODELS_STORE": str(self.root),
            "VIDBENCH_PYTHON": sys.executable,
        }
        for name in ("HF_TOKEN", "VIDBENCH_MIRRORS", "VIDBENCH_STORE_QUOTA", "VIDBENCH_OFFLINE"):
            vidbench.environment.pop(name, None)

    def model(self, name: str, repository: str | None = None, **settings: object) -> None:
        entry = {
            "id": name,
            "title": name,
            "tasks": ["text-to-video"],
            "licence": "Apache-2.0",
            "runner": "diffusers",
            "settings": {"pipeline": "WanPipeline", "repo": repository or f"someone/{name}", **settings},
        }
        (self.vidbench.catalogue / f"{name}.yaml").write_text(json.dumps({"family": "toys", "models": [entry]}))

    def offer(self, name: str, files: dict[str, bytes] | None = None, **settings: object) -> Repository:
        """A model of that name, and its repository on the hub."""
        self.model(name, **settings)
        repository = Repository(dict(PIPELINE if files is None else files))
        self.hub.repositories[f"someone/{name}"] = repository
        return repository

    def run(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        result = self.vidbench.run(*arguments, code=code)
        if code:
            assert "error: " in result.stderr, result.stderr
            assert len([line for line in result.stderr.splitlines() if "error: " in line]) >= 1
        return result

    def pull(self, name: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run("models", "pull", name, *arguments, code=code)

    def pull_json(self, name: str, *arguments: str) -> dict:
        document = json.loads(self.pull(name, *arguments, "--format", "json").stdout)
        assert document["schema"] == "vidbench.pull/1"
        (pulled,) = document["pulled"]
        return pulled

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.vidbench.command(*arguments),
            env=self.vidbench.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def blobs(self) -> dict[str, bytes]:
        folder = self.root / "blobs"
        files = folder.iterdir() if folder.exists() else []
        return {file.name.removeprefix("sha256-"): file.read_bytes() for file in files}

    def parts(self) -> list[str]:
        return sorted(path.name for path in (self.root / "parts").iterdir())

    def json(self, *arguments: str, code: int = 0) -> dict:
        return self.vidbench.json("store", *arguments, code=code)


@pytest.fixture
def store(vidbench: Vidbench) -> Iterator[Store]:
    hub = HubServer()
    yield Store(vidbench, hub)
    hub.close()


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.01)


def snapshot_files(path: str) -> dict[str, bytes]:
    folder = pathlib.Path(path)
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# Pulling


def test_pulls_what_a_pipeline_loads(store: Store) -> None:
    repository = store.offer("toy")
    pulled = store.pull_json("toy")
    assert pulled["how"] == "fetched" and pulled["commit"] == repository.commit
    assert snapshot_files(pulled["path"]) == {name: PIPELINE[name] for name in CHOSEN}
    assert pulled["bytes"] == pulled["fetched_bytes"] == sum(len(PIPELINE[name]) for name in CHOSEN)
    assert store.blobs() == {sha256(PIPELINE[name]): PIPELINE[name] for name in CHOSEN}
    assert store.parts() == [] and list((store.root / "leases").iterdir()) == []
    manifest = json.loads((store.root / "manifests" / store.hub.host / "someone/toy/main.json").read_text())
    assert manifest["schema"] == "vidbench.manifest/1" and {file["path"] for file in manifest["files"]} == CHOSEN
    assert store.pull_json("toy")["how"] == "was-there"
    assert len(store.hub.hub.asked("/api/")) == 1, "what was pulled is not asked for again"


def test_pickled_weights_are_taken_only_without_a_safetensors_twin_and_flagged(store: Store) -> None:
    store.offer("toy")
    result = store.pull("toy")
    assert "vae/diffusion_pytorch_model.bin" in result.stderr and "can run code" in result.stderr
    assert store.json("stat")["manifests"][0]["pickled"] == ["vae/diffusion_pytorch_model.bin"]
    shown = json.loads(store.run("models", "show", "toy", "--format", "json").stdout)["cached"]
    assert shown[0]["where"] == "store" and shown[0]["pickled"] == ["vae/diffusion_pytorch_model.bin"]
    assert "PICKLED" in store.run("models", "show", "toy").stdout


def test_a_variant_is_taken_where_it_is_there(store: Store) -> None:
    store.offer("toy", variant="fp16")
    files = snapshot_files(store.pull_json("toy")["path"])
    assert "transformer/diffusion_pytorch_model.fp16.safetensors" in files
    assert "transformer/diffusion_pytorch_model.safetensors" not in files and "vae/diffusion_pytorch_model.bin" in files


def test_models_tell_whether_they_are_cached(store: Store) -> None:
    store.offer("toy")

    def listed() -> dict:
        models = json.loads(store.run("models", "list", "--format", "json").stdout)["models"]
        return next(model for model in models if model["id"] == "toy")

    assert listed()["cached"] == "no" and any("vidbench models pull toy" in reason for reason in listed()["missing"])
    store.pull("toy")
    assert listed()["cached"] == "yes"
    assert not any("weights store" in reason for reason in listed()["missing"])
    assert "forgotten" in store.run("models", "rm", "toy").stderr
    assert listed()["cached"] == "no" and len(store.blobs()) == 5
    store.run("store", "gc")
    assert store.blobs() == {} and not (store.root / "hub").exists()
    assert "nothing of toy" in store.run("models", "rm", "toy", code=2).stderr


def test_what_a_worker_is_told_to_load(store: Store) -> None:
    store.offer("toy")
    path = store.pull_json("toy")["path"]
    suite = store.vidbench.suite(prompts=1)
    plan = store.run("run", suite, "--model", "toy", "--dry-run", "--format", "json", *store.vidbench.evaluator)
    (model,) = json.loads(plan.stdout)["models"]
    settings = model["execution"]["messages"][0]["params"]["settings"]
    assert settings["path"] == path and "repo" not in settings


def test_a_command_gets_a_single_file(store: Store) -> None:
    script = store.vidbench.home / "script.py"
    script.write_text("")
    entry = {
        "id": "script",
        "title": "script",
        "tasks": ["text-to-video"],
        "licence": "MIT",
        "runner": "command",
        "command": [
            sys.executable,
            str(script),
            "--prompt",
            "{prompt}",
            "--ckpt",
            "{weights}",
            "--seed",
            "{seed}",
            "{output}",
        ],
        "settings": {"weights": "hf:someone/plain/nets/model.pth"},
    }
    (store.vidbench.catalogue / "script.yaml").write_text(json.dumps({"family": "toys", "models": [entry]}))
    store.hub.repositories["someone/plain"] = Repository({"nets/model.pth": WEIGHTS, "nets/other.pth": OTHER})
    pulled = store.pull_json("script")
    assert pathlib.Path(pulled["path"]).read_bytes() == WEIGHTS and pulled["pickled"] == ["nets/model.pth"]
    assert list(store.blobs()) == [sha256(WEIGHTS)]
    models = json.loads(store.run("models", "list", "--format", "json").stdout)["models"]
    assert next(model for model in models if model["id"] == "script")["cached"] == "yes"


def test_an_update_leaves_what_is_the_same(store: Store) -> None:
    repository = store.offer("toy")
    first = store.pull_json("toy")
    repository.files["vae/config.json"] = b'{"new": true}'
    assert store.pull_json("toy")["commit"] == first["commit"]
    second = store.pull_json("toy", "--update")
    assert second["commit"] == repository.commit != first["commit"]
    assert second["fetched_bytes"] == len(b'{"new": true}')
    assert snapshot_files(second["path"])["vae/config.json"] == b'{"new": true}'
    store.run("store", "gc")
    assert not pathlib.Path(first["path"]).exists() and len(store.blobs()) == 5


def test_a_token_goes_to_the_hub_and_nobody_else(store: Store) -> None:
    store.offer("toy")
    store.hub.token = "secret"
    refused = store.pull("toy", code=3)
    assert "401" in refused.stderr and "HF_TOKEN" in refused.stderr
    store.vidbench.environment["HF_TOKEN"] = "secret"
    store.pull("toy")
    assert store.hub.cdn.requests and all("authorization" not in headers for _, _, headers in store.hub.cdn.requests)
    assert b"secret" not in b"".join(file.read_bytes() for file in store.root.rglob("*") if file.is_file())


def test_a_hub_that_does_not_know_it(store: Store) -> None:
    store.model("ghost")
    assert "404" in store.pull("ghost", code=3).stderr
    store.hub.close()
    assert "HF_ENDPOINT" not in store.pull("ghost", code=3).stderr
    store.vidbench.environment["HF_ENDPOINT"] = "nonsense"
    assert "HF_ENDPOINT" in store.pull("ghost", code=2).stderr


@pytest.mark.parametrize("name", ["../evil", "/evil", "a//b", "a/./b", "a\\b", "a\nb", ""])
def test_a_hostile_list_writes_nothing(store: Store, name: str) -> None:
    store.offer("toy", {**PIPELINE, name: b"evil"})
    before = {path for path in store.vidbench.home.rglob("*") if "store" not in str(path)}
    result = store.pull("toy", code=2)
    assert "no path in a repository" in result.stderr and store.blobs() == {}
    assert {path for path in store.vidbench.home.rglob("*") if "store" not in str(path)} - before <= {
        path for path in store.vidbench.home.rglob("*") if "cache" in str(path)
    }


@pytest.mark.parametrize("answer", [b"", b"[]", b"{", b'{"sha": "x"}', b'{"sha": 3, "siblings": {}}', b"\xff" * 99])
def test_a_hub_that_answers_nonsense(store: Store, answer: bytes) -> None:
    store.offer("toy")
    store.hub.behave["/api/"] = lambda handler: handler.send(answer, "application/json")
    assert "/api/models/someone/toy" in store.pull("toy", code=2).stderr


def test_models_that_cannot_be_pulled_say_why(store: Store) -> None:
    store.vidbench.story_model("story")
    assert "names no files of a hub" in store.pull("story", code=2).stderr
    assert "did you mean 'story'" in store.pull("stroy", code=2).stderr


# The Hugging Face cache


def fill_cache(store: Store, name: str, repository: Repository, files: set[str]) -> pathlib.Path:
    folder = store.cache / f"models--someone--{name}"
    snapshot = folder / "snapshots" / repository.commit
    for file in files:
        blob = folder / "blobs" / sha256(repository.files[file])
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(repository.files[file])
        link = snapshot / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    (folder / "refs").mkdir()
    (folder / "refs/main").write_text(repository.commit)
    return snapshot


def test_a_complete_hub_cache_is_used_in_place(store: Store) -> None:
    repository = store.offer("toy")
    snapshot = fill_cache(store, "toy", repository, CHOSEN)
    pulled = store.pull_json("toy")
    assert pulled["how"] == "in-place" and pulled["path"] == str(snapshot)
    assert all(path.startswith("/api/") or "model_index" in path for _, path, _ in store.hub.hub.requests)
    assert store.hub.cdn.requests == [] and store.blobs() == {}
    repository.files["vae/config.json"] = b"the branch moved on"
    store.hub.hub.close()
    for arguments, told in ((["--offline"], ""), ([], "taken as it is")):
        result = store.pull("toy", *arguments)
        assert result.stdout.strip() == str(snapshot) and told in result.stderr


def test_an_incomplete_hub_cache_is_completed_not_fetched_again(store: Store) -> None:
    repository = store.offer("toy")
    large = "transformer/diffusion_pytorch_model.safetensors"
    snapshot = fill_cache(store, "toy", repository, {"model_index.json", "vae/config.json", large})
    pulled = store.pull_json("toy")
    assert pulled["how"] == "fetched" and store.hub.cdn.asked(sha256(WEIGHTS)) == []
    assert pulled["fetched_bytes"] == len(PIPELINE["transformer/config.json"]) + 1000
    assert (store.root / "blobs" / f"sha256-{sha256(WEIGHTS)}").stat().st_ino == (snapshot / large).stat().st_ino
    assert snapshot_files(pulled["path"]) == {name: PIPELINE[name] for name in CHOSEN}


def test_a_damaged_file_of_the_hub_cache_is_not_taken(store: Store) -> None:
    repository = store.offer("toy")
    large = "transformer/diffusion_pytorch_model.safetensors"
    snapshot = fill_cache(store, "toy", repository, {"model_index.json", large})
    (snapshot / large).write_bytes(OTHER)
    result = store.pull("toy")
    assert "it is fetched instead" in result.stderr and sha256(WEIGHTS) in store.blobs()
    assert sha256(OTHER) not in store.blobs()


# Trouble on the way


def ended_after(size: int, times: int = 10**9) -> Callable[[Handler], None]:
    """Ends the connection after `size` bytes of what was promised, the first `times` times."""
    left = [times]

    def behave(handler: Handler) -> None:
        if left[0] <= 0:
            return handler.honest()
        left[0] -= 1
        part = handler.begin(WEIGHTS)
        handler.close_connection = True
        handler.wfile.write(part[:size])

    return behave


def ended_once() -> Callable[[Handler], None]:
    """Ends the first connection after a part; later ones find nothing."""
    left = [1]

    def behave(handler: Handler) -> None:
        left[0] -= 1
        ended_after(1_000_000)(handler) if left[0] >= 0 else handler.fail(404)

    return behave


def failing(code: int, times: int, **headers: str) -> Callable[[Handler], None]:
    left = [times]

    def behave(handler: Handler) -> None:
        left[0] -= 1
        handler.fail(code, **headers) if left[0] >= 0 else handler.honest()

    return behave


LARGE = "/" + sha256(WEIGHTS)


def test_a_broken_connection_is_continued(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = ended_after(1_000_000, times=2)
    store.pull("toy", "--connections", "1")
    ranges = [headers.get("range", "") for _, _, headers in store.hub.cdn.asked(LARGE)]
    assert ranges == ["", "bytes=1000000-", "bytes=2000000-"] and sha256(WEIGHTS) in store.blobs()


@pytest.mark.parametrize("code", [429, 503, 500, 408])
def test_passing_trouble_is_waited_for(store: Store, code: int) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = failing(code, 2, Retry_After="0")
    store.hub.behave["/api/"] = failing(code, 1, Retry_After="0")
    store.pull("toy")
    assert sha256(WEIGHTS) in store.blobs()


def test_trouble_that_does_not_pass_ends_in_one_line(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = failing(503, 10**9, Retry_After="0")
    result = store.pull("toy", code=3)
    assert "cannot fetch transformer/diffusion_pytorch_model.safetensors" in result.stderr
    assert "answers 503" in result.stderr and LARGE.strip("/") not in store.blobs()
    del store.hub.behave[LARGE]
    assert store.pull_json("toy")["how"] == "fetched"


def test_a_server_that_stalls(store: Store) -> None:
    store.offer("toy")
    silent = threading.Event()
    left = [1]

    def stall(handler: Handler) -> None:
        if left[0] <= 0:
            return handler.honest()
        left[0] -= 1
        handler.wfile.write(handler.begin(WEIGHTS)[:1_000_000])
        handler.wfile.flush()
        silent.wait(120)
        handler.close_connection = True

    store.hub.behave[LARGE] = stall
    store.pull("toy", "--stall", "1", "--connections", "1")
    silent.set()
    assert sha256(WEIGHTS) in store.blobs() and len(store.hub.cdn.asked(LARGE)) == 2


@pytest.mark.parametrize("length", [len(WEIGHTS) + 5000, 1000])
def test_a_server_that_lies_about_the_length(store: Store, length: int) -> None:
    store.offer("toy")

    def lie(handler: Handler) -> None:
        part = handler.begin(WEIGHTS, length=length)
        handler.close_connection = True
        handler.wfile.write(part)

    store.hub.behave[LARGE] = lie
    result = store.pull("toy", "--connections", "1", code=3)
    assert f"a file of {length} bytes, not of {len(WEIGHTS)}" in result.stderr
    assert sha256(WEIGHTS) not in store.blobs()


def test_a_server_that_sends_more(store: Store) -> None:
    store.offer("toy")

    def more(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        while True:
            handler.wfile.write(WEIGHTS)

    store.hub.behave[LARGE] = more
    assert f"sends more than {len(WEIGHTS)} bytes" in store.pull("toy", code=3).stderr
    assert sha256(WEIGHTS) not in store.blobs()


def test_wrong_content_never_gets_a_name(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = lambda handler: handler.send(OTHER)
    result = store.pull("toy", code=3)
    assert f"has sha256 {sha256(OTHER)}, expected {sha256(WEIGHTS)}" in result.stderr
    assert not {sha256(WEIGHTS), sha256(OTHER)} & set(store.blobs()) and store.parts() == []


def test_content_that_changes_on_the_way(store: Store) -> None:
    store.offer("toy")
    answers = [WEIGHTS[:1_500_000], None]

    def change(handler: Handler) -> None:
        if answers:
            answer = answers.pop(0)
            if answer is not None:
                handler.wfile.write(handler.begin(OTHER)[:1_500_000])
                handler.close_connection = True
                return
        handler.send(WEIGHTS)

    store.hub.behave[LARGE] = change
    store.pull("toy", "--connections", "1")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_a_small_file_with_another_digest(store: Store) -> None:
    store.offer("toy")
    store.hub.behave["vae/config.json"] = lambda handler: handler.send(b"{!}")
    assert "has git sha1" in store.pull("toy", code=3).stderr
    assert sha256(b"{!}") not in store.blobs()


def test_a_server_that_answers_416(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = ended_once()
    store.pull("toy", code=3)

    def no_ranges(handler: Handler) -> None:
        if handler.range(len(WEIGHTS)):
            return handler.fail(416, Content_Range="bytes */5")
        handler.send(WEIGHTS)

    store.hub.behave[LARGE] = no_ranges
    store.pull("toy")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_a_server_that_knows_no_ranges(store: Store) -> None:
    store.offer("toy")

    def whole(size: int) -> Callable[[Handler], None]:
        def behave(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(WEIGHTS)))
            handler.end_headers()
            handler.wfile.write(WEIGHTS[:size])
            handler.close_connection = size < len(WEIGHTS)

        return behave

    store.hub.behave[LARGE] = whole(1_000_000)
    store.pull("toy", code=3)
    store.hub.behave[LARGE] = whole(len(WEIGHTS))
    store.pull("toy", "--join-after", "0")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_another_range_than_was_asked_for(store: Store) -> None:
    store.offer("toy")
    store.hub.behave[LARGE] = ended_once()
    store.pull("toy", code=3)

    def shifted(handler: Handler) -> None:
        if not handler.range(len(WEIGHTS)):
            return handler.send(WEIGHTS)
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 5-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
        handler.send_header("Content-Length", str(len(WEIGHTS) - 5))
        handler.end_headers()
        handler.wfile.write(WEIGHTS[5:])

    store.hub.behave[LARGE] = shifted
    store.pull("toy")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS


def test_several_connections_share_a_file(store: Store) -> None:
    store.offer("toy")
    threads = set()

    def slow(handler: Handler) -> None:
        threads.add(threading.get_ident())
        part = handler.begin(WEIGHTS)
        for start in range(0, len(part), 20_000):
            handler.wfile.write(part[start : start + 20_000])
            time.sleep(0.005)

    store.hub.behave[LARGE] = slow
    store.pull("toy", "--join-after", "0", "--connections", "4")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and len(threads) >= 4
    ranges = [headers.get("range", "") for _, _, headers in store.hub.cdn.asked(LARGE)]
    assert ranges[0] == "" and all(one.startswith("bytes=") for one in ranges[1:]) and len(ranges) > 4


def test_connections_that_are_refused_leave_the_first_alone(store: Store) -> None:
    store.offer("toy")

    busy = threading.Lock()
    refused = []

    def one_only(handler: Handler) -> None:
        if not busy.acquire(blocking=False):
            refused.append(handler.path)
            return handler.fail(429, Retry_After="0")
        with contextlib.ExitStack() as stack:
            stack.callback(busy.release)
            part = handler.begin(WEIGHTS)
            for start in range(0, len(part), 50_000):
                handler.wfile.write(part[start : start + 50_000])
                time.sleep(0.01)

    store.hub.behave[LARGE] = one_only
    store.pull("toy", "--join-after", "0")
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and refused


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_pull_goes_on(store: Store, how: signal.Signals) -> None:
    store.offer("toy")

    def slow(handler: Handler) -> None:
        part = handler.begin(WEIGHTS)
        for start in range(0, len(part), 20_000):
            handler.wfile.write(part[start : start + 20_000])
            time.sleep(0.02)

    store.hub.behave[LARGE] = slow
    process = store.start("models", "pull", "toy", "--connections", "1")
    record = store.root / "parts" / f"{sha256(WEIGHTS)}.ranges.json"
    wait_for(lambda: record.exists() and "1111" in record.read_text(), "the first chunks")
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    assert process.returncode == (130 if how != signal.SIGKILL else -signal.SIGKILL), error
    assert sha256(WEIGHTS) not in store.blobs()
    store.hub.behave.clear()
    store.hub.cdn.requests.clear()
    assert store.pull_json("toy")["fetched_bytes"] < sum(len(PIPELINE[name]) for name in CHOSEN)
    ((_, _, headers),) = store.hub.cdn.asked(LARGE)
    assert int(headers["range"].removeprefix("bytes=").removesuffix("-")) >= 4 * 65536
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and store.parts() == []


def test_32_processes_ask_once(store: Store) -> None:
    store.offer("toy")
    processes = [store.start("models", "pull", "toy", "--quiet") for _ in range(32)]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 32, errors
    assert len(store.hub.cdn.asked(LARGE)) == 1, "one download of the blob"
    assert len(store.hub.hub.asked("/api/")) == 1
    assert store.blobs()[sha256(WEIGHTS)] == WEIGHTS and store.parts() == []


def test_models_that_share_a_blob_fetch_it_once(store: Store) -> None:
    for i in range(8):
        store.offer(f"toy{i}", {**PIPELINE, "vae/config.json": f"{i}".encode()})
    processes = [store.start("models", "pull", f"toy{i}", "--quiet") for i in range(8)]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, errors
    assert len(store.hub.cdn.asked(LARGE)) == 1
    first = store.json("stat")["manifests"][0]
    assert first["own_bytes"] == 1 and first["bytes"] > len(WEIGHTS)


def test_offline_asks_nobody(store: Store) -> None:
    store.offer("toy")
    for arguments, variable in ((["--offline"], ""), ([], "1")):
        store.vidbench.environment["VIDBENCH_OFFLINE"] = variable
        assert "offline" in store.pull("toy", *arguments, code=3).stderr
    assert store.hub.hub.requests == []


def test_a_store_that_cannot_be_written(store: Store) -> None:
    store.offer("toy")
    store.root.write_text("a file")
    assert str(store.root) in store.pull("toy", code=3).stderr


def test_a_full_disk_is_told_before_the_download(store: Store) -> None:
    repository = store.offer("toy")

    def huge(handler: Handler) -> None:
        siblings = repository.siblings()
        for entry in siblings:
            if entry["rfilename"].endswith("model.safetensors"):
                entry["lfs"]["size"] = 2**46
        document = {"sha": repository.commit, "siblings": siblings}
        handler.send(json.dumps(document).encode(), "application/json")

    store.hub.behave["/api/"] = huge
    result = store.pull("toy", code=3)
    assert "free, someone/toy needs" in result.stderr and store.hub.cdn.requests == []


# What is kept


def test_gc_never_takes_what_is_in_use(store: Store) -> None:
    store.offer("old", {**PIPELINE, "transformer/diffusion_pytorch_model.safetensors": OTHER})
    store.offer("toy")
    store.pull("old")
    store.pull("toy")
    code = (
        "import fcntl, sys, time\n"
        f"lease = open({str(store.root / 'leases/of-a-run')!r}, 'w')\n"
        "fcntl.flock(lease, fcntl.LOCK_EX)\n"
        f"lease.write('manifest {store.hub.host}/someone/old/main\\nblob {sha256(OTHER)}\\n')\n"
        "lease.flush()\n"
        "print('held', flush=True)\n"
        "time.sleep(600)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None and run.stdout.readline() == "held\n"
    assert "in use" in store.run("models", "rm", "old", code=3).stderr
    collected = store.json("gc", "--max-size", "0")
    assert [one["weights"] for one in collected["evicted"]] == ["someone/toy"]
    assert sha256(OTHER) in store.blobs() and sha256(WEIGHTS) not in store.blobs()
    assert store.json("stat")["manifests"][0]["in_use"] is True
    run.kill()
    run.wait()
    assert [one["weights"] for one in store.json("gc", "--max-size", "0")["evicted"]] == ["someone/old"]
    assert store.blobs() == {} and list((store.root / "leases").iterdir()) == []


def test_the_least_recently_used_goes_first(store: Store) -> None:
    for name in ("a", "b", "c"):
        store.offer(name, {"model_index.json": INDEX, "transformer/m.safetensors": name.encode() * 100_000})
        store.pull(name)
        time.sleep(0.02)
    store.pull("a")  # used again
    planned = store.json("gc", "--max-size", "150K", "--dry-run")
    assert [one["weights"] for one in planned["evicted"]] == ["someone/b", "someone/c"] and planned["dry_run"]
    assert len(store.json("stat")["manifests"]) == 3
    assert store.json("gc", "--max-size", "150K")["evicted"] == planned["evicted"]
    assert [one["repository"] for one in store.json("stat")["manifests"]] == ["someone/a"]


def test_a_quota_makes_room_or_says_that_it_cannot(store: Store) -> None:
    store.vidbench.environment["VIDBENCH_STORE_QUOTA"] = "250K"
    for name in ("a", "b", "c"):
        store.offer(name, {"model_index.json": INDEX, "transformer/m.safetensors": name.encode() * 100_000})
        store.pull(name)
    assert [one["repository"] for one in store.json("stat")["manifests"]] == ["someone/b", "someone/c"]
    assert store.json("stat")["bytes"] <= 250 * 1024
    store.offer("toy")
    result = store.pull("toy", code=3)
    assert "the store may hold 250.0 KiB" in result.stderr and "VIDBENCH_STORE_QUOTA" in result.stderr
    assert len(store.json("stat")["manifests"]) == 2, "nothing goes for what does not fit anyway"
    store.vidbench.environment["VIDBENCH_STORE_QUOTA"] = "much"
    assert "must be size in bytes, not 'much'" in store.pull("toy", code=2).stderr
    del store.vidbench.environment["VIDBENCH_STORE_QUOTA"]
    assert "'-5' is no size" in store.run("store", "gc", "--max-size=-5", code=2).stderr


def test_gc_with_a_manifest_that_cannot_be_read_removes_nothing(store: Store) -> None:
    store.offer("toy")
    store.pull("toy")
    manifest = store.root / "manifests" / store.hub.host / "someone/toy/main.json"
    for content in ("{", "[]", manifest.read_text().replace(sha256(WEIGHTS), "zz"), '{"schema": 1}'):
        manifest.write_text(content)
        assert str(manifest) in store.run("store", "gc", code=2).stderr
    assert len(store.blobs()) == 5


def test_verify_finds_and_repairs(store: Store) -> None:
    store.offer("toy")
    store.pull("toy")
    assert {blob["state"] for blob in store.json("verify")["blobs"]} == {"sound"}
    damaged = store.root / "blobs" / f"sha256-{sha256(WEIGHTS)}"
    damaged.chmod(0o644)
    damaged.write_bytes(OTHER)
    (store.root / "blobs" / f"sha256-{sha256(b'{}')}").unlink()
    checked = store.json("verify", code=5)
    assert checked["schema"] == "vidbench.store-verify/1"
    states = {blob["sha256"]: blob["state"] for blob in checked["blobs"]}
    assert states[sha256(WEIGHTS)] == "damaged" and states[sha256(b"{}")] == "missing"
    result = store.run("store", "verify", code=5)
    assert "verify --repair" in result.stderr and "damaged" in result.stdout
    assert "offline" in store.run("store", "verify", "--repair", "--offline", code=2).stderr
    assert {blob["state"] for blob in store.json("verify", "--repair")["blobs"]} == {"sound"}
    assert store.blobs() == {sha256(PIPELINE[name]): PIPELINE[name] for name in CHOSEN}


def test_stat_alike_in_every_format(store: Store) -> None:
    assert store.json("stat") == {
        "schema": "vidbench.store/1",
        "folder": str(store.root),
        "blobs": 0,
        "bytes": 0,
        "quota_bytes": None,
        "manifests": [],
    }
    store.offer("toy")
    store.pull("toy")
    document = store.json("stat")
    assert document["blobs"] == 5 and document["manifests"][0]["complete"]
    assert "someone/toy" in store.run("store", "stat").stdout
    assert "someone/toy," in store.run("store", "stat", "--format", "csv").stdout


# Mirrors


class Serving:
    """`vidbench store serve` of a store."""

    def __init__(self, store: Store, *arguments: str) -> None:
        self.process = store.start("store", "serve", "--listen", "127.0.0.1:0", *arguments)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert "serving on " in line, line + self.process.stderr.read()
        self.base = line.split("serving on ")[1].strip()
        self.port = int(self.base.rsplit(":", 1)[1])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=60) == 0

    def raw(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(request)
            with contextlib.suppress(OSError):  # it has answered and closed already
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while block := connection.recv(65536):
                answer += block
            return answer

    def get(self, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close"]
        lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
        head, _, body = self.raw("\r\n".join([*lines, "", ""]).encode()).partition(b"\r\n\r\n")
        status, *rest = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in rest)
        return int(status.split()[1]), {key.lower(): value for key, value in fields.items()}, body


@pytest.fixture
def serving(store: Store) -> Iterator[Serving]:
    store.offer("toy")
    store.pull("toy")
    serving = Serving(store)
    yield serving
    if serving.process.poll() is None:
        serving.stop()


def test_serves_blobs_and_manifests(store: Store, serving: Serving) -> None:
    blob = f"/blobs/sha256-{sha256(WEIGHTS)}"
    status, headers, body = serving.get(blob)
    assert status == 200 and body == WEIGHTS and headers["etag"] == f'"{sha256(WEIGHTS)}"'
    status, headers, body = serving.get(blob, "HEAD")
    assert status == 200 and body == b"" and headers["content-length"] == str(len(WEIGHTS))
    assert serving.get(blob, Range="bytes=5-9")[::2] == (206, WEIGHTS[5:10])
    assert serving.get(blob, Range="bytes=-7")[::2] == (206, WEIGHTS[-7:])
    assert serving.get(blob, Range="bytes=2999990-")[::2] == (206, WEIGHTS[2999990:])
    status, headers, _ = serving.get(blob, Range="bytes=3000000-")
    assert status == 416 and headers["content-range"] == "bytes */3000000"
    assert serving.get(blob, Range="bytes=1-2", If_Range='"other"')[::2] == (200, WEIGHTS)
    assert serving.get(blob, If_None_Match=f'"{sha256(WEIGHTS)}"')[::2] == (304, b"")
    assert serving.get(f"/manifests/{store.hub.host}/someone/toy/main.json")[0] == 200
    assert serving.get(blob, "DELETE")[0] == 405 and serving.get(blob, "PUT")[0] == 405
    with socket.create_connection(("127.0.0.1", serving.port)) as connection:  # kept for a second request
        for _ in range(2):
            connection.sendall(f"HEAD {blob} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/blobs/",
        "/blobs/../lock",
        "/blobs/sha256-../../lock",
        "/lock",
        "/leases/",
        "/parts/",
        "/manifests/../../../../../../etc/passwd",
        "/manifests/%2e%2e/%2e%2e/%2e%2e/etc%2fpasswd",
        "/manifests/a/b/..%2f..%2f..%2fmirrors.json/c.json",
        "/manifests/a/b/c/%00.json",
        "/manifests/%",
        "//etc/passwd",
        "http://elsewhere/blobs/x",
        "/blobs/sha256-" + "0" * 64,
    ],
)
def test_serves_nothing_else(serving: Serving, target: str) -> None:
    assert serving.get(target)[0] == 404


def test_requests_that_are_none(serving: Serving) -> None:
    for request in (
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x00\xff" * 5000,
        b"GET / HTTP/1.1\r\nA: " + b"x" * 50_000,
        b"GET",
    ):
        assert b" 200 " not in serving.raw(request)[:20]
    assert serving.get(f"/blobs/sha256-{sha256(WEIGHTS)}")[0] == 200, "it still serves"


def test_serving_has_a_limit_and_a_graceful_end(store: Store) -> None:
    store.offer("toy")
    store.pull("toy")
    serving = Serving(store, "--max-connections", "2")
    held = [socket.create_connection(("127.0.0.1", serving.port)) for _ in range(2)]
    wait_for(lambda: b" 503 " in serving.raw(b"GET / HTTP/1.1\r\n\r\n")[:20], "the limit")
    held.pop().close()
    wait_for(lambda: serving.get("/")[0] == 404, "a free place")
    serving.stop()
    held.pop().close()
    taken = socket.create_server(("127.0.0.1", 0))
    result = store.run("store", "serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", code=3)
    assert "cannot listen on" in result.stderr
    assert "no address" in store.run("store", "serve", "--listen", "x:y", code=2).stderr


def second_store(store: Store) -> Store:
    """Another machine that asks the same hub."""
    other = Store(Vidbench(store.vidbench.home / "second"), store.hub)
    other.model("toy")
    return other


def test_a_mirror_gives_all_without_the_hub(store: Store, serving: Serving) -> None:
    other = second_store(store)
    store.hub.hub.requests.clear()
    store.hub.cdn.requests.clear()
    other.vidbench.environment["VIDBENCH_MIRRORS"] = serving.base + "/"
    assert snapshot_files(other.pull_json("toy")["path"]) == {name: PIPELINE[name] for name in CHOSEN}
    assert store.hub.hub.requests == [] and store.hub.cdn.requests == []


def test_a_mirror_that_lacks_or_spoils_a_blob_is_passed_over(store: Store, serving: Serving) -> None:
    blob = store.root / "blobs" / f"sha256-{sha256(WEIGHTS)}"
    blob.chmod(0o644)
    blob.write_bytes(OTHER)
    (store.root / "blobs" / f"sha256-{sha256(b'{}')}").unlink()
    other = second_store(store)
    result = other.pull("toy", "--mirror", serving.base)
    assert "expected " + sha256(WEIGHTS) in result.stderr
    assert other.blobs() == {sha256(PIPELINE[name]): PIPELINE[name] for name in CHOSEN}


def test_a_mirror_that_is_down_comes_last_for_a_while(store: Store, serving: Serving) -> None:
    gone = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    gone.close()
    other = second_store(store)
    store.hub.hub.requests.clear()
    result = other.pull("toy", "--mirror", address, "--mirror", serving.base)
    assert result.stderr.count(address) == 1, "asked once, then passed over"
    assert address in json.loads((other.root / "mirrors.json").read_text()) and store.hub.hub.requests == []
    (other.root / "mirrors.json").write_text("nonsense")
    other.run("models", "rm", "toy")
    other.pull("toy", "--mirror", serving.base)
    assert "no http or https address" in other.pull("toy", "--mirror", "ftp://x", code=2).stderr


def test_a_hostile_mirror_manifest_is_refused(store: Store, serving: Serving) -> None:
    path = store.root / "manifests" / store.hub.host / "someone/toy/main.json"
    manifest = json.loads(path.read_text())
    manifest["files"][0]["path"] = "../../../../evil"
    path.write_text(json.dumps(manifest))
    other = second_store(store)
    result = other.pull("toy", "--mirror", serving.base)
    assert "no path in a repository" in result.stderr and not list(other.vidbench.home.rglob("evil"))
    assert store.hub.hub.asked("/api/"), "the hub is asked instead"
