"""Bundles: a run leaves one machine as a file and arrives on another whole, or not at all."""

import hashlib
import io
import json
import os
import pathlib
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable

import pytest
from conftest import Vidbench


def compressed(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def unpacked(bundle: pathlib.Path) -> dict[str, bytes]:
    data = subprocess.run(["zstd", "-q", "-d", "-c", str(bundle)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.type = kind
    info.linkname = link
    return info, data


def packed(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return compressed(out.getvalue())


def relisted(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same files with a bundle.json that lists them as they are now."""
    index = json.loads(files["bundle.json"])
    index["files"] = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in files.items()
        if name != "bundle.json"
    ]
    listing = "".join(f"{file['sha256']} {file['bytes']} {file['name']}\n" for file in index["files"])
    index["digest"] = hashlib.sha256(listing.encode()).hexdigest()
    return {**files, "bundle.json": json.dumps(index).encode()}


def packed_files(files: dict[str, bytes]) -> bytes:
    return packed([entry(name, data) for name, data in files.items()])


def digest_of(bundle: pathlib.Path) -> str:
    return json.loads(unpacked(bundle)["bundle.json"])["digest"]


def nothing_left(machine: Vidbench) -> bool:
    runs = machine.home / "data/vidbench/runs"
    return machine.json("runs", "list")["runs"] == [] and (not runs.exists() or list(runs.iterdir()) == [])


def made(vidbench: Vidbench, *arguments: str, **suite: object) -> str:
    vidbench.story_model("a")
    vidbench.story_model("b", "as a, but of another digest")
    return vidbench.json("run", vidbench.suite(**suite), "--model", "a,b", *vidbench.evaluator, *arguments)["run"]


@pytest.fixture
def other(tmp_path: pathlib.Path) -> Vidbench:
    return Vidbench(tmp_path / "other")


@pytest.fixture
def bundle(vidbench: Vidbench) -> pathlib.Path:
    file = vidbench.home / "run.tar.zst"
    vidbench.run("export", made(vidbench), "--bundle", str(file))
    return file


def test_a_run_arrives_whole_on_another_machine(vidbench: Vidbench, other: Vidbench, bundle: pathlib.Path) -> None:
    (run,) = vidbench.json("runs", "list")["runs"]
    told = other.json("import", str(bundle))
    assert told["schema"] == "vidbench.import/1" and told["result"] == "imported"
    assert told["run"] == run["id"] and told["videos"] == 24 and told["digest"] == digest_of(bundle)
    for command in (["leaderboard", "last"], ["export", "last", "--samples"], ["compare", "last:a", "last:b"]):
        here, there = (machine.run(*command, "--format", "json").stdout for machine in (vidbench, other))
        assert here == there, command
    for machine, origin in ((vidbench, "here"), (other, "imported")):
        assert machine.json("runs", "list")["runs"][0]["origin"] == origin
    assert told["digest"] in other.run("runs", "show", "last").stdout
    directory = pathlib.Path(told["directory"])
    assert "<!doctype html>" in (directory / "report.html").read_text()
    videos = other.store().execute("SELECT video ->> 'path', video ->> 'sha256' FROM samples").fetchall()
    assert len(videos) == 24
    for path, sha256 in videos:
        assert pathlib.Path(path).parent == directory / "videos"
        assert hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() == sha256
    again = other.home / "again.tar.zst"
    other.run("export", "last", "--bundle", str(again))
    assert digest_of(again) == digest_of(bundle)
    assert again.read_bytes() == bundle.read_bytes()


def test_a_second_import_does_nothing_and_a_different_run_is_refused(other: Vidbench, bundle: pathlib.Path) -> None:
    other.run("import", str(bundle))
    before = other.store().execute("SELECT count(*) FROM events").fetchone()
    told = other.run("import", str(bundle))
    assert "already, with the same content" in told.stdout
    assert other.store().execute("SELECT count(*) FROM events").fetchone() == before
    with other.store() as store:
        store.execute("UPDATE measurements SET value = value + 1")
    refused = other.run("import", str(bundle), code=2)
    assert "already, with other content" in refused.stderr and refused.stderr.count("\n") == 1
    told = other.json("import", str(bundle), "--as", "copy")
    assert told["run"] == "copy" and len(other.json("runs", "list")["runs"]) == 2
    assert other.json("leaderboard", "copy")["run"] == "copy"
    for name in ("../x", "a/b", ".hidden", "last", "-x", ""):
        if name:
            other.run("import", str(bundle), f"--as={name}", code=2)


def test_the_machine_that_made_the_run_knows_it(vidbench: Vidbench, bundle: pathlib.Path) -> None:
    assert vidbench.json("import", str(bundle))["result"] == "already there"
    assert vidbench.json("runs", "list")["runs"][0]["origin"] == "here"


def test_a_dry_run_verifies_and_leaves_nothing(other: Vidbench, bundle: pathlib.Path) -> None:
    assert other.json("import", str(bundle), "--dry-run")["result"] == "verified"
    assert nothing_left(other)


def test_what_goes_into_a_bundle_is_chosen(vidbench: Vidbench, other: Vidbench, bundle: pathlib.Path) -> None:
    def names(*options: str) -> set[str]:
        file = vidbench.home / "chosen.tar.zst"
        vidbench.run("export", "last", "--bundle", str(file), *options)
        assert other.json("import", str(file), "--dry-run")["result"] == "verified"
        return {name.split("/")[0] for name in unpacked(file)}

    records = {"bundle.json", "manifest.json", "results.jsonl", "leaderboard.json", "report.html", "references"}
    assert names("--no-videos") == records
    assert names("--previews") == records | {"previews"} or names("--previews") == records
    assert names("--logs") >= records | {"videos", "logs"}
    assert next(iter(unpacked(bundle))) == "bundle.json"


def test_a_missing_or_changed_video_is_left_out_and_named(
    vidbench: Vidbench, other: Vidbench, bundle: pathlib.Path
) -> None:
    paths = [row[0] for row in vidbench.store().execute("SELECT video ->> 'path' FROM samples ORDER BY id")]
    os.unlink(paths[0])
    pathlib.Path(paths[1]).write_bytes(b"other bytes")
    told = vidbench.run("export", "last", "--bundle", str(bundle))
    assert "not there any more" in told.stderr and "not the video that was measured" in told.stderr
    assert other.json("import", str(bundle))["videos"] == 22


def test_private_prompts_stay_at_home(vidbench: Vidbench, other: Vidbench) -> None:
    texts = [{"text": text, "category": "x"} for text in ("zanzibar secret", *(f"other {i}" for i in range(5)))]
    made(vidbench, "--keep-prompts", public=False, texts=texts)
    file = vidbench.home / "private.tar.zst"
    vidbench.run("export", "last", "--bundle", str(file))
    files = unpacked(file)
    assert not any(b"zanzibar" in data for data in files.values())
    records = [json.loads(line) for line in files["results.jsonl"].splitlines()]
    assert not any("key" in record for record in records if record["kind"] == "sample")
    other.run("import", str(file))
    leaked = [p for p in (other.home / "data").rglob("*") if p.is_file() and b"zanzibar" in p.read_bytes()]
    assert leaked == []
    vidbench.run("export", "last", "--bundle", str(file), "--keep-prompts")
    assert b"zanzibar" in unpacked(file)["manifest.json"]
    unadmitted = unpacked(file)
    index = json.loads(unadmitted["bundle.json"])
    index["prompts"] = False
    file.write_bytes(packed_files({**unadmitted, "bundle.json": json.dumps(index).encode()}))
    assert "does not admit" in other.run("import", str(file), "--as", "x", code=2).stderr


def with_index(change: Callable[[dict], object]) -> Callable[[dict[str, bytes]], bytes]:
    def make(files: dict[str, bytes]) -> bytes:
        index = json.loads(files["bundle.json"])
        change(index)
        return packed_files({**files, "bundle.json": json.dumps(index).encode()})

    return make


def with_records(change: Callable[[list[dict]], object]) -> Callable[[dict[str, bytes]], bytes]:
    def make(files: dict[str, bytes]) -> bytes:
        records = [json.loads(line) for line in files["results.jsonl"].splitlines()]
        change(records)
        text = "".join(json.dumps(record) + "\n" for record in records)
        return packed_files(relisted({**files, "results.jsonl": text.encode()}))

    return make


def with_manifest(change: Callable[[dict], object]) -> Callable[[dict[str, bytes]], bytes]:
    def make(files: dict[str, bytes]) -> bytes:
        manifest = json.loads(files["manifest.json"])
        change(manifest)
        return packed_files(relisted({**files, "manifest.json": json.dumps(manifest).encode()}))

    return make


def with_entry(*more: object, **kinds: object) -> Callable[[dict[str, bytes]], bytes]:
    return lambda files: packed([*(entry(n, d) for n, d in files.items()), entry(*more, **kinds)])  # type: ignore[arg-type]


def listed(name: str, data: bytes = b"x") -> Callable[[dict[str, bytes]], bytes]:
    return lambda files: packed_files(relisted({**files, name: data}))


def first_video(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("videos/"))


def changed_video(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, first_video(files): b"y" * len(files[first_video(files)])}


def without(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {key: value for key, value in files.items() if key != name}


def sample(records: list[dict]) -> dict:
    return next(record for record in records if record["kind"] == "sample")


def bomb(files: dict[str, bytes]) -> bytes:
    """Declares a terabyte that nobody sent."""
    index = json.loads(relisted(files)["bundle.json"])
    index["files"].append({"name": "videos/huge.npy", "sha256": "0" * 64, "bytes": 1 << 40})
    listing = "".join(f"{file['sha256']} {file['bytes']} {file['name']}\n" for file in index["files"])
    index["digest"] = hashlib.sha256(listing.encode()).hexdigest()
    return packed_files({**files, "bundle.json": json.dumps(index).encode()})


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "empty": (lambda files: b"", "not"),
    "text": (lambda files: b"hello, this is no archive\n" * 99, "not"),
    "zstd of no tar": (lambda files: compressed(b"hello" * 999), "not a whole tar.zst"),
    "tar without zstd": (
        lambda files: (
            subprocess.run(
                ["zstd", "-q", "-d", "-c"], input=packed_files(files), capture_output=True, check=True
            ).stdout
        ),
        "not compressed with zstd",
    ),
    "no bundle.json": (lambda files: packed_files(without(files, "bundle.json")), "first file is not bundle.json"),
    "bundle.json is last": (
        lambda files: packed_files({**without(files, "bundle.json"), "bundle.json": files["bundle.json"]}),
        "first file is not bundle.json",
    ),
    "newer schema": (with_index(lambda i: i.update(schema="vidbench.bundle/2")), "this vidbench reads"),
    "foreign schema": (with_index(lambda i: i.update(schema="tar")), "is not vidbench.bundle/1"),
    "no schema": (with_index(lambda i: i.pop("schema")), "'schema' is missing"),
    "index is a list": (lambda f: packed_files({**f, "bundle.json": b"[]"}), "not a JSON object"),
    "index is cut": (lambda f: packed_files({**f, "bundle.json": f["bundle.json"][:99]}), "not valid JSON"),
    "index is deep": (lambda f: packed_files({**f, "bundle.json": b"[" * 99_999}), "nested"),
    "wrong digest": (with_index(lambda i: i.update(digest="0" * 64)), "the digest is not that"),
    "run id leads out": (with_index(lambda i: i.update(run="../../x")), "is no run id"),
    "negative size": (with_index(lambda i: i["files"][0].update(bytes=-1)), "wrong type"),
    "size is a text": (with_index(lambda i: i["files"][0].update(bytes="1")), "wrong type"),
    "sum overflows": (with_index(lambda i: [f.update(bytes=2**63) for f in i["files"]]), "no such size"),
    "name leads out": (listed("../evil"), "no name of a file in a bundle"),
    "name leads out below": (listed("videos/../../evil"), "no name of a file in a bundle"),
    "absolute name": (listed("/etc/evil"), "no name of a file in a bundle"),
    "odd name": (listed("videos/a\nb"), "no name of a file in a bundle"),
    "hidden name": (listed("logs/.profile"), "no name of a file in a bundle"),
    "lock": (listed("lock"), "no name of a file in a bundle"),
    "unlisted entry": (with_entry("videos/more.npy", b"x"), "is not listed"),
    "unlisted way out": (with_entry("../../evil", b"x"), "is not listed"),
    "symbolic link": (with_entry("videos/l", kind=tarfile.SYMTYPE, link="/etc/passwd"), "a symbolic link"),
    "hard link": (with_entry("videos/l", kind=tarfile.LNKTYPE, link="manifest.json"), "a hard link"),
    "device": (with_entry("videos/d", kind=tarfile.CHRTYPE), "a device"),
    "pipe": (with_entry("videos/p", kind=tarfile.FIFOTYPE), "a device, pipe"),
    "folder": (with_entry("videos", kind=tarfile.DIRTYPE), "a folder"),
    "twice in the archive": (with_entry("manifest.json", b"{}"), "is not listed"),
    "twice in the list": (with_index(lambda i: i["files"].append(i["files"][0])), "is there twice"),
    "a file is missing": (lambda f: packed_files(without(f, first_video(f))), "instead of"),
    "a video is changed": (lambda f: packed_files(changed_video(f)), "has sha256"),
    "another size": (lambda f: packed_files({**f, first_video(f): b"y"}), "bytes"),
    "a video that was not measured": (
        lambda f: packed_files(relisted(changed_video(f))),
        "is not the video that was measured",
    ),
    "a video of nobody": (listed("videos/nobody.npy"), "the video of no sample"),
    "bomb": (bomb, "--max-bytes"),
    "no manifest": (lambda f: packed_files(relisted(without(f, "manifest.json"))), "manifest.json is missing"),
    "manifest of another suite": (with_manifest(lambda m: m["suite"].update(digest="0")), "different runs or suites"),
    "manifest without models": (with_manifest(lambda m: m.pop("models")), "'models' is missing"),
    "manifest of other models": (with_manifest(lambda m: m["models"].pop()), "is not in the manifest"),
    "manifest of odd metrics": (with_manifest(lambda m: m.update(metrics=[{"id": "x"}])), "metric 'x'"),
    "manifest is a number": (lambda f: packed_files(relisted({**f, "manifest.json": b"3"})), "not a JSON object"),
    "records of another run": (with_records(lambda r: r[0].update(id="x")), "different runs"),
    "no records": (lambda f: packed_files(relisted({**f, "results.jsonl": b""})), "no run in it"),
    "records are cut": (
        lambda f: packed_files(relisted({**f, "results.jsonl": f["results.jsonl"][:-9]})),
        "cut off",
    ),
    "a record of unknown kind": (with_records(lambda r: r.append({"kind": "sql"})), "unknown kind"),
    "a record without kind": (with_records(lambda r: r.append({})), "'kind' is missing"),
    "a sample twice": (with_records(lambda r: r.append(sample(r))), "there twice"),
    "a sample's id leads out": (with_records(lambda r: sample(r).update(id="../x")), "not safe"),
    "a seed below zero": (with_records(lambda r: sample(r).update(seed=-1)), "'seed' has the wrong type"),
    "a state nobody knows": (with_records(lambda r: sample(r).update(state="x")), "'x' is not a state"),
    "a value that is none": (
        with_records(lambda r: sample(r)["measurements"]["values"].update({"test/mean": "=1+1"})),
        "is not a number",
    ),
    "features that are none": (
        with_records(lambda r: sample(r)["measurements"]["features"].update({"test/features": "!!"})),
        "not base64",
    ),
    "an evaluated sample without video": (with_records(lambda r: sample(r).pop("video")), "has no video"),
    "a reference of other size": (with_records(lambda r: r[-1].update(rows=r[-1]["rows"] + 1)), "is not what"),
    "a reference without end": (with_records(lambda r: r[-1].update(rows=2**62, dim=2**62)), "a reference of"),
    "a reference nobody sent": (
        lambda f: packed_files(relisted(without(f, "references/0.f32"))),
        "references/0.f32 is missing",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_bundle_is_refused_in_one_line_and_leaves_nothing(
    case: str, other: Vidbench, hostile_files: dict[str, bytes]
) -> None:
    make, message = HOSTILE[case]
    file = other.home / "hostile.tar.zst"
    file.write_bytes(make(hostile_files))
    refused = other.run("import", str(file), code=2)
    assert message in refused.stderr and str(file) in refused.stderr, refused.stderr
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert refused.stdout == ""
    assert nothing_left(other)
    assert not (other.home.parent / "evil").exists() and not list(other.home.rglob("evil"))


@pytest.fixture(scope="module")
def hostile_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    machine = Vidbench(tmp_path_factory.mktemp("maker"))
    file = machine.home / "run.tar.zst"
    machine.run("export", made(machine, prompts=4), "--bundle", str(file))
    return unpacked(file)


def test_a_truncated_bundle_is_refused_wherever_it_ends(other: Vidbench, hostile_files: dict[str, bytes]) -> None:
    whole = packed_files(hostile_files)
    file = other.home / "cut.tar.zst"
    for part in (1, 3, 100, len(whole) // 3, len(whole) // 2, len(whole) - 400):
        file.write_bytes(whole[:part])
        refused = other.run("import", str(file), code=2)
        assert refused.stderr.count("\n") == 1, refused.stderr
    assert nothing_left(other)


def test_files_that_are_none(other: Vidbench, tmp_path: pathlib.Path) -> None:
    for path in (tmp_path / "no such file", tmp_path):
        refused = other.run("import", str(path), code=2)
        assert refused.stderr.count("\n") == 1 and str(path) in refused.stderr


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.04, 0.06, 0.1])
def test_a_killed_import_leaves_a_whole_run_or_none(delay: float, other: Vidbench, bundle: pathlib.Path) -> None:
    process = subprocess.Popen(
        other.command("import", str(bundle)),
        env=other.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    runs = other.json("runs", "list")["runs"]
    assert len(runs) in (0, 1)
    if runs:
        assert runs[0]["samples"]["evaluated"] == 24
    assert other.json("import", str(bundle))["result"] in ("imported", "already there")
    assert other.json("leaderboard", "last")["entries"][0]["samples"]["done"] == 12
    hidden = [path.name for path in (other.home / "data/vidbench/runs").iterdir() if path.name.startswith(".")]
    assert hidden == []


def test_a_folder_left_by_a_killed_import_is_taken_over_and_a_foreign_one_is_not(
    other: Vidbench, bundle: pathlib.Path
) -> None:
    told = other.json("import", str(bundle))
    directory = pathlib.Path(told["directory"])
    with other.store() as store:  # killed after the rename, before the commit
        store.execute("PRAGMA foreign_keys=ON")
        store.execute("DELETE FROM runs")
    assert directory.is_dir()
    assert other.json("import", str(bundle))["result"] == "imported"
    other.run("runs", "rm", told["run"])
    directory.mkdir()
    (directory / "thesis.txt").write_text("mine")
    refused = other.run("import", str(bundle), code=2)
    assert "belongs to no run" in refused.stderr
    assert (directory / "thesis.txt").read_text() == "mine"


def test_a_run_in_progress_is_not_exported(vidbench: Vidbench) -> None:
    vidbench.story_model("a", "slow 0.2")
    process = subprocess.Popen(
        vidbench.command("run", vidbench.suite(), "--model", "a", *vidbench.evaluator),
        env=vidbench.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while len(vidbench.generated()) < 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    target = vidbench.home / "x.tar.zst"
    refused = vidbench.run("export", "last", "--bundle", str(target), code=2)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert "in progress" in refused.stderr and not target.exists()
    vidbench.run("export", "last", "--bundle", str(target))
    assert target.exists()


def test_a_full_disk_leaves_neither_bundle_nor_run(vidbench: Vidbench, other: Vidbench, bundle: pathlib.Path) -> None:
    def limited(machine: Vidbench, *arguments: str) -> subprocess.CompletedProcess[str]:
        """No file may grow beyond 1 KiB: what a full disk does to a write."""
        command = ["bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@"', "_", *machine.command(*arguments)]
        return subprocess.run(command, env=machine.environment, capture_output=True, text=True)

    target = vidbench.home / "new.tar.zst"
    failed = limited(vidbench, "export", "last", "--bundle", str(target))
    assert failed.returncode == 3 and failed.stderr.count("\n") == 1, failed.stderr
    assert not list(vidbench.home.glob("new.tar.zst*"))
    other.json("runs", "list")  # the store exists
    failed = limited(other, "import", str(bundle))
    assert failed.returncode == 3 and failed.stderr.count("\n") == 1, failed.stderr
    assert nothing_left(other)
