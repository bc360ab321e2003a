"""CLIP's networks against transformers and open_clip."""

import open_clip
import pytest
import torch
from conftest import Probe, assert_same, shaken
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
DEVIATION = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]


@pytest.fixture(scope="module")
def pictures(clips: list[torch.Tensor]) -> torch.Tensor:
    frames = torch.stack([clip[0].permute(2, 0, 1)[:, :144, :176].float() for clip in clips])
    resized = torch.nn.functional.interpolate(frames, size=(224, 224), mode="bilinear")
    return (resized / 255 - MEAN) / DEVIATION


@pytest.fixture(scope="module")
def tokens() -> torch.Tensor:
    torch.manual_seed(1)
    ids = torch.zeros(9, 77, dtype=torch.long)
    for row, length in zip(ids, (2, 3, 5, 8, 13, 21, 34, 55, 77), strict=True):
        row[0], row[1 : length - 1], row[length - 1] = 49406, torch.randint(0, 49000, (length - 2,)), 49407
    return ids


def small_config() -> CLIPConfig:
    vision = {"hidden_size": 192, "intermediate_size": 768, "num_hidden_layers": 3, "num_attention_heads": 3}
    text = {"hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 2}
    return CLIPConfig(
        text_config={**text, "eos_token_id": 49407, "hidden_act": "quick_gelu"},
        vision_config={**vision, "patch_size": 32, "image_size": 224, "hidden_act": "quick_gelu"},
        projection_dim=96,
    )


def test_transformers(probe: Probe, pictures: torch.Tensor, tokens: torch.Tensor) -> None:
    reference = shaken(CLIPModel(small_config()))
    with torch.no_grad():
        images = reference.visual_projection(reference.vision_model(pixel_values=pictures).pooler_output)
        texts = reference.text_projection(reference.text_model(input_ids=tokens).pooler_output)
    state = {name: tensor.contiguous() for name, tensor in reference.state_dict().items()}
    save_file(state, probe.folder / "model.safetensors")
    ours = probe("clip", probe.folder / "model.safetensors", pictures=pictures, tokens=tokens)
    assert_same(ours["images"], images)
    assert_same(ours["texts"], texts)


def openai_layout(patch: int, width: int, layers: int) -> torch.nn.Module:
    """open_clip's network, whose names are OpenAI's, with fewer layers."""
    vision = open_clip.model.CLIPVisionCfg(layers=layers, width=width, head_width=64, patch_size=patch, image_size=224)
    text = open_clip.model.CLIPTextCfg(width=256, heads=4, layers=layers)
    return shaken(open_clip.model.CLIP(128, vision, text, quick_gelu=True))


@pytest.mark.parametrize(("patch", "width", "layers"), [(32, 768, 3), (14, 1024, 2)])
def test_openai_layout(
    probe: Probe, pictures: torch.Tensor, tokens: torch.Tensor, patch: int, width: int, layers: int
) -> None:
    reference = openai_layout(patch, width, layers)
    with torch.no_grad():
        images = reference.encode_image(pictures)
        texts = reference.encode_text(tokens)
    ours = probe("clip", probe.save(reference.state_dict()), pictures=pictures, tokens=tokens)
    assert_same(ours["images"], images)
    assert_same(ours["texts"], texts)
    # OpenAI publishes TorchScript: its weights are read, its code is not.
    torch.jit.trace_module(
        reference, {"encode_image": pictures[:1], "encode_text": tokens[:1]}, check_trace=False
    ).save(str(probe.folder / "script.pt"))
    script = probe("clip", probe.folder / "script.pt", pictures=pictures, tokens=tokens)
    assert torch.equal(script["images"], ours["images"])


def test_bfloat16_stays_near(probe: Probe, pictures: torch.Tensor, tokens: torch.Tensor) -> None:
    weights = probe.save(openai_layout(32, 768, 3).state_dict())
    exact = probe("clip", weights, pictures=pictures, tokens=tokens)
    rounded = probe("clip", weights, "bfloat16", pictures=pictures, tokens=tokens)
    for name in exact:
        cosine = torch.nn.functional.cosine_similarity(exact[name], rounded[name]).min().item()
        assert 0.99 < cosine < 1, (name, cosine)


def test_another_network_is_refused(probe: Probe, pictures: torch.Tensor, tokens: torch.Tensor) -> None:
    state = openai_layout(32, 128, 1).state_dict()
    state["visual.proj"] = state["visual.proj"][:5]
    weights = probe.save(state)
    with pytest.raises(AssertionError, match=r"weights.pt: tensor 'visual.proj' has another shape than CLIP's"):
        probe("clip", weights, pictures=pictures, tokens=tokens)
