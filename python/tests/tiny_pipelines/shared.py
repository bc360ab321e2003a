"""What several families have in common: tokenizers, text and image encoders, Stable Diffusion's autoencoder."""

from __future__ import annotations

from typing import Any

WORDS = (  # noqa: SIM905 -- readable as text
    "a the red green blue yellow large small circle square triangle moves left right up down and on in over "
    "black white grey background cat dog runs walks jumps slowly quickly"
).split()


def tokenizer(length: int = 32) -> Any:
    """A word-level tokenizer with T5's special tokens, built in memory."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=_words(["<pad>", "</s>", "<unk>", *WORDS], "$A </s>", [("</s>", 1)]),
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=length,
    )


def clip_tokenizer(length: int = 16) -> Any:
    """The same with CLIP's special tokens, the end being the highest index."""
    from transformers import PreTrainedTokenizerFast

    tokens = ["<unk>", "<start>", *WORDS, "<end>"]
    end = len(tokens) - 1
    return PreTrainedTokenizerFast(
        tokenizer_object=_words(tokens, "<start> $A <end>", [("<start>", 1), ("<end>", end)]),
        pad_token="<end>",
        bos_token="<start>",
        eos_token="<end>",
        unk_token="<unk>",
        model_max_length=length,
    )


def _words(tokens: list[str], template: str, special: list[tuple[str, int]]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(
        models.WordLevel({token: index for index, token in enumerate(tokens)}, unk_token="<unk>")
    )
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    return made


def t5(multilingual: bool = False, width: int = 16) -> Any:
    """The smallest T5 or UMT5 (Wan) encoder whose embedding covers the tokenizer."""
    from transformers import T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

    sizes: dict[str, Any] = {
        "vocab_size": 64,
        "d_model": width,
        "d_kv": 8,
        "d_ff": 32,
        "num_layers": 1,
        "num_heads": 2,
        "feed_forward_proj": "gated-gelu",
    }
    if multilingual:
        return UMT5EncoderModel(UMT5Config(**sizes))
    return T5EncoderModel(T5Config(**sizes))


def clip_text(width: int = 32, projection: int = 32) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=64,
            hidden_size=width,
            intermediate_size=37,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            projection_dim=projection,
            bos_token_id=1,
            eos_token_id=len(WORDS) + 2,
            pad_token_id=len(WORDS) + 2,
        )
    )


def clip_vision_config(width: int = 32, picture: int = 32) -> Any:
    """`picture`: the side of the square pictures it takes."""
    from transformers import CLIPVisionConfig

    return CLIPVisionConfig(
        hidden_size=width,
        projection_dim=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=picture,
        intermediate_size=37,
        patch_size=picture // 8,
    )


def image_processor() -> Any:
    from transformers import CLIPImageProcessor

    return CLIPImageProcessor(crop_size=32, size=32)


def picture_vae() -> Any:
    """Stable Diffusion's autoencoder, which knows single pictures: 32x32 become 16x16."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=4,
        norm_num_groups=2,
    )
