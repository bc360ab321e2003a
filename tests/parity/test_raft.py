"""RAFT and the metrics that stand on it, against torchvision's port and slow implementations of the metrics."""

import copy
import pathlib
import re
import subprocess

import numpy
import pytest
import torch
from conftest import Evaluator, Probe, assert_same
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


# The metrics: slow implementations of VBench's and EvalCrafter's definitions in numpy, on torchvision's flow.


def lengths(between: torch.Tensor) -> numpy.ndarray:
    x, y = between.double().numpy()
    return numpy.hypot(x, y)


def looked_at(frames: torch.Tensor, fps: float) -> torch.Tensor:
    return frames[:: max(1, round(fps / 8))]


def slow_dynamic_degree(flows: list[torch.Tensor], shorter_side: int, at_least: int = 0) -> tuple[bool, list[float]]:
    """Whether the video is dynamic, and how far each pair is beyond the threshold."""
    strengths = []
    for between in flows:
        descending = numpy.sort(lengths(between).reshape(-1))[::-1]
        strengths.append(float(descending[: int(descending.size * 0.05)].mean()) / (6.0 * (shorter_side / 256.0)))
    needed = max(at_least, round(4 * ((len(flows) + 1) / 16.0)))
    return sum(strength > 1 for strength in strengths) >= needed, strengths


