"""The diffusers worker with real pipelines: tiny random weights, saved to disk, loaded and run offline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worker_process import WorkerProcess

pytest.importorskip("diffusers")

import tiny_pipelines

from vidbench_worker import Context, GenerateRequest, LoadRequest
from vidbench_worker.context import Throttle
from vidbench_worker.diffusers_runner import DiffusersGenerator
from vidbench_worker.video import to_uint8

CLASSES = {"wan": "WanPipeline", "ltx": "LTXPipeline"}
# Stored beside the parameters: the file's own facts, and constants of LTX's decoder.
NOT_PARAMETERS = {"__metadata__", "latents_mean", "latents_std"}
SIZE: dict[str, Any] = {"frames": 9, "width": 32, "height": 32, "steps": 3}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("pipelines")
    return {family: tiny_pipelines.make(family, root / family) for family in CLASSES}


def load_params(settings: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {"model": "tiny", "settings": settings, "device": "cpu", "dtype": "fp32", "offline": True}
    return base | changes


def settings_of(family: str, folders: dict[str, Path], **more: Any) -> dict[str, Any]:
    return {"pipeline": CLASSES[family], "path": str(folders[family]), "fps": 8} | more


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """One process for the module: importing the libraries is what takes long. Each test loads and unloads."""
    process = start_worker(tmp_path_factory.mktemp("diffusers"))
    yield process
    process.kill()


def start_worker(folder: Path) -> WorkerProcess:
    # A hub that would answer nobody: an attempt to go online fails the test instead of passing by accident.
    env = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(folder / "hub")}
    process = WorkerProcess(["-m", "vidbench_worker", "diffusers"], folder / "stderr.log", env)
    process.initialize(threads=1)
    return process


@pytest.fixture(autouse=True)
def unload_afterwards(worker: WorkerProcess) -> Iterator[None]:
    worker.progress.clear()
    yield
    worker.call("unload")


def generate(worker: WorkerProcess, folder: Path, seeds: list[int], **change: Any) -> list[dict[str, Any]]:
    requests = [
        {"id": f"v{index}", "prompt": "a red circle moves left", "seed": seed, **SIZE, **change}
        for index, seed in enumerate(seeds)
    ]
    requests = [{key: value for key, value in item.items() if value is not None} for item in requests]
    results = worker.call("generate", {"output_dir": str(folder), "requests": requests})["results"]
    return list(results)


def videos(folder: Path, results: list[dict[str, Any]]) -> list[Any]:
    assert all("video" in result for result in results), results
    return [np.load(folder / result["video"]) for result in results]


def stored_tensors(folder: Path) -> tuple[int, int]:
    """Parameters and bytes as the safetensors headers tell them, without the worker's code."""
    count = size = 0
    for file in folder.rglob("*.safetensors"):
        data = file.read_bytes()
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        for name, tensor in header.items():
            if name not in NOT_PARAMETERS:
                count += int(np.prod(tensor["shape"]))
                size += tensor["data_offsets"][1] - tensor["data_offsets"][0]
    return count, size


@pytest.mark.parametrize("family", sorted(CLASSES))
def test_loads_and_generates(
    worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path, family: str
) -> None:
    info = worker.call("load", load_params(settings_of(family, folders), device="auto"))
    if info["device"] == "cpu":
        assert (info["parameters"], info["weights_bytes"]) == stored_tensors(folders[family])
    assert {"torch", "diffusers", "transformers"} <= info["versions"].keys()
    results = generate(worker, tmp_path, [1, 1, 2])
    one, again, other = videos(tmp_path, results)
    assert one.shape == (9, 32, 32, 3)
    assert one.dtype == np.uint8
    assert one.std() > 5, "the video shows something"
    assert one[0].tobytes() != one[8].tobytes(), "the video moves"
    assert (one == again).all(), "the same seed gives the same bytes"
    assert (one != other).mean() > 0.5, "another seed gives another video"

    steps = [(item["id"], item["step"], item["steps"]) for item in worker.progress if item.get("step")]
    every = [(f"v{video}", step, 3) for video in range(3) for step in (1, 2, 3)]
    assert steps == [step for step in every if step in steps], "in order, none twice"
    assert steps[:3] == every[:3], (
        "what comes faster than 20 a second may be dropped, but not the first video's"
    )
    assert {item["stage"] for item in worker.progress} == {"text_encode", "denoise", "decode"}
    for result in results:
        assert set(result["stages"]) == {"text_encode", "denoise", "decode"}
        assert result["fps"] == 8
    first = results[0]
    assert 0 < sum(first["stages"].values()) <= first["latency_s"]


