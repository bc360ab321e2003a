"""Where weights come from: a folder or file on this machine, or a repository on the hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .fields import invalid, text

KEYS: Final = ("path", "repo", "revision", "subfolder", "variant", "file")
WEIGHT_ENDINGS: Final = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")


@dataclass(frozen=True)
class Source:
    location: str  # local folder or file, or hub id
    local: bool
    revision: str | None = None
    subfolder: str | None = None
    variant: str | None = None
    file: str | None = None  # one weight file in it instead of the diffusers layout

    @property
    def single_file(self) -> bool:
        return self.file is not None or (self.local and Path(self.location).is_file())

    def options(self, offline: bool) -> dict[str, Any]:
        """Keyword arguments of `from_pretrained`."""
        options = {"revision": self.revision, "subfolder": self.subfolder, "variant": self.variant}
        known = {key: value for key, value in options.items() if value is not None}
        return known | {"local_files_only": offline or self.local}

    def weight_file(self, offline: bool) -> str:
        """The path of the single file, fetched from the hub (or its cache) where it lies there."""
        if self.file is None:
            return self.location
        name = f"{self.subfolder}/{self.file}" if self.subfolder else self.file
        if self.local:
            return str(Path(self.location, name))
        from huggingface_hub import hf_hub_download

        return str(hf_hub_download(self.location, name, revision=self.revision, local_files_only=offline))


def read_source(value: Mapping[str, Any], place: str) -> Source:
    """Raises WorkerError("invalid-request") for neither or both of path and repo, and for what is not there."""
    path, repo = text(value, "path", place), text(value, "repo", place)
    if (path is None) == (repo is None):
        raise invalid(f"{place}: give either `path` (a local folder) or `repo` (a hub id such as Org/Name)")
    source = Source(
        location=str(path or repo),
        local=path is not None,
        revision=text(value, "revision", place),
        subfolder=text(value, "subfolder", place),
        variant=text(value, "variant", place),
        file=text(value, "file", place),
    )
    if source.local:
        _require_there(source, place)
    return source


def _require_there(source: Source, place: str) -> None:
    found = Path(source.location)
    if found.is_file():
        if found.suffix not in WEIGHT_ENDINGS:
            raise invalid(
                f"{place}.path: {source.location!r} is no weight file ({', '.join(WEIGHT_ENDINGS)})"
            )
        if source.file is not None or source.subfolder is not None:
            raise invalid(f"{place}.path: {source.location!r} is a file; remove `file` and `subfolder`")
        return
    if not found.is_dir():
        raise invalid(
            f"{place}.path: there is no folder {source.location!r}; download the model there or correct the path"
        )
    inner = found / (source.subfolder or "") / (source.file or "")
    if not inner.exists():
        raise invalid(f"{place}: {source.location!r} holds no {str(inner.relative_to(found))!r}")


def require_pipeline_folder(source: Source) -> None:
    if source.local and not source.single_file:
        folder = Path(source.location, source.subfolder or "")
        if not (folder / "model_index.json").is_file():
            raise invalid(
                f"settings.path: {str(folder)!r} holds no model_index.json; it must be a folder in the diffusers "
                "layout (the one that `save_pretrained` writes) or a single weight file"
            )


def pipeline_in_index(source: Source) -> str | None:
    """The class that a local folder names."""
    if not source.local or source.single_file:
        return None
    try:
        index = json.loads(Path(source.location, "model_index.json").read_text(encoding="utf-8"))
        return str(index["_class_name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
