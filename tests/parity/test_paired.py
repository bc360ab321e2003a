"""Metrics of paired videos: against scikit-image, torchmetrics and lpips."""

import pathlib
from collections.abc import Iterator

import lpips
import numpy
import pytest
import torch
import torchvision
from conftest import REFERENCES, Evaluator, Probe
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim

Pair = tuple[numpy.ndarray, numpy.ndarray]


def distorted(frames: numpy.ndarray, kind: int) -> numpy.ndarray:
    """Frames [T, H, W, 3] with something done to them."""
    random = numpy.random.default_rng(kind)
    if kind == 0:
        return (frames + random.normal(0, 12, frames.shape)).clip(0, 255).astype(numpy.uint8)
    if kind == 1:  # coarse
        return (frames // 32 * 32 + 16).astype(numpy.uint8)
    if kind == 2:  # shifted by a pixel
        return numpy.roll(frames, 1, axis=2)
    if kind == 3:  # nearly the same
        copy = frames.copy()
        copy[:, ::7, ::5, 1] ^= 1
        return copy
    return 255 - frames


@pytest.fixture(scope="module")
def pairs(clips: list[torch.Tensor]) -> list[Pair]:
    """Frames of odd sizes, from nearly equal to unlike."""
    originals = [clips[0][::7, :201, 3:], clips[3][:2, 11:352, :481], clips[4][::15, :300, :177]]
    originals = [frames.numpy() for frames in originals] + [numpy.full((2, 180, 200, 3), 255, numpy.uint8)]
    return [(frames, distorted(frames, kind)) for frames in originals for kind in range(5)]


@pytest.fixture(scope="module")
def worker() -> Iterator[Evaluator]:
    evaluator = Evaluator()
    yield evaluator
    evaluator.close()


def measured(worker: Evaluator, folder: pathlib.Path, pairs: list[Pair], metric: str) -> numpy.ndarray:
    requests = []
    for index, pair in enumerate(pairs):
        for name, frames in zip("ab", pair, strict=True):
            numpy.save(folder / f"{index}{name}.npy", frames)
        video, other = (str(folder / f"{index}{name}.npy") for name in "ab")
        requests.append({"id": str(index), "video": video, "paired": other})
    results = worker.call("evaluate", metrics=[metric], requests=requests)["results"]
    return numpy.array([result["values"][metric] for result in results])


def test_psnr(worker: Evaluator, tmp_path: pathlib.Path, pairs: list[Pair]) -> None:
    pairs = [(a, b) for a, b in pairs if not (a == b).all()]
    theirs = [
        numpy.mean([peak_signal_noise_ratio(x, y, data_range=255) for x, y in zip(a, b, strict=True)]) for a, b in pairs
    ]
    ours = measured(worker, tmp_path, pairs, "paired/psnr")
    assert max(theirs) - min(theirs) > 40
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert list(measured(worker, tmp_path, [(a, a) for a, _ in pairs[:2]], "paired/psnr")) == [100, 100]


def test_ssim(worker: Evaluator, tmp_path: pathlib.Path, pairs: list[Pair]) -> None:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    theirs = [
        numpy.mean([structural_similarity(x, y, channel_axis=-1, **options) for x, y in zip(a, b, strict=True)])
        for a, b in pairs
    ]
    assert max(theirs) - min(theirs) > 0.8
    numpy.testing.assert_allclose(measured(worker, tmp_path, pairs, "paired/ssim"), theirs, atol=1e-10, rtol=0)
    assert measured(worker, tmp_path, [(pairs[0][0],) * 2], "paired/ssim") == 1


def test_ms_ssim(worker: Evaluator, tmp_path: pathlib.Path, pairs: list[Pair]) -> None:
    pairs = [(a[:1, :203, :230], b[:1, :203, :230]) for a, b in pairs]  # the reference is slow
    theirs = []
    for pair in pairs:
        a, b = (torch.from_numpy(frames).permute(0, 3, 1, 2).double() for frames in pair)
        theirs.append(ms_ssim(a, b, data_range=255.0).item())
    assert max(theirs) - min(theirs) > 0.8
    numpy.testing.assert_allclose(measured(worker, tmp_path, pairs, "paired/ms-ssim"), theirs, atol=1e-7, rtol=0)
    assert measured(worker, tmp_path, [(pairs[0][0],) * 2], "paired/ms-ssim") == 1


@pytest.fixture(scope="module")
def lpips_weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[lpips.LPIPS, pathlib.Path]:
    """A random AlexNet under torchvision's names and the package's own weights of its channels."""
    torch.manual_seed(3)
    alexnet = torchvision.models.alexnet(weights=None)
    for module in alexnet.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
    reference = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    own = dict(reference.net.named_parameters())
    with torch.no_grad():
        for name, parameter in own.items():  # "slice2.3.weight" is "features.3.weight"
            parameter.copy_(alexnet.state_dict()["features." + name.split(".", 1)[1]])
    assert len(own) == 10
    folder = tmp_path_factory.mktemp("lpips")
    state = {name: tensor for name, tensor in alexnet.state_dict().items() if name.startswith("features.")}
    torch.save(state, folder / "alexnet-owt-7be5be79.pth")  # its large classifier is not needed
    (folder / "alex.pth").write_bytes((REFERENCES / "lpips/weights/v0.1/alex.pth").read_bytes())
    return reference, folder


def scaled(frames: numpy.ndarray) -> torch.Tensor:
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() * 2 / 255 - 1


def test_lpips(probe: Probe, lpips_weights: tuple[lpips.LPIPS, pathlib.Path], pairs: list[Pair]) -> None:
    reference, folder = lpips_weights
    least = (pairs[0][0][:, :31, :31], pairs[0][1][:, :31, :31])
    ours, theirs = [], []
    for a, b in [*pairs, least]:
        with torch.no_grad():
            theirs.append(reference(scaled(a), scaled(b)).flatten())
        ours.append(probe("lpips", folder, a=scaled(a), b=scaled(b))["distances"])
    mine, other = torch.cat(ours), torch.cat(theirs)
    assert other.max() > 20 * other[other > 0].min(), "the reference hardly tells the distortions apart"
    assert (mine[other == 0] == 0).all()
    assert ((mine - other).abs() <= 1e-4 * other).all(), ((mine - other).abs() / other).max()


def test_lpips_of_files(
    tmp_path: pathlib.Path, lpips_weights: tuple[lpips.LPIPS, pathlib.Path], pairs: list[Pair]
) -> None:
    reference, folder = lpips_weights
    worker = Evaluator("--weights-dir", str(folder))
    assert worker.metrics["paired/lpips"]["unavailable"] == ""
    chosen = [pairs[0], pairs[6], pairs[14]]
    ours = measured(worker, tmp_path, chosen, "paired/lpips")
    worker.close()
    with torch.no_grad():
        theirs = [reference(scaled(a), scaled(b)).mean().item() for a, b in chosen]
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-4)
