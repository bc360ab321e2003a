"""Metrics on CLIP's and DINO's embeddings, from files through the metric worker, against the published procedures."""

import pathlib
import shutil

import numpy
import pytest
import torch
import torchvision.transforms.functional as functional
from conftest import REFERENCES, Evaluator, shaken
from PIL import Image
from test_clip import DEVIATION, MEAN, openai_layout
from test_dino import official, positions_as_dino
from torchvision.transforms import InterpolationMode
from transformers import ViTConfig, ViTModel

STYLE = "Van Gogh style"
PROMPTS = ["a man rides a bicycle", "a large rabbit in a meadow, “cinematic”", "a phone in a car"]
METRICS = [
    "clip-score",
    "clipsim",
    "vbench/appearance-style",
    "clip/frame-consistency",
    "vbench/background-consistency",
    "vbench/aesthetic-quality",
    "vbench/subject-consistency",
]


@pytest.fixture(scope="module")
def base() -> torch.nn.Module:
    return openai_layout(32, 192, 2)


@pytest.fixture(scope="module")
def large() -> torch.nn.Module:
    return openai_layout(14, 256, 1)


@pytest.fixture(scope="module")
def head() -> torch.nn.Linear:
    torch.manual_seed(8)
    return torch.nn.Linear(128, 1)


@pytest.fixture(scope="module")
def dino() -> ViTModel:
    config = ViTConfig(
        hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=256, layer_norm_eps=1e-6
    )
    return shaken(ViTModel(config, add_pooling_layer=False))


@pytest.fixture(scope="module")
def videos(clips: list[torch.Tensor]) -> list[torch.Tensor]:
    """A wide one, a large one and an upright one with odd extents, [6, H, W, 3]."""
    return [clips[0][::2][:6], clips[4][::2][:6], clips[8][::2][:6, :, 20:121]]


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory,
    videos: list[torch.Tensor],
    base: torch.nn.Module,
    large: torch.nn.Module,
    head: torch.nn.Linear,
    dino: ViTModel,
) -> list[dict[str, float]]:
    folder = tmp_path_factory.mktemp("weights")
    torch.save(base.state_dict(), folder / "ViT-B-32.pt")
    torch.save(large.state_dict(), folder / "ViT-L-14.pt")
    torch.save(head.state_dict(), folder / "sa_0_4_vit_l_14_linear.pth")
    torch.save(official(dino.state_dict(), 2), folder / "dino_vitbase16_pretrain.pth")
    shutil.copy(REFERENCES / "open_clip/bpe_simple_vocab_16e6.txt.gz", folder)
    paths = []
    for index, video in enumerate(videos):
        paths.append(folder / f"{index}.npy")
        numpy.save(paths[-1], video.numpy())
    worker = Evaluator("--weights-dir", str(folder))
    results = worker.evaluate(paths, METRICS, PROMPTS, auxiliary={"appearance_style": {"appearance_style": STYLE}})
    worker.close()
    assert all(not result.get("missing") for result in results), results
    return [result["values"] for result in results]


def with_pillow(video: torch.Tensor) -> torch.Tensor:
    """openai/CLIP's transform of pictures."""
    pictures = []
    for frame in video.numpy():
        resized = functional.resize(Image.fromarray(frame), 224, InterpolationMode.BICUBIC)
        pictures.append(functional.to_tensor(functional.center_crop(resized, 224)))
    return (torch.stack(pictures) - MEAN) / DEVIATION


def as_vbench(video: torch.Tensor) -> torch.Tensor:
    """VBench's transform of tensors for CLIP: no antialiasing."""
    tensor = video.permute(0, 3, 1, 2).float()
    resized = functional.resize(tensor, 224, InterpolationMode.BICUBIC, antialias=False)
    return (functional.center_crop(resized, 224) / 255 - MEAN) / DEVIATION


def cosines(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cosine_similarity(a, b, dim=-1)


def consistency(features: torch.Tensor) -> float:
    before = cosines(features[:-1], features[1:]).clamp(min=0)
    first = cosines(features[:1], features[1:]).clamp(min=0)
    return ((before + first) / 2).mean().item()


def text_of(network: torch.nn.Module, prompt: str) -> torch.Tensor:
    import open_clip

    return network.encode_text(open_clip.tokenizer.SimpleTokenizer()([prompt]))


@torch.no_grad()
def test_prompts(
    measured: list[dict[str, float]], videos: list[torch.Tensor], base: torch.nn.Module, large: torch.nn.Module
) -> None:
    for values, video, prompt in zip(measured, videos, PROMPTS, strict=True):
        for metric, network in (("clipsim", base), ("clip-score", large)):
            theirs = cosines(network.encode_image(with_pillow(video)), text_of(network, prompt)).mean().item()
            wanted = theirs if metric == "clipsim" else max(100 * theirs, 0)
            assert values[metric] == pytest.approx(wanted, rel=1e-3, abs=1e-4), metric
        style = cosines(base.encode_image(with_pillow(video)), text_of(base, STYLE)).mean().item()
        assert values["vbench/appearance-style"] == pytest.approx(style, rel=1e-3, abs=1e-4)
        assert abs(style - values["clipsim"]) > 1e-3, "the style is not the prompt"
    assert len({round(values["clipsim"], 3) for values in measured}) == 3


@torch.no_grad()
def test_consistency(
    measured: list[dict[str, float]], videos: list[torch.Tensor], base: torch.nn.Module, dino: ViTModel
) -> None:
    learned = dino.embeddings.position_embeddings.detach()
    for values, video in zip(measured, videos, strict=True):
        plain = base.encode_image(with_pillow(video))
        assert values["clip/frame-consistency"] == pytest.approx(cosines(plain[1:], plain[:-1]).mean().item(), abs=1e-4)
        vbench = consistency(base.encode_image(as_vbench(video)))
        assert values["vbench/background-consistency"] == pytest.approx(vbench, abs=1e-4)
        tensor = functional.resize(video.permute(0, 3, 1, 2).float(), 224, InterpolationMode.BILINEAR, antialias=False)
        pictures = functional.normalize(tensor / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        table = positions_as_dino(learned, pictures.shape[2] // 16, pictures.shape[3] // 16)
        dino.embeddings.interpolate_pos_encoding = lambda *_, table=table: table
        output = dino(pixel_values=pictures, interpolate_pos_encoding=True).last_hidden_state[:, 0]
        assert values["vbench/subject-consistency"] == pytest.approx(consistency(output), abs=1e-4)
        assert values["vbench/subject-consistency"] < 0.999, "nothing moves in these features"


@torch.no_grad()
def test_aesthetics(
    measured: list[dict[str, float]], videos: list[torch.Tensor], large: torch.nn.Module, head: torch.nn.Linear
) -> None:
    for values, video in zip(measured, videos, strict=True):
        features = torch.nn.functional.normalize(large.encode_image(as_vbench(video)), dim=-1)
        assert values["vbench/aesthetic-quality"] == pytest.approx(head(features).mean().item() / 10, abs=1e-5)
    assert len({round(values["vbench/aesthetic-quality"], 5) for values in measured}) == 3


def test_damaged_weights_are_told(tmp_path: pathlib.Path, videos: list[torch.Tensor]) -> None:
    (tmp_path / "ViT-B-32.pt").write_bytes(b"PK\x03\x04 not a checkpoint")
    numpy.save(tmp_path / "0.npy", videos[0].numpy())
    worker = Evaluator("--weights-dir", str(tmp_path))
    result = worker.evaluate([tmp_path / "0.npy"], ["clip/frame-consistency"])[0]
    worker.close()
    assert "ViT-B-32.pt" in result["error"]["message"], result