def test_another_process_gives_the_same_bytes(
    worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path
) -> None:
    """The other process is this one, which has paid for the libraries' import already."""
    import torch

    settings = settings_of("wan", folders)
    worker.call("load", load_params(settings))
    (theirs,) = videos(tmp_path, generate(worker, tmp_path, [7]))
    torch.set_num_threads(1)
    generator = DiffusersGenerator()
    generator.load(LoadRequest(**load_params(settings)))
    request = GenerateRequest("v", "a red circle moves left", 7, **SIZE, fps=8)
    ours = generator.generate(request, Context(lambda message: None, Throttle(20)))
    assert (to_uint8(ours.frames) == theirs).all()


def test_the_prompt_and_the_numbers_reach_the_pipeline(
    worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path
) -> None:
    worker.call("load", load_params(settings_of("wan", folders)))
    base = videos(tmp_path, generate(worker, tmp_path, [1]))[0]
    for change in (
        {"prompt": "a blue square"},
        {"negative_prompt": "grey dog"},
        {"steps": 2},
        {"guidance": 2.0},
    ):
        assert (videos(tmp_path, generate(worker, tmp_path, [1], **change))[0] != base).any(), change
    (taller,) = videos(tmp_path, generate(worker, tmp_path, [1], height=48, frames=5))
    assert taller.shape == (5, 48, 32, 3)


def test_defaults_come_from_call_then_from_the_signature(
    worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path
) -> None:
    call = {"num_frames": 5, "height": 32, "width": 48, "num_inference_steps": 2, "max_sequence_length": 16}
    info = worker.call("load", load_params(settings_of("wan", folders, call=call, fps=16)))
    assert info["defaults"] == {
        "frames": 5, "width": 48, "height": 32, "fps": 16, "steps": 2, "guidance": 5.0,
    }  # fmt: skip
    absent = dict.fromkeys(SIZE)
    results = generate(worker, tmp_path, [1], **absent)
    assert videos(tmp_path, results)[0].shape == (5, 32, 48, 3)
    assert results[0]["fps"] == 16
    (refused,) = generate(worker, tmp_path, [1], fps=30)
    assert refused["error"]["class"] == "unsupported"
    assert "16 frames a second" in refused["error"]["message"]


def test_frame_rate_is_passed_on_where_the_pipeline_takes_one(
    worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path
) -> None:
    settings = settings_of("ltx", folders)
    del settings["fps"]
    assert worker.call("load", load_params(settings))["defaults"]["fps"] == 25
    slow, fast = (generate(worker, tmp_path, [1], fps=fps) for fps in (8, 30))
    assert (slow[0]["fps"], fast[0]["fps"]) == (8, 30)
    assert worker.call("unload") == {}
    settings = settings_of("wan", folders)
    del settings["fps"]
    worker.call("load", load_params(settings))
    assert generate(worker, tmp_path, [1], fps=12)[0]["fps"] == 12
    (unknown,) = generate(worker, tmp_path, [1])
    assert "settings.fps" in unknown["error"]["message"]


def test_scheduler_dtypes_and_tiling(worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path) -> None:
    worker.call("load", load_params(settings_of("wan", folders)))
    base = videos(tmp_path, generate(worker, tmp_path, [1]))[0]
    worker.call("unload")
    changed = settings_of(
        "wan",
        folders,
        scheduler={
            "class": "UniPCMultistepScheduler",
            "prediction_type": "flow_prediction",
            "use_flow_sigmas": True,
        },
        dtypes={"vae": "fp32"},
        vae_tiling=True,
    )
    info = worker.call("load", load_params(changed, dtype="bf16"))
    count, size = stored_tensors(folders["wan"])
    assert info["parameters"] == count
    assert size / 2 < info["weights_bytes"] < size, "the VAE stays in fp32"
    assert (videos(tmp_path, generate(worker, tmp_path, [1]))[0] != base).any()


