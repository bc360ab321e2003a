"""From settings to a loaded pipeline. diffusers is imported here, after the environment says whether to go online."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..errors import WorkerError, classify, did_you_mean
from ..messages import LoadRequest
from . import checks
from .fields import invalid
from .parts import DTYPES, Compilation, Component
from .settings import Settings
from .sources import Source

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


def load_pipeline(
    torch: Any, diffusers: Any, pipeline_class: Any, settings: Settings, request: LoadRequest
) -> Any:
    """The pipeline in its dtype with its scheduler, components and LoRAs, still on the CPU."""
    options: dict[str, Any] = _load_components(torch, diffusers, settings, request)
    if settings.quantization:
        configs = {
            name: checks.quantization_config(diffusers, name, item)
            for name, item in settings.quantization.items()
        }
        options["quantization_config"] = diffusers.PipelineQuantizationConfig(quant_mapping=configs)
    with _failures_of(settings.pipeline, settings.source, request.offline):
        pipeline = _from_source(torch, pipeline_class, settings, request, options)
        if settings.scheduler is not None:
            scheduler = checks.check_scheduler(diffusers, settings.scheduler, settings.scheduler_config)
            pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config, **settings.scheduler_config)
    _load_loras(pipeline, settings, request.offline)
    return pipeline


def _from_source(
    torch: Any, pipeline_class: Any, settings: Settings, request: LoadRequest, options: dict[str, Any]
) -> Any:
    source = settings.source
    dtype: Any = torch_dtype(torch, request.dtype)
    if source.single_file:
        if settings.config is not None:
            options["config"] = settings.config
        return pipeline_class.from_single_file(
            source.weight_file(request.offline),
            torch_dtype=dtype,
            local_files_only=request.offline,
            **options,
        )
    if settings.dtypes:
        dtype = {"default": dtype} | {
            name: torch_dtype(torch, item) for name, item in settings.dtypes.items()
        }
    return pipeline_class.from_pretrained(
        source.location, dtype=dtype, **source.options(request.offline), **options
    )


def _load_components(torch: Any, diffusers: Any, settings: Settings, request: LoadRequest) -> dict[str, Any]:
    """Keyword arguments that replace the pipeline's own components."""
    loaded: dict[str, Any] = {}
    for name, component in settings.components.items():
        if component is None:
            loaded[name] = None
            continue
        found = checks.component_class(diffusers, name, component)
        dtype = torch_dtype(torch, component.dtype or settings.dtypes.get(name) or request.dtype)
        options: dict[str, Any] = {"torch_dtype": dtype} if _is_network(torch, found) else {}
        with _failures_of(f"component {name!r}", component.source, request.offline):
            loaded[name] = _load_component(found, component, options, request.offline)
    return loaded


def _load_component(found: Any, component: Component, options: dict[str, Any], offline: bool) -> Any:
    source = component.source
    if not source.single_file:
        return found.from_pretrained(source.location, **source.options(offline), **options)
    if component.config is not None:
        options = options | {"config": component.config}
    return found.from_single_file(source.weight_file(offline), local_files_only=offline, **options)


def _is_network(torch: Any, found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, torch.nn.Module)


def _load_loras(pipeline: Any, settings: Settings, offline: bool) -> None:
    for lora in settings.loras:
        with _failures_of(f"LoRA {lora.adapter!r}", lora.source, offline):
            location, options = lora.source.location, lora.source.options(offline)
            if lora.source.single_file:
                file = Path(lora.source.weight_file(offline))
                location, options = str(file.parent), {"weight_name": file.name, "local_files_only": True}
            options.pop("variant", None)
            pipeline.load_lora_weights(location, adapter_name=lora.adapter, **options)
    if settings.loras:
        pipeline.set_adapters(
            [lora.adapter for lora in settings.loras], [lora.scale for lora in settings.loras]
        )


