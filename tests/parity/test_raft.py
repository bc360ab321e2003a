"""RAFT and the metrics that stand on it, against torchvision's port and slow implementations of the metrics."""

import re

import pytest
import torch
from conftest import Probe, assert_same
from torchvision.models.optical_flow import raft_large

# torchvision's names of layers -> those of the official file, princeton-vl's raft-things.pth.
NAMES = [
    (r"feature_encoder\.", "fnet."),
    (r"context_encoder\.", "cnet."),
    (r"mask_predictor\.convrelu\.0\.", "update_block.mask.0."),
    (r"mask_predictor\.conv\.", "update_block.mask.2."),
    (r"motion_encoder\.convcorr(\d)\.0\.", r"encoder.convc\1."),
    (r"motion_encoder\.convflow(\d)\.0\.", r"encoder.convf\1."),
    (r"motion_encoder\.conv\.0\.", "encoder.conv."),
    (r"recurrent_block\.convgru(\d)\.conv([zrq])\.", r"gru.conv\2\1."),
    (r"net\.convnormrelu\.0\.", "net.conv1."),
    (r"net\.convnormrelu\.1\.", "net.norm1."),
    (r"net\.conv\.", "net.conv2."),
    (r"convnormrelu(\d)\.0\.", r"conv\1."),
    (r"convnormrelu(\d)\.1\.", r"norm\1."),
]


def official(network: torch.nn.Module, prefix: str = "module.") -> dict[str, torch.Tensor]:
    """The state dict under the official names. The normalisation of a shortcut stands there twice."""
    state = {}
    for name, tensor in network.state_dict().items():
        for pattern, replacement in NAMES:
            name = re.sub(pattern, replacement, name)
        state[prefix + name] = tensor
        if "downsample.1." in name:
            state[prefix + name.replace("downsample.1.", "norm3.")] = tensor
    return state


def official_names() -> set[str]:
    """The keys of the official file, from the structure of the official network."""
    norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    layers, norms = [], []
    for encoder in ("fnet", "cnet"):
        blocks = [f"{encoder}.layer{layer}.{block}" for layer in (1, 2, 3) for block in (0, 1)]
        layers += [f"{encoder}.conv1", f"{encoder}.conv2"]
        layers += [f"{block}.conv{which}" for block in blocks for which in (1, 2)]
        layers += [f"{encoder}.layer{layer}.0.downsample.0" for layer in (2, 3)]
    norms += ["cnet.norm1"] + [f"cnet.layer{layer}.{b}.norm{n}" for layer in (1, 2, 3) for b in (0, 1) for n in (1, 2)]
    norms += [f"cnet.layer{layer}.0.{name}" for layer in (2, 3) for name in ("norm3", "downsample.1")]
    layers += [f"update_block.encoder.{name}" for name in ("convc1", "convc2", "convf1", "convf2", "conv")]
    layers += [f"update_block.gru.conv{gate}{which}" for gate in "zrq" for which in (1, 2)]
    layers += [f"update_block.{name}" for name in ("flow_head.conv1", "flow_head.conv2", "mask.0", "mask.2")]
    return {f"module.{x}.{part}" for x in layers for part in ("weight", "bias")} | {
        f"module.{x}.{part}" for x in norms for part in norm
    }


def unit(pictures: torch.Tensor) -> torch.Tensor:
    return 2 * (pictures.float() / 255) - 1


