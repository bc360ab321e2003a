"""V-JEPA's encoder and its probe's pooler, and JEDi's features of files, against an independent implementation: the
official code may not be used here (CC BY-NC 4.0), so the network below is written from its definition."""

import math
import pathlib
import subprocess

import numpy
import pytest
import torch
from conftest import BUILD, Evaluator, Probe, assert_same, shaken

WIDTH, HEADS, LAYERS = 160, 2, 3
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1, 1)


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """[N, L, width], the heads beside each other, one head at a time."""
    parts = []
    for one, other, value in zip(q.chunk(HEADS, -1), k.chunk(HEADS, -1), v.chunk(HEADS, -1), strict=True):
        weights = (one @ other.transpose(1, 2) / math.sqrt(one.shape[-1])).softmax(-1)
        parts.append(weights @ value)
    return torch.cat(parts, -1)


class Mlp(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.fc1(x)
        return self.fc2(hidden * 0.5 * (1 + torch.erf(hidden / math.sqrt(2))))


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(WIDTH, eps=1e-6), torch.nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = torch.nn.ModuleDict(
            {"qkv": torch.nn.Linear(WIDTH, 3 * WIDTH), "proj": torch.nn.Linear(WIDTH, WIDTH)}
        )
        self.mlp = Mlp()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn["proj"](attention(*self.attn["qkv"](self.norm1(x)).chunk(3, -1)))
        return x + self.mlp(self.norm2(x))


class Encoder(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = torch.nn.ModuleDict({"proj": torch.nn.Conv3d(3, WIDTH, (2, 16, 16), (2, 16, 16))})
        self.pos_embed = torch.nn.Parameter(torch.zeros(1, 8 * 14 * 14, WIDTH))
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH, eps=1e-6)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        x = self.patch_embed["proj"](clips).flatten(2).transpose(1, 2) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Pooler(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query_tokens = torch.nn.Parameter(torch.zeros(1, 1, WIDTH))
        block = torch.nn.Module()
        block.norm1, block.norm2, block.mlp = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH), Mlp()
        block.xattn = torch.nn.ModuleDict(
            {
                "q": torch.nn.Linear(WIDTH, WIDTH),
                "kv": torch.nn.Linear(WIDTH, 2 * WIDTH),
                "proj": torch.nn.Linear(WIDTH, WIDTH),
            }
        )
        self.cross_attention_block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        block = self.cross_attention_block
        query = self.query_tokens.expand(len(x), 1, WIDTH)
        seen = attention(block.xattn["q"](query), *block.xattn["kv"](block.norm1(x)).chunk(2, -1))
        y = query + block.xattn["proj"](seen)
        return (y + block.mlp(block.norm2(y))).squeeze(1)


@pytest.fixture(scope="module")
def reference() -> torch.nn.Module:
    network = shaken(torch.nn.Sequential(Encoder(), Pooler()), seed=11)
    torch.nn.init.normal_(network[0].pos_embed, std=0.3)
    torch.nn.init.normal_(network[1].query_tokens, std=1)
    # Attention that chooses, so that pooled features follow the clip.
    network[1].cross_attention_block.xattn["q"].weight.data.mul_(3)
    return network


def official(network: torch.nn.Module, folder: pathlib.Path) -> None:
    """vith16.pth.tar and ssv2-probe.pth.tar: what training left, names as wrapped modules have them."""
    state = {f"module.backbone.{name}": tensor for name, tensor in network[0].state_dict().items()}
    other = {name: torch.full_like(tensor, 9) for name, tensor in state.items()}
    optimizer = {"state": {0: {"step": torch.tensor(1.0), "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 0.1}]}
    torch.save({"encoder": other, "target_encoder": state, "opt": optimizer, "epoch": 300}, folder / "vith16.pth.tar")
    probe = {f"module.pooler.{name}": tensor for name, tensor in network[1].state_dict().items()}
    probe |= {"module.linear.weight": torch.zeros(174, WIDTH), "module.linear.bias": torch.zeros(174)}
    torch.save({"classifier": probe, "opt": optimizer, "epoch": 20}, folder / "ssv2-probe.pth.tar")


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """[16, 3, 224, 224] in 0..1 -> [1, 3, 16, 224, 224]."""
    return ((pictures.permute(1, 0, 2, 3) - MEAN) / DEVIATION)[None]


def prepared(frames: torch.Tensor) -> torch.Tensor:
    """Frames [16, H, W, 3] uint8 as `jedi` defines it."""
    pictures = frames.permute(0, 3, 1, 2).float() / 255
    return normalised(torch.nn.functional.interpolate(pictures, (224, 224), mode="bilinear", antialias=True))


@torch.no_grad()
def test_features(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips])
    official(reference, probe.folder)
    ours = probe("vjepa", probe.folder, clips=inputs)["features"]
    assert_same(ours, reference(inputs))


@torch.no_grad()
def test_files_without_the_training_state(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips[::3]])
    probe.save(reference[0].state_dict(), "vith16.pth.tar")
    probe.save({f"pooler.{name}": tensor for name, tensor in reference[1].state_dict().items()}, "ssv2-probe.pth.tar")
    assert_same(probe("vjepa", probe.folder, clips=inputs)["features"], reference(inputs))


def test_a_probe_of_another_encoder_is_refused(probe: Probe, reference: torch.nn.Module) -> None:
    official(reference, probe.folder)
    probe.save({"classifier": {"module.pooler.query_tokens": torch.zeros(1, 1, 2 * WIDTH)}}, "ssv2-probe.pth.tar")
    given = probe.folder / "inputs.safetensors"
    given.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    command = [str(BUILD / "tests/nn_probe"), "vjepa", str(probe.folder), str(given), str(probe.folder / "out")]
    message = subprocess.run(command, capture_output=True, text=True, timeout=60).stderr
    assert "ssv2-probe.pth.tar" in message and "'classifier.module.pooler.query_tokens'" in message, message


@torch.no_grad()
def test_features_of_files(tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    official(reference, tmp_path)
    videos = []
    for index, clip in enumerate(clips[::3]):
        videos.append(tmp_path / f"{index}.npy")
        numpy.save(videos[-1], clip.numpy())
    worker = Evaluator("--weights-dir", str(tmp_path))
    assert worker.metrics["jedi"]["licence"] == "CC-BY-NC-4.0"
    results = worker.evaluate(videos, ["jedi"])
    worker.close()
    ours = torch.tensor([result["features"]["vjepa/features"] for result in results])
    assert_same(ours, torch.cat([reference(prepared(clip)) for clip in clips[::3]]))