def place(torch: Any, pipeline: Any, settings: Settings, device: str) -> None:
    """Moves the pipeline to its device, or leaves that to the chosen offloading; then what makes it faster."""
    for flag in ("tiling", "slicing"):
        if getattr(settings, f"vae_{flag}"):
            enable = getattr(getattr(pipeline, "vae", None), f"enable_{flag}", None)
            if enable is None:
                raise invalid(
                    f"settings.vae_{flag}: the decoder of {type(pipeline).__name__} has no {flag}; remove the key"
                )
            enable()
    if settings.offload is not None and not device.startswith("cuda"):
        raise invalid(
            f"settings.offload: {settings.offload!r} needs a CUDA device, the model runs on {device}"
        )
    if settings.offload is None:
        pipeline.to(device)
    elif settings.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    else:
        pipeline.enable_sequential_cpu_offload(device=device)
    if settings.attention is not None:
        _set_attention(torch, pipeline, settings.attention)
    if settings.compilation is not None:
        _compile(torch, pipeline, settings.compilation)


def _set_attention(torch: Any, pipeline: Any, backend: str) -> None:
    networks = [
        network
        for network in pipeline.components.values()
        if isinstance(network, torch.nn.Module)
        and hasattr(network, "set_attention_backend")
        and any(
            hasattr(getattr(module, "processor", None), "_attention_backend") for module in network.modules()
        )
    ]
    if not networks:
        raise WorkerError(
            "unsupported",
            f"settings.attention: no network of {type(pipeline).__name__} lets its attention be chosen; "
            "remove the key",
        )
    for network in networks:
        network.set_attention_backend(backend)


def reset_attention() -> None:
    """Choosing a backend also sets diffusers' process-wide default, which the next model must not inherit."""
    from diffusers.models import attention_dispatch

    attention_dispatch._AttentionBackendRegistry.set_active_backend(
        attention_dispatch.AttentionBackendName.NATIVE
    )


def _compile(torch: Any, pipeline: Any, compilation: Compilation) -> None:
    """Compiles in place; the work is done at the first video, so that suites want a warm-up."""
    names = compilation.components or tuple(
        name for name in checks.DENOISERS if isinstance(getattr(pipeline, name, None), torch.nn.Module)
    )
    for name in names:
        network = getattr(pipeline, name, None)
        if not isinstance(network, torch.nn.Module):
            raise invalid(f"settings.compile.components: {name!r} is no network of this pipeline; remove it")
        if not compilation.regional:
            network.compile(**compilation.options)
        elif getattr(network, "_repeated_blocks", None):
            network.compile_repeated_blocks(**compilation.options)
        else:
            raise WorkerError(
                "unsupported",
                f"settings.compile.regional: {type(network).__name__} names no repeated blocks; leave it out",
            )


def check_compile_backend(torch: Any, settings: Settings) -> None:
    """torch.compile would find out at the first video."""
    if settings.compilation is None or "backend" not in settings.compilation.options:
        return
    known = sorted(torch.compiler.list_backends(exclude_tags=()))
    backend = settings.compilation.options["backend"]
    if backend not in known:
        hint = did_you_mean(backend, known)
        raise invalid(
            f"settings.compile.backend: torch {torch.__version__} has no {backend!r}{hint}; one of: "
            f"{', '.join(known)}"
        )


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
    if not settings.source.local:
        return None
    folder = Path(settings.source.location)
    files = sorted(folder.rglob("*.safetensors")) if folder.is_dir() else [folder]
    if not files or sum(file.stat().st_size for file in files) > MAX_HASHED_BYTES:
        return None
    lines = hashlib.sha256()
    for file in files:
        name = file.name if file == folder else file.relative_to(folder).as_posix()
        lines.update(f"{_sha256(file)}  {name}\n".encode())
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


@contextmanager
def _failures_of(what: str, source: Source, offline: bool) -> Iterator[None]:
    """Names what was being loaded and from where, and says what is likely missing."""
    try:
        yield
    except WorkerError:
        raise
    except Exception as error:
        failure = classify(error)
        where = f"{what} from {source.location!r}"
        if not source.local and offline and failure.failure_class in ("network", "crash"):
            raise WorkerError(
                "network",
                f"{where}: not (completely) in the local hub cache, and the run is offline; download it first, "
                f"allow the network, or give a `path` ({failure.message})",
            ) from error
        raise WorkerError(failure.failure_class, f"{where}: {failure.message}") from error
