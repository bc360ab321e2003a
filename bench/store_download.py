"""Measures how fast a blob comes into the weights store, digest and all, beside curl from the same server.

Usage: python3 bench/store_download.py [--mib 1024] [--rounds 5] [--bin build/release/bin] [--server plain|serve]
       [--rate MIB_PER_S] [--folder FOLDER]
Prints one JSON document. The server is on this machine: `plain` sends a file with sendfile, `serve` is `vidbench store
serve`. With --rate the plain server sends no faster, all connections together, as a network would. All fetch the same
bytes to the same file system, taking turns; each time includes the program's start. curl alone computes no digest;
`curl_openssl` is `curl | tee FILE | openssl dgst -sha256`.
"""

import argparse
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMIT = "0" * 39 + "1"


class Pace:
    """Lets bytes pass at a rate that all connections share."""

    def __init__(self, bytes_per_s: float) -> None:
        self.bytes_per_s = bytes_per_s
        self.free_at = 0.0
        self.lock = threading.Lock()

    def wait(self, count: int) -> None:
        with self.lock:
            start = max(self.free_at, time.monotonic())
            self.free_at = start + count / self.bytes_per_s
        time.sleep(max(0.0, start - time.monotonic()))


class Handler(http.server.BaseHTTPRequestHandler):
    """A hub of one repository with one file."""

    protocol_version = "HTTP/1.1"
    blob: pathlib.Path
    digest: str
    blobs_at = ""  # where its large file is; "" = here
    pace: Pace | None = None  # None = as fast as it goes

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/api/"):
            size = self.blob.stat().st_size
            siblings = [{"rfilename": "w.safetensors", "lfs": {"sha256": self.digest, "size": size}}]
            return self.send(json.dumps({"sha": COMMIT, "siblings": siblings}).encode())
        if self.path.startswith("/someone/"):
            self.send_response(302)
            self.send_header("Location", f"{self.blobs_at}/blobs/sha256-{self.digest}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        return self.send_blob()

    def send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_blob(self) -> None:
        size = self.blob.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(wanted[1]), int(wanted[2] or size - 1)) if wanted else (0, size - 1)
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.flush()
        # A client with several connections closes those whose part another one has brought.
        with contextlib.suppress(ConnectionError), self.blob.open("rb") as file:
            while first <= last:
                count = last + 1 - first
                if self.pace:
                    count = min(count, 1 << 20)
                    self.pace.wait(count)
                first += os.sendfile(self.connection.fileno(), file.fileno(), first, count)


def make_blob(path: pathlib.Path, mib: int) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(mib):
            block = os.urandom(1 << 20)
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def timed(command: list[str], env: dict[str, str]) -> float:
    start = time.monotonic()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--server", choices=["plain", "serve"], default="plain")
    parser.add_argument("--rate", type=float, help="MiB/s that the plain server sends (default: no limit)")
    parser.add_argument("--folder", type=pathlib.Path, help="where files are written (default: the temporary folder)")
    options = parser.parse_args()
    if options.rate is not None and (options.rate <= 0 or options.server != "plain"):
        parser.error("--rate is for the plain server, and above zero")
    Handler.pace = Pace(options.rate * (1 << 20)) if options.rate else None
    vidbench = str(options.bin.absolute() / "vidbench")
    with tempfile.TemporaryDirectory(prefix="vidbench-bench", dir=options.folder) as name:
        home = pathlib.Path(name)
        (home / "origin/blobs").mkdir(parents=True)
        Handler.digest = make_blob(home / "blob", options.mib)
        Handler.blob = (home / "blob").rename(home / f"origin/blobs/sha256-{Handler.digest}")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hub = f"http://127.0.0.1:{server.server_address[1]}"
        Handler.blobs_at = hub
        (home / "catalogue").mkdir()
        settings = {"pipeline": "WanPipeline", "repo": "someone/blob"}
        model = {"id": "blob", "title": "blob", "tasks": ["text-to-video"], "licence": "MIT", "runner": "diffusers"}
        (home / "catalogue/blob.yaml").write_text(
            json.dumps({"family": "bench", "models": [{**model, "settings": settings}]})
        )
        env = {
            **os.environ,
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "VIDBENCH_HOME": str(ROOT),
            "VIDBENCH_CATALOGUE": str(home / "catalogue"),
            "VIDBENCH_MODELS_STORE": str(home / "store"),
            "HF_ENDPOINT": hub,
            "HF_HUB_CACHE": str(home / "hub"),
            "no_proxy": "127.0.0.1",
        }
        serving = None
        if options.server == "serve":
            serving = subprocess.Popen(
                [vidbench, "store", "serve", "--listen", "127.0.0.1:0"],
                env={**env, "VIDBENCH_MODELS_STORE": str(home / "origin")},
                stderr=subprocess.PIPE,
                text=True,
            )
            assert serving.stderr is not None
            Handler.blobs_at = serving.stderr.readline().split("serving on ")[1].strip()
        url = f"{Handler.blobs_at}/blobs/sha256-{Handler.digest}"
        times: dict[str, list[float]] = {"curl": [], "curl_openssl": [], "vidbench": []}
        piped = f"curl -s '{url}' | tee '{home / 'curl'}' | openssl dgst -sha256"
        timed(["curl", "-s", "-o", str(home / "warm"), url], env)
        (home / "warm").unlink()
        for _ in range(options.rounds):
            times["curl"].append(timed(["curl", "-s", "-o", str(home / "curl"), url], env))
            (home / "curl").unlink()
            times["curl_openssl"].append(timed(["sh", "-c", piped], env))
            (home / "curl").unlink()
            times["vidbench"].append(timed([vidbench, "models", "pull", "blob", "--quiet"], env))
            assert (home / f"store/blobs/sha256-{Handler.digest}").stat().st_size == options.mib << 20
            shutil.rmtree(home / "store")
        if serving is not None:
            serving.send_signal(signal.SIGINT)
            serving.wait()
        server.shutdown()
    median = {program: statistics.median(values) for program, values in times.items()}
    print(
        json.dumps(
            {
                "mib": options.mib,
                "server": options.server,
                "rate_mib_per_s": options.rate,
                "seconds": times,
                "median_s": median,
                "mib_per_s": {program: options.mib / seconds for program, seconds in median.items()},
                "speed_of_curl": median["curl"] / median["vidbench"],
                "speed_of_curl_openssl": median["curl_openssl"] / median["vidbench"],
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
