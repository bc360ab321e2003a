"""Compares vidbench's computations with the programs they replace, on the same weights, inputs and threads.

Usage: .venv/bin/python bench/peers/run.py [WHAT …] [--repetitions 5] [--videos 64] [--out FILE]

Both sides are loaded once and then take turns, so that what else the machine does meets both; the figures are medians
of the repetitions and their ratio. Prints one JSON document. The references are those of tests/parity.
"""

import argparse
import gzip
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/parity"))

import numpy  # noqa: E402
import scipy.linalg  # noqa: E402
import torch  # noqa: E402
from conftest import CLIPS, REFERENCES, Evaluator, decode, module_from  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

THREADS = 2
MERGES = REFERENCES / "open_clip/bpe_simple_vocab_16e6.txt.gz"


class Ours:
    """A computation of ours in a process of its own."""

    def __init__(self, name: str, weights: str, inputs: dict[str, torch.Tensor], dtype: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.folder.name) / "inputs.safetensors"
        save_file({key: tensor.contiguous() for key, tensor in inputs.items()}, path)
        command = [str(ROOT / "build/release/bench/peer_server"), name, weights, str(path), dtype, str(THREADS)]
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def __call__(self) -> float:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def close(self) -> None:
        self.process.communicate()


def seconds(computation: Callable[[], object]) -> float:
    start = time.perf_counter()
    computation()
    return time.perf_counter() - start


def compare(theirs: Callable[[], object], ours: Ours, repetitions: int) -> dict[str, object]:
    theirs()
    ours()
    times: dict[str, list[float]] = {"theirs_s": [], "ours_s": []}
    for _ in range(repetitions):
        times["ours_s"].append(ours())
        times["theirs_s"].append(seconds(theirs))
    ours.close()
    medians = {side: statistics.median(values) for side, values in times.items()}
    return {**medians, "ratio": round(medians["theirs_s"] / medians["ours_s"], 2), "all": times}


def save(state: dict[str, torch.Tensor], folder: str) -> str:
    path = pathlib.Path(folder) / "weights.pt"
    torch.save(state, path)
    return str(path)


def i3d(repetitions: int, dtype: str) -> dict[str, object]:
    """16 clips of 16 frames 224x224: cd-fvd's network in batches of 16 against ours, both from ready tensors."""
    torch.manual_seed(0)
    network = module_from(REFERENCES / "cdfvd/third_party/i3d/pytorch_i3d.py").InceptionI3d(400, in_channels=3).eval()
    clips = torch.rand(16, 3, 16, 224, 224) * 2 - 1
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        ours = Ours("i3d", save(network.state_dict(), folder), {"clips": clips}, dtype)
        return {"peer": "cd-fvd 0.1.1, fp32", "ours": dtype, **compare(lambda: network(clips), ours, repetitions)}


def frechet(repetitions: int) -> dict[str, object]:
    """Two sets of 4,096 features of 2,048 numbers: means, covariances and the distance."""
    random = numpy.random.default_rng(0)
    mixing = random.normal(size=(2048, 2048)) / 45
    a, b = ((random.normal(size=(4096, 2048)) @ mixing).astype(numpy.float32) for _ in range(2))

    def theirs() -> float:
        x, y = a.astype(numpy.float64), b.astype(numpy.float64)
        left, right = numpy.cov(x, rowvar=False), numpy.cov(y, rowvar=False)
        root = scipy.linalg.sqrtm(left @ right)
        difference = x.mean(0) - y.mean(0)
        return float(difference @ difference + numpy.trace(left + right - 2 * root.real))

    ours = Ours("frechet", "-", {"a": torch.from_numpy(a), "b": torch.from_numpy(b)}, "float")
    return {"peer": f"scipy {scipy.__version__} sqrtm", **compare(theirs, ours, repetitions)}


