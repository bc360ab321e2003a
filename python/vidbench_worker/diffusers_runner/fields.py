"""Typed reading of a settings mapping; each error names the place, the value and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import WorkerError, did_you_mean


def invalid(message: str) -> WorkerError:
    return WorkerError("invalid-request", message)


def refuse_unknown(value: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
    keys = tuple(keys)
    for key in value:
        if key not in keys:
            raise invalid(
                f"{place}.{key}: unknown key{did_you_mean(str(key), keys)}; it takes: {', '.join(keys)}"
            )


def text(value: Mapping[str, Any], key: str, place: str = "settings") -> str | None:
    found = value.get(key)
    if found is not None and not (isinstance(found, str) and found):
        raise invalid(f"{place}.{key}: expected a string, got {found!r}")
    return found


def mapping(value: Mapping[str, Any], key: str, place: str = "settings") -> Mapping[str, Any]:
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise invalid(f"{place}.{key}: expected a mapping, got {found!r}")
    return found


def flag(value: Mapping[str, Any], key: str, place: str = "settings") -> bool:
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise invalid(f"{place}.{key}: expected true or false, got {found!r}")
    return found


def choice(
    value: Mapping[str, Any], key: str, choices: tuple[str, ...], place: str = "settings"
) -> str | None:
    found = text(value, key, place)
    if found is not None and found not in choices:
        raise invalid(f"{place}.{key}: {found!r}; one of: {', '.join(choices)}")
    return found


def number(value: Mapping[str, Any], key: str, place: str = "settings") -> float | None:
    """A number above 0."""
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not found > 0:
        raise invalid(f"{place}.{key}: expected a number above 0, got {found!r}")
    return found
