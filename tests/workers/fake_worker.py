"""A worker of the standard library alone that behaves, or misbehaves, as its first argument says."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MODE = sys.argv[1] if len(sys.argv) > 1 else "ok"
ARGUMENT = sys.argv[2] if len(sys.argv) > 2 else ""
METRICS = [
    {
        "id": "fake/size",
        "version": 1,
        "title": "File size",
        "unit": "bytes",
        "better": "higher",
        "range": [0, None],
        "kind": "sample",
        "reducer": "mean",
        "needs": [],
    },
    {
        "id": "fake/alignment",
        "version": 1,
        "title": "Alignment",
        "unit": "",
        "better": "higher",
        "range": [None, None],
        "kind": "sample",
        "reducer": "mean",
        "needs": ["prompt"],
    },
    {
        "id": "fake/frechet",
        "version": 1,
        "title": "Distance",
        "unit": "",
        "better": "lower",
        "range": [0, None],
        "kind": "set",
        "reducer": "frechet",
        "features": "fake/features",
        "needs": ["reference"],
    },
]


if MODE == "several-rows":
    METRICS[2]["row_size"] = 2


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def send(message: dict) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def progress(**params: object) -> None:
    send({"method": "progress", "params": {"stage": "denoise", **params}})


def npy(frames: int, height: int, width: int, seed: int) -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({frames}, {height}, {width}, 3), }}"
    header = header.ljust((128 - 10) - 1) + "\n"
    size = frames * height * width * 3
    block = hashlib.sha256(str(seed).encode()).digest()
    pixels = (block * (size // len(block) + 1))[:size]
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + pixels


def video(request: dict, folder: str) -> dict:
    frames, height, width = (request.get(key, 4) for key in ("frames", "height", "width"))
    seed = 0 if MODE == "deaf-to-seed" else request["seed"]
    if MODE == "unrepeatable":
        seed += 10 * os.getpid()
    name = request["id"] + ".npy"
    content = npy(frames, height, width, seed)
    if MODE == "constant":
        content = content[:128] + bytes(len(content) - 128)
    if MODE == "short-file":
        content = content[:-5]
    Path(folder, name).write_bytes(content)
    latency = 3000.0 if MODE == "milliseconds" else 0.0
    return {
        "id": request["id"],
        "video": name,
        "frames": frames,
        "height": height,
        "width": width,
        "fps": request.get("fps", 8),
        "latency_s": latency,
    }


def spoil(results: list, folder: str) -> list:
    """Turns good results into what the mode asks for; the first sample is the victim."""
    if not results:
        return results
    victim = results[0]
    path = Path(folder, victim["video"])
    if MODE == "unknown-sample":
        victim["id"] = "nobody"
    elif MODE == "missing-sample":
        results.pop(0)
    elif MODE == "twice":
        results.append(dict(victim))
    elif MODE == "escape":
        victim["video"] = "../escaped.npy"
    elif MODE == "absolute":
        victim["video"] = str(path)
    elif MODE == "link":
        real = path.rename(path.with_suffix(".real"))
        path.symlink_to(real)
    elif MODE == "missing-file":
        path.unlink()
    elif MODE == "empty-file":
        path.write_bytes(b"")
    elif MODE == "folder":
        path.unlink()
        path.mkdir()
    elif MODE == "fifo":
        path.unlink()
        os.mkfifo(path)
    elif MODE == "bad-number":
        victim["frames"] = -3
    elif MODE == "no-latency":
        del victim["latency_s"]
    elif MODE == "sample-oom":
        results[0] = {"id": victim["id"], "error": {"class": "oom", "message": "out of\nmemory"}}
    return results


def allocate_until_killed() -> None:
    """Moves into a memory cgroup of its own (ARGUMENT) and allocates past its limit."""
    Path(ARGUMENT, "cgroup.procs").write_text(str(os.getpid()))
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(1 << 20)))


def misbehave() -> None:
    """What the mode does when a request for work has come, before any answer."""
    if MODE == "never-answers":
        time.sleep(600)
    elif MODE == "ignores-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    elif MODE == "stalls":
        for step in range(3):
            progress(step=step)
        time.sleep(600)
    elif MODE == "progress-for-ever":
        while True:
            progress(step=1)
            time.sleep(0.05)
    elif MODE == "slow-with-progress":
        for step in range(10):
            progress(id="a", step=step + 1, steps=10)
            time.sleep(0.3)
    elif MODE == "crash":
        print("about to fail", file=sys.stderr, flush=True)
        print("the last line", file=sys.stderr, flush=True)
        os._exit(7)
    elif MODE == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif MODE == "cgroup-oom":
        allocate_until_killed()
    elif MODE == "closes-stdout":
        os.close(1)
        time.sleep(600)
    elif MODE == "garbage":
        for i in range(20):
            write(f"Loading shard {i} …\n")
        write('{"jsonrpc": "1.0", "id": 1, "result": {}}\n[1, 2]\n{"jsonrpc"\n\n')
        sys.stdout.buffer.write(b"\xff\xfe not text\n")
        write("[" * 100000 + "\n" + '{"jsonrpc": "2.0", "id": ' + "[" * 100000 + "\n")
    elif MODE == "garbage-flood":
        while True:
            write("garbage\n")
    elif MODE == "huge-line":
        while True:
            write("x" * (1 << 20))
    elif MODE == "child":
        child = subprocess.Popen(["sleep", "600"])
        print(f"child {child.pid}", file=sys.stderr, flush=True)
        os._exit(3)
    elif MODE == "stray":
        # Leaves the process group and keeps stdout open: neither must be waited for.
        child = subprocess.Popen(["sleep", "30"], start_new_session=True)
        print(f"child {child.pid}", file=sys.stderr, flush=True)
        os._exit(4)


def generate(params: dict) -> dict:
    misbehave()
    if MODE == "progress":
        for step in range(3):
            progress(id="a", step=step + 1, steps=3, peak_memory_bytes=1000 + step)
    if MODE == "strange-progress":
        send({"method": "progress", "params": {"stage": 7, "step": -1, "steps": "many"}})
        send({"method": "progress", "params": [1]})
        send({"method": "news"})
    if MODE == "no-results":
        return {"videos": []}
    start = time.monotonic()
    results = [video(request, params["output_dir"]) for request in params["requests"]]
    batch_s = 3000.0 if MODE == "milliseconds" else time.monotonic() - start
    return {"results": spoil(results, params["output_dir"]), "batch_s": batch_s, "peak_memory_bytes": 1}


def evaluate(params: dict) -> dict:
    misbehave()
    results = []
    for request in params["requests"]:
        content = Path(request["video"]).read_bytes()
        if content == b"hostile":
            print("a hostile video", file=sys.stderr, flush=True)
            os._exit(9)
        if content == b"corrupt":
            results.append({"id": request["id"], "error": {"class": "bad-output", "message": "frame 3"}})
            continue
        values = {"fake/size": len(content)}
        if request["prompt"]:
            values["fake/alignment"] = 0.5
        if content == b"immeasurable":
            values["fake/size"] = None
        features = [len(content), 1.5]
        if MODE == "several-rows":
            features = [1, 2, 3] if content == b"odd" else features * 2
        results.append({"id": request["id"], "values": values, "features": {"fake/features": features}})
    return {"results": results}


def reference(params: dict) -> dict:
    count = params["count"] - (1 if MODE == "short-reference" else 0)
    rows = [[float(params["seed"] + i), 2.0] for i in range(count)]
    if MODE == "ragged-reference":
        rows[-1] = [1.0]
    if MODE == "several-rows":
        rows[-1] *= 2
    return {"features": dict.fromkeys(params["features"], rows), "digest": "x"}


def encode(params: dict) -> dict:
    results = []
    for request in params["requests"]:
        content = Path(request["video"]).read_bytes()
        if content == b"hostile":
            os._exit(9)
        if content != b"unwritten":
            Path(request["output"]).write_bytes(b"mp4" * request["scale"])
        results.append({"id": request["id"], "bytes": 3})
    return {"results": results}


def initialize(params: dict) -> dict:
    if MODE == "slow-start":
        time.sleep(float(ARGUMENT))
    if MODE == "crash-at-start":
        print("ImportError: no module named torch", file=sys.stderr, flush=True)
        sys.exit(1)
    protocol = "vidbench.worker/9" if MODE == "other-protocol" else params["protocol"]
    capabilities = ["generate", "evaluate", "reference", "encode"]
    return {
        "protocol": protocol,
        "name": "fake",
        "version": "1",
        "metrics": METRICS,
        "capabilities": [] if MODE == "no-capability" else capabilities,
    }


def load(params: dict) -> dict:
    if MODE == "load-oom":
        raise MemoryError("the weights do not fit")
    facts = {
        "device": "cpu",
        "dtype": params["dtype"],
        "parameters": 12,
        "weights_bytes": 48,
        "versions": {"python": "3"},
        "defaults": {"frames": 4, "steps": 9},
    }
    if MODE == "echo":
        facts["versions"] = {
            "params": json.dumps(params, sort_keys=True),
            **{key: os.environ.get(key, "") for key in ("OMP_NUM_THREADS", "HF_HUB_OFFLINE")},
        }
    return facts


def answer(request: dict) -> None:
    method, number = request["method"], request["id"]
    handlers = {
        "initialize": initialize,
        "load": load,
        "generate": generate,
        "evaluate": evaluate,
        "reference": reference,
        "encode": encode,
        "unload": lambda params: {},
        "shutdown": lambda params: {},
    }
    if method not in handlers:
        send({"id": number, "error": {"code": -32601, "message": f"unknown method {method}"}})
        return
    try:
        result = handlers[method](request["params"])
    except MemoryError as error:
        send({"id": number, "error": {"code": -32000, "message": str(error), "data": {"class": "oom"}}})
        return
    if MODE == "wrong-id" and method == "generate":
        number += 1
    if MODE == "error-without-message" and method == "generate":
        send({"id": number, "error": {"code": 1}})
        return
    if MODE == "generate-oom" and method == "generate":
        send({"id": number, "error": {"code": -32000, "message": "two\nlines", "data": {"class": "oom"}}})
        return
    send({"id": number, "result": result})


def main() -> None:
    if MODE == "ignores-shutdown":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin:
        request = json.loads(line)
        answer(request)
        if request["method"] == "shutdown":
            if MODE == "ignores-shutdown":
                time.sleep(600)
            sys.exit(5 if MODE == "bad-exit" else 0)


main()
