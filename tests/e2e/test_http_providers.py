"""Hosted models: every provider file against a server on this machine that replays the provider's sequence."""

import base64
import dataclasses
import hashlib
import hmac
import json
import pathlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import jsonschema
import pytest
import yaml
from conftest import ROOT, Vidbench
from provider_server import VIDEO, ProviderServer, hang_up

SECRET = "s3cr3t-k3y/value+1"
PROMPT = "a private prompt about two cats"


@dataclasses.dataclass
class Sequence:
    """What a provider answers. "BASE" stands for the server's address; "POLL" is answered before `done`."""

    submit: str
    accepted: object
    poll: str
    pending: list[object]
    done: object
    failed: object | None
    moderated: object | None = None
    steps: dict[str, object] = dataclasses.field(default_factory=dict)
    download: str = "GET /cdn/out.mp4"
    header: tuple[str, str] = ("authorization", f"Bearer {SECRET}")
    sent: dict[str, object] = dataclasses.field(default_factory=dict)  # pointer → value in the submit's body
    poll_body: object | None = None
    model: str = "some-model"
    secrets: tuple[str, ...] = ()
    defaults: dict[str, object] = dataclasses.field(default_factory=dict)
    settings: dict[str, object] = dataclasses.field(default_factory=dict)
    failed_message: str = ""


CDN = "CDN/cdn/out.mp4"
LONG = {"frames": 120, "fps": 24}

