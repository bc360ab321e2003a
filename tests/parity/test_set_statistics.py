"""Set statistics of given features, through `vidbench score`, against scipy and torchmetrics' definitions."""

import json
import os
import pathlib
import subprocess
import sys

import numpy
import pytest
import scipy.linalg
from conftest import BUILD

WORKER = pathlib.Path(__file__).with_name("feature_worker.py")


def write_set(folder: pathlib.Path, features: numpy.ndarray) -> pathlib.Path:
    folder.mkdir()
    for index, row in enumerate(features):
        numpy.save(folder / f"{index:04}.npy", numpy.full((1, 1, 1, 3), index % 256, numpy.uint8))
        (folder / f"{index:04}.json").write_text(json.dumps([float(value) for value in row]))
    return folder


def scores(tmp_path: pathlib.Path, videos: numpy.ndarray, real: numpy.ndarray, metrics: str) -> dict[str, float]:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [str(BUILD / "bin/vidbench"), "score", str(write_set(tmp_path / "videos", videos))]
    command += ["--reference", str(write_set(tmp_path / "real", real)), "--format", "json", "--no-cache"]
    command += ["--metrics", metrics, "--evaluator", f"{sys.executable} {WORKER}"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    return {name: number["value"] for name, number in json.loads(result.stdout)["metrics"].items()}


def features(count: int, size: int, seed: int) -> numpy.ndarray:
    """Correlated, not centred, as float32: what a network's features are like."""
    random = numpy.random.default_rng(seed)
    mixing = numpy.random.default_rng(9).normal(size=(size, size)) * numpy.geomspace(1, 1e-2, size)
    return (random.normal(size=(count, size)) @ mixing + random.normal(size=size)).astype(numpy.float32)


def frechet(a: numpy.ndarray, b: numpy.ndarray, *, biased: bool) -> float:
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    covariance_a, covariance_b = (numpy.cov(x, rowvar=False, bias=biased) for x in (a, b))
    root = scipy.linalg.sqrtm(covariance_a @ covariance_b)
    difference = a.mean(0) - b.mean(0)
    return float(difference @ difference + numpy.trace(covariance_a + covariance_b - 2 * root.real))


def kernel(a: numpy.ndarray, b: numpy.ndarray) -> float:
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    n, m = len(a), len(b)

    def k(x: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
        return (x @ y.T / x.shape[1] + 1) ** 3

    within_a, within_b = (k(x, x).sum() - numpy.trace(k(x, x)) for x in (a, b))
    return float(within_a / (n * (n - 1)) + within_b / (m * (m - 1)) - 2 * k(a, b).mean())


def jedi(a: numpy.ndarray, b: numpy.ndarray) -> float:
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)

    def mean(x: numpy.ndarray, y: numpy.ndarray) -> float:
        return float(((x @ y.T / x.shape[1]) ** 2).mean())

    return 100 * (mean(a, a) + mean(b, b) - 2 * mean(a, b))


@pytest.mark.parametrize(("count", "reference", "size"), [(200, 300, 64), (150, 120, 100)])
def test_distances(tmp_path: pathlib.Path, count: int, reference: int, size: int) -> None:
    videos, real = features(count, size, 1), features(reference, size, 2)
    found = scores(tmp_path, videos, real, "frechet,frechet-biased,kernel,jedi")
    assert found["frechet"] == pytest.approx(frechet(videos, real, biased=False), rel=1e-6)
    assert found["frechet-biased"] == pytest.approx(frechet(videos, real, biased=True), rel=1e-6)
    assert found["frechet"] != found["frechet-biased"]
    assert found["kernel"] == pytest.approx(kernel(videos, real), rel=1e-6)
    assert found["jedi"] == pytest.approx(jedi(videos, real), rel=1e-6)


def test_inception_score(tmp_path: pathlib.Path) -> None:
    logits = numpy.random.default_rng(3).normal(size=(120, 10)) * 2
    posterior = (numpy.exp(logits) / numpy.exp(logits).sum(1, keepdims=True)).astype(numpy.float32)
    p = posterior.astype(numpy.float64)
    score = numpy.exp((p * (numpy.log(p) - numpy.log(p.mean(0)))).sum(1).mean())
    assert scores(tmp_path, posterior, posterior[:50], "inception")["inception"] == pytest.approx(score, rel=1e-6)
