"""Measures how long each metric takes for a video, on random weights of the official sizes.

Usage: .venv/bin/python bench/metric_speed.py [NETWORK …] [--weights DIR] [--repetitions 3] [--threads 2]

A video has 49 frames of 832x480 at 16 fps, H.264, cut from the real clips of the tests. Every metric is asked for alone
and reads the files itself, after a call that is not counted; a call has four videos, or one where that first one took
more than ten seconds. `video/flicker` in the same process and in turns with it, which hardly does more than read the
video, is what `ratio` is to. Prints one JSON document; figures stand in docs/metrics.md.

The weights of a network (up to 4 GB) are deleted when it has been measured, unless --weights keeps them. Metrics that
share a network's answer are measured once. Left out: fvd-styleganv, whose network is a program.
"""

import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "bench"), str(ROOT / "tests/parity")]

import numpy  # noqa: E402
import torch  # noqa: E402
from conftest import REFERENCES, Evaluator, module_from  # noqa: E402
from peers.run import MERGES, make_clips  # noqa: E402

FRAMES = 49
LEAST_SECONDS = 15  # of a metric, however many repetitions that takes
BASE = "video/flicker"
STYLE = {"appearance_style": {"appearance_style": "Van Gogh style"}}
PROMPT = "in the evening a person is riding a bike"
CAPTION = "a small red circle moving left on a striped background"

Shape = tuple[int, ...]
Shapes = dict[str, Shape]


def random_tensor(name: str, shape: Shape) -> torch.Tensor:
    """Of a size that activations keep from layer to layer: numbers that vanish would be slower."""
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.long)
    if name.endswith("running_var"):
        return torch.ones(shape)
    if len(shape) > 1:
        return torch.randn(shape).mul_(1.5 / math.sqrt(math.prod(shape[1:])))
    return torch.randn(shape).mul_(0.2).add_(1.0 if name.endswith("weight") else 0.0)


def random_state(shapes: Shapes, prefix: str = "") -> dict[str, torch.Tensor]:
    return {prefix + name: random_tensor(name, shape) for name, shape in shapes.items()}


