"""The protocol's requests and results as typed values. Units and meanings: docs/worker-protocol.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

PROTOCOL: Final = "vidbench.worker/1"


@dataclass(frozen=True)
class LoadRequest:
    """What to load: `settings` comes unchanged from the catalogue entry's deployment."""

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    dtype: str = "fp32"
    offline: bool = True
    threads: int = 0  # CPU threads the worker may use; 0 = its own choice


@dataclass(frozen=True)
class Defaults:
    """The numbers a model generates with when a request leaves them out; None = unknown."""

    frames: int | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    steps: int | None = None
    guidance: float | None = None


NUMBERS: Final = tuple(item.name for item in fields(Defaults))


@dataclass(frozen=True)
class LoadInfo:
    """Facts about the loaded model. Leave unknown ones at None: they are then absent, never guessed."""

    device: str
    dtype: str
    parameters: int | None = None
    weights_bytes: int | None = None
    weights_sha256: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    peak_memory_bytes: int | None = None  # filled in by the server when None
    defaults: Defaults = field(default_factory=Defaults)


@dataclass(frozen=True)
class GenerateRequest:
    """One video to make. The server fills absent numbers from `LoadInfo.defaults`; None = unknown there too."""

    id: str
    prompt: str
    seed: int
    negative_prompt: str = ""
    frames: int | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    steps: int | None = None
    guidance: float | None = None
    image: Path | None = None  # a picture to start from
    video: Path | None = None  # a video to start from


@dataclass(frozen=True)
class EvaluateRequest:
    """One video to evaluate."""

    id: str
    video: Path
    prompt: str | None = None
    auxiliary: Mapping[str, Any] = field(
        default_factory=dict
    )  # told beside the prompt, by VBench's dimension
    paired: Path | None = None  # the video to compare with


@dataclass(frozen=True)
class Metric:
    """A metric as `initialize` describes it. A change that changes its numbers changes `version`."""

    id: str
    title: str
    better: Literal["higher", "lower"]
    definition: str
    version: int = 1
    unit: str = ""
    range: tuple[float | None, float | None] = (None, None)
    kind: Literal["sample", "set"] = "sample"
    reducer: Literal[
        "mean",
        "frechet",
        "frechet-biased",
        "frechet-infinity",
        "frechet-biased-infinity",
        "kernel",
        "jedi",
        "inception",
    ] = "mean"
    features: str | None = None  # for kind "set": the feature vectors the statistic is computed from
    row_size: int = 0  # a video's features are rows of that many numbers each; 0 = one row
    needs: Sequence[Literal["prompt", "auxiliary", "reference", "paired"]] = ()
    failure_cases: str = ""  # when not to believe it
    citation: str = ""
    licence: str = ""  # of the computation and its weights
    weights_files: Sequence[str] = ()  # official names of the weight files it reads
    weights_sha256: str | None = None  # of the networks it uses
    unavailable: str = ""  # why it cannot be computed here


@dataclass(frozen=True)
class Evaluation:
    """One video's numbers: `values` of sample metrics, `features` for set metrics, and the reasons of those that
    this video cannot have (`missing`, by metric)."""

    values: Mapping[str, float] = field(default_factory=dict)
    features: Mapping[str, Sequence[float]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reference:
    """Features of reference videos, and the digest of everything that determines them."""

    features: Mapping[str, Sequence[Sequence[float]]]
    digest: str


def present(value: Any) -> dict[str, Any]:
    """A message dataclass as JSON without its unknown (None) members."""
    return {
        item.name: getattr(value, item.name)
        for item in fields(value)
        if getattr(value, item.name) is not None
    }