SEQUENCES: dict[str, Sequence] = {
    "openai": Sequence(
        "POST /v1/videos",
        {"id": "video_1", "status": "queued"},
        "GET /v1/videos/video_1",
        [{"status": "queued"}, {"status": "in_progress"}],
        {"status": "completed"},
        {"status": "failed", "error": {"message": "it broke"}},
        download="GET /v1/videos/video_1/content",
        defaults={"frames": 192, "fps": 24, "width": 1280, "height": 720},
        failed_message="it broke",
    ),
    "gemini": Sequence(
        "POST /v1beta/models/veo-3:predictLongRunning",
        {"name": "models/veo-3/operations/7"},
        "GET /v1beta/models/veo-3/operations/7",
        [{"name": "x"}, {"done": False}],
        {"done": True, "response": {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": CDN}}]}}},
        {"done": True, "error": {"code": 3, "message": "it broke"}},
        header=("x-goog-api-key", SECRET),
        model="veo-3",
        sent={"/instances/0/prompt": PROMPT, "/parameters/durationSeconds": 8, "/parameters/resolution": "720p"},
        defaults={"frames": 192, "fps": 24, "width": 1280, "height": 720},
        failed_message="it broke",
    ),
    "vertex": Sequence(
        "POST /v1beta1/projects/p/locations/l/publishers/google/models/veo-3:predictLongRunning",
        {"name": "operations/7"},
        "POST /v1beta1/projects/p/locations/l/publishers/google/models/veo-3:fetchPredictOperation",
        [{}, {"done": False}],
        {"done": True, "response": {"videos": [{"bytesBase64Encoded": base64.b64encode(VIDEO).decode()}]}},
        {"done": True, "error": {"code": 3, "message": "it broke"}},
        download="",
        header=("authorization", "Bearer printed-token"),
        model="veo-3",
        sent={"/parameters/seed": 5, "/parameters/sampleCount": 1},
        poll_body={"operationName": "operations/7"},
        settings={"parameters": {"host": "vertex.example.com", "project": "p", "location": "l"}},
        failed_message="it broke",
    ),
    "runway": Sequence(
        "POST /v1/text_to_video",
        {"id": "t1"},
        "GET /v1/tasks/t1",
        [{"status": "PENDING"}, {"status": "THROTTLED"}, {"status": "RUNNING"}],
        {"status": "SUCCEEDED", "output": [CDN]},
        {"status": "FAILED", "failure": "it broke", "failureCode": "X"},
        model="gen4.5",
        sent={"/promptText": PROMPT, "/ratio": "1280:720", "/duration": 5, "/seed": 5, "/model": "gen4.5"},
        defaults={**LONG, "width": 1280, "height": 720},
        failed_message="it broke",
    ),
    "luma": Sequence(
        "POST /dream-machine/v1/generations/video",
        {"id": "g1"},
        "GET /dream-machine/v1/generations/g1",
        [{"state": "queued"}, {"state": "dreaming"}],
        {"state": "completed", "assets": {"video": CDN}},
        {"state": "failed", "failure_reason": "it broke"},
        sent={"/duration": "5s", "/resolution": "720p", "/aspect_ratio": "16:9"},
        defaults={**LONG, "width": 1280, "height": 720},
        failed_message="it broke",
    ),
    "kling": Sequence(
        "POST /v1/videos/text2video",
        {"code": 0, "data": {"task_id": "k1"}},
        "GET /v1/videos/text2video/k1",
        [{"data": {"task_status": "submitted"}}, {"data": {"task_status": "processing"}}],
        {"data": {"task_status": "succeed", "task_result": {"videos": [{"url": CDN}]}}},
        {"data": {"task_status": "failed", "task_status_msg": "it broke"}},
        header=("authorization", "Bearer JWT"),
        sent={"/model_name": "some-model", "/duration": "5"},
        defaults=LONG,
        failed_message="it broke",
    ),
    "minimax": Sequence(
        "POST /v1/video_generation",
        {"task_id": "m1", "base_resp": {"status_code": 0}},
        "GET /v1/query/video_generation",
        [{"status": "Queueing"}, {"status": "Preparing"}, {"status": "Processing"}],
        {"status": "Success", "file_id": "f1", "base_resp": {"status_code": 0}},
        {"base_resp": {"status_code": 1004, "status_msg": "it broke"}},
        steps={"GET /v1/files/retrieve": {"file": {"download_url": CDN}, "base_resp": {"status_code": 0}}},
        sent={"/prompt_optimizer": False, "/duration": 6, "/resolution": "768P"},
        defaults={"frames": 150, "fps": 25, "width": 1366, "height": 768},
        failed_message="it broke",
    ),
    "minimax-v2": Sequence(
        "POST /v2/video_generation",
        {"task_id": "m2"},
        "GET /v2/query/video_generation/m2",
        [{"task": {"status": "anything"}}],
        {"task": {"status": "succeeded", "content": {"url": CDN}}},
        {"task": {"status": "expired"}},
        sent={"/content/0": {"type": "text", "text": PROMPT}, "/duration": 5},
        defaults=LONG,
        failed_message="expired",
    ),
    "fal": Sequence(
        "POST /fal-ai/wan/v2.2",
        {
            "request_id": "r1",
            "status_url": "BASE/fal-ai/wan/requests/r1/status",
            "response_url": "BASE/fal-ai/wan/requests/r1",
            "cancel_url": "BASE/fal-ai/wan/requests/r1/cancel",
        },
        "GET /fal-ai/wan/requests/r1/status",
        [{"status": "IN_QUEUE"}, {"status": "IN_PROGRESS"}],
        {"status": "COMPLETED"},
        None,
        steps={"GET /fal-ai/wan/requests/r1": {"video": {"url": CDN}}},
        header=("authorization", f"Key {SECRET}"),
        model="fal-ai/wan/v2.2",
        sent={"/prompt": PROMPT, "/seed": 5, "/num_frames": 81},
        defaults={"frames": 81},
        settings={"fields": {"frames": {"at": "/num_frames"}}},
    ),
    "replicate": Sequence(
        "POST /v1/models/owner/name/predictions",
        {"id": "p1", "urls": {"get": "BASE/v1/predictions/p1"}},
        "GET /v1/predictions/p1",
        [{"status": "starting"}, {"status": "processing"}],
        {"status": "succeeded", "output": CDN},
        {"status": "failed", "error": "it broke"},
        model="owner/name",
        sent={"/input/prompt": PROMPT, "/input/seed": 5},
        failed_message="it broke",
    ),
    "hf-fal": Sequence(
        "POST /fal-ai/fal-ai/wan",
        {"request_id": "r1", "response_url": "https://queue.fal.run/fal-ai/wan/requests/r1"},
        "GET /fal-ai/fal-ai/wan/requests/r1/status",
        [{"status": "IN_QUEUE"}, {"status": "IN_PROGRESS"}],
        {"status": "COMPLETED"},
        None,
        steps={"GET /fal-ai/fal-ai/wan/requests/r1": {"video": {"url": CDN}}},
        model="fal-ai/wan",
    ),
    "ark": Sequence(
        "POST /api/v3/contents/generations/tasks",
        {"id": "a1"},
        "GET /api/v3/contents/generations/tasks/a1",
        [{"status": "queued"}, {"status": "running"}],
        {"status": "succeeded", "content": {"video_url": CDN}, "usage": {"completion_tokens": 9}},
        {"status": "failed", "error": {"code": "c", "message": "it broke"}},
        sent={"/content": [{"type": "text", "text": PROMPT}], "/resolution": "480p", "/ratio": "16:9", "/seed": 5},
        defaults={"width": 854, "height": 480},
        failed_message="it broke",
    ),
    "dashscope": Sequence(
        "POST /api/v1/services/aigc/video-generation/video-synthesis",
        {"output": {"task_id": "d1"}},
        "GET /api/v1/tasks/d1",
        [{"output": {"task_status": "PENDING"}}],
        {"output": {"task_status": "SUCCEEDED", "video_url": CDN}},
        {"output": {"task_status": "FAILED"}},
        sent={"/input/prompt": PROMPT, "/parameters/size": "1280*720", "/parameters/prompt_extend": False},
        defaults={"width": 1280, "height": 720},
        failed_message="FAILED",
    ),
    "xai": Sequence(
        "POST /v1/videos/generations",
        {"request_id": "x1"},
        "GET /v1/videos/x1",
        [(202, {}, {}), {"status": "pending"}],
        {"video": {"url": CDN, "respect_moderation": True}},
        {"status": "expired"},
        moderated={"status": "done", "video": {"respect_moderation": False}},
        failed_message="expired",
    ),
    "bfl": Sequence(
        "POST /v1/flux-3",
        {"id": "b1", "polling_url": "BASE/v1/get_result?id=b1"},
        "GET /v1/get_result",
        [{"status": "Pending"}, {"state": "Processing"}],
        {"state": "Ready", "result": {"sample": CDN, "seed": 77}},
        {"status": "Task not found"},
        moderated={"status": "Content Moderated"},
        header=("x-key", SECRET),
        model="flux-3",
        sent={"/mode": "t2v", "/resolution": "hd"},
        defaults={"width": 1280, "height": 720},
        failed_message="Task not found",
    ),
    "together": Sequence(
        "POST /v2/videos",
        {"id": "t1"},
        "GET /v2/videos/t1",
        [{}, {"status": "queued"}, {"status": "in_progress"}],
        {"status": "completed", "outputs": {"video_url": CDN}},
        {"status": "failed"},
        sent={"/width": 640, "/height": 480},
        defaults={"width": 640, "height": 480},
        failed_message="failed",
    ),
    "novita": Sequence(
        "POST /v3/async/wan-t2v",
        {"task_id": "n1"},
        "GET /v3/async/task-result",
        [{"task": {"status": "TASK_STATUS_QUEUED"}}],
        {"task": {"status": "TASK_STATUS_SUCCEED"}, "videos": [{"video_url": CDN}]},
        {"task": {"status": "TASK_STATUS_FAILED"}},
        model="wan-t2v",
        sent={"/steps": 20},
        defaults={"steps": 20},
        failed_message="FAILED",
    ),
    "wavespeed": Sequence(
        "POST /api/v3/wavespeed-ai/wan",
        {"data": {"id": "w1", "urls": {"get": "BASE/api/v3/predictions/w1/result"}}},
        "GET /api/v3/predictions/w1/result",
        [{"data": {"status": "created"}}, {"data": {"status": "processing"}}],
        {"data": {"status": "completed", "outputs": [CDN]}},
        {"data": {"status": "failed"}},
        model="wavespeed-ai/wan",
        failed_message="failed",
    ),
    "aimlapi": Sequence(
        "POST /v2/video/generations",
        {"id": "a1"},
        "GET /v2/video/generations",
        [{"status": "queued"}, {"status": "generating"}],
        {"status": "completed", "video": {"url": CDN}},
        {"status": "error"},
        model="alibaba/wan2.2-t2v-plus",
        sent={"/enhance_prompt": False, "/seed": 5},
        failed_message="error",
    ),
    "vidu": Sequence(
        "POST /ent/v2/text2video",
        {"task_id": "v1"},
        "GET /ent/v2/tasks/v1/creations",
        [{"state": "created"}, {"state": "queueing"}, {"state": "processing"}],
        {"state": "success", "creations": [{"url": CDN}]},
        {"state": "failed"},
        header=("authorization", f"Token {SECRET}"),
        sent={"/seed": 5, "/duration": 5},
        defaults=LONG,
        failed_message="failed",
    ),
    "pixverse": Sequence(
        "POST /openapi/v2/video/text/generate",
        {"ErrCode": 0, "Resp": {"video_id": 4711}},
        "GET /openapi/v2/video/result/4711",
        [{"ErrCode": 0, "Resp": {"status": 5}}],
        {"ErrCode": 0, "Resp": {"status": 1, "url": CDN}},
        {"ErrCode": 500, "ErrMsg": "it broke"},
        moderated={"ErrCode": 0, "Resp": {"status": 7}},
        header=("api-key", SECRET),
        sent={"/quality": "720p", "/duration": 5},
        defaults={**LONG, "width": 1280, "height": 720},
        failed_message="it broke",
    ),
    "zhipu": Sequence(
        "POST /api/paas/v4/videos/generations",
        {"id": "z1", "task_status": "PROCESSING"},
        "GET /api/paas/v4/async-result/z1",
        [{"task_status": "PROCESSING"}],
        {"task_status": "SUCCESS", "video_result": [{"url": CDN}]},
        {"task_status": "FAIL"},
        sent={"/size": "1920x1080", "/fps": 30, "/duration": 5},
        defaults={"frames": 150, "fps": 30, "width": 1920, "height": 1080},
        failed_message="FAIL",
    ),
    "siliconflow": Sequence(
        "POST /v1/video/submit",
        {"requestId": "s1"},
        "POST /v1/video/status",
        [{"status": "InQueue"}, {"status": "InProgress"}],
        {"status": "Succeed", "results": {"videos": [{"url": CDN}]}},
        {"status": "Failed"},
        poll_body={"requestId": "s1"},
        failed_message="Failed",
    ),
    "ltx": Sequence(
        "POST /v1/text-to-video",
        VIDEO,
        "",
        [],
        None,
        (422, {}, {"error": {"message": "it broke"}}),
        download="",
        sent={"/resolution": "1920x1080", "/fps": 25, "/duration": 6},
        defaults={"frames": 150, "fps": 25, "width": 1920, "height": 1080},
        failed_message="it broke",
    ),
    "prodia": Sequence(
        "POST /v2/job",
        (
            200,
            {"Content-Type": "multipart/form-data; boundary=xyz"},
            b'--xyz\r\nContent-Disposition: form-data; name="job"\r\n'
            b'Content-Type: application/json\r\n\r\n{"id":"j"}\r\n'
            b'--xyz\r\nContent-Disposition: form-data; name="output"\r\nContent-Type: video/mp4\r\n\r\n'
            + VIDEO
            + b"\r\n--xyz--\r\n",
        ),
        "",
        [],
        None,
        (400, {}, {"message": "it broke"}),
        download="",
        sent={"/type": "some-model", "/config/prompt": PROMPT, "/config/seed": 5},
        failed_message="it broke",
    ),
}
SEQUENCES["zai"] = SEQUENCES["zhipu"]
WITH_FAILURE = sorted(name for name, sequence in SEQUENCES.items() if sequence.failed is not None)
WITH_MODERATION = sorted(name for name, sequence in SEQUENCES.items() if sequence.moderated is not None)


def filled(value: object, base: str, cdn: str) -> object:
    if isinstance(value, str):
        return value.replace("BASE", base).replace("CDN", cdn)
    if isinstance(value, dict):
        return {key: filled(item, base, cdn) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, base, cdn) for item in value]
    if isinstance(value, tuple):
        return tuple(filled(item, base, cdn) for item in value)
    return value


def at(body: object, pointer: str) -> object:
    for token in pointer.split("/")[1:]:
        body = body[int(token)] if isinstance(body, list) else body[token]  # type: ignore[index, call-overload]
    return body


def as_json(value: object) -> object:
    """Keys become texts, as in JSON."""
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


class Hosted:
    """One provider's server, the host its videos lie on, and a model in the catalogue."""

    def __init__(self, vidbench: Vidbench, name: str) -> None:
        self.vidbench, self.name, self.sequence = vidbench, name, SEQUENCES[name]
        self.api, self.cdn = ProviderServer(), ProviderServer()
        text = (ROOT / "providers" / f"{name}.yaml").read_text()
        self.secrets = [
            names.split(",")[0].strip()
            for block in re.findall(r"^secrets: \{(.*)\}", text, re.M)
            for names in re.findall(r"\[([A-Z_, ]+)\]", block)
        ]
        vidbench.environment |= {variable: SECRET for variable in self.secrets}
        vidbench.environment[f"VIDBENCH_PROVIDER_URL_{name.upper().replace('-', '_')}"] = self.api.base
        if name == "vertex":
            program = vidbench.home / "bin/gcloud"
            program.parent.mkdir()
            program.write_text("#!/bin/sh\necho printed-token\n")
            program.chmod(0o755)
            vidbench.environment["PATH"] = f"{program.parent}:{vidbench.environment['PATH']}"
        self.model()
        self.replay(self.sequence.done)

    def model(self, **settings: object) -> None:
        timeouts = settings.pop("timeouts", {"sample_s": 20, "stall_s": 10})
        entry = {
            "id": "hosted",
            "runner": "http",
            "settings": {
                "provider": self.name,
                "model": self.sequence.model,
                "poll_interval_s": 0.02,
                **self.sequence.settings,
                **settings,
            },
            "defaults": self.sequence.defaults,
            "timeouts": timeouts,
        }
        (self.vidbench.catalogue / "hosted.yaml").write_text(json.dumps({"models": [entry]}))

    def fill(self, value: object) -> object:
        return filled(value, self.api.base, self.cdn.base)

    def replay(self, end: object) -> None:
        """The sequence, with `end` as the last answer of the poll."""
        s = self.sequence
        self.api.on(s.submit, self.fill(s.accepted))
        if s.poll:
            self.api.on(s.poll, *[self.fill(p) for p in s.pending], self.fill(end))
        for call, body in s.steps.items():
            self.api.on(call, self.fill(body))
        if s.download:
            (self.api if s.download not in ("GET /cdn/out.mp4",) else self.cdn).on(s.download, VIDEO)

    def run(
        self, *arguments: str, code: int | None = 0, prompts: int = 1, **fields: object
    ) -> subprocess.CompletedProcess[str]:
        texts = [{"id": f"p{i}", "text": PROMPT + " and more" * i, "category": "c"} for i in range(prompts)]
        suite = self.vidbench.suite(
            texts=texts, seeds=[5], public=False, metrics=["test/mean"], reference=None, **fields
        )
        return self.vidbench.run(
            "run", suite, "--model", "hosted", "--online", *arguments, *self.vidbench.evaluator, code=code
        )

    def video(self) -> dict:
        ((video, failure),) = self.rows()
        assert video is not None, failure
        return json.loads(video)

    def failure(self) -> dict:
        ((_, failure),) = self.rows()
        return json.loads(failure)

    def rows(self) -> list[tuple[str | None, str | None]]:
        return self.vidbench.store().execute("SELECT video, failure FROM samples ORDER BY position").fetchall()

    def facts(self) -> dict:
        ((facts,),) = self.vidbench.store().execute("SELECT facts FROM model_facts").fetchall()
        return json.loads(facts)

    def journal(self) -> list[dict]:
        (file,) = (self.vidbench.home / "data/vidbench/runs").glob("*/logs/hosted.requests.jsonl")
        return [json.loads(line) for line in file.read_text().splitlines()]

    def submits(self) -> int:
        return len(self.api.sent(self.sequence.submit))

    def assert_nothing_leaked(self, result: subprocess.CompletedProcess[str]) -> None:
        """Neither the secret nor the prompt stands in what was printed or stored."""
        assert SECRET not in result.stdout + result.stderr
        for file in self.vidbench.home.rglob("*"):
            if file.is_file() and file.name not in ("story.yaml", "gcloud"):
                content = file.read_bytes()
                assert SECRET.encode() not in content, file
                assert PROMPT.encode() not in content, file
        for request in self.cdn.requests:
            assert SECRET not in request.path + str(request.headers)
            assert "authorization" not in request.headers

    def close(self) -> None:
        self.api.close()
        self.cdn.close()


@pytest.fixture
def hosted(vidbench: Vidbench, request: pytest.FixtureRequest) -> Iterator[Hosted]:
    hosted = Hosted(vidbench, getattr(request, "param", "runway"))
    yield hosted
    hosted.close()


def every(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("hosted", names, indirect=True)


def check_jwt(value: str) -> None:
    header, claims, signature = value.removeprefix("Bearer ").split(".")
    expected = hmac.new(SECRET.encode(), f"{header}.{claims}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "==") == expected
    read = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert read["iss"] == SECRET and read["nbf"] < time.time() < read["exp"] <= time.time() + 1800


def test_every_provider_file_has_a_sequence_here() -> None:
    assert {file.stem for file in (ROOT / "providers").glob("*.yaml")} == set(SEQUENCES)


def test_every_provider_file_keeps_the_schema() -> None:
    schema = json.loads((ROOT / "schemas/provider.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for file in (ROOT / "providers").glob("*.yaml"):
        validator.validate(as_json(yaml.safe_load(file.read_text())))


@every(sorted(SEQUENCES))
def test_success(hosted: Hosted) -> None:
    result = hosted.run()
    s = hosted.sequence
    assert pathlib.Path(hosted.video()["path"]).read_bytes() == VIDEO
    assert hosted.submits() == 1
    (submit,) = hosted.api.sent(s.submit)
    for request in hosted.api.requests:
        name, value = s.header
        if value.endswith("JWT"):
            check_jwt(request.headers[name])
        elif "key=" not in request.path:
            assert request.headers[name] == value, request
    for pointer, value in s.sent.items():
        assert at(submit.json, pointer) == value, pointer
    if s.poll:
        polls = hosted.api.sent(s.poll)
        assert len(polls) == len(s.pending) + 1
        if s.poll_body is not None:
            assert polls[0].json == s.poll_body
        if s.download.startswith("GET /cdn"):
            assert len(hosted.cdn.requests) == 1
    assert hosted.video()["latency_s"] > 0
    done = hosted.journal()[-1]
    assert done["event"] == "done" and done["download_s"] >= 0
    facts = hosted.facts()
    assert facts["device"] == "hosted" and facts["settings"]["provider"] == hosted.name
    hosted.assert_nothing_leaked(result)


@every(WITH_FAILURE)
def test_failure(hosted: Hosted) -> None:
    if hosted.sequence.poll:
        hosted.replay(hosted.sequence.failed)
    else:
        hosted.api.on(hosted.sequence.submit, hosted.sequence.failed)
    result = hosted.run(code=4)
    failure = hosted.failure()
    assert failure["kind"] == ("provider-error" if hosted.sequence.poll else "invalid-request")
    assert hosted.sequence.failed_message in failure["message"]
    assert hosted.submits() == 1, "a job that may be billed is not repeated"
    hosted.assert_nothing_leaked(result)


@every(WITH_MODERATION)
def test_moderation(hosted: Hosted) -> None:
    hosted.replay(hosted.sequence.moderated)
    hosted.run(code=4)
    assert hosted.failure()["kind"] == "moderation"
    assert hosted.submits() == 1


@every(
    sorted(name for name, s in SEQUENCES.items() if "multipart" not in (ROOT / f"providers/{name}.yaml").read_text())
)
def test_what_would_be_sent_is_what_is_sent(hosted: Hosted) -> None:
    told = hosted.vidbench.json("models", "request", "hosted", "--prompt", PROMPT, "--seed", "5")
    assert hosted.api.requests == [], "nothing is sent"
    assert told["schema"] == "vidbench.request/1"
    assert SECRET not in json.dumps(told)
    hosted.run()
    (submit,) = hosted.api.sent(hosted.sequence.submit)
    assert told["body"] == submit.json
    assert told["url"] == hosted.api.base + submit.path
    for name in told["headers"]:
        assert name.lower() in submit.headers


def test_the_request_can_be_seen_without_a_key(hosted: Hosted) -> None:
    del hosted.vidbench.environment["RUNWAYML_API_SECRET"]
    del hosted.vidbench.environment["VIDBENCH_PROVIDER_URL_RUNWAY"]
    told = hosted.vidbench.json("models", "request", "hosted", "--prompt", PROMPT)
    assert told["url"] == "https://api.dev.runwayml.com/v1/text_to_video"
    assert told["headers"]["Authorization"] == "Bearer <RUNWAYML_API_SECRET>"
    assert told["headers"]["X-Runway-Version"] == "2024-11-06"
    (model,) = [m for m in hosted.vidbench.json("models", "list")["models"] if m["id"] == "hosted"]
    assert not model["runnable"] and "RUNWAYML_API_SECRET is not set" in model["missing"][0]
    assert "RUNWAYML_API_SECRET" in hosted.run(code=3).stderr


def test_without_online_nothing_is_sent(hosted: Hosted) -> None:
    suite = hosted.vidbench.suite(prompts=1, metrics=["test/mean"], reference=None)
    result = hosted.vidbench.run("run", suite, "--model", "hosted", *hosted.vidbench.evaluator, code=None)
    assert result.returncode != 0 and "--online" in result.stderr
    assert hosted.api.requests == []


def test_a_warm_up_is_not_paid_for(hosted: Hosted) -> None:
    hosted.run(warmup=2)
    assert hosted.submits() == 1


@every(["openai"])
def test_a_form_is_sent_where_the_provider_wants_one(hosted: Hosted) -> None:
    hosted.run()
    (submit,) = hosted.api.sent(hosted.sequence.submit)
    assert submit.headers["content-type"].startswith("multipart/form-data")
    for name, value in {"seconds": "8", "size": "1280x720", "prompt": PROMPT, "model": "some-model"}.items():
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in submit.body
    assert "not taken" in hosted.facts()["settings"]["seed"]


@every(["pixverse"])
def test_each_request_has_an_identifier_of_its_own(hosted: Hosted) -> None:
    hosted.run()
    ids = [request.headers["ai-trace-id"] for request in hosted.api.requests]
    assert len(ids) == len(set(ids)) >= 3 and all(re.fullmatch(r"[0-9a-f-]{36}", i) for i in ids)


@every(["minimax"])
def test_rewriting_of_prompts_is_off_and_told(hosted: Hosted) -> None:
    hosted.run()
    assert hosted.facts()["settings"]["prompt_rewriting"] == "off"


def test_what_the_provider_does_not_allow_is_refused_before_anything_is_sent(hosted: Hosted) -> None:
    hosted.sequence = dataclasses.replace(hosted.sequence, defaults={"frames": 480, "fps": 24})
    hosted.model()
    hosted.run(code=4)
    failure = hosted.failure()
    assert failure["kind"] == "unsupported" and "duration 20" in failure["message"] and "2 to 10" in failure["message"]
    assert hosted.api.requests == []


def test_an_aspect_ratio_names_the_allowed(hosted: Hosted) -> None:
    result = hosted.vidbench.run(
        "models", "request", "hosted", "--prompt", "x", "--width", "640", "--height", "480", code=2
    )
    assert "1280x720, 720x1280" in result.stderr


def test_a_lost_connection_after_the_submit_is_not_repeated(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.submit, hang_up)
    hosted.run(code=4)
    assert hosted.failure()["kind"] == "unknown-outcome"
    assert hosted.submits() == 1


@pytest.mark.parametrize("answer", [(500, {}, {"message": "oops"}), (200, {}, b"<html>"), (200, {}, {"no": "id"})])
def test_an_unclear_answer_to_the_submit_is_not_repeated(hosted: Hosted, answer: object) -> None:
    hosted.api.on(hosted.sequence.submit, answer)
    hosted.run(code=4)
    assert hosted.failure()["kind"] == "unknown-outcome"
    assert hosted.submits() == 1


def test_a_host_that_is_not_there_is_a_network_failure_and_is_tried_again(hosted: Hosted) -> None:
    hosted.vidbench.environment["VIDBENCH_PROVIDER_URL_RUNWAY"] = "http://127.0.0.1:9"
    result = hosted.run(code=4)
    assert hosted.failure()["kind"] == "network" and "trying again" in result.stderr


def test_429_is_waited_for_and_then_sent_again(hosted: Hosted) -> None:
    busy = (429, {"Retry-After": "1"}, {"message": "slow down"})
    hosted.api.on(hosted.sequence.submit, busy, hosted.sequence.accepted)
    hosted.api.on(hosted.sequence.poll, busy, hosted.fill(hosted.sequence.done))
    start = time.monotonic()
    hosted.run()
    assert time.monotonic() - start > 2, "both were waited for"
    assert hosted.submits() == 2
    assert pathlib.Path(hosted.video()["path"]).read_bytes() == VIDEO


def test_refused_credentials_say_so(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.submit, (401, {}, {"error": {"message": f"bad key {SECRET} for {PROMPT}"}}))
    result = hosted.run(code=4)
    failure = hosted.failure()
    assert failure["kind"] == "invalid-request" and "credentials" in failure["message"]
    assert "<RUNWAYML_API_SECRET>" in failure["message"] and "<prompt>" in failure["message"]
    hosted.assert_nothing_leaked(result)


def test_a_job_that_does_not_end_is_cancelled(hosted: Hosted) -> None:
    hosted.model(timeouts={"sample_s": 1, "stall_s": 10})
    hosted.api.on(hosted.sequence.poll, {"status": "RUNNING"})
    hosted.api.on("DELETE /v1/tasks/t1", {})
    hosted.run(code=4)
    assert hosted.failure()["kind"] == "timeout" and hosted.submits() == 1
    assert len(hosted.api.sent("DELETE /v1/tasks/t1")) == 1
    assert hosted.journal()[-1]["cancelled"] is True


def test_an_interrupted_run_cancels_and_can_go_on(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.poll, {"status": "RUNNING"})
    hosted.api.on("DELETE /v1/tasks/t1", {})
    suite = hosted.vidbench.suite(
        texts=[{"id": "p", "text": PROMPT, "category": "c"}], metrics=["test/mean"], reference=None
    )
    command = hosted.vidbench.command("run", suite, "--model", "hosted", "--online", *hosted.vidbench.evaluator)
    process = subprocess.Popen(command, env=hosted.vidbench.environment, stderr=subprocess.DEVNULL)
    while not hosted.api.sent(hosted.sequence.poll):
        time.sleep(0.02)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert time.monotonic() - start < 5
    assert len(hosted.api.sent("DELETE /v1/tasks/t1")) == 1
    hosted.replay(hosted.sequence.done)
    hosted.vidbench.run("resume", "--last", *hosted.vidbench.evaluator)
    assert pathlib.Path(hosted.video()["path"]).read_bytes() == VIDEO


def test_an_expired_address_is_asked_for_anew(hosted: Hosted) -> None:
    hosted.cdn.on("GET /cdn/out.mp4", (403, {}, b"expired"))
    fresh = hosted.fill({"status": "SUCCEEDED", "output": ["CDN/cdn/fresh.mp4"]})
    hosted.api.on(hosted.sequence.poll, hosted.fill(hosted.sequence.done), fresh)
    hosted.cdn.on("GET /cdn/fresh.mp4", VIDEO)
    hosted.run()
    assert pathlib.Path(hosted.video()["path"]).read_bytes() == VIDEO
    assert hosted.submits() == 1


def test_an_address_that_stays_expired_fails_without_a_new_job(hosted: Hosted) -> None:
    hosted.cdn.on("GET /cdn/out.mp4", (403, {}, b"expired"))
    hosted.run(code=4)
    failure = hosted.failure()
    assert failure["kind"] == "bad-output" and "expired" in failure["message"] and hosted.submits() == 1


@every(["fal"])
def test_credentials_do_not_follow_the_answer_to_a_foreign_host(hosted: Hosted) -> None:
    accepted = hosted.fill(hosted.sequence.accepted)
    accepted["status_url"] = hosted.cdn.base + "/status"  # type: ignore[index]
    hosted.api.on(hosted.sequence.submit, accepted)
    hosted.api.on("PUT /fal-ai/wan/requests/r1/cancel", {})
    hosted.run(code=4)
    assert hosted.cdn.requests == []
    assert "not a host of its own" in hosted.failure()["message"]
    assert len(hosted.api.sent("PUT /fal-ai/wan/requests/r1/cancel")) == 1


@every(["openai"])
def test_credentials_do_not_follow_a_redirect(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.download, (302, {"Location": hosted.cdn.base + "/cdn/out.mp4"}, b""))
    hosted.cdn.on("GET /cdn/out.mp4", VIDEO)
    result = hosted.run()
    assert pathlib.Path(hosted.video()["path"]).read_bytes() == VIDEO
    assert len(hosted.cdn.requests) == 1
    hosted.assert_nothing_leaked(result)


@every(["gemini"])
def test_a_key_in_an_address_goes_to_the_provider_alone(hosted: Hosted) -> None:
    own = {
        "done": True,
        "response": {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": "BASE/f?alt=media"}}]}},
    }
    hosted.replay(own)
    hosted.api.on("GET /f", (302, {"Location": hosted.cdn.base + "/cdn/out.mp4"}, b""))
    result = hosted.run()
    (request,) = hosted.api.sent("GET /f")
    assert request.path == "/f?alt=media&key=s3cr3t-k3y%2Fvalue%2B1"
    hosted.assert_nothing_leaked(result)


def test_a_redirected_submit_goes_nowhere(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.submit, (307, {"Location": hosted.cdn.base + "/v1/text_to_video"}, b""))
    hosted.run(code=4)
    assert hosted.cdn.requests == [] and "redirect" in hosted.failure()["message"]


def test_garbage_in_polls_is_borne_for_a_while(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.poll, b"{", (502, {}, b"bad gateway"), hang_up, hosted.fill(hosted.sequence.done))
    hosted.run()
    assert pathlib.Path(hosted.video()["path"]).read_bytes() == VIDEO


def test_garbage_in_polls_is_not_borne_for_ever(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.poll, b"{")
    hosted.run(code=4)
    assert hosted.failure()["kind"] == "bad-output" and hosted.submits() == 1


def test_an_oversized_answer_is_refused(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.poll, b'{"status": "' + b"x" * (17 << 20) + b'"}')
    hosted.run(code=4)
    failure = hosted.failure()
    assert failure["kind"] == "bad-output" and "larger than 16.0 MiB" in failure["message"]


def test_an_oversized_video_is_refused(hosted: Hosted) -> None:
    hosted.model(max_video_mib=1)
    hosted.cdn.on("GET /cdn/out.mp4", VIDEO * 30)
    hosted.run(code=4)
    assert "larger than 1.0 MiB" in hosted.failure()["message"]
    assert not list((hosted.vidbench.home / "data").rglob("*.part"))


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b'{"error": "no"}'])
def test_what_is_no_video_is_refused(hosted: Hosted, content: bytes) -> None:
    hosted.cdn.on("GET /cdn/out.mp4", content)
    hosted.run(code=4)
    assert hosted.failure()["kind"] == "bad-output"


def test_a_status_that_nobody_knows_ends_the_job(hosted: Hosted) -> None:
    hosted.api.on(hosted.sequence.poll, {"status": "MYSTERY"})
    hosted.run(code=4)
    assert "MYSTERY" in hosted.failure()["message"]


def test_several_jobs_run_at_once(hosted: Hosted) -> None:
    hosted.model(concurrency=4, poll_interval_s=0.3, price={"currency": "USD", "per_second": 0.1})
    hosted.api.on(hosted.sequence.poll, hosted.fill(hosted.sequence.done))
    hosted.run(prompts=4)
    jobs = [line for line in hosted.journal() if line["event"] == "done"]
    assert len(jobs) == 4
    assert all(job["cost"] == {"amount": 0.5, "currency": "USD", "told_by_provider": False} for job in jobs)
    events = [line["event"] for line in hosted.journal()]
    assert events[:4] == ["accepted"] * 4, "all were submitted before the first was done"


def test_a_second_run_takes_videos_from_the_cache(hosted: Hosted) -> None:
    hosted.run()
    hosted.run()
    assert hosted.submits() == 1


LAB = """
provider: lab
base_url: https://lab.example.com
sources: [this test]
parameters: {region: {default: moon-1}}
secrets: {access: [LAB_ACCESS], secret: [LAB_SECRET], session: {environment: [LAB_SESSION], optional: true}}
auth: {kind: sigv4, access_key: access, secret_key: secret, session_token: session, region: "{region}", service: video}
submit: {call: POST /async-invoke, idempotency: /token, capture: {arn: /arn}}
fields: {prompt: {at: /input/text}}
poll: {call: "GET /async-invoke/{arn.segment}", status: {at: /status, running: [InProgress], success: [Completed]}}
result:
  kind: object
  at: /output
  address: "HOST/{bucket}/{key}/output.mp4"
  credentials: true
  auth: {kind: sigv4, access_key: access, secret_key: secret, region: "{region}", service: s3}
price: {currency: USD, at: /cost}
record: {seed: /seed}
"""


def test_signed_requests_repeatable_submits_and_object_stores(hosted: Hosted) -> None:
    lab, vidbench = hosted.api, hosted.vidbench
    folder = vidbench.home / "providers"
    folder.mkdir()
    (folder / "lab.yaml").write_text(LAB.replace("HOST", lab.base))
    vidbench.environment |= {
        "VIDBENCH_PROVIDERS": str(folder),
        "VIDBENCH_PROVIDER_URL_LAB": lab.base,
        "LAB_ACCESS": "AKIDEXAMPLE",
        "LAB_SECRET": SECRET,
    }
    entry = {"id": "hosted", "runner": "http", "settings": {"provider": "lab", "model": "m", "poll_interval_s": 0.02}}
    (vidbench.catalogue / "hosted.yaml").write_text(json.dumps({"models": [entry]}))
    lab.on("POST /async-invoke", hang_up, {"arn": "arn:aws:x/1"})
    done = {"status": "Completed", "output": "s3://bucket/a b/c", "cost": 0.25, "seed": 9}
    lab.on("GET /async-invoke/arn%3Aaws%3Ax%2F1", {"status": "InProgress"}, done)
    lab.on("GET /bucket/a%20b/c/output.mp4", VIDEO)
    result = hosted.run()
    submits = lab.sent("POST /async-invoke")
    assert len(submits) == 2 and submits[0].json["token"] == submits[1].json["token"]
    scopes = [
        re.search(r"Credential=AKIDEXAMPLE/\d{8}/moon-1/(\w+)/", r.headers["authorization"]) for r in lab.requests
    ]
    assert [scope and scope[1] for scope in scopes] == ["video", "video", "video", "video", "s3"]
    line = hosted.journal()[-1]
    assert line["cost"] == {"amount": 0.25, "currency": "USD", "told_by_provider": True}
    assert line["record"] == {"seed": 9}
    hosted.assert_nothing_leaked(result)
