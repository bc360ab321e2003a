"""ViCLIP against an independent implementation: the official code needs packages that are not here, so the vision
transformer below is written from its definition, with PyTorch's own attention; the text transformer is open_clip's."""

import pathlib
import shutil

import numpy
import open_clip
import pytest
import torch
import torchvision.transforms.functional as functional
from conftest import REFERENCES, Evaluator, Probe, assert_same, shaken
from test_clip import DEVIATION, MEAN
from torchvision.transforms import InterpolationMode

WIDTH, LAYERS, OUT, PATCH, FRAMES = 128, 2, 96, 14, 8


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attn = torch.nn.MultiheadAttention(WIDTH, WIDTH // 64, batch_first=True)
        self.ln_1, self.ln_2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.mlp = torch.nn.ModuleDict(
            {"c_fc": torch.nn.Linear(WIDTH, 4 * WIDTH), "c_proj": torch.nn.Linear(4 * WIDTH, WIDTH)}
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        hidden = self.mlp["c_fc"](self.ln_2(x))
        return x + self.mlp["c_proj"](hidden * torch.sigmoid(1.702 * hidden))


class Vision(torch.nn.Module):
    """Tokens in the official order: for each place its times, behind the class token."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv3d(3, WIDTH, (1, PATCH, PATCH), (1, PATCH, PATCH), bias=False)
        self.class_embedding = torch.nn.Parameter(torch.randn(WIDTH))
        self.positional_embedding = torch.nn.Parameter(torch.randn(257, WIDTH))
        self.temporal_positional_embedding = torch.nn.Parameter(torch.randn(1, FRAMES, WIDTH))
        self.ln_pre, self.ln_post = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.transformer = torch.nn.ModuleDict({"resblocks": torch.nn.ModuleList(Block() for _ in range(LAYERS))})
        self.proj = torch.nn.Parameter(torch.randn(WIDTH, OUT))

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        x = self.conv1(clips).flatten(3)  # [N, width, T, places]
        x = x.permute(0, 3, 2, 1) + self.positional_embedding[1:, None] + self.temporal_positional_embedding[0]
        first = (self.class_embedding + self.positional_embedding[0]).expand(len(clips), 1, -1)
        x = self.ln_pre(torch.cat([first, x.flatten(1, 2)], 1))
        for block in self.transformer["resblocks"]:
            x = block(x)
        return self.ln_post(x[:, 0]) @ self.proj


@pytest.fixture(scope="module")
def vision() -> torch.nn.Module:
    return shaken(Vision(), seed=6)


@pytest.fixture(scope="module")
def text() -> torch.nn.Module:
    config = open_clip.model.CLIPTextCfg(context_length=32, width=128, heads=2, layers=2)
    image = open_clip.model.CLIPVisionCfg(layers=1, width=64, head_width=64, patch_size=32, image_size=224)
    return shaken(open_clip.model.CLIP(OUT, image, config, quick_gelu=True), seed=7)


def official(vision: torch.nn.Module, text: torch.nn.Module) -> dict:
    """The state dict of ViClip-InternVid-10M-FLT.pth."""
    state = {f"vision_encoder.{name}": tensor for name, tensor in vision.state_dict().items()}
    state |= {f"text_encoder.{name}": t for name, t in text.state_dict().items() if not name.startswith("visual")}
    return {"model": {**state, "temp": torch.tensor(0.01)}}


def prepared(frames: torch.Tensor) -> torch.Tensor:
    """Frames [8, H, W, 3] uint8 -> [3, 8, 224, 224] by VBench's transform of bytes."""
    resized = functional.resize(frames.permute(0, 3, 1, 2), 224, InterpolationMode.BICUBIC, antialias=False)
    return ((functional.center_crop(resized, 224).float() / 255 - MEAN) / DEVIATION).permute(1, 0, 2, 3)


@torch.no_grad()
def test_embeddings(probe: Probe, vision: torch.nn.Module, text: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    inputs = torch.stack([prepared(clip[::2]) for clip in clips])
    torch.manual_seed(2)
    tokens = torch.randint(1, 49000, (5, 32))
    tokens[:, 0] = 49406
    for row, length in zip(tokens, (2, 3, 9, 20, 32), strict=True):
        row[length - 1], row[length:] = 49407, 0
    ours = probe("viclip", probe.save(official(vision, text)), clips=inputs, tokens=tokens)
    assert_same(ours["videos"], vision(inputs))
    assert_same(ours["texts"], text.encode_text(tokens))


@torch.no_grad()
def test_overall_consistency_of_files(
    tmp_path: pathlib.Path, vision: torch.nn.Module, text: torch.nn.Module, clips: list[torch.Tensor]
) -> None:
    torch.save(official(vision, text), tmp_path / "ViClip-InternVid-10M-FLT.pth")
    shutil.copy(REFERENCES / "open_clip/bpe_simple_vocab_16e6.txt.gz", tmp_path)
    # 16 frames, and 5, of which the middle sampling repeats the last.
    videos = {"long": (clips[0], [0, 2, 4, 6, 8, 10, 12, 14]), "short": (clips[8][:5], [0, 1, 2, 3, 4, 4, 4, 4])}
    prompt = "two bikes, in the style of van Gogh " + "and so on " * 30
    worker = Evaluator("--weights-dir", str(tmp_path))
    tokens = open_clip.tokenizer.SimpleTokenizer()([prompt], context_length=32)
    found = set()
    for name, (frames, indices) in videos.items():
        numpy.save(tmp_path / f"{name}.npy", frames.numpy())
        metrics = ["vbench/overall-consistency", "vbench/temporal-style"]
        values = worker.evaluate([tmp_path / f"{name}.npy"], metrics, [prompt])[0]["values"]
        video = vision(prepared(frames[indices])[None])
        wanted = torch.nn.functional.cosine_similarity(video, text.encode_text(tokens)).item()
        assert values["vbench/overall-consistency"] == pytest.approx(wanted, abs=1e-4), name
        assert values["vbench/temporal-style"] == values["vbench/overall-consistency"]
        found.add(round(wanted, 3))
    worker.close()
    assert len(found) == 2