def shapes_of(make: Callable[[], torch.nn.Module | dict[str, torch.Tensor]]) -> Shapes:
    """Of a network, or a state dict, that takes no memory."""
    with torch.device("meta"):
        made = make()
    state = made.state_dict() if isinstance(made, torch.nn.Module) else made
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def linear(name: str, inputs: int, outputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def mlp(name: str, width: int, hidden: int) -> Shapes:
    return linear(f"{name}.fc1", width, hidden) | linear(f"{name}.fc2", hidden, width)


def vision_transformer(width: int, layers: int, hidden: int, patch: Shape, *, key_bias: bool) -> Shapes:
    """What DINO, VideoMAE, UMT and V-JEPA have in common."""
    found = {"patch_embed.proj.weight": (width, 3, *patch), "patch_embed.proj.bias": (width,)}
    for block in (f"blocks.{layer}" for layer in range(layers)):
        found |= norm(f"{block}.norm1", width) | norm(f"{block}.norm2", width) | mlp(f"{block}.mlp", width, hidden)
        found |= linear(f"{block}.attn.qkv", width, 3 * width) | linear(f"{block}.attn.proj", width, width)
        if not key_bias:
            del found[f"{block}.attn.qkv.bias"]
            found |= {f"{block}.attn.q_bias": (width,), f"{block}.attn.v_bias": (width,)}
    return found


def clip_shapes(patch: int, width: int, layers: int, text_width: int, out: int, context: int = 77) -> Shapes:
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    vision = CLIPVisionCfg(layers=layers, width=width, head_width=64, patch_size=patch, image_size=224)
    text = CLIPTextCfg(context_length=context, width=text_width, heads=text_width // 64, layers=12)
    return shapes_of(lambda: CLIP(out, vision, text, quick_gelu=True))


# Each writes the official files of a network into a folder.


def save_nothing(folder: pathlib.Path) -> None:
    pass


def save_i3d(folder: pathlib.Path) -> None:
    network = module_from(REFERENCES / "cdfvd/third_party/i3d/pytorch_i3d.py").InceptionI3d
    torch.save(random_state(shapes_of(lambda: network(400, in_channels=3))), folder / "i3d_pretrained_400.pt")


def save_c3d(folder: pathlib.Path) -> None:
    channels = {"1a": 64, "2a": 128, "3a": 256, "3b": 256, "4a": 512, "4b": 512, "5a": 512, "5b": 512}
    shapes, inputs = {}, 3
    for name, outputs in channels.items():
        shapes |= {f"conv{name}/W": (outputs, inputs, 3, 3, 3), f"conv{name}/b": (outputs,)}
        inputs = outputs
    for name, inputs, outputs in (("fc6", 512 * 16, 4096), ("fc7", 4096, 4096), ("fc8", 4096, 101)):
        shapes |= {f"{name}/W": (outputs, inputs), f"{name}/b": (outputs,)}
    state = {name: tensor.numpy() for name, tensor in random_state(shapes).items()}
    numpy.savez(folder / "conv3d_deepnetA_ucf.npz", **state)
    numpy.savez(folder / "mean2.npz", mean=numpy.full((3, 16, 128, 171), 100, numpy.float32))


def save_inception(folder: pathlib.Path) -> None:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Blank(FeatureExtractorInceptionV3):
        def load_state_dict(self, state: dict) -> None:
            pass

    path = folder / "weights-inception-2015-12-05-6726825d.pth"
    torch.save({}, path)
    features = ["2048", "logits_unbiased"]
    shapes = shapes_of(lambda: Blank("inception", features, feature_extractor_weights_path=str(path)))
    torch.save(random_state(shapes), path)


def save_clip_base(folder: pathlib.Path) -> None:
    torch.save(random_state(clip_shapes(32, 768, 12, 512, 512)), folder / "ViT-B-32.pt")
    shutil.copy(MERGES, folder)


def save_clip_large(folder: pathlib.Path) -> None:
    torch.save(random_state(clip_shapes(14, 1024, 24, 768, 768)), folder / "ViT-L-14.pt")
    torch.save(random_state({"weight": (1, 768), "bias": (1,)}), folder / "sa_0_4_vit_l_14_linear.pth")
    shutil.copy(MERGES, folder)


def save_viclip(folder: pathlib.Path) -> None:
    shapes: Shapes = {"vision_encoder.temporal_positional_embedding": (1, 8, 1024)}
    for name, shape in clip_shapes(14, 1024, 24, 768, 768, context=32).items():
        vision = name.startswith("visual.")
        shapes[name.replace("visual.", "vision_encoder.") if vision else f"text_encoder.{name}"] = shape
    shapes["vision_encoder.conv1.weight"] = (1024, 3, 1, 14, 14)
    torch.save({"model": random_state(shapes)}, folder / "ViClip-InternVid-10M-FLT.pth")
    shutil.copy(MERGES, folder)


def save_dino(folder: pathlib.Path) -> None:
    shapes = vision_transformer(768, 12, 3072, (16, 16), key_bias=True) | norm("norm", 768)
    shapes |= {"cls_token": (1, 1, 768), "pos_embed": (1, 197, 768)}
    torch.save(random_state(shapes), folder / "dino_vitbase16_pretrain.pth")


def save_umt(folder: pathlib.Path) -> None:
    shapes = vision_transformer(1024, 24, 4096, (1, 16, 16), key_bias=False)
    shapes |= {"pos_embed": (1, 16 * 196, 1024), **norm("fc_norm", 1024), **linear("head", 1024, 400)}
    torch.save(random_state(shapes), folder / "l16_ptk710_ftk710_ftk400_f16_res224.pth")
    names = ["riding a bike", *(f"action {index}" for index in range(1, 400))]
    lines = "".join(f"{name}\t{index}\n" for index, name in enumerate(names))
    (folder / "kinetics_400_categories.txt").write_text(lines)


def save_videomae(folder: pathlib.Path) -> None:
    shapes = vision_transformer(1408, 40, 6144, (2, 14, 14), key_bias=False)
    shapes |= norm("fc_norm", 1408) | linear("head", 1408, 174)
    torch.save({"module": random_state(shapes)}, folder / "vit_g_hybrid_pt_1200e_ssv2_ft.pth")


def save_vjepa(folder: pathlib.Path) -> None:
    width = 1280
    shapes = vision_transformer(width, 32, 4 * width, (2, 16, 16), key_bias=True)
    shapes |= {"pos_embed": (1, 8 * 196, width), **norm("norm", width)}
    torch.save({"target_encoder": random_state(shapes, "module.backbone.")}, folder / "vith16.pth.tar")
    block = "pooler.cross_attention_block"
    probe = {"pooler.query_tokens": (1, 1, width), **mlp(f"{block}.mlp", width, 4 * width)}
    probe |= norm(f"{block}.norm1", width) | norm(f"{block}.norm2", width)
    probe |= linear(f"{block}.xattn.q", width, width) | linear(f"{block}.xattn.kv", width, 2 * width)
    probe |= linear(f"{block}.xattn.proj", width, width) | linear("linear", width, 174)
    torch.save({"classifier": random_state(probe, "module.")}, folder / "ssv2-probe.pth.tar")


def save_musiq(folder: pathlib.Path) -> None:
    from test_musiq import pyiqa_musiq

    network = pyiqa_musiq().MUSIQ
    shapes = shapes_of(lambda: network(pretrained=False, num_class=1))
    torch.save(random_state(shapes), folder / "musiq_spaq_ckpt-358bb6af.pth")


def save_raft(folder: pathlib.Path) -> None:
    from test_raft import official, raft_large

    state = random_state(shapes_of(lambda: official(raft_large())))
    state["module.update_block.flow_head.conv2.weight"] *= 0.05  # flows of some pixels
    torch.save(state, folder / "raft-things.pth")


def save_amt(folder: pathlib.Path) -> None:
    import test_amt

    torch.save({"state_dict": test_amt.random_state()}, folder / "amt-s.pth")


def save_lpips(folder: pathlib.Path) -> None:
    from torchvision.models import alexnet

    torch.save(random_state(shapes_of(alexnet)), folder / "alexnet-owt-7be5be79.pth")
    shutil.copy(REFERENCES / "lpips/weights/v0.1/alex.pth", folder)


EVERY, FIRST = "every frame", "the first 16 frames"

# Of each network: what writes its files, and for its metrics what they look at. Metrics in one string have one cost.
NETWORKS: dict[str, tuple[Callable[[pathlib.Path], None], dict[str, str]]] = {
    "pixels": (
        save_nothing,
        {
            "video/flicker vbench/temporal-flickering": EVERY,
            "video/motion-amount": EVERY,
            "video/sharpness": EVERY,
            "video/exposure": EVERY,
            "paired/psnr": EVERY,
            "paired/ssim": EVERY,
            "paired/ms-ssim": EVERY,
        },
    ),
    "shapes": (
        save_nothing,
        {
            "shapes/flicker": EVERY,
            "shapes/motion-amount": EVERY,
            "shapes/motion-accuracy shapes/colour-accuracy shapes/shape-accuracy": "16 frames",
            "shapes/frechet shapes/kernel": "16 frames",
            "shapes/inception": "16 frames",
            "shapes/text-alignment": "16 frames",
            "shapes/frame-consistency": "16 frames",
        },
    ),
    "i3d": (save_i3d, {"fvd-i3d fvd-i3d-infinity kvd-i3d": FIRST}),
    "c3d": (save_c3d, {"is-videos": FIRST}),
    "inception": (save_inception, {"fid fid-infinity kid is-frames": "8 frames"}),
    "clip-base": (
        save_clip_base,
        {
            "clipsim vbench/appearance-style": EVERY,
            "clip/frame-consistency": EVERY,
            "vbench/background-consistency": EVERY,
        },
    ),
    "clip-large": (save_clip_large, {"clip-score": EVERY, "vbench/aesthetic-quality": EVERY}),
    "viclip": (save_viclip, {"vbench/overall-consistency vbench/temporal-style": "8 frames"}),
    "dino": (save_dino, {"vbench/subject-consistency": EVERY}),
    "umt": (save_umt, {"vbench/human-action": "16 frames"}),
    "musiq": (save_musiq, {"vbench/imaging-quality": EVERY}),
    "vjepa": (save_vjepa, {"jedi": FIRST}),
    "videomae": (save_videomae, {"fvd-videomae fvd-videomae-infinity": FIRST}),
    "raft": (
        save_raft,
        {
            "vbench/dynamic-degree video/flow-magnitude": "every 2nd frame",
            "vbench/static": EVERY,
            "video/warping-error evalcrafter/warping-error": EVERY,
        },
    ),
    "amt": (save_amt, {"vbench/motion-smoothness": EVERY}),
    "lpips": (save_lpips, {"paired/lpips": EVERY}),
}


def cpu_seconds(process: int) -> float:
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def per_video(worker: Evaluator, videos: list[pathlib.Path], other: pathlib.Path, metric: str) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    prompts = [CAPTION if metric.startswith("shapes/") else PROMPT] * len(videos)
    start, cpu = time.perf_counter(), cpu_seconds(worker.process.pid)
    results = worker.evaluate(videos, [metric], prompts, auxiliary=STYLE, paired=str(other))
    times = (time.perf_counter() - start, cpu_seconds(worker.process.pid) - cpu)
    for result in results:
        if "error" in result or "missing" in result:
            raise SystemExit(f"{metric}: {result}")
    return times[0] / len(videos), times[1] / len(videos)


def measure(worker: Evaluator, videos: list[pathlib.Path], metric: str, repetitions: int) -> dict[str, object]:
    *videos, other = videos
    seconds = partial(per_video, worker, other=other)
    first, _ = seconds(videos[:1], metric=metric)  # reads the weights
    chosen = videos[:1] if first > 10 else videos
    base, own = [], []
    while len(own) < repetitions or sum(wall for wall, _ in own) * len(chosen) < LEAST_SECONDS:
        base.append(seconds(videos, metric=BASE))
        own.append(seconds(chosen, metric=metric))
    (reading, _), (wall, cpu) = (map(statistics.median, zip(*times, strict=True)) for times in (base, own))
    return {
        "seconds": round(wall, 3),
        "ratio": round(statistics.median(one / other for (one, _), (other, _) in zip(own, base, strict=True)), 2),
        "cpu_seconds": round(cpu, 3),
        "flicker_seconds": round(reading, 3),
        "videos_a_call": len(chosen),
        "all_seconds": [round(one, 3) for one, _ in own],
    }


def prepared(name: str, weights: pathlib.Path) -> pathlib.Path:
    """The folder with the network's files, which are made where they are not there."""
    folder, part = weights / name, weights / f"{name}.part"
    if not folder.exists():
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        NETWORKS[name][0](part)
        part.rename(folder)
    return folder


def measure_network(
    name: str, weights: pathlib.Path, videos: list[pathlib.Path], arguments: argparse.Namespace
) -> dict[str, object]:
    worker = Evaluator("--weights-dir", str(prepared(name, weights)), threads=arguments.threads)
    found = {}
    for metrics, looked_at in NETWORKS[name][1].items():
        print(f"{metrics} …", file=sys.stderr)
        metric, *others = metrics.split()
        times = measure(worker, videos, metric, arguments.repetitions)
        if looked_at == EVERY:
            times["seconds_a_frame"] = round(float(times["seconds"]) / FRAMES, 4)
        found[metric] = {"same": others, "looks_at": looked_at, **times}
    worker.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="*", metavar="NETWORK", help=", ".join(NETWORKS))
    parser.add_argument("--weights", type=pathlib.Path, help="keep the weights there (13 GB)")
    parser.add_argument("--repetitions", type=int, default=3, help="at least")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    unknown = set(arguments.network) - NETWORKS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NETWORKS)}")
    torch.manual_seed(0)
    metrics: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")  # of digests
        videos = sorted(make_clips(folder / "videos", 5, 0).iterdir())
        for name in arguments.network or NETWORKS:
            metrics |= measure_network(name, arguments.weights or folder, videos, arguments)
            shutil.rmtree(folder / name, ignore_errors=True)
    document = {
        "schema": "vidbench.metric-speed/1",
        "video": f"{FRAMES} frames of 832x480 at 16 fps, H.264",
        "threads": arguments.threads,
        "metrics": metrics,
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