def at(picture: numpy.ndarray, x: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
    """[C, H, W] at positions, bilinear, with the border repeated."""
    height, width = picture.shape[1:]
    left, top = numpy.floor(x), numpy.floor(y)
    result = 0
    for row, weight_y in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, weight_x in ((left, 1 - (x - left)), (left + 1, x - left)):
            rows, columns = row.clip(0, height - 1).astype(int), column.clip(0, width - 1).astype(int)
            result = result + picture[:, rows, columns] * weight_y * weight_x
    return result


def slow_static_filter(flows: list[torch.Tensor], ends: list[torch.Tensor], shorter_side: int) -> tuple[bool, float]:
    """Whether the video is static, and how near the pair that decides is to the threshold."""

    def motion(between: torch.Tensor) -> float:
        descending = numpy.sort(lengths(between).reshape(-1))[::-1]
        return float(descending[: int(descending.size * 0.02)].mean())

    threshold, allowed = 3.0 * (shorter_side / 256.0), round(2 * ((len(flows) + 1) / 16.0))
    descending = sorted((motion(one) for one in flows), reverse=True)
    nearness = max(descending[allowed] / threshold, max(motion(one) for one in ends) / (threshold * allowed * 2))
    static = sum(one > threshold for one in descending) <= allowed
    return static and all(motion(one) <= threshold * allowed * 2 for one in ends), nearness


def slow_warping_error(network: torch.nn.Module, frames: torch.Tensor, white: float) -> tuple[float, float]:
    """The error of frames [T, 3, H, W] in 0..255, and the share of pixels that count as visible."""
    height, width = frames.shape[2] // 2 * 2, frames.shape[3] // 2 * 2
    even = frames[:, :, :height, :width].double() / 255
    halves = (even[:, :, ::2, ::2] + even[:, :, 1::2, ::2] + even[:, :, ::2, 1::2] + even[:, :, 1::2, 1::2]) / 4
    halves = padded(halves).float()
    errors, shares = [], []
    for first, second in zip(halves[:-1, None], halves[1:, None], strict=True):
        forward = flow(network, first * white, second * white)[0].double().numpy()
        backward = flow(network, second * white, first * white)[0].double().numpy()
        rows, columns = numpy.indices(forward.shape[1:])
        x, y = columns + forward[0], rows + forward[1]
        back = at(backward, x, y)
        squared = (forward**2).sum(0)
        hidden = ((back + forward) ** 2).sum(0) > 0.01 * ((back**2).sum(0) + squared) + 0.5
        change = numpy.zeros_like(squared)
        change[:, :-1] += ((forward[:, :, :-1] - forward[:, :, 1:]) ** 2).sum(0)
        change[:-1] += ((forward[:, :-1] - forward[:, 1:]) ** 2).sum(0)
        visible = ~(hidden | (change > 0.01 * squared + 0.002))
        difference = (at(second[0].double().numpy(), x, y) - first[0].double().numpy()) * visible
        errors.append((difference**2).sum() / visible.sum())
        shares.append(visible.mean())
    return float(numpy.mean(errors)), float(numpy.mean(shares))


def scaled(network: torch.nn.Module, head: float) -> torch.nn.Module:
    """The network with smaller flows."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        network.update_block.flow_head.conv2.weight *= head
    return network


def worker_with(network: torch.nn.Module, folder: pathlib.Path) -> Evaluator:
    torch.save(official(network), folder / "raft-things.pth")
    return Evaluator("--weights-dir", str(folder))


def write(path: pathlib.Path, frames: torch.Tensor) -> pathlib.Path:
    """Frames [T, 3, H, W] as .npy, which counts as 24 frames/s, or without loss at 20 frames/s."""
    pixels = frames.byte().permute(0, 2, 3, 1).numpy()
    if path.suffix == ".npy":
        numpy.save(path, pixels)
        return path
    size = f"{pixels.shape[2]}x{pixels.shape[1]}"
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", "20", "-i", "-"]
    subprocess.run([*command, "-c:v", "ffv1", "-pix_fmt", "bgr0", str(path)], input=pixels.tobytes(), check=True)
    return path


def test_dynamic_degree_and_flow_magnitude(
    tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]
) -> None:
    network = scaled(reference, 0.08)
    worker = worker_with(network, tmp_path)
    assert worker.metrics["vbench/dynamic-degree"]["weights_sha256"]
    decisions, all_strengths, ours, theirs = [], [], [], []
    for index, clip in enumerate([clips[0], clips[2], clips[8], clips[5]]):
        frames = pictures(clip, 125, 150)
        suffix, fps = ("npy", 24) if index < 3 else ("mkv", 20)
        video = write(tmp_path / f"{index}.{suffix}", frames)
        metrics = ["vbench/dynamic-degree", "vbench-corrected/dynamic-degree", "video/flow-magnitude"]
        answer = worker.evaluate([video], metrics)[0]["values"]
        chosen = looked_at(frames, fps)
        flows = [flow(network, a, b)[0] for a, b in zip(chosen[:-1, None], chosen[1:, None], strict=True)]
        decision, strengths = slow_dynamic_degree(flows, 125)
        assert answer["vbench/dynamic-degree"] == decision, (index, strengths)
        decisions.append(decision)
        all_strengths += strengths
        cropped = [one[:, 1:126, 1:151] for one in flows]
        assert answer["vbench-corrected/dynamic-degree"] == slow_dynamic_degree(cropped, 125, at_least=1)[0], index
        ours.append([answer["video/flow-magnitude"]])
        theirs.append([numpy.mean([lengths(one).mean() for one in cropped]) / 125 * 100])
    worker.close()
    assert set(decisions) == {True, False}
    # Some are near to the threshold on both sides: a slightly other share or length would decide otherwise.
    assert min(s for s in all_strengths if s > 1) < 1.02 and max(s for s in all_strengths if s < 1) > 0.98, (
        all_strengths
    )
    assert_same(torch.tensor(ours), torch.tensor(theirs), least_spread=0.03)


def test_corrected_dynamic_degree(
    tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]
) -> None:
    """Of two frames, which VBench always takes for moving, and far from multiples of 8."""
    network = scaled(reference, 0.08)
    worker = worker_with(network, tmp_path)
    assert worker.metrics["vbench-corrected/dynamic-degree"]["weights_sha256"]
    decisions, strengths = [], []
    for index, clip in enumerate(clips):
        frames = pictures(clip[:4], 129, 145)
        between = flow(network, frames[:1], frames[3:])[0]
        decision, (strength,) = slow_dynamic_degree([between[:, 3:132, 3:148]], 129, at_least=1)
        video = write(tmp_path / f"{index}.npy", frames)
        answer = worker.evaluate([video], ["vbench/dynamic-degree", "vbench-corrected/dynamic-degree"])[0]["values"]
        assert answer == {"vbench/dynamic-degree": 1, "vbench-corrected/dynamic-degree": decision}, strength
        decisions.append(decision)
        strengths.append((strength, slow_dynamic_degree([between], 129)[1][0]))
    worker.close()
    assert set(decisions) == {True, False}
    # The padding decides at least once.
    assert any(min(pair) < 0.995 and max(pair) > 1.004 for pair in strengths), strengths


def test_static_filter(tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    network = scaled(reference, 0.0372)
    worker = worker_with(network, tmp_path)
    assert worker.metrics["vbench/static"]["weights_sha256"]
    decisions, nearnesses = [], []
    for index, clip in enumerate(clips):
        frames = pictures(clip[:5], 125, 150)
        flows = [flow(network, a, b)[0] for a, b in zip(frames[:-1, None], frames[1:, None], strict=True)]
        ends = [flow(network, frames[i : i + 1], frames[j : j + 1])[0] for i, j in ((0, 4), (4, 0))]
        static, nearness = slow_static_filter(flows, ends, 125)
        video = write(tmp_path / f"{index}.npy", frames)
        assert worker.evaluate([video], ["vbench/static"])[0]["values"]["vbench/static"] == static, nearness
        decisions.append(static)
        nearnesses.append(nearness)
    worker.close()
    assert set(decisions) == {True, False}
    assert min(n for n in nearnesses if n > 1) < 1.05 and max(n for n in nearnesses if n <= 1) > 0.95, nearnesses


def test_warping_error(tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    network = scaled(reference, 0.03)
    worker = worker_with(network, tmp_path)
    for name, white in (("video/warping-error", 255.0), ("evalcrafter/warping-error", 1.0)):
        ours, theirs = [], []
        for index, step in ((0, 1), (2, 3), (4, 7)):
            frames = pictures(clips[index][::step][:3], 243, 250)
            video = write(tmp_path / f"{index}.npy", frames)
            ours.append([worker.evaluate([video], [name])[0]["values"][name]])
            error, visible = slow_warping_error(network, frames, white)
            assert 0.2 < visible < 0.8, visible
            theirs.append([error])
        assert_same(torch.tensor(ours), torch.tensor(theirs), relative=1e-3, least_spread=0.1)
    still = write(tmp_path / "still.npy", pictures(clips[0][:1], 242, 242).repeat(2, 1, 1, 1))
    frozen = worker.evaluate([still], ["video/warping-error"])[0]["values"]["video/warping-error"]
    worker.close()
    assert 0 <= frozen < min(theirs)[0]


def test_videos_that_are_refused_lack_these_metrics_alone(tmp_path: pathlib.Path, reference: torch.nn.Module) -> None:
    worker = worker_with(reference, tmp_path)
    metrics = [
        "vbench/dynamic-degree",
        "vbench-corrected/dynamic-degree",
        "vbench/static",
        "video/flow-magnitude",
        "video/warping-error",
        "evalcrafter/warping-error",
    ]
    one, small = torch.zeros(1, 3, 256, 256), torch.zeros(8, 3, 96, 160)
    videos = [write(tmp_path / "one.npy", one), write(tmp_path / "small.npy", small)]
    for result, reason in zip(
        worker.evaluate(videos, [*metrics, "video/exposure"]), ("2 frames", "160x96"), strict=True
    ):
        assert set(result["values"]) == {"video/exposure"}
        assert set(result["missing"]) == set(metrics)
        assert all(reason in text for text in result["missing"].values()), result
    worker.close()
