"""VideoMAE v2 against cd-fvd's copy of the official network."""

import pathlib
from functools import partial

import numpy
import pytest
import torch
from conftest import REFERENCES, Evaluator, Probe, assert_same, module_from, shaken
from test_i3d import loaded


@pytest.fixture(scope="module")
def reference() -> torch.nn.Module:
    network = module_from(REFERENCES / "cdfvd/third_party/VideoMAEv2/videomaev2_finetune.py").VisionTransformer(
        patch_size=14,
        embed_dim=176,
        depth=3,
        num_heads=2,
        mlp_ratio=48 / 11,
        qkv_bias=True,
        num_classes=174,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
    )
    network = shaken(network)
    for name, parameter in network.named_parameters():
        if "norm" in name:
            continue
        if parameter.dim() == 1:  # biases that matter
            torch.nn.init.normal_(parameter, std=0.3)
    return network


def prepared(frames: torch.Tensor) -> torch.Tensor:
    """Frames [T, H, W, 3] uint8 -> [1, 3, T, 224, 224] in 0..1, as cd-fvd prepares them for this network."""
    tensor = frames.permute(3, 0, 1, 2).float() / 255
    return torch.nn.functional.interpolate(tensor, size=(224, 224), mode="bilinear", align_corners=False)[None]


@torch.no_grad()
@pytest.mark.parametrize("below", ["module", "model", None])
def test_features(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor], below: str | None) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips[:: 1 if below is None else 4]])
    state = reference.state_dict()
    weights = probe.save({below: state} if below else state)
    ours = probe("videomae", weights, clips=inputs)["features"]
    assert_same(ours, reference.forward_features(inputs), least_spread=0.02)


@torch.no_grad()
def test_features_of_files(tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    torch.save({"module": reference.state_dict()}, tmp_path / "vit_g_hybrid_pt_1200e_ssv2_ft.pth")
    videos = []
    for index, clip in enumerate(clips[::3]):
        videos.append(tmp_path / f"{index}.npy")
        numpy.save(videos[-1], clip.numpy())
    worker = Evaluator("--weights-dir", str(tmp_path))
    results = worker.evaluate(videos, ["fvd-videomae"])
    worker.close()
    ours = torch.tensor([result["features"]["videomae/features"] for result in results])
    theirs = torch.cat([reference.forward_features(prepared(loaded(clip))) for clip in clips[::3]])
    assert_same(ours, theirs, least_spread=0.02)
