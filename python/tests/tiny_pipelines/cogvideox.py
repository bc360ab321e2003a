"""CogVideoX: 9 frames of 32x32 become 3 latent frames of 4x4."""

from __future__ import annotations

from typing import Any

from . import shared


def _vae() -> Any:
    from diffusers import AutoencoderKLCogVideoX

    blocks = 4
    return AutoencoderKLCogVideoX(
        in_channels=3,
        out_channels=3,
        down_block_types=("CogVideoXDownBlock3D",) * blocks,
        up_block_types=("CogVideoXUpBlock3D",) * blocks,
        block_out_channels=(4, 4, 4, 4),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
    )


def _transformer(**more: Any) -> Any:
    from diffusers import CogVideoXTransformer3DModel

    sizes: dict[str, Any] = {
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "in_channels": 4,
        "out_channels": 4,
        "time_embed_dim": 2,
        "text_embed_dim": 32,
        "num_layers": 1,
        "sample_width": 4,
        "sample_height": 4,
        "sample_frames": 9,
        "patch_size": 2,
        "temporal_compression_ratio": 4,
        "max_text_seq_length": 16,
        "use_rotary_positional_embeddings": True,
    }
    return CogVideoXTransformer3DModel(**(sizes | more))


def _common() -> dict[str, Any]:
    from diffusers import CogVideoXDDIMScheduler

    return {
        "vae": _vae(),
        "scheduler": CogVideoXDDIMScheduler(),
        "text_encoder": shared.t5(width=32),
        "tokenizer": shared.tokenizer(16),
    }


def make() -> Any:
    from diffusers import CogVideoXPipeline

    return CogVideoXPipeline(transformer=_transformer(), **_common())


def make_from_image() -> Any:
    from diffusers import CogVideoXImageToVideoPipeline

    return CogVideoXImageToVideoPipeline(transformer=_transformer(in_channels=8), **_common())
