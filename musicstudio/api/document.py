"""The OpenAPI document made whole: what ninja cannot know of examples, headers, files and errors."""

from typing import Any

from musicstudio.generation.contract import ERRORS, ID, NAME, completed, queued

ABOUT = """The AIgateway's contract, served by a studio: change the base URL and the key of a tool that speaks to the gateway, \
and it works inside the team's caps and into its library. Ask for music, follow the job, fetch the file. A token is made on the \
team's API page or with `manage.py token create`. Every answer, also every error, is JSON and carries `X-Request-Id`."""
REQUEST_ID = {"description": "yours, when you sent one", "required": True, "schema": {"type": "string"}}
RATE = {
    f"x-ratelimit-{name}-requests": {"description": about, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
    for name, about in (("limit", "a minute"), ("remaining", "left of it"), ("reset", "seconds until it begins anew"))
}
AFTER = {"Retry-After": {"description": "seconds", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
COST = {
    "X-Cost-Cents": {
        "description": "US cents, up to six decimals: what the jobs of this answer were charged, or may cost at most while "
        "`usage.settled` is false",
        "schema": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,6})?$"},
    }
}
WARNING = {"x-aig-warning": {"description": "what was sent and is ignored", "schema": {"type": "string"}}}
ETAG = {"ETag": {"description": "for If-None-Match", "schema": {"type": "string"}}}
BINARY = {"schema": {"type": "string", "format": "binary"}}
SKETCH = {
    "id": "sketch/studio-sketch",
    "object": "model",
    "name": "Studio Sketch",
    "owned_by": "musicstudio",
    "provider": "sketch",
    "modality": "music",
    "description": "Sketch engine: local, rule-based, instrumental. No AI, no key, no cost.",
    "usable": True,
    "reason": "",
    "min_duration": 3.0,
    "max_duration": 300.0,
    "formats": ["mp3", "wav"],
    "prompt_limit": 2000,
    "lyrics_limit": 0,
    "takes_seed": True,
    "pricing": {"amount": 0.0, "unit": "free", "currency": "USD", "verified": True, "source": "part of the studio"},
}
CAP = {"of": "Northlight", "scope": "team", "period": "month", "limit": 50.0, "settled": 12.0, "held": 0.8, "left": 37.2}
SPENT = {"requests": 7, "cost_cents": 560.0, "held_cents": 80.0}
EXAMPLES: dict[str, Any] = {
    "JobRecord": queued(),
    "Model": SKETCH,
    "Models": {"object": "list", "data": [SKETCH]},
    "Balance": {
        "object": "balance",
        "balance": 37.2,
        "balance_cents": 3720.0,
        "currency": "USD",
        "caps": [CAP | {"resets_at": 1793487600}],
    },
    "UsageReport": {
        "object": "usage",
        "window": "30d",
        "summary": SPENT,
        "by_model": [{"model": "elevenlabs/elevenlabs-music"} | SPENT],
        "by_day": [{"day": "2026-11-22"} | SPENT],
    },
    "Usages": {
        "object": "list",
        "window": "30d",
        "data": [{"tag": "ads", "label": "ads", "requests": 7, "cost": 5.6, "cost_cents": 560.0}],
    },
    "Signed": {
        "url": f"https://studio.example.com/v1/files/jobs/{ID}/{NAME}/public?exp=1790003600&token=…",
        "expires_at": 1790003600,
    },
    "Secret": {"secret": "ms_whsec_…"},
    "ParameterSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sketch/studio-sketch",
        "type": "object",
        "required": ["prompt"],
        "properties": {"prompt": {"type": "string", "minLength": 1, "maxLength": 2000}},
    },
}
OF_PARAMETERS = {
    "job_id": ID,
    "name": NAME,
    "slug": "sketch/studio-sketch",
    "provider": "elevenlabs",
    "modality": "music",
    "month": "2026-11",
    "Idempotency-Key": "order-1742",
    "x-aig-tag": "ads",
    "If-None-Match": '"6f1d0c9a7be24f3d8a51"',
    "expires_in": 3600,
    "window": "30d",
    "exp": 1790003600,
    "token": "…",
}


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """The document with an example and the headers of every answer, every error spelled out, and files as files."""
    schema["info"] |= {"description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    schema["servers"] = [{"url": "/", "description": "this studio"}]
    bearer = "`Authorization: Bearer ms_live_…`: an API token of a member, with that member's rights at most"
    schema["components"]["securitySchemes"]["Bearer"]["description"] = bearer
    for name, example in EXAMPLES.items():
        schema["components"]["schemas"][name].setdefault("examples", [example])
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}
            if path.endswith(("/{name}", "/public")):
                as_file(operation["responses"])
            for status, answer in operation["responses"].items():
                dress_answer(status, answer, operation, waits=path == "/v1/jobs/{job_id}" and method == "get")
            for parameter in operation.get("parameters", ()):
                parameter.setdefault("example", OF_PARAMETERS.get(parameter["name"], ""))
    return schema


def as_file(answers: dict[str, Any]) -> None:
    """The bytes of a file, whole or a range of it."""
    audio = {"audio/mpeg": BINARY, "audio/wav": BINARY}
    answers["200"] = {"description": "the file", "content": audio}
    answers["206"] = {"description": "the range of it that was asked for", "content": audio}
    answers["304"] = {"description": "the file you have is the same"}
    answers["416"] = {
        "description": "",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorReply"}}},
    }


def dress_answer(status: str, answer: dict[str, Any], operation: dict[str, Any], *, waits: bool) -> None:
    """Description, headers and example of one answer."""
    headers: dict[str, Any] = {"X-Request-Id": REQUEST_ID}
    if operation.get("security"):
        headers |= RATE
    for kind in answer.get("content", {}).values():
        name = kind["schema"].get("$ref", "").rpartition("/")[2]
        if name == "ErrorReply":
            row = next(row for row in ERRORS if row.status == int(status))
            param = "duration" if row.status == 422 else None
            kind["example"] = {"error": {"message": row.means, "type": row.type, "code": row.code, "param": param}}
            answer["description"] = f"{row.means} Charged: {row.charged}. {row.do}"
        elif name in EXAMPLES:
            kind["example"] = completed() if waits else EXAMPLES[name]
        if name == "JobRecord":
            headers |= COST | (ETAG | AFTER if waits else WARNING if status == "202" else {})
    if status in {"429", "503"}:
        headers |= AFTER
    answer["description"] = answer.get("description") or "unchanged"
    answer["headers"] = headers
