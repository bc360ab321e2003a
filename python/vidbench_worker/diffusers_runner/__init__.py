"""Runs video pipelines of Hugging Face diffusers: `python -m vidbench_worker diffusers`."""

from .generator import DiffusersGenerator

__all__ = ["DiffusersGenerator"]
