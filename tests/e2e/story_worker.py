"""A model and a metric in one small program of the standard library, for end-to-end tests.

Every generation is appended to the file named by STORY_LOG, so that a test can count what was made twice. The
setting `mode` makes it misbehave: "oom-above N" fails batches larger than N, "crash-once FILE" dies in the first
generation, "fail TEXT" fails prompts that contain TEXT, "slow SECONDS" sleeps before each video, "unseeded" makes
another video in every process. The setting `package` is a module whose version is told.
"""

import hashlib
import importlib
import json
import os
import struct
import sys
import time
from pathlib import Path

FRAMES, SIDE = 4, 8
METRICS = [
    {
        "id": "test/mean",
        "version": 1,
        "title": "Mean brightness",
        "unit": "",
        "better": "higher",
        "range": [0, 255],
        "kind": "sample",
        "reducer": "mean",
        "needs": [],
    },
    {
        "id": "test/frechet",
        "version": 1,
        "title": "Distance",
        "unit": "",
        "better": "lower",
        "range": [0, None],
        "kind": "set",
        "reducer": "frechet",
        "features": "test/features",
        "needs": ["reference"],
    },
]
settings: dict = {}


def send(message: dict) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


class Failure(Exception):
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def pixels(prompt: str, seed: int) -> bytes:
    block = hashlib.sha256(f"{prompt}|{seed}".encode()).digest()
    size = FRAMES * SIDE * SIDE * 3
    return (block * (size // len(block) + 1))[:size]


def write_npy(path: Path, data: bytes) -> None:
    header = str({"descr": "|u1", "fortran_order": False, "shape": (FRAMES, SIDE, SIDE, 3)}).encode()
    header += b" " * ((-len(header) - 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)


def read_npy(path: Path) -> bytes:
    content = path.read_bytes()
    return content[10 + struct.unpack("<H", content[8:10])[0] :]


def load(params: dict) -> dict:
    settings.update(params["settings"])
    versions = {"python": sys.prefix}
    if "package" in settings:
        versions["package"] = importlib.import_module(settings["package"]).__version__
    return {
        "versions": versions,
        "device": "cpu",
        "dtype": params["dtype"],
        "parameters": 1,
        "weights_bytes": 4,
        "defaults": {"frames": FRAMES, "width": SIDE, "height": SIDE, "fps": 8, "steps": 1},
    }


def generate(params: dict) -> dict:
    start = time.monotonic()
    mode, _, argument = settings.get("mode", "").partition(" ")
    requests = params["requests"]
    if mode == "oom-above" and len(requests) > int(argument):
        raise Failure("oom", f"{len(requests)} videos do not fit")
    if mode == "crash-once" and not Path(argument).exists():
        Path(argument).touch()
        os._exit(9)
    results = []
    for request in requests:
        if mode == "fail" and argument in request["prompt"]:
            results.append({"id": request["id"], "error": {"class": "moderation", "message": "refused"}})
            continue
        if mode == "slow":
            time.sleep(float(argument))
        name = request["id"] + ".npy"
        salt = os.getpid() if mode == "unseeded" else 0
        write_npy(Path(params["output_dir"]) / name, pixels(request["prompt"], request["seed"] + salt))
        send({"method": "progress", "params": {"id": request["id"], "stage": "denoise", "step": 1, "steps": 1}})
        if "STORY_LOG" in os.environ:
            with open(os.environ["STORY_LOG"], "a") as log:
                log.write(request["id"] + "\n")
        results.append(
            {
                "id": request["id"],
                "video": name,
                "frames": FRAMES,
                "height": SIDE,
                "width": SIDE,
                "fps": 8,
                "latency_s": time.monotonic() - start,
            }
        )
    return {"results": results, "batch_s": time.monotonic() - start, "peak_memory_bytes": 1 << 20}


def features(data: bytes) -> list[float]:
    return [data[i] / 255 for i in range(3)]


def evaluate(params: dict) -> dict:
    results = []
    for request in params["requests"]:
        data = read_npy(Path(request["video"]))
        results.append(
            {
                "id": request["id"],
                "values": {"test/mean": sum(data) / len(data)},
                "features": {"test/features": features(data)},
            }
        )
    return {"results": results, "peak_memory_bytes": 1 << 20}


def reference(params: dict) -> dict:
    rows = [features(pixels("reference", params["seed"] + i)) for i in range(params["count"])]
    return {"features": {"test/features": rows}, "digest": "test"}


def encode(params: dict) -> dict:
    for request in params["requests"]:
        Path(request["output"]).write_bytes(b"not a film")
    return {"results": [{"id": r["id"], "bytes": 10} for r in params["requests"]]}


def initialize(params: dict) -> dict:
    return {
        "protocol": "vidbench.worker/1",
        "name": "story",
        "version": "1",
        "capabilities": ["generate", "evaluate", "reference", "encode"],
        "metrics": METRICS,
    }


METHODS = {
    "initialize": initialize,
    "load": load,
    "generate": generate,
    "evaluate": evaluate,
    "reference": reference,
    "encode": encode,
    "unload": lambda _: {},
    "shutdown": lambda _: {},
}


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if request["method"] not in METHODS:
            send({"id": request["id"], "error": {"code": -32601, "message": "no such method"}})
            continue
        try:
            send({"id": request["id"], "result": METHODS[request["method"]](request["params"])})
        except Failure as failure:
            send(
                {
                    "id": request["id"],
                    "error": {"code": -32000, "message": str(failure), "data": {"class": failure.kind}},
                }
            )
        if request["method"] == "shutdown":
            return


main()
