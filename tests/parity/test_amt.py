"""AMT-S and VBench's motion smoothness, against slow implementations of both in plain PyTorch and double precision,
written from the paper and the official layout."""

import math
import pathlib

import numpy
import pytest
import torch
from conftest import Evaluator, Probe, assert_same
from torch.nn import functional

State = dict[str, torch.Tensor]
CHANNELS = [20, 32, 44, 56]
PROPOSALS = 3
SIDE = 20


def shapes() -> dict[str, list[int]]:
    """The official state dict's tensors."""
    found: dict[str, list[int]] = {}

    def conv(name: str, inputs: int, outputs: int, side: int) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = [outputs, inputs, side, side], [outputs]

    def prelu_conv(name: str, inputs: int, outputs: int) -> None:
        conv(f"{name}.0", inputs, outputs, 3)
        found[f"{name}.1.weight"] = [outputs]

    conv("feat_encoder.conv1", 3, 32, 7)
    before = 32
    for layer, width in enumerate((32, 64, 96), 1):
        for block, inputs in enumerate((before, width)):
            name = f"feat_encoder.layer{layer}.{block}"
            conv(f"{name}.conv1", inputs, width // 4, 1)
            conv(f"{name}.conv2", width // 4, width // 4, 3)
            conv(f"{name}.conv3", width // 4, width, 1)
            if inputs != width:
                conv(f"{name}.downsample.0", inputs, width, 1)
        before = width
    conv("feat_encoder.conv2", 96, 84, 1)
    for level, (inputs, outputs) in enumerate(zip([3, *CHANNELS], CHANNELS, strict=False), 1):
        prelu_conv(f"encoder.pyramid{level}.0", inputs, outputs)
        prelu_conv(f"encoder.pyramid{level}.1", outputs, outputs)
    for level, inputs, width, outputs in ((4, 113, 112, 48), (3, 136, 132, 36), (2, 100, 96, 24), (1, 64, 60, 24)):
        name = f"decoder{level}.convblock"
        prelu_conv(f"{name}.0", inputs, width)
        for part, channels in (("conv1", width), ("conv2", SIDE), ("conv3", width), ("conv4", SIDE)):
            prelu_conv(f"{name}.1.{part}", channels, channels)
        conv(f"{name}.1.conv5", width, width, 3)
        found[f"{name}.1.prelu.weight"] = [width]
        found[f"{name}.2.weight"], found[f"{name}.2.bias"] = [width, outputs, 4, 4], [outputs]
    for level, channels in ((4, 44), (3, 32), (2, 20)):
        name = f"update{level}"
        conv(f"{name}.convc1", 2 * 4 * 49, 64, 1)
        conv(f"{name}.convf1", 4, 40, 7)
        conv(f"{name}.convf2", 40, 20, 3)
        conv(f"{name}.conv", 84, 68, 3)
        conv(f"{name}.gru.0", 68 + 4 + channels, 76, 3)
        conv(f"{name}.gru.2", 76, 76, 3)
        for head, outputs in (("feat_head", channels), ("flow_head", 4)):
            conv(f"{name}.{head}.0", 76, 76, 3)
            conv(f"{name}.{head}.2", 76, outputs, 3)
    conv("comb_block.0", 9, 18, 3)
    found["comb_block.1.weight"] = [18]
    conv("comb_block.2", 18, 3, 3)
    return found


def random_state(seed: int = 5) -> State:
    """Weights under which flows reach some pixels and follow both pictures, and the proposals stay within 0..1."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes().items():
        values = torch.randn(shape, generator=generator)
        if name.endswith("bias"):
            state[name] = 0.05 * values
        elif len(shape) == 1:
            state[name] = 0.25 + 0.1 * values
        elif ".convblock.2." in name:
            # Four of the sixteen weights of a transposed convolution meet in a pixel.
            state[name] = 1.2 * values / math.sqrt(4 * shape[0])
        else:
            state[name] = 1.2 * values / math.sqrt(math.prod(shape[1:]))
    for level in (4, 3, 2):
        state[f"decoder{level}.convblock.2.weight"][:, :4] *= 0.4
        state[f"update{level}.flow_head.2.weight"] *= 0.3
    last = state["decoder1.convblock.2.weight"]
    last[:, 4 * PROPOSALS :] *= 0.3
    last[:, 5 * PROPOSALS :] *= 0.1
    state["comb_block.2.weight"] *= 0.05
    return state


def resized(maps: torch.Tensor, factor: float) -> torch.Tensor:
    """[C, H, W] at another size, pixels being squares and the value at a place that of the line through the two next
    centres."""

    def weights(old: int) -> torch.Tensor:
        new = round(old * factor)
        matrix = torch.zeros(new, old, dtype=maps.dtype)
        for i in range(new):
            place = min(max((i + 0.5) / factor - 0.5, 0), old - 1)
            lower = int(place)
            matrix[i, lower] += 1 - (place - lower)
            matrix[i, min(lower + 1, old - 1)] += place - lower
        return matrix

    return torch.einsum("yh,chw,xw->cyx", weights(maps.shape[1]), maps, weights(maps.shape[2]))


def at(maps: torch.Tensor, x: torch.Tensor, y: torch.Tensor, border: bool) -> torch.Tensor:
    """Map n of [N, H, W] at the places x, y [N, K]; outside lies its border or 0."""
    height, width = maps.shape[1:]
    if border:
        x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    left, top = x.floor(), y.floor()
    result = torch.zeros_like(x)
    for row, weight_y in ((top, top + 1 - y), (top + 1, y - top)):
        for column, weight_x in ((left, left + 1 - x), (left + 1, x - left)):
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            index = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
            result += maps.flatten(1).gather(1, index.long()) * weight_x * weight_y * inside
    return result


def warp(maps: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """What the flow [2, H, W] leads to in [C, H, W]."""
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=maps.dtype) for n in flow.shape[1:]), indexing="ij")
    x, y = (columns + flow[0]).reshape(1, -1), (rows + flow[1]).reshape(1, -1)
    channels = maps.shape[0]
    return at(maps, x.expand(channels, -1), y.expand(channels, -1), border=True).view_as(maps)


class Reference:
    """AMT-S for two frames [3, H, W] in 0..1, and half the time between them."""

    def __init__(self, state: State) -> None:
        self.state = {name: tensor.double() for name, tensor in state.items()}

    def conv(self, name: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        weight = self.state[f"{name}.weight"]
        return functional.conv2d(x[None], weight, self.state[f"{name}.bias"], stride, weight.shape[-1] // 2)[0]

    def prelu(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return torch.where(x > 0, x, x * self.state[f"{name}.weight"][:, None, None])

    def prelu_conv(self, name: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        return self.prelu(f"{name}.1", self.conv(f"{name}.0", x, stride))

    def normalised_conv(self, name: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        y = self.conv(name, x, stride)
        mean, variance = y.mean((1, 2), keepdim=True), y.var((1, 2), correction=0, keepdim=True)
        return (y - mean) / (variance + 1e-5).sqrt()

    def correlation_features(self, frame: torch.Tensor) -> torch.Tensor:
        x = self.normalised_conv("feat_encoder.conv1", frame, 2).relu()
        for layer in (1, 2, 3):
            for block in (0, 1):
                name = f"feat_encoder.layer{layer}.{block}"
                stride = 2 if f"{name}.downsample.0.weight" in self.state else 1
                y = self.normalised_conv(f"{name}.conv1", x).relu()
                y = self.normalised_conv(f"{name}.conv2", y, stride).relu()
                y = self.normalised_conv(f"{name}.conv3", y).relu()
                if stride == 2:
                    x = self.normalised_conv(f"{name}.downsample.0", x, 2)
                x = (x + y).relu()
        return self.conv("feat_encoder.conv2", x)

    def pyramid(self, frame: torch.Tensor) -> list[torch.Tensor]:
        levels = [frame]
        for level in (1, 2, 3, 4):
            name = f"encoder.pyramid{level}"
            levels.append(self.prelu_conv(f"{name}.1", self.prelu_conv(f"{name}.0", levels[-1], 2)))
        return levels

    def decoder(self, level: int, *parts: torch.Tensor) -> torch.Tensor:
        name = f"decoder{level}.convblock"
        begun = self.prelu_conv(f"{name}.0", torch.cat(parts))
        x = begun
        for whole, side in (("conv1", "conv2"), ("conv3", "conv4")):
            x = self.prelu_conv(f"{name}.1.{whole}", x)
            x = torch.cat([x[:-SIDE], self.prelu_conv(f"{name}.1.{side}", x[-SIDE:])])
        x = self.prelu(f"{name}.1.prelu", begun + self.conv(f"{name}.1.conv5", x))
        weight, bias = self.state[f"{name}.2.weight"], self.state[f"{name}.2.bias"]
        return functional.conv_transpose2d(x[None], weight, bias, stride=2, padding=1)[0]

    def lookup(self, from_map: torch.Tensor, to_map: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        """Correlations [196, h, w] of each value of one map with those around where it goes in the other."""
        channels, height, width = from_map.shape
        volume = torch.einsum("cq,chw->qhw", from_map.flatten(1), to_map) / math.sqrt(channels)
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        x, y = (columns + flow[0]).reshape(-1, 1), (rows + flow[1]).reshape(-1, 1)
        offsets = torch.arange(-3, 4, dtype=flow.dtype)
        around_x, around_y = offsets.repeat_interleave(7), offsets.repeat(7)
        found = []
        for level in range(4):
            if level:
                h, w = volume.shape[1] // 2, volume.shape[2] // 2
                volume = volume[:, : 2 * h, : 2 * w].reshape(-1, h, 2, w, 2).mean((2, 4))
            found.append(at(volume, x / 2**level + around_x, y / 2**level + around_y, border=False))
        return torch.cat(found, 1).T.reshape(-1, height, width)

    def update(
        self, level: int, maps: list[torch.Tensor], features: torch.Tensor, flows: list[torch.Tensor]
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        name, factor = f"update{level}", 2 ** (4 - level)
        coarse = [resized(flow, 1 / factor) / factor for flow in flows]

        def leaky(layer: str, x: torch.Tensor) -> torch.Tensor:
            y = self.conv(f"{name}.{layer}", x)
            return torch.where(y > 0, y, 0.1 * y)

        # From frame to frame is twice the way from the middle.
        seen = [self.lookup(maps[0], maps[1], 2 * coarse[1]), self.lookup(maps[1], maps[0], 2 * coarse[0])]
        moved = leaky("convf2", leaky("convf1", torch.cat(coarse)))
        both = leaky("conv", torch.cat([leaky("convc1", torch.cat(seen)), moved]))
        hidden = self.conv(f"{name}.gru.2", leaky("gru.0", torch.cat([both, *coarse, resized(features, 1 / factor)])))
        features = features + resized(self.conv(f"{name}.feat_head.2", leaky("feat_head.0", hidden)), factor)
        change = resized(self.conv(f"{name}.flow_head.2", leaky("flow_head.0", hidden)), factor) * factor
        return features, [flows[0] + change[:2], flows[1] + change[2:]]

    @torch.no_grad()
    def __call__(self, first: torch.Tensor, second: torch.Tensor) -> dict[str, torch.Tensor]:
        frames = [first.double(), second.double()]
        mean = torch.stack(frames).mean()
        frames = [frame - mean for frame in frames]
        maps = [self.correlation_features(frame) for frame in frames]
        levels = [self.pyramid(frame) for frame in frames]
        smallest = [level[4] for level in levels]
        made = self.decoder(4, *smallest, torch.full_like(smallest[0][:1], 0.5))
        flows, features = [made[:2], made[2:4]], made[4:]
        for level in (3, 2, 1):
            features, flows = self.update(level + 1, maps, features, flows)
            drawn = [warp(levels[which][level], flows[which]) for which in (0, 1)]
            made = self.decoder(level, features, *drawn, *flows)
            flows = [2 * resized(flow, 2) for flow in flows]
            if level > 1:
                flows, features = [flows[0] + made[:2], flows[1] + made[2:4]], made[4:]
        n = PROPOSALS
        changes = made[: 4 * n].view(2, n, 2, *made.shape[1:])
        all_flows = torch.stack(flows)[:, None] + changes
        mask = made[4 * n : 5 * n].sigmoid()
        residual = made[5 * n :].view(n, 3, *made.shape[1:])
        proposals = torch.stack(
            [
                mask[i] * warp(frames[0], all_flows[0, i])
                + (1 - mask[i]) * warp(frames[1], all_flows[1, i])
                + mean
                + residual[i]
                for i in range(n)
            ]
        )
        combined = self.conv(
            "comb_block.2", self.prelu("comb_block.1", self.conv("comb_block.0", proposals.flatten(0, 1)))
        )
        picture = (proposals.mean(0) + combined).clamp(0, 1)
        return {"pictures": picture, "flows": all_flows, "masks": mask, "residuals": residual}


def pictures(frames: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The middle of frames [T, H, W, 3] uint8, [T, 3, height, width] in 0..1."""
    top, left = (frames.shape[1] - height) // 2, (frames.shape[2] - width) // 2
    return frames[:, top : top + height, left : left + width].permute(0, 3, 1, 2) / 255


def before_and_after(height: int, width: int) -> list[int]:
    """What is added at the left, right, top and bottom up to multiples of 16."""
    return [part for n in (width, height) for part in (-n % 16 // 2, -n % 16 - -n % 16 // 2)]


def expected(reference: Reference, first: torch.Tensor, second: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of pictures [N, 3, H, W], through the padding."""
    height, width = first.shape[2:]
    added = before_and_after(height, width)
    first, second = (functional.pad(x, added, mode="replicate") for x in (first, second))
    each = [reference(a, b) for a, b in zip(first, second, strict=True)]
    found = {name: torch.stack([one[name] for one in each]) for name in each[0]}
    found["pictures"] = found["pictures"][:, :, added[2] :, added[0] :][:, :, :height, :width]
    return found


@pytest.fixture(scope="module")
def state() -> State:
    return random_state()


@pytest.fixture(scope="module")
def reference(state: State) -> Reference:
    return Reference(state)


@pytest.fixture(scope="module")
def pairs(clips: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """First and third frames at 131x157: no multiple of 16, odd numbers of rows and columns to pad."""
    cut = [pictures(clip[:3], 131, 157) for clip in clips[::3]]
    return torch.stack([clip[0] for clip in cut]), torch.stack([clip[2] for clip in cut])


@pytest.fixture(scope="module")
def theirs(reference: Reference, pairs: tuple[torch.Tensor, torch.Tensor]) -> dict[str, torch.Tensor]:
    first, second = pairs
    found = expected(reference, first, second)
    flows = found["flows"]
    # Some pixels, each proposal its own, other ones for another second picture; and pictures that are not cut off.
    assert 1 < flows.abs().mean() < 20, flows.abs().mean()
    assert (flows[:, :, 0] - flows[:, :, 1]).norm() > 0.1 * flows.norm()
    other = expected(reference, first[:1], second[1:2])["flows"]
    assert (other - flows[:1]).norm() > 0.3 * flows[:1].norm()
    assert found["masks"].std() > 0.05 and found["residuals"].std() > 0.01
    inside = (found["pictures"] > 0) & (found["pictures"] < 1)
    assert inside.double().mean() > 0.8, inside.double().mean()
    return found


def assert_parity(made: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert_same(made["flows"], theirs["flows"], least_spread=0.3)
    assert_same(made["masks"] - 0.5, theirs["masks"] - 0.5, least_spread=0.3)
    assert_same(made["residuals"], theirs["residuals"], least_spread=0.3)
    assert_same(made["pictures"] - 0.5, theirs["pictures"] - 0.5, least_spread=0.3)


@pytest.mark.parametrize("kind", ["checkpoint", "plain", "legacy"])
def test_the_frame_between(
    probe: Probe, state: State, pairs: tuple, theirs: dict[str, torch.Tensor], kind: str
) -> None:
    weights = probe.folder / "amt-s.pth"
    # As the official training writes it: with Adam's state beside the weights.
    moments = {i: {"step": torch.tensor(9.0), "exp_avg": x.clone()} for i, x in enumerate(state.values())}
    groups = [{"lr": 2e-4, "betas": (0.9, 0.999), "params": list(moments)}]
    whole = {"epoch": 299, "state_dict": state, "optim": {"state": moments, "param_groups": groups}}
    torch.save(state if kind == "plain" else whole, weights, _use_new_zipfile_serialization=kind != "legacy")
    made = probe("amt", weights, first=pairs[0], second=pairs[1])
    assert_parity(made, theirs)


def test_a_size_that_needs_no_padding(
    probe: Probe, state: State, reference: Reference, clips: list[torch.Tensor]
) -> None:
    cut = [pictures(clip[:5], 128, 144) for clip in clips[1::3]]
    first, second = torch.stack([clip[0] for clip in cut]), torch.stack([clip[4] for clip in cut])
    made = probe("amt", probe.save({"state_dict": state}), first=first, second=second)
    assert_parity(made, expected(reference, first, second))


def test_bfloat16_stays_near(probe: Probe, state: State, pairs: tuple, theirs: dict[str, torch.Tensor]) -> None:
    made = probe("amt", probe.save(state), "bfloat16", first=pairs[0], second=pairs[1])["pictures"]
    centred = theirs["pictures"] - 0.5
    error = ((made - 0.5 - centred).norm() / centred.norm()).item()
    assert 1e-4 < error < 0.15, error


def test_what_is_refused(probe: Probe, state: State, pairs: tuple) -> None:
    small = {"first": pairs[0][:, :, :112], "second": pairs[1][:, :, :112]}
    with pytest.raises(AssertionError, match="AMT needs frames of at least 128x128 pixels .* these have 160x112"):
        probe("amt", probe.save(state), **small)
    given = {"first": pairs[0], "second": pairs[1]}
    missing = {name: tensor for name, tensor in state.items() if name != "update3.gru.2.bias"}
    with pytest.raises(AssertionError, match=r"missing.pth: no tensor 'state_dict.update3.gru.2.bias'"):
        probe("amt", probe.save({"state_dict": missing}, "missing.pth"), **given)
    # AMT-L and AMT-G have wider pyramids.
    other = state | {"encoder.pyramid1.0.0.weight": torch.ones(48, 3, 7, 7)}
    with pytest.raises(AssertionError, match="other.pth: tensor 'encoder.pyramid1.0.0.weight' has another shape"):
        probe("amt", probe.save(other, "other.pth"), **given)


# The metric: VBench's definition in numpy, on the slow network.


def slow_mean_difference(reference: Reference, frames: torch.Tensor) -> float:
    """Of frames [T, H, W, 3] uint8: 255 - 255 times the metric."""
    even, odd = frames[0::2], frames[1::2]
    differences = []
    for index in range(len(even) - 1):
        first, second = (even[i : i + 1].permute(0, 3, 1, 2) / 255 for i in (index, index + 1))
        made = expected(reference, first, second)["pictures"][0].permute(1, 2, 0).numpy()
        cut = (made * 255).clip(0, 255).astype(numpy.uint8).astype(int)
        differences.append(numpy.abs(cut - odd[index].numpy().astype(int)).mean())
    return float(numpy.mean(differences))


def worker_with(state: State, folder: pathlib.Path) -> Evaluator:
    torch.save({"state_dict": state}, folder / "amt-s.pth")
    return Evaluator("--weights-dir", str(folder))


def write(path: pathlib.Path, frames: torch.Tensor) -> pathlib.Path:
    numpy.save(path, frames.numpy())
    return path


def test_motion_smoothness(
    tmp_path: pathlib.Path, state: State, reference: Reference, clips: list[torch.Tensor]
) -> None:
    name = "vbench/motion-smoothness"
    worker = worker_with(state, tmp_path)
    described = worker.metrics[name]
    assert described["weights_sha256"] and described["licence"] == "CC-BY-NC-4.0"
    videos, ours, theirs = [], [], []
    for index, (clip, frames) in enumerate([(0, 3), (4, 5), (8, 6), (2, 3)]):
        shown = clips[clip][:frames, :119, :133]
        videos.append(write(tmp_path / f"{index}.npy", shown))
        theirs.append([slow_mean_difference(reference, shown)])
    for result in worker.evaluate(videos, [name]):
        ours.append([255 - 255 * result["values"][name]])
    assert_same(torch.tensor(ours), torch.tensor(theirs), least_spread=0.05)
    # The sixth frame has no frame behind it.
    five = write(tmp_path / "five.npy", clips[8][:5, :119, :133])
    assert worker.evaluate([five], [name])[0]["values"][name] == pytest.approx(1 - ours[2][0] / 255, abs=1e-12)
    worker.close()


def test_videos_that_are_refused_lack_this_metric_alone(tmp_path: pathlib.Path, state: State) -> None:
    name = "vbench/motion-smoothness"
    worker = worker_with(state, tmp_path)
    two, small = torch.zeros(2, 128, 128, 3).byte(), torch.zeros(8, 112, 160, 3).byte()
    videos = [write(tmp_path / "two.npy", two), write(tmp_path / "small.npy", small)]
    for result, reason in zip(
        worker.evaluate(videos, [name, "video/exposure"]), ("3 frames, the video has 2", "160x112"), strict=True
    ):
        assert set(result["values"]) == {"video/exposure"}
        assert reason in result["missing"][name], result
    worker.close()
