"""A metric worker whose features are given: for "x.npy" the numbers in "x.json". One set metric per reducer."""

import json
import pathlib
import sys

REDUCERS = ("frechet", "frechet-biased", "kernel", "jedi", "inception")


def info(reducer: str) -> dict:
    return {
        "id": reducer,
        "version": 1,
        "title": reducer,
        "unit": "",
        "better": "higher" if reducer == "inception" else "lower",
        "kind": "set",
        "reducer": reducer,
        "features": "given",
        "needs": [] if reducer == "inception" else ["reference"],
        "definition": "given features",
        "citation": "",
    }


def answer(method: str, params: dict) -> dict:
    if method == "initialize":
        metrics = [info(reducer) for reducer in REDUCERS]
        return {"protocol": "vidbench.worker/1", "name": "given", "capabilities": ["evaluate"], "metrics": metrics}
    if method != "evaluate":
        return {}
    results = []
    for request in params["requests"]:
        vector = json.loads(pathlib.Path(request["video"]).with_suffix(".json").read_text())
        results.append({"id": request["id"], "values": {}, "features": {"given": vector}})
    return {"results": results}


for line in sys.stdin:
    call = json.loads(line)
    result = answer(call["method"], call.get("params", {}))
    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}), flush=True)
