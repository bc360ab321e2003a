"""The settings that stand for parts of a pipeline: components, LoRAs, quantisation, compilation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from . import sources
from .fields import choice, flag, invalid, mapping, number, refuse_unknown, text
from .sources import Source, read_source

DTYPES: Final = ("fp32", "bf16", "fp16")
COMPILE_KEYS: Final = ("backend", "mode", "fullgraph", "dynamic", "regional", "components")
COMPILE_MODES: Final = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
LORA_KEYS: Final = (*sources.KEYS, "adapter", "scale")


@dataclass(frozen=True)
class Component:
    """Replaces a component of the pipeline, or adds one that its folder lacks (a motion adapter)."""

    class_name: str
    source: Source
    dtype: str | None = None  # None = the model's
    config: str | None = None  # hub id or folder that describes a single file


@dataclass(frozen=True)
class Lora:
    source: Source
    adapter: str
    scale: float = 1.0


@dataclass(frozen=True)
class Quantized:
    """One component's quantisation: a configuration class of diffusers or transformers and its arguments."""

    class_name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Compilation:
    options: Mapping[str, Any]  # keyword arguments of torch.compile
    regional: bool = False  # compile the repeated blocks only: much faster to compile
    components: tuple[str, ...] = ()  # empty = the networks that denoise


def read_components(settings: Mapping[str, Any]) -> dict[str, Component | None]:
    """`components`, and `motion_adapter` as one of them; None = the pipeline goes without it."""
    found: dict[str, Component | None] = {}
    for name, value in mapping(settings, "components").items():
        found[str(name)] = None if value is None else _component(value, f"settings.components.{name}", None)
    if settings.get("motion_adapter") is not None:
        if "motion_adapter" in found:
            raise invalid("settings.motion_adapter: stands in `components`, too; keep one of them")
        found["motion_adapter"] = _component(
            settings["motion_adapter"], "settings.motion_adapter", "MotionAdapter"
        )
    return found


def _component(value: Any, place: str, usual_class: str | None) -> Component:
    if not isinstance(value, Mapping):
        raise invalid(f"{place}: expected a mapping such as {{class: NAME, repo: Org/Name}}, got {value!r}")
    refuse_unknown(value, (*sources.KEYS, "class", "dtype", "config"), place)
    class_name = text(value, "class", place) or usual_class
    if class_name is None:
        raise invalid(f"{place}.class: missing (the component's class in diffusers or transformers)")
    return Component(
        class_name=class_name,
        source=read_source(value, place),
        dtype=choice(value, "dtype", DTYPES, place),
        config=text(value, "config", place),
    )


def read_loras(settings: Mapping[str, Any]) -> tuple[Lora, ...]:
    """`lora`: one mapping or a list of them."""
    value = settings.get("lora")
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    loras: list[Lora] = []
    for index, item in enumerate(items):
        place = f"settings.lora[{index}]" if isinstance(value, list) else "settings.lora"
        if not isinstance(item, Mapping):
            raise invalid(f"{place}: expected a mapping such as {{repo: Org/Name, scale: 0.8}}, got {item!r}")
        refuse_unknown(item, LORA_KEYS, place)
        adapter = text(item, "adapter", place) or f"lora{index}"
        if adapter in (one.adapter for one in loras):
            raise invalid(f"{place}.adapter: {adapter!r} stands twice; each LoRA needs a name of its own")
        source = read_source(item, place)
        if not source.local and source.file is None:
            raise invalid(f"{place}.file: missing (the LoRA's weight file in {source.location!r})")
        loras.append(Lora(source, adapter, number(item, "scale", place) or 1.0))
    return tuple(loras)


def read_quantization(settings: Mapping[str, Any]) -> dict[str, Quantized]:
    found: dict[str, Quantized] = {}
    for name, value in mapping(settings, "quantization").items():
        place = f"settings.quantization.{name}"
        if isinstance(value, str):
            value = {"class": value}
        if not isinstance(value, Mapping) or not isinstance(value.get("class"), str):
            raise invalid(f"{place}: expected {{class: NAME, …}}, such as BitsAndBytesConfig, got {value!r}")
        arguments = {key: item for key, item in value.items() if key != "class"}
        found[str(name)] = Quantized(value["class"], arguments)
    return found


def read_compilation(settings: Mapping[str, Any]) -> Compilation | None:
    """`compile`: true, or a mapping of options."""
    value = settings.get("compile")
    if value is None or value is False:
        return None
    if value is True:
        value = {}
    place = "settings.compile"
    if not isinstance(value, Mapping):
        raise invalid(f"{place}: expected true, false or a mapping of options, got {value!r}")
    refuse_unknown(value, COMPILE_KEYS, place)
    options = {
        "backend": text(value, "backend", place),
        "mode": choice(value, "mode", COMPILE_MODES, place),
        "fullgraph": flag(value, "fullgraph", place) or None,
        "dynamic": flag(value, "dynamic", place) if "dynamic" in value else None,
    }
    components = value.get("components", [])
    if not isinstance(components, list) or not all(isinstance(item, str) for item in components):
        raise invalid(f"{place}.components: expected a list of components, got {components!r}")
    return Compilation(
        {key: item for key, item in options.items() if item is not None},
        flag(value, "regional", place),
        tuple(components),
    )
