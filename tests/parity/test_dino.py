"""DINO's vision transformer against transformers' ViT, in the official layout."""

import pytest
import torch
from conftest import Probe, assert_same, shaken
from transformers import ViTConfig, ViTModel

LAYER = {
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.o_proj": "attn.proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}


def official(state: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """The tensors of transformers' ViT under the names of dino_vitbase16_pretrain.pth."""
    renamed = {
        "cls_token": state["embeddings.cls_token"],
        "pos_embed": state["embeddings.position_embeddings"],
        "patch_embed.proj.weight": state["embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": state["embeddings.patch_embeddings.projection.bias"],
        "norm.weight": state["layernorm.weight"],
        "norm.bias": state["layernorm.bias"],
    }
    for part in ("weight", "bias"):
        for index in range(layers):
            old, new = f"layers.{index}.", f"blocks.{index}."
            for theirs, ours in LAYER.items():
                renamed[f"{new}{ours}.{part}"] = state[f"{old}{theirs}.{part}"]
            qkv = [state[f"{old}attention.{which}_proj.{part}"] for which in "qkv"]
            renamed[f"{new}attn.qkv.{part}"] = torch.cat(qkv)
    return renamed


def positions_as_dino(positions: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """The official interpolation: the scale has a tenth of a patch more than the grid."""
    width = positions.shape[-1]
    grid = positions[:, 1:].reshape(1, 14, 14, width).permute(0, 3, 1, 2)
    scale = ((rows + 0.1) / 14, (columns + 0.1) / 14)
    resized = torch.nn.functional.interpolate(grid, scale_factor=scale, mode="bicubic")
    assert resized.shape[-2:] == (rows, columns)
    return torch.cat([positions[:, :1], resized.permute(0, 2, 3, 1).reshape(1, -1, width)], 1)


@pytest.fixture(scope="module")
def reference() -> ViTModel:
    config = ViTConfig(
        hidden_size=192, num_hidden_layers=3, num_attention_heads=3, intermediate_size=768, layer_norm_eps=1e-6
    )
    return shaken(ViTModel(config, add_pooling_layer=False))


@pytest.mark.parametrize("size", [(224, 224), (224, 398), (300, 224)])
def test_class_token(probe: Probe, reference: ViTModel, clips: list[torch.Tensor], size: tuple[int, int]) -> None:
    frames = torch.stack([clip[0].permute(2, 0, 1)[:, :144, :176].float() for clip in clips]) / 255
    pictures = (torch.nn.functional.interpolate(frames, size=size, mode="bilinear") - 0.45) / 0.225
    learned = reference.embeddings.position_embeddings.detach()
    if size != (224, 224):
        table = positions_as_dino(learned, size[0] // 16, size[1] // 16)
        reference.embeddings.interpolate_pos_encoding = lambda *_: table
    with torch.no_grad():
        output = reference(pixel_values=pictures, interpolate_pos_encoding=size != (224, 224))
    weights = probe.save(official(reference.state_dict(), 3))
    assert_same(probe("dino", weights, pictures=pictures)["features"], output.last_hidden_state[:, 0])
