"""From a catalogue entry to the leaderboard: environments that are really built, and the integration of models."""

import base64
import hashlib
import json
import pathlib
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from conftest import STORY, Vidbench

PACKAGE = "tinypackage"


def make_wheel(folder: pathlib.Path, version: str) -> None:
    """A package of one module, as pip installs it."""
    folder.mkdir(exist_ok=True)
    info = f"{PACKAGE}-{version}.dist-info"
    files = {
        f"{PACKAGE}.py": f'__version__ = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{PACKAGE}-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


@pytest.fixture
def packages(vidbench: Vidbench, tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder of packages that pip takes instead of the network."""
    folder = tmp_path / "packages"
    make_wheel(folder, "1.0")
    vidbench.environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    vidbench.environment.pop("VIDBENCH_PYTHON", None)
    return folder


def plain_model(vidbench: Vidbench, requirements: str = f"{PACKAGE}==1.0\n", **fields: object) -> None:
    file = vidbench.home / "requirements.txt"
    file.write_text(requirements)
    vidbench.story_model(
        "plain",
        command=["python", str(STORY)],
        settings={"package": PACKAGE},
        environment={"requirements": str(file)},
        references=["this test"],
        **fields,
    )


def environments(vidbench: Vidbench) -> list[dict]:
    return vidbench.json("environments", "list")["environments"]


def steps(record: dict) -> dict[str, str]:
    return {step["name"]: step["state"] for step in record["steps"]}


def test_an_environment_is_built_once_shared_and_collected(vidbench: Vidbench, packages: pathlib.Path) -> None:
    plain_model(vidbench)
    missing = vidbench.json("models", "show", "plain")["missing"]
    assert len(missing) == 1 and "vidbench environments build plain" in missing[0]

    # Two at once: one builds, the other waits for it.
    building = [
        subprocess.Popen(
            vidbench.command("environments", "build", "plain"),
            env=vidbench.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=300)[1] for process in building]
    assert [process.returncode for process in building] == [0, 0], told
    assert sum("is built" in text for text in told) == 1, told
    assert vidbench.json("models", "show", "plain")["runnable"] is True

    (built,) = environments(vidbench)
    assert built["complete"] and built["models"] == ["plain"] and built["bytes"] > 1000
    folder = vidbench.home / "data/vidbench/environments" / built["name"]
    assert f"{PACKAGE}==1.0" in (folder / "lock.txt").read_text()

    # An interpreter of the user's own does not make it garbage.
    vidbench.environment["VIDBENCH_PYTHON"] = sys.executable
    assert vidbench.json("environments", "gc", "--dry-run")["environments"] == []
    vidbench.environment.pop("VIDBENCH_PYTHON")

    # Another version is another environment; the first one is then named by nobody.
    make_wheel(packages, "1.1")
    (vidbench.home / "requirements.txt").write_text(f"{PACKAGE}==1.1\n")
    vidbench.run("environments", "build", "plain")
    assert len(environments(vidbench)) == 2
    dry = vidbench.json("environments", "gc", "--dry-run")["environments"]
    assert [gone["name"] for gone in dry] == [built["name"]] and folder.exists()
    vidbench.run("environments", "gc")
    assert not folder.exists()
    (left,) = environments(vidbench)
    assert left["models"] == ["plain"]


def test_a_package_that_is_not_there_is_named_and_nothing_is_left_in_use(
    vidbench: Vidbench, packages: pathlib.Path
) -> None:
    plain_model(vidbench, f"{PACKAGE}==9.9\n")
    result = vidbench.run("environments", "build", "plain", code=3)
    assert "9.9" in result.stderr and "log" in result.stderr
    assert vidbench.json("models", "show", "plain")["runnable"] is False
    make_wheel(packages, "9.9")
    vidbench.run("environments", "build", "plain")
    assert vidbench.json("models", "show", "plain")["runnable"] is True


def test_requirements_that_cannot_be_shared_are_refused(vidbench: Vidbench, packages: pathlib.Path) -> None:
    plain_model(vidbench, "-e .\n")
    assert "requirements.txt:1" in vidbench.run("environments", "build", "plain", code=2).stderr
    # Only this model suffers from it.
    (missing,) = vidbench.json("models", "show", "plain")["missing"]
    assert "requirements.txt:1" in missing
    assert vidbench.json("models", "show", "shapes-base-8")["runnable"]


def test_the_embedded_family_is_integrated_and_published(vidbench: Vidbench) -> None:
    suite = vidbench.suite(prompts=4, reference=None, metrics=["test/mean"])
    arguments = ("models", "integrate", "shapes-small-8", "--suite", suite, *vidbench.evaluator)
    record = vidbench.json(*arguments)
    assert record["accepted"] and set(steps(record).values()) == {"done"}
    assert record["schema"] == "vidbench.integration/1"

    board = vidbench.json("leaderboard", "--published")
    assert board["run"] == "published"
    assert [entry["model"] for entry in board["entries"]] == ["shapes-small-8"]
    assert board["entries"][0]["samples"] == {"planned": 4, "done": 4, "failed": 0}

    # Nothing is done twice.
    generated = len(vidbench.json("runs", "list")["runs"])
    again = vidbench.json(*arguments)
    times = [
        [step["at"] for step in document["steps"] if step["name"] != "environment"] for document in (record, again)
    ]
    assert times[0] == times[1]
    assert len(vidbench.json("runs", "list")["runs"]) == generated
    report = vidbench.home / "data/vidbench/integrations/shapes-small-8/report.md"
    assert "**Accepted.**" in report.read_text()


def test_an_environment_is_built_on_the_way(vidbench: Vidbench, packages: pathlib.Path) -> None:
    plain_model(vidbench)
    suite = vidbench.suite(prompts=2, reference=None, metrics=["test/mean"])
    record = vidbench.json("models", "integrate", "plain", "--suite", suite, *vidbench.evaluator)
    assert record["accepted"], record
    (built,) = environments(vidbench)
    run = record["steps"][3]["detail"]["run"]
    with vidbench.store() as store:
        facts = json.loads(store.execute("SELECT facts FROM model_facts WHERE run = ?", (run,)).fetchone()[0])
    assert facts["versions"]["environment"] == built["name"]
    assert facts["versions"]["package"] == "1.0"
    assert facts["versions"]["python"].endswith(built["name"])


@pytest.mark.parametrize(
    ("mode", "step", "reason"),
    [("unseeded", "validation", "same seed"), ("fail number 1", "benchmark", "samples have no result")],
)
def test_a_model_that_is_not_accepted_says_why(vidbench: Vidbench, mode: str, step: str, reason: str) -> None:
    vidbench.story_model("bad", mode)
    suite = vidbench.suite(prompts=2, reference=None, metrics=["test/mean"])
    record = vidbench.json("models", "integrate", "bad", "--suite", suite, *vidbench.evaluator, code=5)
    assert not record["accepted"]
    failed = [entry for entry in record["steps"] if entry["state"] == "failed"]
    assert [entry["name"] for entry in failed] == [step]
    assert reason in failed[0]["result"]
    report = (vidbench.home / "data/vidbench/integrations/bad/report.md").read_text()
    assert "**Not accepted**" in report and reason in report
    assert vidbench.run("leaderboard", "--published", code=2).stderr.count("nothing is published") == 1


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_killed_integration_goes_on(vidbench: Vidbench, how: signal.Signals, code: int) -> None:
    vidbench.story_model("slow", "slow 0.3")
    suite = vidbench.suite(prompts=6, reference=None, metrics=["test/mean"], batch_size=1)
    arguments = ("models", "integrate", "slow", "--suite", suite, *vidbench.evaluator)
    process = subprocess.Popen(vidbench.command(*arguments), env=vidbench.environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if len(vidbench.generated()) > 6:
            break
        time.sleep(0.05)
    process.send_signal(how)
    assert process.wait(timeout=60) == code
    record = vidbench.json(*arguments)
    assert record["accepted"]
    assert len(vidbench.json("runs", "list")["runs"]) == 1, "the interrupted run is resumed"


def test_changed_weights_are_validated_and_benchmarked_again(vidbench: Vidbench) -> None:
    weights = vidbench.home / "w.bin"
    weights.write_bytes(b"first")
    vidbench.story_model("changing", weights=[{"path": str(weights)}])
    suite = vidbench.suite(prompts=2, reference=None, metrics=["test/mean"])
    arguments = ("models", "integrate", "changing", "--suite", suite, *vidbench.evaluator)
    for content, runs in ((b"first", 1), (b"first", 1), (b"second", 2), (b"second", 2)):
        weights.write_bytes(content)
        record = vidbench.json(*arguments)
        assert record["accepted"] and len(vidbench.json("runs", "list")["runs"]) == runs
    board = vidbench.json("leaderboard", "--published", "--suite", "story")
    assert len(board["entries"]) == 2, "two versions, two rows"


def test_publishing_has_rules(vidbench: Vidbench) -> None:
    vidbench.story_model("good")
    vidbench.story_model("bad", "fail number 1")
    suite = vidbench.suite(prompts=4, reference=None, metrics=["test/mean"])
    vidbench.run("run", suite, "--model", "good,bad", "--max-attempts", "1", *vidbench.evaluator, code=4)
    assert "have no result" in vidbench.run("publish", "last", "--model", "bad", code=5).stderr
    assert "good" in vidbench.run("publish", "last", "--model", "goood", code=2).stderr
    vidbench.run("publish", "last", "--model", "good")

    # Another version of the model is another row.
    vidbench.story_model("good", settings={"mode": "", "version": 2})
    vidbench.run("run", suite, "--model", "good", *vidbench.evaluator)
    vidbench.run("publish", "last")
    board = vidbench.json("leaderboard", "--published", "--suite", "story")
    names = sorted(entry["model"] for entry in board["entries"])
    assert names[0] == "good" and names[1].startswith("good (") and len(names) == 2

    vidbench.run("publish", "last", "--withdraw")
    board = vidbench.json("leaderboard", "--published")
    assert [entry["model"] for entry in board["entries"]] == ["good"]
    assert "story" in vidbench.run("leaderboard", "--published", "--suite", "stori", code=2).stderr