def test_sha256_can_be_checked_with_sha256sum(worker: WorkerProcess, folders: dict[str, Path]) -> None:
    folder = folders["wan"]
    listing = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.safetensors"))
    )
    info = worker.call("load", load_params(settings_of("wan", folders)))
    assert info["weights_sha256"] == hashlib.sha256(listing.encode()).hexdigest()


WRONG_SETTINGS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"call": {"num_frame": 5}},
        "invalid-request",
        "did you mean 'num_frames'?; it takes: negative_prompt, height",
    ),
    ({"call": {"generator": 1}}, "invalid-request", "the worker sets this itself"),
    ({"pipeline": "WanPipelin"}, "invalid-request", "did you mean 'WanPipeline'?"),
    ({"pipeline": None}, "invalid-request", "model_index.json says 'WanPipeline'"),
    ({"pipeline": "WanPipelin"}, "invalid-request", "WanImageToVideoPipeline, WanPipeline, WanVACEPipeline"),
    ({"pipeline": "WanTransformer3DModel"}, "invalid-request", "is no pipeline of diffusers"),
    ({"pipeline": "StableDiffusionPipeline"}, "unsupported", "makes no videos"),
    ({"path": __file__}, "invalid-request", "is no weight file"),
    ({"call": {"prompt": "x"}}, "invalid-request", "the worker sets this itself"),
    (
        {"pipeline": "WanVideoToVideoPipeline", "call": {"video": 1}},
        "invalid-request",
        "each prompt of a suite",
    ),
    (
        {"scheduler": {"class": "UniPCMultistepScheduler", "flow_shif": 1}},
        "invalid-request",
        "did you mean 'flow_shift'?; it takes: num_train_timesteps",
    ),
    ({"attention": "flex_attention"}, "invalid-request", "one of: flash, flash_hub"),
    ({"attention": "sage"}, "unsupported", "sageattention"),
    ({"compile": {"backend": "inducto"}}, "invalid-request", "did you mean 'inductor'?"),
    ({"compile": {"bckend": "eager"}}, "invalid-request", "did you mean 'backend'?; it takes: backend, mode"),
    ({"compile": {"mode": "fast"}}, "invalid-request", "one of: default, reduce-overhead"),
    ({"compile": {"components": ["unet"]}}, "invalid-request", "it has: tokenizer, text_encoder, vae"),
    ({"lora": {"path": "/no/lora"}}, "invalid-request", "there is no folder '/no/lora'"),
    (
        {"lora": [{"repo": "a/b", "file": "f", "adapter": "x"}, {"repo": "c/d", "adapter": "x"}]},
        "invalid-request",
        "stands twice",
    ),
    ({"lora": {"repo": "a/b", "scal": 1}}, "invalid-request", "did you mean 'scale'?"),
    ({"lora": {"repo": "a/b"}}, "invalid-request", "settings.lora.file: missing"),
    ({"lora": {"repo": "a/b", "file": "x.safetensors"}}, "network", "LoRA 'lora0' from 'a/b'"),
    ({"components": {"transformr": None}}, "invalid-request", "did you mean 'transformer'?"),
    ({"components": {"vae": {"repo": "a/b"}}}, "invalid-request", "settings.components.vae.class: missing"),
    (
        {"components": {"vae": {"repo": "a/b", "class": "AutoencoderKLWam"}}},
        "invalid-request",
        "did you mean 'AutoencoderKLWan'?",
    ),
    (
        {"components": {"vae": {"repo": "a/b", "class": "AutoencoderKLWan"}}},
        "network",
        "component 'vae' from 'a/b'",
    ),
    ({"motion_adapter": {"repo": "a/b"}}, "invalid-request", "WanPipeline has no such component"),
    ({"quantization": {"transformer": {"class": "BitsAndByteConfig"}}}, "invalid-request", "did you mean"),
    (
        {"quantization": {"transformer": {"class": "TorchAoConfig", "quant_type": "Int9WeightOnlyConfig"}}},
        "invalid-request",
        "did you mean 'Int",
    ),
    ({"quantization": {"unet": "TorchAoConfig"}}, "invalid-request", "has no such component"),
    ({"path": "/no/such/folder"}, "invalid-request", "there is no folder '/no/such/folder'"),
    ({"path": "/"}, "invalid-request", "holds no model_index.json"),
    ({"path": None}, "invalid-request", "give either `path`"),
    ({"repo": "Org/Name"}, "invalid-request", "give either `path`"),
    ({"path": None, "repo": "Org/Name"}, "network", "the run is offline"),
    ({"schedulr": "X"}, "invalid-request", "did you mean 'scheduler'?"),
    ({"scheduler": "UniPCMultistepSchedule"}, "invalid-request", "did you mean 'UniPCMultistepScheduler'?"),
    (
        {"dtypes": {"va": "fp32"}},
        "invalid-request",
        "settings.dtypes.va: WanPipeline has no such component; did you mean 'vae'?",
    ),
    ({"dtypes": {"vae": "fp8"}}, "invalid-request", "one of: fp32, bf16, fp16"),
    ({"offload": "model"}, "invalid-request", "needs a CUDA device"),
    ({"offload": "disk"}, "invalid-request", "one of: model, sequential"),
    ({"fps": 0}, "invalid-request", "settings.fps"),
]