def padded(pictures: torch.Tensor) -> torch.Tensor:
    """[N, C, H, W] with its border repeated up to multiples of 8, row by row and column by column."""
    for axis in (2, 3):
        missing = -pictures.shape[axis] % 8
        first = pictures.narrow(axis, 0, 1)
        last = pictures.narrow(axis, pictures.shape[axis] - 1, 1)
        pictures = torch.cat([first] * (missing // 2) + [pictures] + [last] * (missing - missing // 2), axis)
    return pictures


@pytest.fixture(scope="module")
def reference(clips: list[torch.Tensor]) -> torch.nn.Module:
    """torchvision's network. Its normalisation is fitted to real clips, its features and its flow head are scaled, and
    the head has no bias, so that the flow follows the pictures: fresh weights give all pairs nearly one flow."""
    torch.manual_seed(3)
    network = raft_large()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    network.context_encoder.train()
    with torch.no_grad():
        network.context_encoder(torch.cat([pictures(clip[:2], 128, 160) for clip in clips]))
        network.feature_encoder.conv.weight *= 3
        network.update_block.flow_head.conv1.bias.zero_()
        network.update_block.flow_head.conv2.weight *= 1.5
        network.update_block.flow_head.conv2.bias.zero_()
    return network.eval()


def pictures(frames: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The middle of frames [T, H, W, 3] uint8, [T, 3, height, width] in 0..255."""
    top, left = (frames.shape[1] - height) // 2, (frames.shape[2] - width) // 2
    return frames[:, top : top + height, left : left + width].permute(0, 3, 1, 2).float()


@torch.no_grad()
def flow(network: torch.nn.Module, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The last of 20 predictions, [N, 2, H, W], of padded pictures in 0..255."""
    return network(unit(padded(first)), unit(padded(second)), num_flow_updates=20)[-1]


@pytest.fixture(scope="module")
def pairs(clips: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """First and fourth frames at 131x157: no multiple of 8, odd numbers of rows and columns to pad."""
    cut = [pictures(clip[:4], 131, 157) for clip in clips[::2]]
    return torch.stack([clip[0] for clip in cut]), torch.stack([clip[3] for clip in cut])


@pytest.fixture(scope="module")
def flows(reference: torch.nn.Module, pairs: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    first, second = pairs
    theirs = flow(reference, first, second)
    # The flow depends on the second picture, not on the first alone.
    other = flow(reference, first, second.roll(1, 0))
    assert (other - theirs).norm() > 0.3 * theirs.norm()
    return theirs


def test_the_names_are_those_of_the_official_file(reference: torch.nn.Module) -> None:
    assert set(official(reference)) == official_names()


@pytest.mark.parametrize("kind", ["module.", "plain", "legacy"])
def test_flows(probe: Probe, reference: torch.nn.Module, pairs: tuple, flows: torch.Tensor, kind: str) -> None:
    state = official(reference, "" if kind == "plain" else "module.")
    weights = probe.folder / "raft-things.pth"
    torch.save(state, weights, _use_new_zipfile_serialization=kind != "legacy")
    made = probe("raft", weights, first=pairs[0], second=pairs[1])
    assert_same(made["flow"], flows, least_spread=0.3)
    # 131 rows: two before, three behind; 157 columns: one before, two behind.
    assert torch.equal(made["cropped"], made["flow"][:, :, 2:133, 1:158])


def test_a_size_that_needs_no_padding(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    cut = [pictures(clip[:2], 128, 160) for clip in clips[1::3]]
    first, second = torch.stack([clip[0] for clip in cut]), torch.stack([clip[1] for clip in cut])
    made = probe("raft", probe.save(official(reference)), first=first, second=second)
    assert_same(made["flow"], flow(reference, first, second), least_spread=0.3)
    assert torch.equal(made["flow"], made["cropped"])


def test_little_memory_gives_the_same(
    probe: Probe, reference: torch.nn.Module, pairs: tuple, flows: torch.Tensor
) -> None:
    made = probe("raft-blocks", probe.save(official(reference)), first=pairs[0], second=pairs[1])
    assert_same(made["flow"], flows, least_spread=0.3)


def test_a_sequence_both_ways(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    frames = torch.cat([pictures(clip[:1], 128, 136) for clip in clips[::3]])
    weights = probe.save(official(reference))
    made = probe("raft-sequence", weights, frames=frames, backward=torch.ones(1))
    assert_same(made["forward"], flow(reference, frames[:-1], frames[1:]), least_spread=0.3)
    assert_same(made["backward"], flow(reference, frames[1:], frames[:-1]), least_spread=0.3)
    assert_same(probe("raft-sequence", weights, frames=frames)["forward"], made["forward"], least_spread=0.3)


def test_bfloat16_stays_near(probe: Probe, reference: torch.nn.Module, pairs: tuple, flows: torch.Tensor) -> None:
    made = probe("raft", probe.save(official(reference)), "bfloat16", first=pairs[0], second=pairs[1])["flow"]
    error = ((made - flows).norm() / flows.norm()).item()
    assert 1e-4 < error < 0.1, error


def test_what_is_refused(probe: Probe, reference: torch.nn.Module, pairs: tuple) -> None:
    state = official(reference)
    # torchvision refuses the same sizes.
    small = {"first": pairs[0][:, :, :120], "second": pairs[1][:, :, :120]}
    with pytest.raises(ValueError, match="128"):
        flow(reference, **small)
    with pytest.raises(AssertionError, match="RAFT needs frames of at least 128x128 pixels .* these have 160x120"):
        probe("raft", probe.save(state), **small)
    missing = {name: tensor for name, tensor in state.items() if "gru.convq2.bias" not in name}
    with pytest.raises(AssertionError, match=r"missing.pth: no tensor 'module.update_block.gru.convq2.bias'"):
        probe("raft", probe.save(missing, "missing.pth"), first=pairs[0], second=pairs[1])
    other = state | {"module.fnet.layer2.0.conv1.weight": torch.ones(96, 64, 5, 5)}
    with pytest.raises(AssertionError, match="other.pth: tensor 'module.fnet.layer2.0.conv1.weight' has another shape"):
        probe("raft", probe.save(other, "other.pth"), first=pairs[0], second=pairs[1])
