"""Networks of clips that look at several videos together: the same numbers up to rounding."""

import pathlib
import shutil

import numpy
import pytest
import torch
from conftest import REFERENCES, Evaluator, assert_same, module_from, score, shaken
from test_viclip import OUT, Vision, official

PROMPT = "a bike in the rain"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, clips: list[torch.Tensor]) -> pathlib.Path:
    import open_clip

    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(8)
    i3d = module_from(REFERENCES / "cdfvd/third_party/i3d/pytorch_i3d.py").InceptionI3d(400, in_channels=3)
    for module in i3d.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.momentum = None
    with torch.no_grad():
        inputs = torch.stack([clip.permute(3, 0, 1, 2).float() / 127.5 - 1 for clip in clips[6:]])
        i3d.train()(torch.nn.functional.interpolate(inputs, (16, 224, 224)))
    torch.save(i3d.state_dict(), folder / "i3d_pretrained_400.pt")
    config = open_clip.model.CLIPTextCfg(context_length=32, width=128, heads=2, layers=2)
    image = open_clip.model.CLIPVisionCfg(layers=1, width=64, head_width=64, patch_size=32, image_size=224)
    text = shaken(open_clip.model.CLIP(OUT, image, config, quick_gelu=True), seed=9)
    torch.save(official(shaken(Vision(), seed=10), text), folder / "ViClip-InternVid-10M-FLT.pth")
    shutil.copy(REFERENCES / "open_clip/bpe_simple_vocab_16e6.txt.gz", folder)
    return folder


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory, clips: list[torch.Tensor]) -> list[pathlib.Path]:
    """Seven clips of three sizes, of which one is too short for I3D, and a file that is no video."""
    folder = tmp_path_factory.mktemp("videos")
    found = [folder / f"{index}.npy" for index in range(8)]
    for index, path in enumerate(found):
        numpy.save(path, clips[index][: 9 if index == 2 else 16].numpy())
    found[4].write_bytes(b"no video")
    return found


METRICS = ["fvd-i3d", "vbench/overall-consistency", "video/flicker"]


def evaluate(weights: pathlib.Path, videos: list[pathlib.Path], batch: int) -> dict[str, dict]:
    worker = Evaluator("--weights-dir", str(weights), "--batch", str(batch))
    results = worker.evaluate(videos, METRICS, [PROMPT] * len(videos))
    worker.close()
    return {video.name: result for video, result in zip(videos, results, strict=True)}


def test_the_same_numbers(weights: pathlib.Path, videos: list[pathlib.Path]) -> None:
    alone, together = evaluate(weights, videos, 1), evaluate(weights, videos, 3)
    assert list(alone) == list(together) == [video.name for video in videos]
    good = [name for name, result in alone.items() if "features" in result]
    assert len(good) == 6
    features = [torch.tensor([found[name]["features"]["i3d/logits"] for name in good]) for found in (alone, together)]
    assert_same(*features, relative=1e-5)
    for name, result in alone.items():
        assert together[name].get("error") == result.get("error")
        assert together[name].get("missing") == result.get("missing")
        if "values" in result:
            assert together[name]["values"] == pytest.approx(result["values"], abs=1e-5)
    assert "not a .npy file" in together["4.npy"]["error"]["message"]
    assert "16 frames" in together["2.npy"]["missing"]["fvd-i3d"]
    assert "vbench/overall-consistency" in together["2.npy"]["values"]


def test_score_in_batches(tmp_path: pathlib.Path, weights: pathlib.Path, videos: list[pathlib.Path]) -> None:
    prompts = tmp_path / "prompts.csv"
    good = [videos[index] for index in (0, 1, 2, 5, 6)]
    folder = tmp_path / "videos"
    folder.mkdir()
    for video in good:
        shutil.copy(video, folder)
    prompts.write_text("file,prompt\n" + "".join(f"{video.name},{PROMPT}\n" for video in good))
    arguments = [str(folder), "--weights-dir", str(weights), "--prompts", str(prompts)]
    arguments += ["--metrics", "vbench/overall-consistency", "--no-cache"]
    alone, together = score(tmp_path, *arguments), score(tmp_path, *arguments, "--batch", "3")
    assert together["metrics"]["vbench/overall-consistency"]["n"] == 5
    for one, other in zip(alone["videos"], together["videos"], strict=True):
        assert other["metrics"] == pytest.approx(one["metrics"], abs=1e-5)
