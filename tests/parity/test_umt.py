"""UMT and VBench's human action against cd-fvd's copy of VideoMAE v2's network, which is UMT's at other sizes, with
UMT's positions; VBench's code itself needs packages that are not here."""

import pathlib
from functools import partial

import numpy
import pytest
import torch
import torchvision.transforms.functional as functional
from conftest import REFERENCES, Evaluator, Probe, assert_same, module_from, shaken

WEIGHTS = "l16_ptk710_ftk710_ftk400_f16_res224.pth"
WIDTH, PLACES, CLASSES = 128, 14 * 14, 400


@pytest.fixture(scope="module")
def reference() -> torch.nn.Module:
    network = module_from(REFERENCES / "cdfvd/third_party/VideoMAEv2/videomaev2_finetune.py").VisionTransformer(
        patch_size=16,
        embed_dim=WIDTH,
        depth=3,
        num_heads=2,
        mlp_ratio=4,
        qkv_bias=True,
        num_classes=CLASSES,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_learnable_pos_emb=True,
        tubelet_size=1,
    )
    network = shaken(network, seed=17)
    for name, parameter in network.named_parameters():
        if parameter.dim() == 1 and "norm" not in name:
            torch.nn.init.normal_(parameter, std=0.3)
    torch.nn.init.normal_(network.pos_embed, std=0.3)
    network.interpolate_pos_encoding = lambda frames: network.pos_embed
    return network


def sinusoids() -> torch.Tensor:
    """The positions of a fresh network: the sines over 8 x 14 x 14 places, at 16 times between those 8, held at the
    ends."""
    place, column = numpy.arange(8 * PLACES)[:, None], numpy.arange(WIDTH)[None]
    angle = place / 10000 ** (2 * (column // 2) / WIDTH)
    table = numpy.where(column % 2 == 0, numpy.sin(angle), numpy.cos(angle)).reshape(8, PLACES * WIDTH)
    times = numpy.clip((numpy.arange(16) + 0.5) / 2 - 0.5, 0, 7)
    low = numpy.minimum(numpy.floor(times).astype(int), 6)
    share = (times - low)[:, None]
    mixed = table[low] * (1 - share) + table[low + 1] * share
    return torch.from_numpy(mixed.reshape(1, 16 * PLACES, WIDTH)).float()


def opencv_resize(picture: numpy.ndarray, height: int, width: int) -> numpy.ndarray:
    """cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR) of uint8, from its fixed-point definition.
    Held once against cv2 4.10 and 5.0: the same bytes."""

    def pairs(source: int, target: int) -> tuple[numpy.ndarray, ...]:
        place = ((numpy.arange(target) + 0.5) * (1 / (target / source)) - 0.5).astype(numpy.float32)
        low = numpy.floor(place).astype(int)
        return low, place - low.astype(numpy.float32)

    def weights(share: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        return tuple(numpy.rint(part * numpy.float32(2048)).astype(int) for part in (numpy.float32(1) - share, share))

    rows, columns = picture.shape[:2]
    low, share = pairs(columns, width)
    share = numpy.where((low < 0) | (low >= columns - 1), numpy.float32(0), share)
    first, second = weights(share)
    left, right = numpy.clip(low, 0, columns - 1), numpy.clip(low + 1, 0, columns - 1)
    wide = picture[:, left] * first[None, :, None] + picture[:, right] * second[None, :, None]
    low, share = pairs(rows, height)
    first, second = weights(share)
    upper, lower = numpy.clip(low, 0, rows - 1), numpy.clip(low + 1, 0, rows - 1)
    mixed = (first[:, None, None] * (wide[upper] >> 4)) >> 16
    mixed += (second[:, None, None] * (wide[lower] >> 4)) >> 16
    return ((mixed + 2) >> 2).astype(numpy.uint8)


def prepared(frames: torch.Tensor) -> torch.Tensor:
    """Sixteen frames [16, H, W, 3] uint8 -> [1, 3, 16, 224, 224] as VBench prepares them."""
    height, width = frames.shape[1:3]
    size = (int(256 * height / width), 256) if width < height else (256, int(256 * width / height))
    resized = torch.from_numpy(numpy.stack([opencv_resize(frame, *size) for frame in frames.numpy()]))
    pictures = functional.center_crop(resized.permute(0, 3, 1, 2), [224, 224]).float() / 255
    return functional.normalize(pictures, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)).permute(1, 0, 2, 3)[None]


@pytest.mark.parametrize("size", [(256, 602), (256, 256), (100, 37), (1, 1), (272, 640), (136, 320), (700, 900)])
def test_the_same_bytes_as_opencv(probe: Probe, clips: list[torch.Tensor], size: tuple[int, int]) -> None:
    noise = torch.randint(0, 2, (37, 50, 3), generator=torch.Generator().manual_seed(1)).byte() * 255
    for frame in (clips[0][3], noise, noise[:1, :1]):
        made = probe("opencv-bilinear", pathlib.Path("none"), frame=frame.float(), size=torch.tensor(size))["frame"]
        assert numpy.array_equal(made.numpy(), opencv_resize(frame.numpy(), *size))


@torch.no_grad()
@pytest.mark.parametrize("below", ["model", None])
def test_logits(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor], below: str | None) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips[:: 2 if below is None else 4]])
    state = reference.state_dict()
    weights = probe.save({below: state} if below else state)
    assert_same(probe("umt", weights, clips=inputs)["logits"], reference(inputs), least_spread=0.02)


