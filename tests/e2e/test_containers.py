"""Models that run in a container: a real image in a podman of the test's own. Needs podman and runc or crun."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from conftest import BIN, ROOT, Vidbench

PODMAN = shutil.which("podman")
pytestmark = pytest.mark.skipif(PODMAN is None, reason="podman is not installed")
PROGRAMS = [*map(pathlib.Path, ("/bin/bash", "/bin/sleep", "/bin/cat")), BIN.parent / "tests/moving_bar"]
ABSENT = "docker.io/example/absent@sha256:" + "0" * 64
VIDEO = 'printf GIF89a > "$1"/video.gif'
# Says that it is there, then nothing more; ends for no signal that can be ignored.
STALLS = r"""trap '' TERM
say() { read -r line; printf '{"jsonrpc": "2.0", "id": %s, "result": %s}\n' "$1" "$2"; }
say 1 '{"protocol": "vidbench.worker/1", "capabilities": ["generate"]}'
say 2 '{"device": "cpu"}'
sleep 1000"""


def make_root(folder: pathlib.Path) -> None:
    """The programs, their libraries and nothing else."""
    for name in ("bin", "proc", "sys", "dev", "etc", "run", "tmp"):
        (folder / name).mkdir(parents=True)
    for program in PROGRAMS:
        shutil.copy(program, folder / "bin")
        needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in [word for word in needed.split() if word.startswith("/")]:
            (folder / library[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, folder / library[1:])


class Podman:
    """An engine whose images and containers are its own."""

    def __init__(self, home: pathlib.Path) -> None:
        runc = shutil.which("runc", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        settings = {
            "containers.conf": [
                "[engine]",
                'cgroup_manager = "cgroupfs"',
                'events_logger = "file"',
                f'tmp_dir = "{home}/tmp"',
                *(['runtime = "runc"'] if runc else []),
                "[containers]",
                # Where root may not raise limits, podman's own are refused.
                'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]',
            ],
            "storage.conf": ["[storage]", 'driver = "vfs"', f'runroot = "{home}/run"', f'graphroot = "{home}/graph"'],
        }
        for name, lines in settings.items():
            (home / name).write_text("\n".join(lines) + "\n")
        self.environment = {
            "CONTAINERS_CONF": f"{home}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{home}/storage.conf",
            "VIDBENCH_CONTAINERS": "podman",
        }
        make_root(home / "root")
        archive = shutil.make_archive(str(home / "root"), "tar", home / "root")
        self("import", archive, "localhost/vidbench/test:latest")
        (self.image,) = json.loads(
            self("image", "inspect", "--format", "{{json .RepoDigests}}", "localhost/vidbench/test:latest")
        )
        self.id = "sha256:" + self("image", "inspect", "--format", "{{.Id}}", self.image)

    def __call__(self, *arguments: str) -> str:
        assert PODMAN
        result = subprocess.run(
            [PODMAN, *arguments], env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=120
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def containers(self) -> list[str]:
        return self("ps", "--all", "--format", "{{.Names}}").split()


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    engine = Podman(tmp_path_factory.mktemp("podman"))
    yield engine
    engine("rm", "--all", "--force", "--time=0")  # what a failed test left, and its mounts


@pytest.fixture
def boxed(vidbench: Vidbench, podman: Podman) -> Vidbench:
    vidbench.environment.update(podman.environment)
    return vidbench


@pytest.fixture
def docked(boxed: Vidbench, podman: Podman, tmp_path: pathlib.Path) -> Iterator[Vidbench]:
    """Docker's client, whose engine is podman: what runs is no child of the client."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker's client is not installed")
    wrapper = tmp_path / "docker"
    limits = "--ulimit nofile=1024:1024 --ulimit nproc=4096:4096"  # as in the containers.conf above
    wrapper.write_text(f'#!/bin/sh\n[ "$1" = run ] && shift && exec {docker} run {limits} "$@"\nexec {docker} "$@"\n')
    wrapper.chmod(0o755)
    socket = f"unix://{tmp_path}/podman.sock"
    boxed.environment.update({"VIDBENCH_CONTAINERS": str(wrapper), "DOCKER_HOST": socket})
    assert PODMAN
    with subprocess.Popen([PODMAN, "system", "service", "--time=0", socket], env=boxed.environment) as service:
        deadline = time.monotonic() + 30
        while not (tmp_path / "podman.sock").exists():
            assert time.monotonic() < deadline and service.poll() is None, "podman does not serve"
            time.sleep(0.05)
        yield boxed
        service.terminate()