@pytest.mark.parametrize(("change", "failure_class", "text"), WRONG_SETTINGS)
def test_wrong_settings_say_the_way_out(
    worker: WorkerProcess, folders: dict[str, Path], change: dict[str, Any], failure_class: str, text: str
) -> None:
    settings = {k: v for k, v in (settings_of("wan", folders) | change).items() if v is not None}
    error = worker.fail("load", load_params(settings))
    assert error["data"]["class"] == failure_class, error
    assert text in error["message"]


def test_other_wrong_loads(worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path) -> None:
    settings = settings_of("wan", folders)
    assert "fp32, bf16, fp16" in worker.fail("load", load_params(settings, dtype="int4"))["message"]
    assert "expected auto, cpu, cuda" in worker.fail("load", load_params(settings, device="tpu"))["message"]
    for file in folders["wan"].rglob("*"):
        target = tmp_path / "broken" / file.relative_to(folders["wan"])
        if file.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    weights = tmp_path / "broken" / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    error = worker.fail("load", load_params(settings | {"path": str(tmp_path / "broken")}))
    assert str(tmp_path / "broken") in error["message"]
    weights.unlink()
    error = worker.fail("load", load_params(settings | {"path": str(tmp_path / "broken")}))
    assert str(tmp_path / "broken") in error["message"]


def test_cuda_without_a_device_is_unsupported(worker: WorkerProcess, folders: dict[str, Path]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("a CUDA device is here")
    error = worker.fail("load", load_params(settings_of("wan", folders), device="cuda"))
    assert error["data"]["class"] == "unsupported"
    assert "use cpu" in error["message"]


def test_a_request_the_pipeline_refuses_is_one_sample_s(
    worker: WorkerProcess, folders: dict[str, Path], tmp_path: Path
) -> None:
    worker.call("load", load_params(settings_of("wan", folders)))
    (bad,) = generate(worker, tmp_path, [1], height=33)
    assert "33" in bad["error"]["message"]
    (good,) = generate(worker, tmp_path, [1])
    assert "video" in good


def test_without_diffusers_the_message_names_the_requirements(
    start: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    (tmp_path / "model_index.json").write_text("{}")
    code = (
        "import sys; sys.modules['diffusers'] = None\n"
        "from vidbench_worker import serve\n"
        "from vidbench_worker.diffusers_runner import DiffusersGenerator\n"
        "serve(DiffusersGenerator())"
    )
    worker = start("-c", code)
    worker.initialize()
    error = worker.fail("load", load_params({"pipeline": "WanPipeline", "path": str(tmp_path)}))
    assert error["data"]["class"] == "unsupported"
    assert "pip install -r python/requirements-diffusers.txt" in error["message"]
