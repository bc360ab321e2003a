"""Wan 2.1: 9 frames of 32x32 become 3 latent frames of 4x4."""

from __future__ import annotations

from typing import Any

from . import shared


def _vae() -> Any:
    from diffusers import AutoencoderKLWan

    return AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )


def _transformer(**more: Any) -> Any:
    from diffusers import WanTransformer3DModel

    sizes: dict[str, Any] = {
        "patch_size": (1, 2, 2),
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "in_channels": 16,
        "out_channels": 16,
        "text_dim": 16,
        "freq_dim": 32,
        "ffn_dim": 32,
        "num_layers": 2,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 32,
    }
    return WanTransformer3DModel(**(sizes | more))


def make() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline

    return WanPipeline(
        transformer=_transformer(),
        vae=_vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=shared.t5(multilingual=True),
        tokenizer=shared.tokenizer(),
    )


def make_from_image() -> Any:
    """The picture goes in twice: as CLIP's features, and as latents beside the noise."""
    from diffusers import FlowMatchEulerDiscreteScheduler, WanImageToVideoPipeline
    from transformers import CLIPVisionModelWithProjection

    return WanImageToVideoPipeline(
        transformer=_transformer(in_channels=36, image_dim=32, added_kv_proj_dim=24),
        vae=_vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=shared.t5(multilingual=True),
        tokenizer=shared.tokenizer(),
        image_encoder=CLIPVisionModelWithProjection(shared.clip_vision_config()),
        image_processor=shared.image_processor(),
    )
