"""The `settings` of a diffusers deployment, checked before anything heavy is imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..errors import WorkerError, nearest

KEYS: Final = (
    "call",
    "dtypes",
    "fps",
    "offload",
    "path",
    "pipeline",
    "repo",
    "revision",
    "scheduler",
    "vae_slicing",
    "vae_tiling",
    "variant",
)
DTYPES: Final = ("fp32", "bf16", "fp16")
OFFLOADS: Final = ("model", "sequential")


@dataclass(frozen=True)
class Settings:
    pipeline: str  # class name in diffusers
    source: str  # local folder or hub id
    local: bool
    revision: str | None = None
    variant: str | None = None
    scheduler: str | None = None  # class name; None = the one the folder names
    scheduler_config: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)  # further keyword arguments of the pipeline's call
    dtypes: Mapping[str, str] = field(
        default_factory=dict
    )  # component → dtype, where it differs from the model's
    offload: str | None = None
    vae_tiling: bool = False
    vae_slicing: bool = False
    fps: float | None = None  # the rate the model was trained at


def parse(settings: Mapping[str, Any]) -> Settings:
    """Raises WorkerError("invalid-request") that names the key, the value and the way out."""
    for key in settings:
        if key not in KEYS:
            raise invalid(f"settings.{key}: unknown key{nearest(key, KEYS)}")
    source, local = _source(settings)
    scheduler, scheduler_config = _scheduler(settings.get("scheduler"))
    return Settings(
        pipeline=_pipeline(settings, source, local),
        source=source,
        local=local,
        revision=_text(settings, "revision"),
        variant=_text(settings, "variant"),
        scheduler=scheduler,
        scheduler_config=scheduler_config,
        call=_mapping(settings, "call"),
        dtypes=_dtypes(_mapping(settings, "dtypes")),
        offload=_choice(settings, "offload", OFFLOADS),
        vae_tiling=_flag(settings, "vae_tiling"),
        vae_slicing=_flag(settings, "vae_slicing"),
        fps=_fps(settings.get("fps")),
    )


def invalid(message: str) -> WorkerError:
    return WorkerError("invalid-request", message)


def _source(settings: Mapping[str, Any]) -> tuple[str, bool]:
    path, repo = _text(settings, "path"), _text(settings, "repo")
    if (path is None) == (repo is None):
        raise invalid("settings: give either `path` (a local folder) or `repo` (a hub id such as Org/Name)")
    if path is None:
        return str(repo), False
    folder = Path(path)
    if not folder.is_dir():
        raise invalid(
            f"settings.path: there is no folder {path!r}; download the model there or correct the path"
        )
    if not (folder / "model_index.json").is_file():
        raise invalid(
            f"settings.path: {path!r} holds no model_index.json; it must be a folder in the diffusers layout "
            "(the one that `save_pretrained` writes)"
        )
    return path, True


def _pipeline(settings: Mapping[str, Any], source: str, local: bool) -> str:
    name = _text(settings, "pipeline")
    if name is not None:
        return name
    hint = ""
    if local:
        try:
            index = json.loads(Path(source, "model_index.json").read_text(encoding="utf-8"))
            hint = f"; model_index.json says {index['_class_name']!r}"
        except (OSError, ValueError, KeyError, TypeError):
            pass
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


def _fps(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise invalid(f"settings.fps: expected a number above 0, got {value!r}")
    return value


def _text(settings: Mapping[str, Any], key: str) -> str | None:
    value = settings.get(key)
    if value is not None and not (isinstance(value, str) and value):
        raise invalid(f"settings.{key}: expected a string, got {value!r}")
    return value


def _mapping(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise invalid(f"settings.{key}: expected a mapping, got {value!r}")
    return value


def _flag(settings: Mapping[str, Any], key: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise invalid(f"settings.{key}: expected true or false, got {value!r}")
    return value


def _choice(settings: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str | None:
    value = _text(settings, key)
    if value is not None and value not in choices:
        raise invalid(f"settings.{key}: {value!r}; one of: {', '.join(choices)}")
    return value
