"""Settings that change a pipeline's parts, each really done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worker_process import WorkerProcess

pytest.importorskip("diffusers")

import tiny_pipelines
from test_diffusers import generate, load_params, start_worker


@pytest.fixture(scope="module")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pipelines.make("wan", tmp_path_factory.mktemp("parts") / "wan")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    process = start_worker(tmp_path_factory.mktemp("worker"))
    yield process
    process.kill()


def video(worker: WorkerProcess, wan: Path, folder: Path, **settings: Any) -> Any:
    """What the tiny Wan makes with further settings, and what `load` told."""
    dtype = settings.pop("dtype", "fp32")
    base = {"pipeline": "WanPipeline", "path": str(wan), "fps": 8}
    info = worker.call("load", load_params(base | settings, dtype=dtype))
    try:
        (result,) = generate(worker, folder, [1])
    finally:
        worker.call("unload")
    assert "video" in result, result
    return np.load(folder / result["video"]).astype(int), info


def differs(one: Any, other: Any) -> float:
    return float(np.abs(one - other).mean())


def save_lora(wan: Path, folder: Path) -> Path:
    """A LoRA of the attention's query projections, as training scripts write it."""
    from diffusers import WanPipeline
    from peft import LoraConfig, get_peft_model_state_dict
    from torch import manual_seed

    pipeline = WanPipeline.from_pretrained(str(wan))
    manual_seed(0)
    pipeline.transformer.add_adapter(
        LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=["to_q", "to_v"])
    )
    WanPipeline.save_lora_weights(str(folder), get_peft_model_state_dict(pipeline.transformer))
    return folder


def test_lora(worker: WorkerProcess, wan: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    folder = save_lora(wan, tmp_path / "lora")
    (file,) = folder.glob("*.safetensors")
    plain, _ = video(worker, wan, tmp_path)
    full, _ = video(worker, wan, tmp_path, lora={"path": str(folder)})
    by_file, _ = video(worker, wan, tmp_path, lora=[{"path": str(file), "adapter": "style"}])
    weak, _ = video(worker, wan, tmp_path, lora={"path": str(folder), "file": file.name, "scale": 0.01})
    assert differs(full, plain) > 1
    assert (by_file == full).all()
    assert 0 < differs(weak, plain) < differs(full, plain)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "pytorch_lora_weights.safetensors").write_bytes(b"no weights")
    base = {"pipeline": "WanPipeline", "path": str(wan), "lora": {"path": str(tmp_path / "bad")}}
    assert "LoRA 'lora0' from" in worker.fail("load", load_params(base))["message"]


def test_a_component_is_replaced(worker: WorkerProcess, wan: Path, tmp_path: Path) -> None:
    from diffusers import WanTransformer3DModel
    from torch import manual_seed

    manual_seed(9)
    config = json.loads((wan / "transformer" / "config.json").read_text())
    other = WanTransformer3DModel.from_config(config)
    tiny_pipelines.spread_weights(other)
    other.save_pretrained(tmp_path / "tuned" / "transformer")
    plain, _ = video(worker, wan, tmp_path)
    component = {
        "class": "WanTransformer3DModel",
        "path": str(tmp_path / "tuned"),
        "subfolder": "transformer",
    }
    tuned, _ = video(worker, wan, tmp_path, components={"transformer": component})
    assert differs(tuned, plain) > 1
    _, info = video(
        worker, wan, tmp_path, components={"transformer": component | {"dtype": "fp32"}}, dtype="bf16"
    )
    half, _ = video(worker, wan, tmp_path, components={"transformer": component}, dtype="bf16")
    assert half.shape == plain.shape
    assert info["weights_bytes"] > 0


def test_compilation_changes_no_more_than_rounding(worker: WorkerProcess, wan: Path, tmp_path: Path) -> None:
    plain, _ = video(worker, wan, tmp_path)
    for options in ({"backend": "eager"}, {"backend": "aot_eager", "regional": True}):
        compiled, _ = video(worker, wan, tmp_path, compile=options)
        assert differs(compiled, plain) < 1


def test_attention_backend(worker: WorkerProcess, wan: Path, tmp_path: Path) -> None:
    plain, _ = video(worker, wan, tmp_path)
    math, _ = video(worker, wan, tmp_path, attention="_native_math")
    assert differs(math, plain) < 1
    assert (video(worker, wan, tmp_path)[0] == plain).all(), "the next model has its own again"


def test_quantisation(worker: WorkerProcess, wan: Path, tmp_path: Path) -> None:
    pytest.importorskip("torchao")
    plain, before = video(worker, wan, tmp_path, dtype="bf16")
    config = {"transformer": {"class": "TorchAoConfig", "quant_type": "Int8WeightOnlyConfig"}}
    quantised, after = video(worker, wan, tmp_path, dtype="bf16", quantization=config)
    assert differs(quantised, plain) > 0
    assert after["parameters"] == before["parameters"]


def test_a_single_file_that_the_pipeline_cannot_read_is_refused(
    worker: WorkerProcess, wan: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.safetensors"
    shutil.copy(next((wan / "transformer").glob("*.safetensors")), file)
    error = worker.fail("load", load_params({"pipeline": "LattePipeline", "path": str(file)}))
    assert error["data"]["class"] == "unsupported"
    assert "cannot be loaded from a single file" in error["message"]
