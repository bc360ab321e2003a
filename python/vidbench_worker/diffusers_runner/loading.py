"""From settings to a loaded pipeline. diffusers is imported here, after the environment says whether to go online."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path
from typing import Any, Final

from ..errors import WorkerError, classify, nearest
from ..messages import LoadRequest
from .settings import DTYPES, Settings, invalid

MAX_HASHED_BYTES: Final = 2 * 1024**3


def import_libraries(offline: bool) -> tuple[Any, Any]:
    """torch and diffusers; the hub's switches are read at import, so they are set before."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    for name in ("torch", "diffusers", "transformers"):
        if importlib.util.find_spec(name) is None:
            raise WorkerError(
                "unsupported",
                f"the Python package {name} is not installed; run: pip install -r python/requirements-diffusers.txt",
            )
    import diffusers
    import torch

    return torch, diffusers


def choose_device(torch: Any, device: str) -> str:
    kind = device.split(":")[0]
    if kind == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if kind not in ("cpu", "cuda"):
        raise invalid(f"device {device!r}: expected auto, cpu, cuda or cuda:N")
    if kind == "cuda" and not torch.cuda.is_available():
        raise WorkerError(
            "unsupported",
            f"device {device!r}: torch {torch.__version__} sees no CUDA device; use cpu or install its CUDA build",
        )
    return device


def torch_dtype(torch: Any, name: str) -> Any:
    if name not in DTYPES:
        raise invalid(f"dtype {name!r}; one of: {', '.join(DTYPES)}")
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[name]


def find_class(diffusers: Any, name: str, ending: str, key: str) -> Any:
    """A class of diffusers by its name; `ending` narrows the suggestions to its kind."""
    found = getattr(diffusers, name, None) if not name.startswith("_") else None
    if not isinstance(found, type):
        names = [item for item in dir(diffusers) if item.endswith(ending)]
        raise invalid(
            f"settings.{key}: diffusers {diffusers.__version__} has no class {name!r}{nearest(name, names)}"
        )
    return found


def find_pipeline_class(diffusers: Any, name: str) -> Any:
    found = find_class(diffusers, name, "Pipeline", "pipeline")
    if getattr(found, "_backends", None) and not issubclass(found, diffusers.DiffusionPipeline):
        raise WorkerError(
            "unsupported", f"settings.pipeline: {name} needs: {', '.join(found._backends)}; install them"
        )
    if not issubclass(found, diffusers.DiffusionPipeline):
        raise invalid(f"settings.pipeline: {name} is no pipeline but another class of diffusers")
    return found


def load_pipeline(
    torch: Any, diffusers: Any, pipeline_class: Any, settings: Settings, request: LoadRequest
) -> Any:
    """The pipeline in its dtype with its scheduler, still on the CPU."""
    dtype: Any = torch_dtype(torch, request.dtype)
    if settings.dtypes:
        dtype = {"default": dtype} | {
            name: torch_dtype(torch, item) for name, item in settings.dtypes.items()
        }
    options = {"revision": settings.revision, "variant": settings.variant}
    try:
        pipeline = pipeline_class.from_pretrained(
            settings.source,
            dtype=dtype,
            local_files_only=request.offline or settings.local,
            **{key: value for key, value in options.items() if value is not None},
        )
    except Exception as error:
        raise _load_failure(error, settings, request.offline) from error
    _refuse_unknown_components(pipeline, settings)
    if settings.scheduler is not None:
        scheduler = find_class(diffusers, settings.scheduler, "Scheduler", "scheduler")
        pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config, **settings.scheduler_config)
    return pipeline


def place(pipeline: Any, settings: Settings, device: str) -> None:
    """Moves the pipeline to its device, or leaves that to the chosen offloading."""
    for flag in ("tiling", "slicing"):
        if getattr(settings, f"vae_{flag}"):
            enable = getattr(getattr(pipeline, "vae", None), f"enable_{flag}", None)
            if enable is None:
                raise invalid(
                    f"settings.vae_{flag}: the decoder of {type(pipeline).__name__} has no {flag}; remove the key"
                )
            enable()
    if settings.offload is None:
        pipeline.to(device)
        return
    if not device.startswith("cuda"):
        raise invalid(
            f"settings.offload: {settings.offload!r} needs a CUDA device, the model runs on {device}"
        )
    if settings.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    else:
        pipeline.enable_sequential_cpu_offload(device=device)


def count_parameters(torch: Any, pipeline: Any) -> tuple[int, int]:
    """Parameters and their bytes over all components; shared tensors count once."""
    unique = {
        id(parameter): parameter
        for component in pipeline.components.values()
        if isinstance(component, torch.nn.Module)
        for parameter in component.parameters()
    }
    count = sum(parameter.numel() for parameter in unique.values())
    return count, sum(parameter.numel() * parameter.element_size() for parameter in unique.values())


def weights_sha256(settings: Settings) -> str | None:
    """SHA-256 of the folder's list "digest  file" of its safetensors files; None where reading would take long."""
    if not settings.local:
        return None
    folder = Path(settings.source)
    files = sorted(folder.rglob("*.safetensors"))
    if not files or sum(file.stat().st_size for file in files) > MAX_HASHED_BYTES:
        return None
    lines = hashlib.sha256()
    for file in files:
        lines.update(f"{_sha256(file)}  {file.relative_to(folder).as_posix()}\n".encode())
    return lines.hexdigest()


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("torch", "diffusers", "transformers", "numpy"):
        found[name] = importlib.metadata.version(name)
    return found


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _load_failure(error: Exception, settings: Settings, offline: bool) -> WorkerError:
    failure = classify(error)
    where = f"{settings.pipeline} from {settings.source!r}"
    if not settings.local and offline and failure.failure_class in ("network", "crash"):
        return WorkerError(
            "network",
            f"{where}: not (completely) in the local hub cache, and the run is offline; download it first, allow the "
            f"network, or give settings.path ({failure.message})",
        )
    return WorkerError(failure.failure_class, f"{where}: {failure.message}")


def _refuse_unknown_components(pipeline: Any, settings: Settings) -> None:
    for name in settings.dtypes:
        if name not in pipeline.components:
            raise invalid(f"settings.dtypes.{name}: no such component{nearest(name, pipeline.components)}")
