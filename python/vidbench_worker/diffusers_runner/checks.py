"""The settings against the installed diffusers, before any weights are read."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..errors import WorkerError, did_you_mean, nearest
from .fields import invalid
from .parts import Component, Quantized
from .pipelines import find_pipeline_class
from .settings import Settings
from .signature import CallSignature

DENOISERS: Final = ("transformer", "transformer_2", "unet", "prior")


def check(diffusers: Any, settings: Settings) -> tuple[Any, CallSignature]:
    """The pipeline's class and signature. Raises WorkerError that says what would be right."""
    pipeline_class = find_pipeline_class(diffusers, settings.pipeline)
    signature = CallSignature(pipeline_class)
    signature.check_call(settings.call)
    components = component_names(pipeline_class)
    _require_components(pipeline_class, "dtypes", settings.dtypes, components)
    _require_components(pipeline_class, "components", settings.components, components)
    _require_components(pipeline_class, "quantization", settings.quantization, components)
    if settings.compilation is not None:
        _require_components(pipeline_class, "compile.components", settings.compilation.components, components)
    if settings.scheduler is not None:
        check_scheduler(diffusers, settings.scheduler, settings.scheduler_config)
    for name, component in settings.components.items():
        if component is not None:
            component_class(diffusers, name, component)
    for name, quantized in settings.quantization.items():
        quantization_config(diffusers, name, quantized)
    _check_vae(settings, components)
    if settings.attention is not None:
        check_attention(settings.attention)
    if settings.loras:
        _check_lora(pipeline_class)
    if settings.source.single_file and not hasattr(pipeline_class, "from_single_file"):
        raise WorkerError(
            "unsupported",
            f"settings: {settings.pipeline} cannot be loaded from a single file; name a folder or repository in "
            "the diffusers layout, and the file under `components`",
        )
    return pipeline_class, signature


def component_names(pipeline_class: Any) -> list[str]:
    return [name for name in inspect.signature(pipeline_class.__init__).parameters if name != "self"]


def check_scheduler(diffusers: Any, name: str, config: Mapping[str, Any]) -> Any:
    found = find_class((diffusers,), name, "Scheduler", "settings.scheduler")
    _require_parameters(found, config, "settings.scheduler")
    return found


def component_class(diffusers: Any, name: str, component: Component) -> Any:
    import transformers

    place = f"settings.components.{name}.class"
    found = find_class((diffusers, transformers), component.class_name, "", place)
    loader = "from_single_file" if component.source.single_file else "from_pretrained"
    if not hasattr(found, loader):
        raise invalid(f"{place}: {component.class_name} has no {loader}; name the class of a model")
    return found


def quantization_config(diffusers: Any, name: str, quantized: Quantized) -> Any:
    """The configuration object. The libraries of text encoders and of networks have classes of their own."""
    import transformers

    library = transformers if name.startswith(("text_encoder", "image_encoder")) else diffusers
    place = f"settings.quantization.{name}"
    known = [
        item
        for item in dir(library)
        if item.endswith("Config")
        and ("Quant" in item or "BitsAndBytes" in item or "TorchAo" in item or "GGUF" in item)
    ]
    if quantized.class_name not in known:
        raise invalid(f"{place}.class: {quantized.class_name!r}{nearest(quantized.class_name, known)}")
    found = getattr(library, quantized.class_name)
    _require_parameters(found, quantized.arguments, place)
    arguments = dict(quantized.arguments)
    try:
        if quantized.class_name == "TorchAoConfig" and isinstance(arguments.get("quant_type"), str):
            arguments["quant_type"] = _torchao_type(arguments["quant_type"], place)
        return found(**arguments)
    except WorkerError:
        raise
    except Exception as error:  # a class checks its own arguments, and that its package is there
        kind = "unsupported" if isinstance(error, ImportError) else "invalid-request"
        raise WorkerError(kind, f"{place}: {error}") from error


def _torchao_type(name: str, place: str) -> Any:
    """torchao names its kinds by classes: Int8WeightOnlyConfig, …"""
    if importlib.util.find_spec("torchao") is None:
        raise WorkerError("unsupported", f"{place}: the Python package torchao is not installed")
    from torchao import quantization

    known = [item for item in dir(quantization) if item.endswith("Config")]
    if name not in known:
        raise invalid(f"{place}.quant_type: {name!r}{nearest(name, known)}")
    return getattr(quantization, name)()


def check_attention(name: str) -> None:
    from diffusers.models import attention_dispatch

    known = [item.value for item in attention_dispatch.AttentionBackendName]
    if name not in known:
        hint = did_you_mean(name, known)
        raise invalid(
            f"settings.attention: {name!r} is no attention backend{hint}; one of: {', '.join(known)}"
        )
    try:
        attention_dispatch._check_attention_backend_requirements(
            attention_dispatch.AttentionBackendName(name)
        )
    except RuntimeError as error:
        raise WorkerError("unsupported", f"settings.attention: {error}") from error


def find_class(libraries: Iterable[Any], name: str, ending: str, place: str) -> Any:
    """A class by its name in the first library that has it; `ending` narrows the suggestions to its kind."""
    libraries = tuple(libraries)
    for library in libraries:
        found = getattr(library, name, None) if not name.startswith("_") else None
        if isinstance(found, type):
            return found
    names = [item for library in libraries for item in dir(library) if item.endswith(ending)]
    versions = " and ".join(f"{library.__name__} {library.__version__}" for library in libraries)
    raise invalid(f"{place}: {versions} has no class {name!r}{nearest(name, names)}")


def _check_vae(settings: Settings, components: list[str]) -> None:
    for flag in ("tiling", "slicing"):
        if getattr(settings, f"vae_{flag}") and not {"vae", "movq", "vqvae"} & set(components):
            raise invalid(
                f"settings.vae_{flag}: {settings.pipeline} has no decoder of its own; remove the key"
            )


def _check_lora(pipeline_class: Any) -> None:
    if not hasattr(pipeline_class, "load_lora_weights"):
        raise WorkerError(
            "unsupported", f"settings.lora: {pipeline_class.__name__} takes no LoRAs; remove the key"
        )
    if importlib.util.find_spec("peft") is None:
        raise WorkerError(
            "unsupported",
            "settings.lora: the Python package peft is not installed; run: pip install -r "
            "python/requirements-diffusers.txt",
        )


def _require_components(pipeline_class: Any, key: str, names: Iterable[str], components: list[str]) -> None:
    for name in names:
        if name not in components:
            hint = did_you_mean(name, components)
            raise invalid(
                f"settings.{key}.{name}: {pipeline_class.__name__} has no such component{hint}; it has: "
                f"{', '.join(components)}"
            )


def _require_parameters(found: Any, arguments: Mapping[str, Any], place: str) -> None:
    parameters = inspect.signature(found.__init__).parameters.values()
    right = [p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD]
    for key in arguments:
        if key not in right:
            hint = did_you_mean(key, right)
            raise invalid(
                f"{place}.{key}: {found.__name__} takes no such key{hint}; it takes: {', '.join(right)}"
            )
