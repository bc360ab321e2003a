"""`vidbench weights`: real transfers from a server on this machine, honest and not."""

import csv
import hashlib
import io
import json
import pathlib
import random
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from conftest import Vidbench
from weight_server import Handler, WeightServer, cut_after, fail, redirect, slowly

CONTENT = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server() -> Iterator[WeightServer]:
    server = WeightServer()
    yield server
    server.close()


class Weights:
    """`vidbench weights` with a manifest and a folder of its own."""

    def __init__(self, vidbench: Vidbench, server: WeightServer) -> None:
        self.vidbench = vidbench
        self.server = server
        self.entries: list[dict] = []
        self.manifest = vidbench.home / "weights.yaml"
        self.folder = vidbench.home / "data/vidbench/weights"
        self.folder.parent.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, content: bytes | None = CONTENT, **fields: object) -> None:
        """Lists a file whose official content is `content`, which the server has."""
        entry = {"name": name, "title": name, "licence": "MIT", "urls": [self.server.url(name)]}
        if content is not None:
            self.server.files[name] = content
            entry["sha256"] = digest(content)
        entry |= fields
        self.entries.append({key: value for key, value in entry.items() if value is not None})
        self.manifest.write_text(json.dumps({"files": self.entries}))

    def run(self, command: str, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        result = self.vidbench.run("weights", command, *arguments, "--manifest", str(self.manifest), code=code)
        if code:
            assert "error: " in result.stderr, result.stderr
        return result

    def json(self, command: str, *arguments: str, code: int = 0) -> dict:
        return json.loads(self.run(command, *arguments, "--format", "json", code=code).stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = self.vidbench.command("weights", *arguments, "--manifest", str(self.manifest))
        return subprocess.Popen(
            command, env=self.vidbench.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} if self.folder.exists() else set()

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@pytest.fixture
def weights(vidbench: Vidbench, server: WeightServer) -> Weights:
    return Weights(vidbench, server)


def wait_for(condition: object, what: str) -> None:
    end = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.01)


# Fetching


def test_fetches_checks_and_leaves_nothing_else(weights: Weights) -> None:
    weights.add("a.pt", licence="CC-BY-NC-4.0", used_by=["x/y"])
    weights.add("b.pt", OTHER)
    document = weights.json("fetch", "a.pt")
    assert document["schema"] == "vidbench.weights/1"
    (entry,) = document["files"]
    assert (entry["file"], entry["state"], entry["bytes"]) == ("a.pt", "present", len(CONTENT))
    assert entry["sha256"] == digest(CONTENT) and entry["held_against"] == "manifest" and entry["non_commercial"]
    assert weights.read("a.pt") == CONTENT and weights.names() == {"a.pt"}
    again = weights.run("fetch", "--metrics", "x/y")
    assert "a.pt: was there" in again.stderr and "for non-commercial use only" in again.stderr
    assert len(weights.server.requests) == 1, "what is there and sound is not fetched again"
    weights.run("fetch", "--all", "--quiet")
    assert weights.read("b.pt") == OTHER


def test_a_broken_connection_is_continued(weights: Weights) -> None:
    weights.add("a.pt")
    weights.server.etags["a.pt"] = '"v1"'
    weights.server.behave["a.pt"] = cut_after(100_000, times=2)
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT
    assert weights.server.ranges("a.pt") == ["", "bytes=100000-", "bytes=200000-"]
    assert weights.server.requests[1][1]["if-range"] == '"v1"'


def test_content_that_changed_meanwhile_is_begun_anew(weights: Weights) -> None:
    weights.add("a.pt", content=None)  # no digest: only the validator can tell
    weights.server.files["a.pt"], weights.server.etags["a.pt"] = OTHER, '"v1"'
    weights.server.behave["a.pt"] = cut_after(100_000)
    process = weights.start("fetch", "a.pt")
    wait_for(lambda: (weights.folder / "a.pt.part.json").exists(), "the first part")
    wait_for(lambda: (weights.folder / "a.pt.part").stat().st_size >= 100_000, "the first part")
    process.kill()
    process.wait()
    del weights.server.behave["a.pt"]
    weights.server.files["a.pt"], weights.server.etags["a.pt"] = CONTENT, '"v2"'
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT
    assert weights.server.requests[-1][1]["if-range"] == '"v1"'


def test_without_a_validator_or_a_digest_nothing_is_continued(weights: Weights) -> None:
    weights.add("a.pt", content=None)
    weights.server.files["a.pt"] = CONTENT
    weights.server.behave["a.pt"] = cut_after(100_000, times=1)
    weights.run("fetch", "a.pt")
    assert weights.server.ranges("a.pt") == ["", ""] and weights.read("a.pt") == CONTENT


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_fetch_keeps_its_part(weights: Weights, how: signal.Signals) -> None:
    weights.add("a.pt")
    weights.server.behave["a.pt"] = slowly(0.02, 3000)
    process = weights.start("fetch", "a.pt")
    part = weights.folder / "a.pt.part"
    wait_for(lambda: part.exists() and part.stat().st_size > 0, "the first part")
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    assert process.returncode == (130 if how != signal.SIGKILL else -signal.SIGKILL), error
    if how != signal.SIGKILL:
        assert "the same command goes on where it was" in error
        assert "a.pt.lock" not in weights.names()
    there = part.stat().st_size
    assert 0 < there < len(CONTENT) and "a.pt" not in weights.names()
    listed = weights.json("list")["files"][0]
    assert (listed["state"], listed["bytes"]) == ("partial", there)
    del weights.server.behave["a.pt"]
    weights.run("fetch", "a.pt")
    assert weights.server.ranges("a.pt") == ["", f"bytes={there}-"]
    assert weights.read("a.pt") == CONTENT and weights.names() == {"a.pt"}


def test_two_fetches_at_once_ask_once(weights: Weights) -> None:
    weights.add("a.pt")
    weights.server.behave["a.pt"] = slowly(0.005, 3000)
    processes = [weights.start("fetch", "a.pt") for _ in range(3)]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert weights.server.ranges("a.pt") == [""]
    assert sum("waiting for another vidbench" in error for error in errors) == 2
    assert weights.read("a.pt") == CONTENT and weights.names() == {"a.pt"}


def test_wrong_content_is_refused_and_the_next_address_asked(weights: Weights) -> None:
    weights.add("a.pt", urls=[weights.server.url("wrong.pt"), weights.server.url("missing.pt")])
    weights.server.files["wrong.pt"] = OTHER
    result = weights.run("fetch", "a.pt", code=3)
    assert digest(OTHER) in result.stderr and digest(CONTENT) in result.stderr and "answers 404" in result.stderr
    assert weights.names() == set(), "nothing of the wrong file stays"
    weights.entries.clear()
    weights.add("a.pt", urls=[weights.server.url("wrong.pt"), weights.server.url("a.pt")])
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT


def test_a_part_of_other_content_does_not_spoil_the_file(weights: Weights) -> None:
    weights.add("a.pt")
    weights.folder.mkdir()
    (weights.folder / "a.pt.part").write_bytes(OTHER[:100_000])
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT
    assert weights.server.ranges("a.pt") == ["bytes=100000-", ""]
    (weights.folder / "a.pt").unlink()
    (weights.folder / "a.pt.part").write_bytes(CONTENT)  # complete, but never checked
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT and weights.names() == {"a.pt"}


def test_passing_trouble_is_tried_again(weights: Weights) -> None:
    weights.add("a.pt")
    weights.server.behave["a.pt"] = fail(503, times=2, Retry_After="0")
    weights.run("fetch", "a.pt")
    assert len(weights.server.requests) == 3 and weights.read("a.pt") == CONTENT
    weights.add("b.pt")
    weights.server.behave["b.pt"] = fail(503)
    assert "the server answers 503" in weights.run("fetch", "b.pt", code=3).stderr
    assert 3 <= len(weights.server.ranges("b.pt")) <= 5 and weights.names() == {"a.pt"}


def test_redirects(weights: Weights) -> None:
    weights.add("a.pt", urls=[weights.server.url("moved.pt")])
    weights.server.behave["moved.pt"] = redirect(weights.server.url("a.pt"))
    weights.server.etags["a.pt"] = '"v1"'
    weights.server.behave["a.pt"] = cut_after(100_000, times=1)
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT
    assert weights.server.ranges("a.pt") == ["", "bytes=100000-"]
    assert [h.get("if-range") for p, h in weights.server.requests if p == "a.pt"] == [None, '"v1"']
    for name, target in (("b.pt", "file:///etc/hostname"), ("c.pt", weights.server.url("c.pt"))):
        weights.add(name)
        weights.server.behave[name] = redirect(target)
        assert "error: cannot fetch" in weights.run("fetch", name, code=3).stderr
    assert weights.names() == {"a.pt"}


def test_a_server_that_lies_about_the_length(weights: Weights) -> None:
    def promise(length: int) -> object:
        def behave(handler: Handler, name: str) -> None:
            content = handler.begin(name, length=length)
            handler.close_connection = True
            handler.wfile.write(content)

        return behave

    weights.add("long.pt")
    weights.server.behave["long.pt"] = promise(len(CONTENT) + 5000)  # type: ignore[assignment]
    weights.run("fetch", "long.pt")
    assert weights.read("long.pt") == CONTENT, "all there is of it is what its digest says"
    weights.add("longer.pt", content=None)
    weights.server.files["longer.pt"] = CONTENT
    weights.server.behave["longer.pt"] = promise(len(CONTENT) + 5000)  # type: ignore[assignment]
    weights.run("fetch", "longer.pt", code=3)
    weights.add("short.pt")
    weights.server.behave["short.pt"] = promise(1000)  # type: ignore[assignment]
    result = weights.run("fetch", "short.pt", code=3)
    assert "short.pt has sha256" in result.stderr
    assert not weights.names() & {"longer.pt", "short.pt", "pins.json"}


def test_a_server_that_sends_more_than_the_file_has(weights: Weights) -> None:
    def endless(handler: Handler, _: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        while True:
            handler.wfile.write(b"\x80" * 65536)

    weights.add("a.pt", bytes=len(CONTENT))
    weights.server.behave["a.pt"] = endless
    assert "sends more than 300000 bytes" in weights.run("fetch", "a.pt", code=3).stderr
    weights.add("b.pt", content=None)
    weights.server.behave["b.pt"] = endless
    result = weights.run("fetch", "b.pt", "--max-bytes", "1000000", code=3)
    assert "sends more than 1000000 bytes" in result.stderr
    assert weights.names() == set()
    weights.add("c.pt", OTHER)
    weights.add("d.pt", bytes=7)
    assert "more than the limit" in weights.run("fetch", "c.pt", "--max-bytes", "1000", code=3).stderr
    assert "300000 bytes, the official one has 7" in weights.run("fetch", "d.pt", code=3).stderr


def test_a_server_that_sends_another_range(weights: Weights) -> None:
    def shifted(handler: Handler, _: str) -> None:
        if "Range" not in handler.headers:
            return cut_after(100_000)(handler, "a.pt")
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.send_header("Content-Length", str(len(CONTENT) - 5))
        handler.end_headers()
        handler.wfile.write(CONTENT[5:])

    weights.add("a.pt")
    weights.server.behave["a.pt"] = shifted
    assert "another part of the file" in weights.run("fetch", "a.pt", code=3).stderr
    assert "a.pt" not in weights.names()


def test_pages_and_pointers_are_no_weights(weights: Weights) -> None:
    weights.add("page.pt", content=None)
    weights.server.files["page.pt"] = b"\x80" * 5000
    weights.server.behave["page.pt"] = lambda handler, name: handler.wfile.write(handler.begin(name, kind="text/html"))
    assert "a web page" in weights.run("fetch", "page.pt", code=3).stderr
    weights.add("pointer.pt", content=None)
    weights.server.files["pointer.pt"] = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    assert "is text" in weights.run("fetch", "pointer.pt", code=3).stderr
    weights.add("empty.pt", content=None)
    weights.server.files["empty.pt"] = b""
    weights.run("fetch", "empty.pt", code=3)
    assert weights.names() == set(), "and nothing is pinned"


def test_a_digest_that_nobody_states_is_pinned_at_the_first_use(weights: Weights) -> None:
    weights.add("a.pt", content=None, sha256_prefix=digest(CONTENT)[:8])
    weights.server.files["a.pt"] = CONTENT
    result = weights.run("fetch", "a.pt")
    assert f"{digest(CONTENT)[:12]}… is pinned from now on" in result.stderr
    pins = json.loads(weights.read("pins.json"))
    assert pins["files"]["a.pt"]["sha256"] == digest(CONTENT)
    assert pins["files"]["a.pt"]["source"] == weights.server.url("a.pt")
    assert weights.json("list")["files"][0]["held_against"] == "pin"
    (weights.folder / "a.pt").unlink()
    weights.entries.clear()
    weights.add("a.pt", content=None)
    weights.server.files["a.pt"] = OTHER
    result = weights.run("fetch", "a.pt", code=3)
    assert "pins.json pins" in result.stderr and "a.pt" not in weights.names()
    weights.add("b.pt", content=None, sha256_prefix="0000000")
    weights.server.files["b.pt"] = CONTENT
    assert "begins with 0000000" in weights.run("fetch", "b.pt", code=3).stderr


def test_mirrors_come_first(weights: Weights) -> None:
    weights.add("a.pt", urls=[weights.server.url("official/a.pt")])
    weights.server.files["official/a.pt"] = weights.server.files["mirror/a.pt"] = CONTENT
    weights.run("fetch", "a.pt", "--mirror", weights.server.url("mirror/"))
    assert [path for path, _ in weights.server.requests] == ["mirror/a.pt"]
    (weights.folder / "a.pt").unlink()
    weights.vidbench.environment["VIDBENCH_WEIGHTS_MIRROR"] = weights.server.url("nothing")
    weights.run("fetch", "a.pt")
    assert [path for path, _ in weights.server.requests][1:] == ["nothing/a.pt", "official/a.pt"]
    result = weights.run("fetch", "a.pt", "--mirror", "file:///tmp", code=2)
    assert "file:///tmp" in result.stderr


def test_offline_asks_nobody(weights: Weights) -> None:
    weights.add("a.pt")
    for arguments, variable in ((["--offline"], ""), ([], "1")):
        weights.vidbench.environment["VIDBENCH_OFFLINE"] = variable
        result = weights.run("fetch", "a.pt", *arguments, code=3)
        assert "offline" in result.stderr and "vidbench weights import" in result.stderr
    assert weights.server.requests == []
    weights.vidbench.environment["VIDBENCH_OFFLINE"] = "0"
    weights.run("fetch", "a.pt")
    weights.vidbench.environment["VIDBENCH_OFFLINE"] = "1"
    weights.run("fetch", "a.pt")  # it is there


def test_a_file_without_an_address_says_where_a_person_finds_it(weights: Weights) -> None:
    weights.add("a.pt", content=None, urls=None, page="https://example.org/a", note="inside models.zip")
    weights.add("b.pt")
    result = weights.run("fetch", "a.pt", "b.pt", code=3)
    assert "https://example.org/a (inside models.zip)" in result.stderr
    assert weights.read("b.pt") == CONTENT, "one file's failure does not keep the others"


def test_a_damaged_file_is_replaced_when_the_new_one_is_complete(weights: Weights) -> None:
    weights.add("a.pt")
    weights.folder.mkdir()
    (weights.folder / "a.pt").write_bytes(OTHER)
    weights.server.behave["a.pt"] = fail(404)
    weights.run("fetch", "a.pt", code=3)
    assert weights.read("a.pt") == OTHER
    del weights.server.behave["a.pt"]
    weights.run("fetch", "a.pt")
    assert weights.read("a.pt") == CONTENT


@pytest.mark.parametrize("name", ["../evil.pt", "a/../../evil.pt", "/tmp/evil.pt", "..", "a.pt.part"])
def test_a_hostile_manifest_writes_nothing(weights: Weights, name: str) -> None:
    weights.add(name)
    before = sorted(weights.vidbench.home.rglob("*"))
    result = weights.run("fetch", "--all", code=2)
    assert "weights.yaml:1" in result.stderr and not weights.server.requests
    assert sorted(weights.vidbench.home.rglob("*")) == before


def test_a_folder_that_cannot_be_written(weights: Weights) -> None:
    weights.add("a.pt")
    weights.folder.write_text("a file")
    assert str(weights.folder) in weights.run("fetch", "a.pt", code=3).stderr


def test_arguments(weights: Weights) -> None:
    weights.add("alpha.pt", used_by=["x/y"])
    assert "did you mean 'alpha.pt'" in weights.run("fetch", "alpa.pt", code=2).stderr
    assert "did you mean 'x/y'" in weights.run("fetch", "--metrics", "x/z", code=2).stderr
    assert "no file is named" in weights.run("fetch", code=2).stderr


# Listing and verifying


def test_lists_states_alike_in_every_format(weights: Weights) -> None:
    weights.folder.mkdir()
    for name, content in (("sound.pt", CONTENT), ("bad.pt", OTHER), ("begun.pt.part", CONTENT[:1000])):
        (weights.folder / name).write_bytes(content)
    for name in ("sound.pt", "bad.pt", "begun.pt", "gone.pt"):
        weights.add(name, bytes=len(CONTENT), licence="CC-BY-NC-4.0" if name == "gone.pt" else "MIT")
    expected = {"sound.pt": "present", "bad.pt": "damaged", "begun.pt": "partial", "gone.pt": "missing"}
    document = weights.json("list")
    assert {entry["file"]: entry["state"] for entry in document["files"]} == expected
    rows = list(csv.DictReader(io.StringIO(weights.run("list", "--format", "csv").stdout)))
    assert {row["file"]: row["state"].lower() for row in rows} == expected
    assert [row["non-commercial"] for row in rows] == ["", "", "", "NON-COMMERCIAL"]
    assert {row["file"]: row["size"] for row in rows}["begun.pt"] == "1000", "bytes"
    assert "| begun.pt | partial | 1000 B of 293.0 KiB |" in weights.run("list", "--format", "md").stdout
    table = weights.run("list")
    assert "DAMAGED" in table.stdout and "bad.pt has sha256" in table.stderr


def test_verify(weights: Weights) -> None:
    weights.add("a.pt")
    weights.add("b.pt", content=None)
    weights.add("c.pt", OTHER)
    weights.server.files["b.pt"] = CONTENT
    weights.run("fetch", "a.pt")
    (weights.folder / "b.pt").write_bytes(CONTENT)
    result = weights.run("verify")
    assert "b.pt: no digest is known" in result.stderr, "and a file that is missing is no failure"
    assert "is pinned from now on" in weights.run("verify", "--pin").stderr
    assert {e["file"]: e["held_against"] for e in weights.json("verify")["files"]} == {
        "a.pt": "manifest",
        "b.pt": "pin",
        "c.pt": "manifest",
    }
    assert "c.pt is missing" in weights.run("verify", "c.pt", code=3).stderr
    for name in ("a.pt", "b.pt"):
        content = bytearray(CONTENT)
        content[-1] ^= 1
        (weights.folder / name).write_bytes(content)
        result = weights.run("verify", code=5)
        assert f"{name} has sha256" in result.stderr and f"vidbench weights fetch {name}" in result.stderr
        (weights.folder / name).write_bytes(CONTENT)
    (weights.folder / "pins.json").write_text("{")
    assert "pins.json" in weights.run("verify", code=2).stderr


# Importing


def test_imports_the_files_of_a_folder(weights: Weights, tmp_path: pathlib.Path) -> None:
    weights.add("a.pt")
    weights.add("b.pt", content=None)
    weights.add("c.pt")
    source = tmp_path / "cache"
    (source / "deep/er").mkdir(parents=True)
    (source / "deep/a.pt").write_bytes(OTHER)
    (source / "deep/er/a.pt").write_bytes(CONTENT)  # the first that is sound counts
    (source / "b.pt").write_bytes(OTHER)
    (source / "c.pt").write_bytes(OTHER)
    (source / "notes.txt").write_text("x")
    (source / "loop").symlink_to(source)
    result = weights.run("import", str(source), "--format", "json", code=2)
    document = json.loads(result.stdout)
    assert {entry["file"]: entry["state"] for entry in document["files"]} == {
        "a.pt": "present",
        "b.pt": "present",
        "c.pt": "missing",
    }
    assert document["unknown"] == [str(source / "notes.txt")]
    assert f"{source}/c.pt: not taken: c.pt has sha256" in result.stderr
    assert weights.read("a.pt") == CONTENT and weights.read("b.pt") == OTHER
    assert weights.names() == {"a.pt", "b.pt", "pins.json"}
    (source / "c.pt").write_bytes(CONTENT)
    again = weights.run("import", str(source))
    assert "a.pt: was there" in again.stderr and "c.pt: taken from" in again.stderr
    (weights.folder / "b.pt").unlink()
    (source / "b.pt").write_bytes(CONTENT)
    assert "pins.json pins" in weights.run("import", str(source), code=2).stderr, "a pin is kept"


def test_imports_by_hard_link(weights: Weights, tmp_path: pathlib.Path) -> None:
    weights.add("a.pt")
    source = tmp_path / "cache"
    source.mkdir()
    (source / "real").write_bytes(CONTENT)
    (source / "a.pt").symlink_to(source / "real")
    weights.run("import", str(source), "--link")
    assert (weights.folder / "a.pt").stat().st_ino == (source / "real").stat().st_ino
    assert not (weights.folder / "a.pt").is_symlink()
    assert str(tmp_path / "none") in weights.run("import", str(tmp_path / "none"), code=2).stderr


# The shipped list


def test_the_shipped_list_knows_the_files_of_our_metrics(vidbench: Vidbench) -> None:
    files = vidbench.json("weights", "list")["files"]
    assert {entry["state"] for entry in files} == {"missing"}
    used_by = {entry["file"]: entry["used_by"] for entry in files}
    for metric in vidbench.json("metrics", "list")["metrics"]:
        if metric["id"].startswith("shapes/"):  # their weights are in models/
            continue
        for name in metric["weights_files"]:
            assert metric["id"] in used_by[name], f"{metric['id']} reads {name}"
    assert next(entry for entry in files if entry["file"] == "musiq_spaq_ckpt-358bb6af.pth")["non_commercial"]
