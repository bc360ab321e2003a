"""A home with a weights store and a hub of its own, for the tests of both."""

import json
import pathlib
import random
import subprocess
import sys
import time
from collections.abc import Callable

from conftest import ROOT, Vidbench
from hub_server import HubServer, Repository

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


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.01)


def snapshot_files(path: str) -> dict[str, bytes]:
    folder = pathlib.Path(path)
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
