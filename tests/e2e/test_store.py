"""`vidbench models pull` and `vidbench store`: what is chosen, kept, checked and thrown away."""

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
from hub_server import Repository, sha256
from weights_store import CHOSEN, INDEX, OTHER, PIPELINE, WEIGHTS, Store, snapshot_files

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
    assert "must be a size in bytes, not 'much'" in store.pull("toy", code=2).stderr
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
