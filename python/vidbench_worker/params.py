"""Checks a request's params and turns them into typed values; each error names the place and what it found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from .errors import INVALID_PARAMS, RequestError
from .messages import EvaluateRequest, GenerateRequest, LoadRequest

Item = TypeVar("Item")
_ABSENT = object()


class Params:
    """A JSON object under inspection; `place` is its path for messages ("requests[3].")."""

    def __init__(self, value: Any, place: str = "") -> None:
        if not isinstance(value, Mapping):
            raise wrong(place.rstrip(".") or "params", "an object", value)
        self._value = value
        self._place = place

    def _get(self, key: str, default: Any, expected: str, accepts: Callable[[Any], bool]) -> Any:
        value = self._value.get(key, default)
        if value is _ABSENT:
            raise RequestError(INVALID_PARAMS, f"{self._place}{key}: missing (expected {expected})")
        if value is not default and not accepts(value):
            raise wrong(f"{self._place}{key}", expected, value)
        return value

    def text(self, key: str, default: Any = _ABSENT) -> Any:
        return self._get(key, default, "a string", lambda value: isinstance(value, str))

    def path(self, key: str) -> Path | None:
        value = self._get(
            key, None, "an absolute path", lambda v: isinstance(v, str) and Path(v).is_absolute()
        )
        return None if value is None else Path(value)

    def flag(self, key: str, default: Any = _ABSENT) -> Any:
        return self._get(key, default, "true or false", lambda value: isinstance(value, bool))

    def whole(self, key: str, low: int, high: int, default: Any = _ABSENT) -> Any:
        return self._get(
            key, default, f"a whole number from {low} to {high}", lambda v: _is_int(v) and low <= v <= high
        )

    def number(self, key: str, default: Any = _ABSENT, positive: bool = False) -> Any:
        expected = "a number above 0" if positive else "a number"
        return self._get(key, default, expected, lambda v: _is_number(v) and (v > 0 or not positive))

    def mapping(self, key: str, default: Any = _ABSENT) -> Any:
        return self._get(key, default, "an object", lambda value: isinstance(value, Mapping))

    def texts(self, key: str) -> list[str]:
        values: list[str] = self._get(
            key,
            _ABSENT,
            "a list of strings",
            lambda v: isinstance(v, list) and all(isinstance(i, str) for i in v),
        )
        return values

    def items(self, key: str, parse: Callable[[Params], Item]) -> list[Item]:
        values = self._get(key, _ABSENT, "a list of objects", lambda value: isinstance(value, list))
        return [parse(Params(value, f"{self._place}{key}[{index}].")) for index, value in enumerate(values)]


def load_request(params: Params, threads: int) -> LoadRequest:
    return LoadRequest(
        model=params.text("model"),
        settings=params.mapping("settings", {}),
        device=params.text("device", "auto"),
        dtype=params.text("dtype", "fp32"),
        offline=params.flag("offline", True),
        threads=threads,
    )


def generate_requests(params: Params) -> tuple[Path, list[GenerateRequest]]:
    output_dir = Path(params.text("output_dir"))
    if not output_dir.is_absolute():
        raise RequestError(INVALID_PARAMS, f"output_dir: expected an absolute path, got {str(output_dir)!r}")
    requests = params.items("requests", _generate_request)
    _refuse_repeated([request.id for request in requests])
    return output_dir, requests


def evaluate_requests(params: Params) -> tuple[list[str], list[EvaluateRequest]]:
    requests = params.items("requests", _evaluate_request)
    _refuse_repeated([request.id for request in requests])
    return params.texts("metrics"), requests


def _generate_request(item: Params) -> GenerateRequest:
    return GenerateRequest(
        id=item.text("id"),
        prompt=item.text("prompt"),
        negative_prompt=item.text("negative_prompt", ""),
        seed=item.whole("seed", 0, 2**64 - 1),
        frames=item.whole("frames", 1, 2**31 - 1, None),
        width=item.whole("width", 1, 2**31 - 1, None),
        height=item.whole("height", 1, 2**31 - 1, None),
        fps=item.number("fps", None, positive=True),
        steps=item.whole("steps", 1, 2**31 - 1, None),
        guidance=item.number("guidance", None),
        image=item.path("image"),
        video=item.path("video"),
    )


def _evaluate_request(item: Params) -> EvaluateRequest:
    paired = item.text("paired", None)
    return EvaluateRequest(
        id=item.text("id"),
        video=Path(item.text("video")),
        prompt=item.text("prompt", None),
        auxiliary=item.mapping("auxiliary", {}),
        paired=Path(paired) if paired is not None else None,
    )


def _refuse_repeated(ids: list[str]) -> None:
    seen: set[str] = set()
    for index, identifier in enumerate(ids):
        if identifier in seen:
            raise RequestError(INVALID_PARAMS, f"requests[{index}].id: {identifier!r} appears twice")
        seen.add(identifier)


def wrong(place: str, expected: str, value: Any) -> RequestError:
    shown = repr(value)
    return RequestError(INVALID_PARAMS, f"{place}: expected {expected}, got {shown[:80]}")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value)
