"""VBench's color, spatial relationship and scene, scored anew from what its networks say of a video's frames.

docs/vbench.md lists what differs from the package's own scores (vbench_metrics.py). `told` is what stands beside
the prompt for the dimension. None: the video says nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

Box = Sequence[float]  # left, top, right, bottom in pixels; y grows downwards
# What GRiT says of an object (a caption, or its class), its box, and the classes of all objects of the frame.
Detection = tuple[str, Box, Sequence[str]]

_ARTICLES: Final = {"a", "an"}
_SPELLINGS: Final = {"grey": "gray"}
# Those that VBench looks for.
_COLOURS: Final = {
    *("white", "red", "pink", "blue", "silver", "purple"),
    *("orange", "green", "gray", "yellow", "black"),
}
# Where one box lies as seen from the other: the axis, and the direction along it.
_SIDES: Final = {"left": (0, -1), "right": (0, 1), "top": (1, -1), "bottom": (1, 1)}
_FREE_OVERLAP: Final = 0.1


def color(frames: Sequence[Sequence[Detection]], prompt: str, told: Mapping[str, Any]) -> float | None:
    """Of the frames in which captions of the object name a colour, the share in which one names that asked for."""
    asked = set(_words(told["color"]))
    thing = [word for word in _words(prompt) if word not in _ARTICLES | asked]
    coloured = right = 0
    for frame in frames:
        captions = [
            set(_words(caption))
            for index, (caption, _, classes) in enumerate(frame)
            if _words(classes[index]) == thing
        ]
        named = any(asked <= caption for caption in captions)
        right += named
        coloured += named or any(caption & _COLOURS for caption in captions)
    return right / coloured if coloured else None


def spatial_relationship(
    frames: Sequence[Sequence[Detection]], prompt: str, told: Mapping[str, Any]
) -> float | None:
    """The mean over frames of the best pair of an object_a and an object_b; 0 for a frame without a pair."""
    asked = told["spatial_relationship"]
    sides = [_SIDES[word] for word in _words(asked["relationship"]) if word in _SIDES]
    if not sides:
        return None
    scores = []
    for frame in frames:
        subjects = [box for name, box, _ in frame if name == asked["object_a"]]
        others = [box for name, box, _ in frame if name == asked["object_b"]]
        scores.append(max((_beside(*pair, *sides[0]) for pair in product(subjects, others)), default=0.0))
    return sum(scores) / len(scores)


def scene(captions: Sequence[str], prompt: str, told: Mapping[str, Any]) -> float | None:
    """The share of captions that hold each word of the scene's name, or its regular plural."""
    wanted = [_forms(word) for word in _words(told["scene"]["scene"])]
    hits = [all(forms & set(_words(caption)) for forms in wanted) for caption in captions]
    return sum(hits) / len(hits)


def _words(text: str) -> list[str]:
    return [_SPELLINGS.get(word, word) for word in re.findall(r"\w+", text.lower())]


def _forms(word: str) -> set[str]:
    return {word, word + "s", word + "es", re.sub("y$", "ies", word)}


def _beside(box: Box, other: Box, axis: int, direction: int) -> float:
    """1 when the box lies in that direction from the other, less the more they overlap; else 0."""
    distance = [(box[i] + box[i + 2] - other[i] - other[i + 2]) / 2 for i in (0, 1)]
    if direction * distance[axis] <= abs(distance[1 - axis]):
        return 0.0
    overlap = _overlap(box, other)
    return _FREE_OVERLAP / overlap if overlap > _FREE_OVERLAP else 1.0


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width, height = (max(0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1))
    shared = width * height
    return shared / (_area(a) + _area(b) - shared) if shared else 0.0


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
