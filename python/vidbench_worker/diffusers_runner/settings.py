"""The `settings` of a diffusers deployment, checked before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from . import parts, sources
from .fields import choice, flag, invalid, mapping, number, refuse_unknown, text
from .parts import DTYPES, Compilation, Component, Lora, Quantized
from .sources import Source, read_source

KEYS: Final = (
    "attention",
    "call",
    "compile",
    "components",
    "config",
    "dtypes",
    "fps",
    "lora",
    "motion_adapter",
    "offload",
    "pipeline",
    "quantization",
    "scheduler",
    "vae_slicing",
    "vae_tiling",
    *sources.KEYS,
)
OFFLOADS: Final = ("model", "sequential")


@dataclass(frozen=True)
class Settings:
    pipeline: str  # class name in diffusers
    source: Source
    config: str | None = None  # hub id or folder that describes a single file
    scheduler: str | None = None  # class name; None = the one the folder names
    scheduler_config: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)  # further keyword arguments of the pipeline's call
    dtypes: Mapping[str, str] = field(
        default_factory=dict
    )  # component → dtype, where it differs from the model's
    components: Mapping[str, Component | None] = field(default_factory=dict)
    loras: tuple[Lora, ...] = ()
    quantization: Mapping[str, Quantized] = field(default_factory=dict)
    attention: str | None = None  # an attention backend's name
    compilation: Compilation | None = None
    offload: str | None = None
    vae_tiling: bool = False
    vae_slicing: bool = False
    fps: float | None = None  # the rate the model was trained at


def parse(settings: Mapping[str, Any]) -> Settings:
    """Raises WorkerError("invalid-request") that names the key, the value and the way out."""
    refuse_unknown(settings, KEYS, "settings")
    source = read_source(settings, "settings")
    sources.require_pipeline_folder(source)
    scheduler, scheduler_config = _scheduler(settings.get("scheduler"))
    return Settings(
        pipeline=_pipeline(settings, source),
        source=source,
        config=text(settings, "config"),
        scheduler=scheduler,
        scheduler_config=scheduler_config,
        call=mapping(settings, "call"),
        dtypes=_dtypes(mapping(settings, "dtypes")),
        components=parts.read_components(settings),
        loras=parts.read_loras(settings),
        quantization=parts.read_quantization(settings),
        attention=text(settings, "attention"),
        compilation=parts.read_compilation(settings),
        offload=choice(settings, "offload", OFFLOADS),
        vae_tiling=flag(settings, "vae_tiling"),
        vae_slicing=flag(settings, "vae_slicing"),
        fps=number(settings, "fps"),
    )


def _pipeline(settings: Mapping[str, Any], source: Source) -> str:
    name = text(settings, "pipeline")
    if name is not None:
        return name
    named = sources.pipeline_in_index(source)
    hint = f"; model_index.json says {named!r}" if named is not None else ""
    raise invalid(f"settings.pipeline: missing (the pipeline's class name, e.g. 'WanPipeline'){hint}")


def _scheduler(value: Any) -> tuple[str | None, Mapping[str, Any]]:
    if value is None or isinstance(value, str):
        return value, {}
    if isinstance(value, Mapping) and isinstance(value.get("class"), str):
        return value["class"], {key: item for key, item in value.items() if key != "class"}
    raise invalid(f"settings.scheduler: expected a class name or {{class: NAME, …}}, got {value!r}")


def _dtypes(value: Mapping[str, Any]) -> Mapping[str, str]:
    for component, dtype in value.items():
        if dtype not in DTYPES:
            raise invalid(f"settings.dtypes.{component}: {dtype!r}; one of: {', '.join(DTYPES)}")
    return value