@torch.no_grad()
def test_positions_that_the_file_lacks(probe: Probe, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    inputs = torch.cat([prepared(clip) for clip in clips[::4]])
    state = {name: tensor for name, tensor in reference.state_dict().items() if name != "pos_embed"}
    ours = probe("umt", probe.save(state), clips=inputs)["logits"]
    own = reference.pos_embed.clone()
    reference.pos_embed.copy_(sinusoids())
    assert_same(ours, reference(inputs), least_spread=0.02)
    reference.pos_embed.copy_(own)


@torch.no_grad()
def test_human_action_of_files(tmp_path: pathlib.Path, reference: torch.nn.Module, clips: list[torch.Tensor]) -> None:
    # Logits of which a few pass the threshold.
    videos = {0: (clips[0], list(range(16))), 8: (clips[8][:5], [0, 1, 2, 3, *[4] * 12])}
    head = reference.head.weight.clone()
    logits = {index: reference(prepared(frames[chosen]))[0] for index, (frames, chosen) in videos.items()}
    scale = 6 / torch.stack(list(logits.values())).abs().max()
    reference.head.weight.mul_(scale)
    reference.head.bias.mul_(scale)
    torch.save(reference.state_dict(), tmp_path / WEIGHTS)
    reference.head.weight.copy_(head)
    reference.head.bias.div_(scale)
    names = [f"Action {index}" for index in range(CLASSES)]
    (tmp_path / "kinetics_400_categories.txt").write_text("".join(f"{name}\t{i}\n" for i, name in enumerate(names)))
    worker = Evaluator("--weights-dir", str(tmp_path))
    for index, (frames, _) in videos.items():
        path = tmp_path / f"{index}.npy"
        numpy.save(path, frames.numpy())
        values, places = (logits[index] * scale).sigmoid().topk(8)
        wanted = [rank < 5 and round(value, 4) >= 0.85 for rank, value in enumerate(values.tolist())]
        assert sorted(set(wanted)) == [False, True], values
        prompts = [f"A person is action {place}" for place in places.tolist()]
        found = worker.evaluate([path] * len(prompts), ["vbench/human-action"], prompts)
        assert [result["values"]["vbench/human-action"] == 1 for result in found] == wanted
    unknown = worker.evaluate([tmp_path / "0.npy"], ["vbench/human-action"], ["A person is thinking"])[0]
    worker.close()
    assert "'thinking'" in unknown["missing"]["vbench/human-action"]