def add_model(vidbench: Vidbench, image: str, **fields: object) -> None:
    entry = {"id": "boxed", "runner": "worker", "tasks": ["text-to-video"], "environment": {"image": image}, **fields}
    (vidbench.catalogue / "boxed.yaml").write_text(json.dumps({"family": "boxed", "models": [entry]}))


def add_script(vidbench: Vidbench, image: str, script: str, **fields: object) -> None:
    """A model of runner `command`; in the script $1 is the folder for the video."""
    command = ["/bin/bash", "-c", script, "{prompt} {seed}", "{output_dir}"]
    add_model(vidbench, image, runner="command", command=command, **fields)
    settings = {"output": "{output_dir}/*.gif"}
    file = vidbench.catalogue / "boxed.yaml"
    content = json.loads(file.read_text())
    content["models"][0].setdefault("settings", settings)
    file.write_text(json.dumps(content))


def one_prompt(vidbench: Vidbench) -> str:
    return vidbench.suite(prompts=1, metrics=[], reference=None, warmup=0)


def log_of(vidbench: Vidbench) -> str:
    (log,) = (vidbench.home / "data/vidbench/runs").glob("*/logs/boxed.log")
    return log.read_text()


def test_a_worker_in_an_image_keeps_the_protocol_and_runs(boxed: Vidbench, podman: Podman) -> None:
    add_model(boxed, podman.image, command=["/bin/moving_bar"])
    report = boxed.json("models", "validate", "boxed")
    assert report["passed"] and all(check["passed"] for check in report["checks"]), report
    suite = boxed.suite(prompts=3, batch_size=2, metrics=["video/flicker"], reference=None)
    (entry,) = boxed.json("run", suite, "--model", "boxed")["entries"]
    assert entry["samples"] == {"planned": 3, "done": 3, "failed": 0}
    assert podman.containers() == []
    with boxed.store() as store:
        (facts,) = store.execute("SELECT facts FROM model_facts").fetchone()
    assert json.loads(facts)["versions"]["environment"] == podman.image.split("@")[1]


def test_nothing_but_the_output_can_be_written_and_no_network_is_there(boxed: Vidbench, podman: Podman) -> None:
    checks = """
    : > /bin/new && echo WRITABLE root
    : > "$PYTHONPATH/new" && echo WRITABLE sdk
    : > /tmp/scratch && echo scratch is there
    [ -d /home ] && echo VISIBLE home
    while IFS=: read -r name rest; do [[ $rest ]] && echo "interface" $name; done < /proc/net/dev
    while read -r key value; do [[ $key = CapEff: || $key = NoNewPrivs: ]] && echo $key $value; done < /proc/self/status
    [[ $HF_HUB_OFFLINE = 1 && -z $XDG_DATA_HOME ]] && echo environment is ours
    """
    add_script(boxed, podman.image, checks + VIDEO)
    boxed.run("run", one_prompt(boxed), "--model", "boxed")
    log = log_of(boxed)
    assert "WRITABLE" not in log and "VISIBLE" not in log, log
    assert log.count("Read-only file system") == 2 and "scratch is there" in log, log
    assert [line for line in log.splitlines() if line.startswith("interface")] == ["interface lo"], log
    assert "CapEff: 0000000000000000" in log and "NoNewPrivs: 1" in log and "environment is ours" in log, log


def test_weights_and_checkout_are_read_only_at_their_own_places(boxed: Vidbench, podman: Podman) -> None:
    checkout, weights = boxed.home / "check, out", boxed.home / "w.bin"
    (checkout / "made").mkdir(parents=True)
    weights.write_text("these are weights")
    script = 'echo "$PWD"; cat "$2" && echo; : > "$2" || : > new || echo both are read-only; ' + VIDEO
    command = ["/bin/bash", "-c", script, "{prompt} {seed}", "{output_dir}", "{weights}"]
    settings = {"directory": str(checkout), "weights": str(weights), "output": "{output_dir}/*.gif"}
    add_model(boxed, podman.id, runner="command", command=command, settings=settings)
    boxed.run("run", one_prompt(boxed), "--model", "boxed")
    log = log_of(boxed)
    assert f"{checkout}\nthese are weights\n" in log and "both are read-only" in log, log
    # A script that writes where it wants to is given its own folder.
    command[2], settings["output"] = "printf GIF89b > made/$RANDOM.gif", "made/*.gif"
    add_model(boxed, podman.id, runner="command", command=command, settings=settings)
    boxed.run("run", one_prompt(boxed), "--model", "boxed")


