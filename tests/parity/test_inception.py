"""Inception-v3 of FID, and FID, KID and IS of frames on it, against torch-fidelity 0.4.0."""

import itertools
import pathlib

import numpy
import pytest
import torch
from conftest import Probe, assert_same, score
from test_set_statistics import kernel
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
FEATURES = ["2048", "logits_unbiased"]


def blank(path: pathlib.Path) -> FeatureExtractorInceptionV3:
    """The reference network with what `path` holds."""
    return FeatureExtractorInceptionV3("inception", FEATURES, feature_extractor_weights_path=str(path))


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, pictures: torch.Tensor) -> FeatureExtractorInceptionV3:
    """Random weights, the normalisation fitted to real frames: else every frame gives nearly the same features."""
    torch.manual_seed(7)
    load = FeatureExtractorInceptionV3.load_state_dict
    FeatureExtractorInceptionV3.load_state_dict = lambda self, state: None
    path = tmp_path_factory.mktemp("inception") / WEIGHTS
    torch.save({}, path)
    try:
        network = blank(path)
    finally:
        FeatureExtractorInceptionV3.load_state_dict = load
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    network.fc.weight.mul_(10)  # posteriors that differ
    network.train()
    with torch.no_grad():
        network(pictures[::2])
    return network.eval()


@pytest.fixture(scope="module")
def pictures(clips: list[torch.Tensor]) -> torch.Tensor:
    """Two frames of each place, cut to one size, [N, 3, H, W] uint8."""
    frames = torch.cat([clip[[0, 15], :144, :176] for clip in clips])
    return frames.permute(0, 3, 1, 2).contiguous()


def resized(frames: torch.Tensor) -> torch.Tensor:
    """Frames [T, H, W, 3] uint8 as the reference prepares them."""
    pixels = frames.permute(0, 3, 1, 2).float()
    return (interpolate_bilinear_2d_like_tensorflow1x(pixels, size=(299, 299), align_corners=False) - 128) / 128


def test_preparation_is_bit_exact(probe: Probe, clips: list[torch.Tensor]) -> None:
    random = torch.Generator().manual_seed(1)
    odd = torch.randint(0, 256, (2, 301, 37, 3), generator=random).byte()
    single = torch.randint(0, 256, (1, 1, 1, 3), generator=random).byte()
    for frames in (*clips[::3], odd, single):
        made = probe("inception-pictures", pathlib.Path("none"), frames=frames[:2].float())["pictures"]
        assert torch.equal(made, resized(frames[:2]))


def test_features(probe: Probe, reference: FeatureExtractorInceptionV3, pictures: torch.Tensor) -> None:
    with torch.no_grad():
        pool, logits = reference(pictures)
    made = probe(
        "inception", probe.save(reference.state_dict(), WEIGHTS), pictures=resized(pictures.permute(0, 2, 3, 1))
    )
    assert_same(made["pool"], pool)
    assert_same(made["logits_unbiased"], logits)


def test_bfloat16_stays_as_near_as_pytorchs(
    probe: Probe, reference: FeatureExtractorInceptionV3, pictures: torch.Tensor
) -> None:
    weights = probe.save(reference.state_dict(), WEIGHTS)
    inputs = resized(pictures[:6].permute(0, 2, 3, 1))
    exact = probe("inception", weights, pictures=inputs)["pool"]
    rounded = probe("inception", weights, "bfloat16", pictures=inputs)["pool"]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        theirs = reference(pictures[:6])[0]
    ours, others = (((made - exact).norm(dim=1) / exact.norm(dim=1)).max().item() for made in (rounded, theirs))
    assert 1e-4 < ours < 1.5 * others, (ours, others)


def middle(count: int, wanted: int = 8) -> list[int]:
    """VBench's "middle" frames; each frame of a shorter video once."""
    parts = min(count, wanted)
    edges = [int(edge) for edge in numpy.linspace(0, count, parts + 1)]
    return [(low + high - 1) // 2 for low, high in itertools.pairwise(edges)]


def frechet(a: numpy.ndarray, b: numpy.ndarray) -> float:
    """Covariances with N - 1. With centred rows X and Y, tr((XᵀX YᵀY)^½) is the sum of the singular values of X Yᵀ:
    far cheaper than scipy's root of a 2048 x 2048 product (which test_set_statistics.py compares with)."""
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    x, y = ((rows - rows.mean(0)) / numpy.sqrt(len(rows) - 1) for rows in (a, b))
    cross = numpy.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + (x**2).sum() + (y**2).sum() - 2 * cross)


def test_statistics_of_files(
    tmp_path: pathlib.Path, reference: FeatureExtractorInceptionV3, clips: list[torch.Tensor]
) -> None:
    """FID, KID and IS through `vidbench score` on folders of files, against numpy and scipy on the reference's."""
    weights = tmp_path / "weights"
    weights.mkdir()
    torch.save(reference.state_dict(), weights / WEIGHTS)
    # Parts of the clips at two lengths, and one shorter than eight frames.
    crops = [clip[: 16 - 5 * (index % 2), 8:104, :120] for index, clip in enumerate(clips)] + [clips[1][:5]]
    sets = {"videos": crops[1::2], "real": crops[::2]}
    pools, posteriors = {}, {}
    for name, videos in sets.items():
        (tmp_path / name).mkdir()
        for index, video in enumerate(videos):
            numpy.save(tmp_path / name / f"{index:02}.npy", video.numpy())
        frames = [video[middle(len(video))].permute(0, 3, 1, 2) for video in videos]
        with torch.no_grad():
            made = [reference(pictures) for pictures in frames]
        pools[name] = torch.cat([pool for pool, _ in made]).numpy()
        logits = torch.cat([logits for _, logits in made]).double()
        posteriors[name] = logits.softmax(dim=1).numpy()
    assert len(pools["videos"]) == 4 * 8 + 5
    arguments = ["--metrics", "fid,kid,is-frames", "--weights-dir", str(weights)]
    arguments += ["--reference", str(tmp_path / "real")]
    found = score(tmp_path, str(tmp_path / "videos"), *arguments, "--allow-small-sample")["metrics"]
    assert found["fid"]["value"] == pytest.approx(frechet(pools["videos"], pools["real"]), rel=1e-4)
    assert found["kid"]["value"] == pytest.approx(kernel(pools["videos"], pools["real"]), rel=1e-4)
    p = posteriors["videos"]
    divergence = (p * (numpy.log(p) - numpy.log(p.mean(0)))).sum(1).mean()
    assert found["is-frames"]["value"] == pytest.approx(numpy.exp(divergence), rel=1e-4)
    assert found["is-frames"]["value"] > 1.01, "the reference's posteriors hardly differ"
    assert found["fid"]["n"] == len(sets["videos"])