def clip(repetitions: int) -> dict[str, object]:
    """Embeddings of 32 pictures by ViT-B/32 against transformers, whose network torchmetrics calls."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    network = CLIPModel(CLIPConfig()).eval()
    pictures = torch.randn(32, 3, 224, 224)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = pathlib.Path(folder) / "model.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path)
        ours = Ours("clip-images", str(path), {"pictures": pictures}, "float")

        def theirs() -> torch.Tensor:
            return network.visual_projection(network.vision_model(pixel_values=pictures).pooler_output)

        return {"peer": "transformers CLIPModel", **compare(theirs, ours, repetitions)}


class TransformersClip(torch.nn.Module):
    """A CLIPModel as torchmetrics 1.9 knows it: transformers 5 returns an object where there was a tensor."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def get_image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.model.get_image_features(pixels).pooler_output

    def get_text_features(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.model.get_text_features(ids, mask).pooler_output


def clip_processor(folder: pathlib.Path) -> object:
    """transformers' processor, its vocabulary made from CLIP's list of merges."""
    from open_clip.tokenizer import SimpleTokenizer
    from transformers import CLIPImageProcessorPil, CLIPProcessor, CLIPTokenizer

    names = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    vocabulary = {names.get(text, text): token for text, token in SimpleTokenizer().encoder.items()}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    merges = gzip.open(MERGES).read().decode().split("\n")[1 : 48894 + 1]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    tokenizer = CLIPTokenizer(vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"))
    return CLIPProcessor(image_processor=CLIPImageProcessorPil(), tokenizer=tokenizer)


def clip_score(repetitions: int) -> dict[str, object]:
    """CLIPScore of a video of 48 frames 832x480 and its prompt, from frames in memory (theirs) and from a .npy file
    (ours): preparation, both networks and the score, models loaded before."""
    from torchmetrics.multimodal import CLIPScore
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig()).eval()
    model.visual_projection.weight.data.neg_()  # a cosine above 0: torchmetrics cuts what is below
    prompt = "two people ride bicycles along a street in the evening, cinematic, shallow focus"
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        folder = pathlib.Path(name)
        processor = clip_processor(folder)
        frames = decode(make_clips(folder / "clips", 1, 0) / "000.mp4", 480, 832)[:48]
        numpy.save(folder / "video.npy", frames.numpy())
        state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
        save_file(state, folder / "ViT-B-32.pt")  # told by its content, not by its name
        shutil.copy(MERGES, folder)
        score = CLIPScore(lambda: (TransformersClip(model), processor))
        pictures = list(frames.permute(0, 3, 1, 2))
        worker = Evaluator("--weights-dir", str(folder), threads=THREADS)
        values: dict[str, float] = {}

        def theirs() -> None:
            score.reset()
            score.update(pictures, [prompt] * len(pictures))
            values["theirs"] = float(score.compute())

        def ours() -> None:
            result = worker.evaluate([folder / "video.npy"], ["clipsim"], [prompt])[0]
            values["ours"] = 100 * result["values"]["clipsim"]

        theirs()
        ours()
        times: dict[str, list[float]] = {"theirs_s": [], "ours_s": []}
        for _ in range(repetitions):
            times["ours_s"].append(seconds(ours))
            times["theirs_s"].append(seconds(theirs))
        worker.close()
    medians = {side: statistics.median(measured) for side, measured in times.items()}
    ratio = round(medians["theirs_s"] / medians["ours_s"], 2)
    return {"peer": "torchmetrics 1.9.0", **medians, "ratio": ratio, "values": values, "all": times}


def make_clips(folder: pathlib.Path, count: int, offset: int) -> pathlib.Path:
    """Clips of 49 frames 832x480 at 16 fps, H.264, cut from the real clips of the tests."""
    folder.mkdir()
    sources = [CLIPS / "bigbuckbunny.mp4", CLIPS / "bikes.mp4"]
    for index in range(count):
        place = (offset + index * 7) % 40 / 20
        effect = f"scale=832:480,fps=16,hue=h={index * 11 % 360}" + (",hflip" if index % 3 == 0 else "")
        command = ["ffmpeg", "-v", "error", "-ss", str(place), "-stream_loop", "2", "-i", str(sources[index % 2])]
        command += ["-frames:v", "49", "-vf", effect, "-an", "-crf", "23", str(folder / f"{index:03}.mp4")]
        subprocess.run(command, check=True)
    return folder


def whole_command(command: list[str], environment: dict[str, str]) -> float:
    """Seconds that a command takes, start-up included."""
    start = time.perf_counter()
    result = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{command}: exit {result.returncode}\n{result.stderr}")
    return time.perf_counter() - start


def fvd(repetitions: int, count: int = 64) -> dict[str, object]:
    """FVD of 64 videos against 64 real ones, from MP4 files, as whole commands; ours then twice with its cache."""
    torch.manual_seed(0)
    network = module_from(REFERENCES / "cdfvd/third_party/i3d/pytorch_i3d.py").InceptionI3d(400, in_channels=3)
    times: dict[str, list[float]] = {"theirs_s": [], "ours_s": []}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fake, real = make_clips(folder / "fake", count, 0), make_clips(folder / "real", count, 13)
        (folder / "weights").mkdir()
        weights = folder / "weights/i3d_pretrained_400.pt"
        torch.save(network.state_dict(), weights)
        home = {"XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
        ours = [str(ROOT / "build/release/bin/vidbench"), "score", str(fake), "--reference", str(real), "--metrics"]
        ours += ["fvd-i3d", "--weights-dir", str(folder / "weights"), "--allow-small-sample", "--quiet"]
        ours += ["--threads", str(THREADS), "--format", "json"]
        theirs = [sys.executable, str(ROOT / "bench/peers/cdfvd_command.py"), str(fake), str(real), str(weights)]
        for _ in range(repetitions):
            times["ours_s"].append(whole_command([*ours, "--no-cache"], home))
            times["theirs_s"].append(whole_command(theirs, {}))
        again = whole_command(ours, home)
    medians = {side: statistics.median(values) for side, values in times.items()}
    ratio = round(medians["theirs_s"] / medians["ours_s"], 2)
    return {
        "peer": "cd-fvd 0.1.1 with PyAV",
        "videos": count,
        **medians,
        "ratio": ratio,
        "cached_s": again,
        "all": times,
    }


COMPARISONS: dict[str, Callable[[int], dict[str, object]]] = {
    "i3d": lambda n: i3d(n, "float"),
    "i3d-bf16": lambda n: i3d(n, "bfloat16"),
    "frechet": frechet,
    "clip": clip,
    "clip-score": clip_score,
    "fvd": fvd,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(COMPARISONS))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--videos", type=int, default=64, help="of each set of fvd")
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    unknown = set(arguments.what) - COMPARISONS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(COMPARISONS)}")
    torch.set_num_threads(THREADS)
    document: dict[str, object] = {"schema": "vidbench.peers/1", "threads": THREADS, "torch": torch.__version__}
    for name in arguments.what or COMPARISONS:
        print(f"{name} …", file=sys.stderr)
        compute = (lambda n: fvd(n, arguments.videos)) if name == "fvd" else COMPARISONS[name]
        document[name] = compute(arguments.repetitions)
    text = json.dumps(document, indent=1)
    if arguments.out:
        arguments.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
