"""Builds a tiny text-to-video pipeline with random weights, for tests: real classes, real code path, no download.

    python make_tiny_pipeline.py wan|ltx OUT_DIR

The saved folder is a fraction of a megabyte and loads with `from_pretrained` like a published one. Its videos are
coloured noise; what it is good for is the way from a folder of weights to frames.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

# Nothing here may look for a model elsewhere; must be set before the libraries are imported.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

WORDS = (  # noqa: SIM905 -- readable as text
    "a the red green blue yellow large small circle square triangle moves left right up down and on in over "
    "black white grey background cat dog runs walks jumps slowly quickly"
).split()
SEED = 0


def make_tokenizer() -> Any:
    """A word-level tokenizer with T5's special tokens, built in memory."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokens = ["<pad>", "</s>", "<unk>", *WORDS]
    tokenizer = Tokenizer(
        models.WordLevel({token: index for index, token in enumerate(tokens)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=32,
    )


def make_text_encoder(multilingual: bool) -> Any:
    """The smallest T5 (LTX) or UMT5 (Wan) encoder whose embedding covers the tokenizer."""
    from transformers import T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

    sizes: dict[str, Any] = {
        "vocab_size": 64,
        "d_model": 16,
        "d_kv": 8,
        "d_ff": 32,
        "num_layers": 1,
        "num_heads": 2,
        "feed_forward_proj": "gated-gelu",
    }
    if multilingual:
        return UMT5EncoderModel(UMT5Config(**sizes))
    return T5EncoderModel(T5Config(**sizes))


def make_wan() -> Any:
    """Wan 2.1's classes: 9 frames of 32x32 become 3 latent frames of 4x4."""
    from diffusers import (
        AutoencoderKLWan,
        FlowMatchEulerDiscreteScheduler,
        WanPipeline,
        WanTransformer3DModel,
    )

    vae = AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=16,
        freq_dim=32,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
    )
    return WanPipeline(
        transformer=transformer,
        vae=vae,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=make_text_encoder(multilingual=True),
        tokenizer=make_tokenizer(),
    )


def make_ltx() -> Any:
    """LTX-Video's classes: 9 frames of 32x32 become 2 latent frames of 4x4 (3 down-sampling stages)."""
    from diffusers import (
        AutoencoderKLLTXVideo,
        FlowMatchEulerDiscreteScheduler,
        LTXPipeline,
        LTXVideoTransformer3DModel,
    )

    vae = AutoencoderKLLTXVideo(
        in_channels=3,
        out_channels=3,
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, False, False),
        decoder_spatio_temporal_scaling=(True, True, False, False),
        decoder_inject_noise=(False, False, False, False, False),
        upsample_residual=(False, False, False, False),
        upsample_factor=(1, 1, 1, 1),
        timestep_conditioning=False,
        patch_size=1,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )
    vae.use_framewise_encoding = False
    vae.use_framewise_decoding = False
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        patch_size=1,
        patch_size_t=1,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=1,
        caption_channels=16,
    )
    return LTXPipeline(
        transformer=transformer,
        vae=vae,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        text_encoder=make_text_encoder(multilingual=False),
        tokenizer=make_tokenizer(),
    )


FAMILIES = {"wan": make_wan, "ltx": make_ltx}


def make(family: str, folder: Path) -> Path:
    """Saves the tiny pipeline of a family into `folder`; the same bytes each time."""
    import torch

    torch.manual_seed(SEED)
    pipeline = FAMILIES[family]()
    for module in pipeline.components.values():
        if isinstance(module, torch.nn.Module):
            spread_weights(module)
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def spread_weights(module: Any) -> None:
    """Fresh layers are near zero, so that every video would be the same grey: give each matrix unit gain."""
    import torch

    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim >= 2:
                fan_in = parameter[0].numel()
                parameter.normal_(0.0, fan_in**-0.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("family", choices=sorted(FAMILIES))
    parser.add_argument("out_dir", type=Path)
    arguments = parser.parse_args()
    folder = make(arguments.family, arguments.out_dir)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    index = json.loads((folder / "model_index.json").read_text())
    print(f"{index['_class_name']}: {size} bytes in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
