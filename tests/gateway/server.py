"""The test gateway: a real HTTP server on loopback that speaks the music part of AIgateway's contract, and can fail.

    with Gateway() as gateway:
        gateway.fail("submit", "503 text", times=2)
        client = AIGateway("sk-aig-test", gateway.url, allow_loopback=True)

It counts what reached it. Time is `gateway.clock`, so that tests need not wait: with the defaults a job is done at its
first poll, and a second poll within `poll_floor` seconds answers 304, as the real one's documentation says.
"""

import collections
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.gateway.faults import NAMED, Fault, error, result
from tests.gateway.sound import audio

MODELS: tuple[tuple[str, str, str, str], ...] = (
    ("elevenlabs/elevenlabs-music", "ElevenLabs", "music", "0.800"),
    ("stability-ai/stable-audio-25-text-to-audio", "Stability AI", "music", "0.200"),
    ("ace-step/ace-step-prompt-to-audio", "ACE-Step", "music", "0.0002"),
    ("sonauto/v2/text-to-music", "Sonauto", "music", "0.0013"),
    ("sonilo/v1.1/text-to-music", "Sonilo", "music", "0.0025"),
    ("sony-ai/mmaudio-v2-text-to-audio", "Sony AI", "music", "0.0010"),
    ("openai/gpt-5", "OpenAI", "text", "0.000002"),
)
REVOKED = "sk-aig-revoked"  # these two keys always fail so; anything else that starts with sk- is let in
BROKE = "sk-aig-broke"


@dataclass(frozen=True)
class JobPlan:
    """How a job will go.

    It ends as `ends` ("completed", "failed", "cancelled", "never", "vanishes") after `polls` polls and `seconds` seconds,
    or already in the answer to the submit with `at_once`. `words` are the status words used while queued and running.
    `error` is the body of a failed job's error, `shape` where the link is (RESULT_SHAPES), `file` what is wrong with the
    file (FILE_FAULTS). `cost` is merged into the finished record.
    """

    ends: str = "completed"
    polls: int = 1
    seconds: float = 0.0
    at_once: bool = False
    words: tuple[str, str] = ("queued", "processing")
    last_word: str = ""
    error: Any = field(default_factory=lambda: {"code": "provider_error", "message": "The model gave up."})
    shape: str = "result.url"
    signed: bool = True
    file: str = ""
    cost: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Job:
    id: str
    body: dict[str, Any]
    plan: JobPlan
    born: float
    key: str = ""  # the Idempotency-Key it was asked with
    polls: int = 0
    last_poll: float | None = None  # that was answered
    last_asked: float | None = None
    cancelled: bool = False
    gaps: list[float] = field(default_factory=list)
    links: int = 0

    @property
    def seconds(self) -> float:
        return min(max(float(self.body.get("duration", 10)), 1.0), 300.0)


