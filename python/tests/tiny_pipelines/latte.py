"""Latte: a picture's autoencoder frame by frame, attention over space and time in turn."""

from __future__ import annotations

from typing import Any

from . import shared


def make() -> Any:
    from diffusers import DDIMScheduler, LattePipeline, LatteTransformer3DModel

    transformer = LatteTransformer3DModel(
        sample_size=16,
        num_layers=1,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=3,
        caption_channels=32,
        in_channels=4,
        cross_attention_dim=24,
        out_channels=8,
        attention_bias=True,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
    )
    return LattePipeline(
        transformer=transformer,
        vae=shared.picture_vae(),
        scheduler=DDIMScheduler(),
        text_encoder=shared.t5(width=32),
        tokenizer=shared.tokenizer(16),
    )
