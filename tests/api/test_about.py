"""The API described, for people, generators and language models; and tokens from the terminal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from musicstudio.projects.models import ApiToken
from tests.api.conftest import issue
from tests.conftest import Cast
from tests.factories import make_project


def test_the_document_names_every_operation_with_its_errors(client: Client, db: None) -> None:
    said = client.get("/v1/openapi.json").json()
    assert said["openapi"].startswith("3.1")
    wanted = {
        "/v1/audio/music",
        "/v1/jobs/{job_id}",
        "/v1/jobs/{job_id}/cancel",
        "/v1/models",
        "/v1/models/{slug}",
        "/v1/balance",
    }
    assert wanted <= set(said["paths"])
    for path, methods in said["paths"].items():
        for operation in methods.values():
            assert operation["summary"] and {"401", "429", "500"} <= set(operation["responses"])
            assert ("404" in operation["responses"]) == ("{" in path or path == "/v1/audio/music")
    assert said["components"]["schemas"]["MusicRequest"]["examples"]


@pytest.mark.parametrize("path", ["/llms.txt", "/llms-full.txt", "/v1/docs"])
def test_it_is_described_with_this_host(client: Client, db: None, path: str) -> None:
    page = client.get(path).content.decode()
    assert "http://testserver/v1/audio/music" in page and "/v1/jobs/{" in page


def test_the_whole_text_has_every_operation_and_error(client: Client, db: None) -> None:
    text = client.get("/llms-full.txt").content.decode()
    assert "DELETE /v1/jobs/{job_id}" in text and "- 402 insufficient_credits" in text and "&quot;" not in text
    for name in client.get("/v1/openapi.json").json()["components"]["schemas"]["MusicRequest"]["properties"]:
        assert f"- `{name}`" in text
    for said in ("X-Gateway-Signature", "Idempotency-Key", "X-Cost-Cents", "/v1/webhook-secret", '"status": "completed"'):
        assert said in text and said in client.get("/v1/docs").content.decode().replace("&quot;", '"')


def test_a_token_from_the_terminal(cast: Cast) -> None:
    project = make_project(cast.team, "Kestrel")
    out, err = StringIO(), StringIO()
    said = ["--team", "northlight", "--user", "PIA@northlight.example", "--scopes", "read,generate", "--project", project.slug]
    call_command("token", "create", *said, "--expires", "7", stdout=out, stderr=err)
    row = ApiToken.objects.get()
    found = ApiToken.objects.find(out.getvalue().strip())
    assert found == row and row.project == project and row.scopes == ["generate", "read"] and row.expires_at
    assert out.getvalue().strip() not in str(ApiToken.objects.values().get()) and "not shown again" in err.getvalue()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"--user": "nobody@example.com"}, "There is no nobody"),
        ({"--team": "nowhere"}, "There is no"),
        ({"--scopes": "king"}, "Choose what it may do"),
        ({"--scopes": "read,admin"}, "you cannot give: admin"),
        ({"--project": "nowhere"}, "no project"),
    ],
)
def test_a_wrong_request_in_the_terminal(cast: Cast, changed: dict[str, str], message: str) -> None:
    said = {"--team": "northlight", "--user": cast.producer.email, "--scopes": "read"} | changed
    err = StringIO()
    with pytest.raises((SystemExit, CommandError)):
        call_command("token", "create", *(word for pair in said.items() for word in pair), stderr=err, stdout=StringIO())
    assert message in err.getvalue() and not ApiToken.objects.exists()


def test_a_fault_of_the_studio_is_json_too(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("musicstudio.api.catalogue.find", broken)
    answer = client.get(
        "/v1/models", headers={"Authorization": f"Bearer {issue(cast.team, cast.producer)}", "X-Request-Id": "r-1"}
    )
    assert (answer.status_code, answer["X-Request-Id"], answer.json()["error"]["type"]) == (500, "r-1", "server_error")
    assert "secret detail" not in answer.content.decode()