@dataclass(frozen=True)
class Seen:
    """One request as it arrived. `at` is the gateway's clock, `server` "gateway" or "elsewhere"."""

    operation: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    server: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """Start it with `with`, or `start()` and `stop()`. All switches may be changed while it runs."""

    def __init__(self, port: int = 0, *, poll_floor: float = 3.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.poll_floor = poll_floor
        self.clock = clock
        self.plan = JobPlan()
        self.idempotency = False
        self.cancel_by = "delete"  # or "post", "neither"
        self.cancel_answer = "record"  # or "empty"
        self.unsupported: set[str] = set()  # request fields that are refused with 422 …
        self.warned: set[str] = set()  # … or dropped with a warning header
        self.balance: Any = {"balance_cents": 4200, "recent_spend": {"day_cents": 130}}
        self.headers: dict[str, str] = {}  # sent with every answer of the API
        self.latency: Callable[[str], float] = lambda operation: 0.0  # seconds before an answer leaves
        self.webhook_secret = "whsec-test"
        self.jobs: dict[str, Job] = {}
        self.seen: list[Seen] = []
        self.too_soon = 0  # polls answered with 304
        self.replays = 0  # submits answered with the job of the same Idempotency-Key
        self._plans: collections.deque[JobPlan] = collections.deque()
        self._faults: dict[str, collections.deque[Fault | str]] = collections.defaultdict(collections.deque)
        self._always: dict[str, Fault | str] = {}
        self._keys: dict[str, tuple[str, str]] = {}
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), self, "gateway")
        self._elsewhere = _Server(("127.0.0.1", 0), self, "elsewhere")

    # running

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def elsewhere(self) -> str:
        """A second server that is no part of the gateway: no link may lead a client there."""
        return f"http://127.0.0.1:{self._elsewhere.server_port}"

    def start(self) -> Self:
        for server in (self._server, self._elsewhere):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        for server in (self._server, self._elsewhere):
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # switches

    def fail(self, operation: str, fault: Fault | str, times: int | None = 1) -> None:
        """The next `times` calls of "submit", "poll", "cancel", "file", "models" or "balance" go wrong; None: all of them.

        `fault` is a name of faults.NAMED (for "file": of FILE_FAULTS) or a Fault.
        """
        with self.lock:
            if times is None:
                self._always[operation] = fault
            else:
                self._faults[operation].extend([fault] * times)

    def mend(self) -> None:
        """No more faults."""
        with self.lock:
            self._faults.clear()
            self._always.clear()

    def next_jobs(self, *plans: JobPlan) -> None:
        """How the next jobs will go, one plan each; after them `plan` holds again."""
        with self.lock:
            self._plans.extend(plans)

    def fault(self, operation: str) -> Fault | str | None:
        with self.lock:
            waiting = self._faults[operation]
            found = waiting.popleft() if waiting else self._always.get(operation)
        return found if operation == "file" or not isinstance(found, str) else NAMED[found]

    # what happened

    def requests(self, operation: str) -> list[Seen]:
        """All requests of one operation, in order, those answered with a fault as well."""
        with self.lock:
            return [seen for seen in self.seen if seen.operation == operation]

    @property
    def submissions(self) -> list[Seen]:
        return self.requests("submit")

    @property
    def polls(self) -> list[Seen]:
        return self.requests("poll")

    @property
    def downloads(self) -> list[Seen]:
        return self.requests("file")

    @property
    def shortest_gap(self) -> float | None:
        """Seconds between the two closest polls of any one job; None before a second poll."""
        with self.lock:
            return min((gap for job in self.jobs.values() for gap in job.gaps), default=None)

    @property
    def submitted_twice(self) -> list[str]:
        """References that more than one job was made for: must stay empty."""
        with self.lock:
            made = collections.Counter(job.key for job in self.jobs.values())
        return [key for key, number in made.items() if number > 1]

    @property
    def strangers_with_key(self) -> list[Seen]:
        """Requests that carried a key to the server that is not ours: must stay empty."""
        with self.lock:
            return [seen for seen in self.seen if seen.server == "elsewhere" and "authorization" in seen.headers]

    # the contract

    def submit(self, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any] | Fault]:
        """Takes a job, or answers with the one of the same key. The status, and the record or an error."""
        missing = [name for name in self.unsupported if name in body]
        if missing:
            text = f"The parameter {missing[0]} is not supported by this model."
            return 422, error(422, "unsupported_parameter", text)
        if not isinstance(body.get("prompt"), str) or not body["prompt"]:
            return 400, error(400, "invalid_request", "prompt is required")
        if body.get("model") not in [slug for slug, *_ in MODELS]:
            return 404, error(404, "model_not_found", f"No model {body.get('model')}.")
        with self.lock:
            known = self._keys.get(key) if self.idempotency and key else None
            digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
            if known and known[1] != digest:
                return 409, error(409, "idempotency_conflict", "The key was used with another body.")
            if known:
                self.replays += 1
                return 200, self.record(self.jobs[known[0]])
            plan = self._plans.popleft() if self._plans else self.plan
            job = Job(f"job_{uuid.uuid4().hex[:12]}", body, plan, self.clock(), key)
            self.jobs[job.id] = job
            self._keys[key] = (job.id, digest)
            return 202, self.record(job)

    def poll(self, job: Job) -> dict[str, Any] | None:
        """The job's record; None when the last poll is too recent."""
        with self.lock:
            now = self.clock()
            if job.last_asked is not None:
                job.gaps.append(now - job.last_asked)
            job.last_asked = now
            if job.last_poll is not None and now - job.last_poll < self.poll_floor:
                self.too_soon += 1
                return None
            job.last_poll = now
            job.polls += 1
            return self.record(job)

    def stage(self, job: Job) -> str:
        """queued, running, or how the job has ended."""
        if job.cancelled:
            return "cancelled"
        age, plan = self.clock() - job.born, job.plan
        if plan.ends != "never" and (plan.at_once or (job.polls >= plan.polls and age >= plan.seconds)):
            return plan.ends
        return "queued" if job.polls <= 1 and (not plan.seconds or age <= plan.seconds / 4) else "running"

    def record(self, job: Job) -> dict[str, Any]:
        stage, plan = self.stage(job).replace("vanishes", "running"), job.plan
        word = plan.words[stage == "running"] if stage in ("queued", "running") else plan.last_word or stage
        record = {"id": job.id, "status": word, "model": job.body.get("model"), "created": int(time.time()), **plan.extra}
        if stage == "failed":
            record["error"] = plan.error
        if stage == "completed":
            record |= plan.cost
            if plan.file != "no link":
                record |= result(plan.shape, self.link(job), job.seconds)
        return {"data": record, "object": "job"} if plan.shape == "wrapped" else record

    def link(self, job: Job) -> str:
        """A link to the job's file; each reading of the job mints a new one."""
        fixed = {
            "link elsewhere": f"{self.elsewhere}/{job.id}.mp3",
            "link private": "https://10.0.0.7/music.mp3",
            "link http": "http://media.aigateway.sh/music.mp3",
            "link odd": "https://user:pass@media.aigateway.sh/music.mp3",
        }
        if job.plan.file in fixed:
            return fixed[job.plan.file]
        job.links += 1
        path = f"{self.url}/v1/files/jobs/{job.id}/track-{job.links}.{self.format(job)}"
        return f"{path}/public?token=t{job.links}&exp=9999999999&k=1" if job.plan.signed else path

    def format(self, job: Job) -> str:
        return "wav" if job.body.get("format") == "wav" else "mp3"

    def sound(self, job: Job) -> bytes:
        """The job's file, as long as was asked, the same for the same prompt."""
        seed = int.from_bytes(hashlib.sha256(job.body["prompt"].encode()).digest()[:4], "big")
        seconds = job.seconds / 2 if job.plan.file == "short" else job.seconds
        return audio(seconds, self.format(job), seed)

    def webhook(self, job: Job, scheme: str = "gateway", now: float | None = None) -> tuple[dict[str, str], bytes]:
        """The call the gateway would make when the job is done, in either signature scheme: headers and body."""
        stamp = str(int(time.time() if now is None else now))
        record = self.record(job)
        if scheme == "dashboard":
            data = {"job_id": job.id, "model": record["model"], "result_url": record.get("result", {}).get("url")}
            record = {"id": f"evt_{job.id}", "type": "job.completed", "created": int(stamp), "data": data}
        body = json.dumps(record).encode()
        sign = hmac.new(self.webhook_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        if scheme == "dashboard":
            return {"aig-signature": sign, "aig-timestamp": stamp, "Content-Type": "application/json"}, body
        return {"X-Gateway-Signature": f"t={stamp},v1={sign}", "Content-Type": "application/json"}, body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], gateway: Gateway, name: str) -> None:
        self.gateway = gateway
        self.name = name
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read `seen`, not a log."""

    def do_GET(self) -> None:
        self.route()

    do_POST = do_DELETE = do_GET

    def route(self) -> None:
        gateway = self.server.gateway
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/") if part]
        operation = "stranger" if self.server.name == "elsewhere" else _operation(self.command, parts)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with gateway.lock:
            gateway.seen.append(Seen(operation, self.command, self.path, headers, body, gateway.clock(), self.server.name))
        if operation in ("file", "music", "stranger"):
            self.file(parts, operation)
        elif self.command != "GET" or operation != "unknown":
            self.api(operation, parts, body)
        else:
            self.wrong(error(404, "not_found", "No such path."))

    # the API

    def api(self, operation: str, parts: list[str], body: bytes) -> None:
        gateway = self.server.gateway
        key = self.headers.get("authorization", "").removeprefix("Bearer ")
        if not key.startswith("sk-") or key == REVOKED:
            return self.wrong(error(401, "invalid_key", "The API key is missing, malformed or revoked."))
        fault = gateway.fault(operation)
        if isinstance(fault, Fault) and fault.act == "instead":
            return self.wrong(fault)
        status, answer, extra = self.answer(operation, parts, body, key)
        if (seconds := gateway.latency(operation)) > 0:
            gateway.stopping.wait(seconds)
        if isinstance(fault, Fault):
            return self.wrong(fault)
        if isinstance(answer, Fault):
            return self.wrong(answer)
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send(status, content, {"Content-Type": "application/json", **extra})
        return None

    def answer(self, operation: str, parts: list[str], body: bytes, key: str) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON value (or Fault) and headers of a call that goes as it should."""
        gateway = self.server.gateway
        if operation == "submit":
            return self.submit(body, key)
        if operation in ("poll", "cancel"):
            job = gateway.jobs.get(parts[2])
            if job is None or gateway.stage(job) == "vanishes":
                return 404, error(404, "not_found", "No such job."), {}
            if operation == "cancel":
                return self.cancel(job)
            record = gateway.poll(job)
            return (304, None, {}) if record is None else (200, record, {})
        if operation == "models":
            rows = [
                {"id": slug, "object": "model", "modality": kind, "owned_by": owner, "pricing": {"per_second": price}}
                for slug, owner, kind, price in MODELS
            ]
            return 200, {"object": "list", "data": rows}, {}
        if operation == "balance":
            return 200, gateway.balance, {}
        if operation == "webhook-secret":
            return 200, {"secret": gateway.webhook_secret}, {}
        return 404, error(404, "not_found", "No such path."), {}

    def submit(self, body: bytes, key: str) -> tuple[int, Any, dict[str, str]]:
        gateway = self.server.gateway
        if key == BROKE:
            return 402, error(402, "insufficient_credits", "Your balance is too low for this request."), {}
        try:
            asked = json.loads(body)
        except ValueError:
            return 400, error(400, "invalid_request", "The body is not JSON."), {}
        status, answer = gateway.submit(asked, self.headers.get("idempotency-key", ""))
        ignored = sorted(name for name in gateway.warned if name in asked)
        return status, answer, {"x-aig-warning": f"dropped: {', '.join(ignored)}"} if ignored else {}

    def cancel(self, job: Job) -> tuple[int, Any, dict[str, str]]:
        gateway = self.server.gateway
        if {"DELETE": "delete", "POST": "post"}[self.command] != gateway.cancel_by:
            return 405, error(405, "method_not_allowed", "Not here."), {}
        with gateway.lock:
            if gateway.stage(job) == "queued":
                job.cancelled = True
            return 200, gateway.record(job) if gateway.cancel_answer == "record" else None, {}

    # files

    def file(self, parts: list[str], operation: str) -> None:
        gateway = self.server.gateway
        job = gateway.jobs.get(parts[3]) if operation == "file" and len(parts) > 4 else None
        if job is None:
            return self.send(200, audio(3.0), {"Content-Type": "audio/mpeg"})
        fault = gateway.fault("file") or job.plan.file
        query = parse_qs(urlsplit(self.path).query)
        if fault == "expired" and query.get("token") == ["t1"]:
            return self.send(400, b'{"error": {"message": "Expired link."}}')
        if not query and not self.headers.get("authorization", "").startswith("Bearer sk-"):
            return self.send(401, b'{"error": {"message": "A key is needed."}}')
        kind = "audio/wav" if gateway.format(job) == "wav" else "audio/mpeg"
        if isinstance(fault, Fault):
            return self.wrong(fault)
        if fault in ("drop", "hang"):
            return self.wrong(NAMED[fault])
        return self.spoilt(fault, gateway.sound(job), kind)

    def spoilt(self, fault: str, content: bytes, kind: str) -> None:
        """The file, with what `fault` names done to it."""
        gateway = self.server.gateway
        places = {
            "redirect elsewhere": f"{gateway.elsewhere}/stolen.mp3",
            "redirect private": "http://169.254.169.254/latest/meta-data/",
            "redirect loop": self.path,
            "redirect nowhere": "https://media.invalid/x.mp3",
            "redirect": "/music/other.mp3",
        }
        bodies = {"page": b"<!doctype html><title>Sign in</title>", "json": b'{"error": "no file"}', "empty": b""}
        bodies |= {"noise": b"\x00\x01\x02\x03" * 4_000, "mislabelled": audio(3.0, "wav" if "mpeg" in kind else "mp3")}
        if fault in places:
            self.send(302, b"", {"Location": places[fault]})
        elif fault.isdigit() or fault == "gone":
            self.send(410 if fault == "gone" else int(fault), b"")
        elif fault == "truncated":
            self.send(200, content[: len(content) // 2], {"Content-Type": kind, "Content-Length": str(len(content))})
            self.hang_up()
        elif fault == "too large":
            self.send(200, content[:4_096], {"Content-Type": kind, "Content-Length": "99999999999"})
            self.hang_up()
        elif fault == "endless":
            self.endless(content, kind)
        else:
            headers = {"Content-Type": kind}
            headers |= {"Content-Encoding": "gzip"} if fault == "compressed" else {}
            self.send(200, bodies.get(fault, content), headers)

    def endless(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while not self.server.gateway.stopping.is_set():
            self.wfile.write(content)

    # sending

    def wrong(self, fault: Fault) -> None:
        if fault.how == "answer":
            return self.send(fault.status, fault.body, dict(fault.headers))
        if fault.how == "hang":
            self.server.gateway.stopping.wait(60)
        return self.hang_up()

    def hang_up(self) -> None:
        self.close_connection = True

    def send(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        gateway = self.server.gateway
        sent = {"x-request-id": self.headers.get("x-request-id") or f"req_{uuid.uuid4().hex[:10]}"}
        sent |= {"Content-Length": str(len(content)), **gateway.headers, **(headers or {})}
        self.send_response_only(status)
        for name, value in sent.items():
            if not (status == 304 and name == "Content-Length"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _operation(method: str, parts: list[str]) -> str:
    if parts[:1] == ["music"]:
        return "music"
    named = {("POST", "audio"): "submit", ("GET", "files"): "file", ("GET", "models"): "models"}
    named |= {("GET", "balance"): "balance", ("GET", "webhook-secret"): "webhook-secret"}
    named |= {("GET", "jobs"): "poll", ("DELETE", "jobs"): "cancel"}
    if method == "POST" and len(parts) == 4 and parts[1] == "jobs" and parts[3] == "cancel":
        return "cancel"
    return named.get((method, parts[1]), "unknown") if len(parts) > 1 and parts[0] == "v1" else "unknown"
