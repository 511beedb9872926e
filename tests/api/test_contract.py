"""The whole document against the studio: requests made up from it, good and bad, get only answers that it describes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis import checks as check

from musicstudio.api.gateway import api
from musicstudio.generation.models import Job
from tests.api.conftest import Asker, issue
from tests.conftest import Cast
from tests.factories import make_jobs, make_key, make_sounding_track

EXAMPLES = 12  # of each operation, good and bad alike: some three hundred requests
CHECKS = [
    check.not_a_server_error,
    check.status_code_conformance,
    check.content_type_conformance,
    check.response_headers_conformance,
    check.response_schema_conformance,
]


def operations() -> list[tuple[str, str]]:
    from musicstudio.api import urls  # noqa: F401 (fills the API)

    return [(method.upper(), path) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods]


@pytest.fixture
def document(ask: Asker, cast: Cast, settings: Any) -> dict[str, Any]:
    """The document, its examples replaced by a job there is and its file."""
    settings.API_REQUESTS_PER_MINUTE = 100_000
    settings.ALLOWED_HOSTS = ["*"]
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer)
    track = make_sounding_track(cast.project, cast.producer, seconds=0.1, id=job.pk)
    job.hold.settle()
    Job.objects.filter(pk=job.pk).update(state="succeeded", track=track)
    done = ask("get", f"/jobs/{job.pk}").json()
    said: dict[str, Any] = ask("get", "/openapi.json").json()
    for methods in said["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                real = {"job_id": str(job.pk), "name": done["result"]["filename"]}
                parameter["example"] = real.get(parameter["name"], parameter["example"])
    return said


def answered(client: Client, sent: requests.PreparedRequest) -> httpx.Response:
    """What the studio says, without a socket: in the test's own transaction."""
    said = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in sent.headers.items()}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    kind = said.pop("Content-Type", "application/json")
    given = client.generic(str(sent.method), sent.path_url, body, kind, headers=said)
    asked = httpx.Request(str(sent.method), str(sent.url), headers=said, content=body)
    found = httpx.Response(given.status_code, headers=list(given.headers.items()), content=given.getvalue(), request=asked)
    found.elapsed = timedelta()
    return found


@pytest.mark.parametrize(("method", "path"), operations(), ids=lambda part: part)
def test_every_answer_is_described(document: dict[str, Any], cast: Cast, method: str, path: str) -> None:
    schema: Any = schemathesis.openapi.from_dict(document)
    operation, client = schema[path][method], Client()
    headers = {"Authorization": f"Bearer {issue(cast.team, cast.producer)}"}
    quick: Callable[..., Any] = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @quick
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers_are_described(case: Case) -> None:
            sent = requests.Request(**case.as_transport_kwargs(base_url="http://testserver", headers=headers)).prepare()
            case.validate_response(answered(client, sent), checks=CHECKS)

        answers_are_described()


def test_the_examples_of_the_document_get_what_it_says(document: dict[str, Any], ask: Asker) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            at = path.removeprefix("/v1")
            for parameter in operation.get("parameters", ()):
                at = at.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
            if path.endswith("/public"):
                continue  # its example is a link that has expired
            body = document["components"]["schemas"]["MusicRequest"]["examples"][0] if path == "/v1/audio/music" else None
            answer = ask(method, at, body)
            assert answer.status_code in (200, 202), (method, path)
            if answer.streaming:
                assert len(answer.getvalue()) > 1_000


def test_every_operation_and_error_has_an_example(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"] and operation["summary"], path
            for status, answer in operation["responses"].items():
                kinds = answer.get("content", {})
                assert answer["description"] and "X-Request-Id" in answer["headers"], (path, status)
                assert all("example" in kind for name, kind in kinds.items() if name == "application/json"), (path, status)
            assert all(parameter["example"] != "" for parameter in operation.get("parameters", ())), path