def test_no_container_is_left_when_a_worker_stalls(boxed: Vidbench, podman: Podman) -> None:
    add_model(boxed, podman.image, command=["/bin/bash", "-c", STALLS], timeouts={"stall_s": 3})
    error = boxed.run("run", one_prompt(boxed), "--model", "boxed", "--max-attempts", "1", code=4).stderr
    assert "no sign of life during 'generate'" in error
    assert podman.containers() == []


def test_no_container_is_left_when_vidbench_is_killed(boxed: Vidbench, podman: Podman) -> None:
    add_script(boxed, podman.image, "trap '' TERM; sleep 1000")
    process = subprocess.Popen(
        boxed.command("run", one_prompt(boxed), "--model", "boxed"),
        env=boxed.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (names := podman.containers()):
        assert process.poll() is None and time.monotonic() < deadline, "no container was started"
        time.sleep(0.1)
    assert names[0].startswith("vidbench-")
    (container,) = podman("ps", "--no-trunc", "--format", "{{.ID}}").split()
    process.kill()
    process.wait()
    while podman.containers():
        assert time.monotonic() < deadline, "the container outlived vidbench"
        time.sleep(0.1)
    assert not list(pathlib.Path("/sys/fs/cgroup").glob(f"**/libpod-{container}")), "its cgroup is left"


def test_docker_runs_and_leaves_no_container(docked: Vidbench, podman: Podman) -> None:
    add_model(docked, podman.image, command=["/bin/moving_bar"])
    report = docked.json("models", "validate", "boxed")
    assert report["passed"] and all(check["passed"] for check in report["checks"]), report
    add_model(docked, podman.image, command=["/bin/bash", "-c", STALLS], timeouts={"stall_s": 3})
    error = docked.run("run", one_prompt(docked), "--model", "boxed", "--max-attempts", "1", code=4).stderr
    assert "no sign of life during 'generate'" in error
    assert podman.containers() == []
    add_model(docked, ABSENT, command=["/bin/moving_bar"])
    (missing,) = docked.json("models", "show", "boxed")["missing"]
    assert missing.endswith("is not there (vidbench environments build boxed)")


def test_a_container_that_is_killed_is_told(boxed: Vidbench, podman: Podman) -> None:
    add_model(boxed, podman.image, command=["/bin/bash", "-c", "echo why >&2; exit 9"])
    error = boxed.run("run", one_prompt(boxed), "--model", "boxed", "--max-attempts", "1", code=4).stderr
    assert "the worker ended with exit code 9 without an answer" in error
    add_model(boxed, podman.image, command=["/bin/nonesuch"])
    report = boxed.json("models", "validate", "boxed", code=5)
    assert "nonesuch" in json.dumps(report), report


def test_an_image_that_is_not_there(boxed: Vidbench) -> None:
    add_model(boxed, ABSENT, command=["/bin/worker"])
    missing = f"image {ABSENT} is not there (vidbench environments build boxed)"
    assert boxed.json("models", "show", "boxed")["missing"] == [missing]
    error = boxed.run("run", one_prompt(boxed), "--model", "boxed", code=3).stderr
    assert f"error: model 'boxed' cannot run here: {missing} — vidbench models show boxed\n" in error, error
    (check,) = boxed.json("models", "validate", "boxed", code=5)["checks"]
    assert check["detail"] == missing and not check["passed"]
    plan = boxed.json("run", one_prompt(boxed), "--model", "boxed", "--dry-run")
    assert plan["models"][0]["missing"] == [missing]
    error = boxed.run("environments", "build", "boxed", code=3).stderr
    assert f"pulling {ABSENT}" in error and "podman pull" in error, error
    add_model(boxed, ABSENT.split("@")[1], command=["/bin/worker"])
    error = boxed.run("environments", "build", "boxed", code=3).stderr
    assert "is not there, and without a name it cannot be pulled" in error, error


class Registry(http.server.BaseHTTPRequestHandler):
    """A registry of one image, from a folder in the OCI layout; `lie` stands in the place of its manifest."""

    blobs: pathlib.Path
    lie = b""

    def do_GET(self) -> None:
        kind, digest = self.path.rpartition("/")[0].rpartition("/")[2], self.path.rpartition(":")[2]
        content = b"{}" if self.path == "/v2/" else (self.blobs / digest).read_bytes()
        self.send_response(200)
        if kind == "manifests":
            content = self.lie or content
            self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def test_an_image_is_pulled_by_its_digest(boxed: Vidbench, podman: Podman, tmp_path: pathlib.Path) -> None:
    podman("save", "--format", "oci-dir", "--output", str(tmp_path / "oci"), podman.id)
    digest = json.loads((tmp_path / "oci/index.json").read_text())["manifests"][0]["digest"]
    handler = type("Handler", (Registry,), {"blobs": tmp_path / "oci/blobs/sha256"})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        settings = tmp_path / "registries.conf"
        settings.write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
        boxed.environment["CONTAINERS_REGISTRIES_CONF"] = str(settings)
        image = f"{host}/vidbench/test@{digest}"
        add_model(boxed, image, command=["/bin/moving_bar"])
        handler.lie = b'{"schemaVersion": 2}'
        assert "podman pull" in boxed.run("environments", "build", "boxed", code=3).stderr
        shown = boxed.json("models", "show", "boxed")
        assert shown["missing"] and not shown["runnable"]
        handler.lie = b""
        assert f"{image} is pulled" in boxed.run("environments", "build", "boxed").stderr
        server.shutdown()
    assert boxed.json("models", "show", "boxed")["missing"] == []
    assert boxed.json("models", "validate", "boxed")["passed"]


def test_what_would_run_is_printed(boxed: Vidbench, podman: Podman) -> None:
    add_model(boxed, podman.image, command=["/bin/moving_bar", "x"], device="cuda")
    plan = boxed.json("run", one_prompt(boxed), "--model", "boxed", "--dry-run")
    argv = plan["models"][0]["execution"]["argv"]
    assert argv[:2] == [PODMAN, "run"] and argv[-3:] == ["--entrypoint=/bin/moving_bar", podman.image, "x"]
    assert {"--network=none", "--read-only", "--cap-drop=all", "--device=nvidia.com/gpu=all"} < set(argv)
    mounts = [word for word in argv if word.startswith("--mount")]
    assert mounts == [
        "--mount=type=bind,source={output_dir},target={output_dir}",
        f"--mount=type=bind,source={ROOT}/python,target={ROOT}/python,readonly=true",
    ]
    online = boxed.json("run", one_prompt(boxed), "--model", "boxed", "--dry-run", "--online", "--device", "cpu")
    argv = online["models"][0]["execution"]["argv"]
    assert "--network=none" not in argv and "--device=nvidia.com/gpu=all" not in argv


def test_environments_show_images_and_leave_them_alone(boxed: Vidbench, podman: Podman) -> None:
    add_model(boxed, podman.image, command=["/bin/moving_bar"])
    assert "is there (pulled)" in boxed.run("environments", "build", "boxed").stderr
    (listed,) = boxed.json("environments", "list")["environments"]
    assert listed["name"] == podman.image and listed["models"] == ["boxed"] and listed["complete"]
    (boxed.catalogue / "boxed.yaml").unlink()
    assert boxed.json("environments", "gc")["environments"] == []
    podman("image", "exists", podman.image)


def test_without_an_engine_the_model_is_listed_as_missing_one(vidbench: Vidbench) -> None:
    add_model(vidbench, ABSENT, command=["/bin/worker"])
    vidbench.environment["VIDBENCH_CONTAINERS"] = "/nowhere/podman"
    (missing,) = vidbench.json("models", "show", "boxed")["missing"]
    assert missing.startswith("program '/nowhere/podman' not found") and "VIDBENCH_CONTAINERS" in missing
    error = vidbench.run("environments", "build", "boxed", code=3).stderr
    assert "program '/nowhere/podman' not found" in error


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"image": "docker.io/library/python:3.12"}, "name it by digest: podman image inspect"),
        ({"image": "python@sha256:" + "0" * 64}, "'python' is not the name of an image"),
        ({"image": "docker.io/a/b:1@sha256:" + "0" * 64}, "has a tag beside the digest"),
        ({"image": ABSENT, "requirements": "a.txt"}, "'requirements' beside 'image'"),
    ],
)
def test_an_image_that_is_not_named_by_digest_is_refused(vidbench: Vidbench, environment: dict, said: str) -> None:
    (vidbench.catalogue / "boxed.yaml").write_text(
        "family: boxed\nmodels:\n  - id: boxed\n    runner: worker\n    command: [x]\n    environment:\n"
        + "".join(f'      {key}: "{value}"\n' for key, value in environment.items())
    )
    error = vidbench.run("models", "list", code=2).stderr
    assert said in error and "boxed.yaml:" in error, error
