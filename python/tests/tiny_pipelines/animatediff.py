"""AnimateDiff: a Stable Diffusion folder, and beside it the motion adapter that a deployment adds to it."""

from __future__ import annotations

from typing import Any

from . import shared

WIDTHS = (8, 16)


def make() -> Any:
    """The base model alone, as published folders have it."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

    unet = UNet2DConditionModel(
        block_out_channels=WIDTHS,
        layers_per_block=1,
        sample_size=16,
        in_channels=4,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=2,
    )
    return StableDiffusionPipeline(
        unet=unet,
        vae=shared.picture_vae(),
        scheduler=DDIMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="linear", clip_sample=False
        ),
        text_encoder=shared.clip_text(),
        tokenizer=shared.clip_tokenizer(77),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def make_adapter() -> Any:
    from diffusers import MotionAdapter

    return MotionAdapter(
        block_out_channels=WIDTHS,
        motion_layers_per_block=1,
        motion_norm_num_groups=2,
        motion_num_attention_heads=2,
        motion_max_seq_length=16,
        use_motion_mid_block=False,
    )
