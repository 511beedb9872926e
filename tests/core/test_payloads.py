"""What hostile input must not do, over HTTP: lead away, speak for another host, exhaust the server, escape a file's name."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.core.sheets import harmless, row_of
from tests.conftest import Cast
from tests.factories import PASSWORD, make_sounding_track

AWAY = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "\thttps://evil.example",
]


@pytest.mark.parametrize("there", AWAY)
def test_a_sign_in_leads_nowhere_else(client: Client, cast: Cast, there: str) -> None:
    said = {"login": cast.producer.email, "password": PASSWORD, "next": there}
    assert client.post(reverse("account_login"), said)["Location"] == "/"
    client.post(reverse("account_logout"), {"next": there})
    assert client.post(reverse("account_login") + "?next=" + there, said)["Location"] == "/"
    assert client.get(reverse("account_login") + "?next=" + there)["Location"] == "/"  # who is signed in already


def test_no_answer_repeats_a_host_that_is_not_ours(client: Client, cast: Cast) -> None:
    for headers in ({"host": "evil.example"}, {"host": "testserver:80@evil.example"}, {"host": "evil.example:443"}):
        answer = client.post(reverse("account_reset_password"), {"email": cast.producer.email}, headers=headers)
        assert answer.status_code == 400 and "default-src 'none'" in answer["Content-Security-Policy"]
        assert b"evil" not in answer.content
    said = client.get(reverse("account_login"), headers={"x-forwarded-host": "evil.example"})
    assert b"evil" not in said.content


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"prompt":' * 50_000,
        b'{"prompt": "x", "duration": 1e999999}',
        b'{"prompt": "x", "duration": ' + b"9" * 5_000 + b"}",
        b'{"prompt": "x", "prompt": {"a": NaN}}',
        b"\xff\xfe\x00",
        json.dumps({"prompt": "x" * 900_000}).encode(),
    ],
)
def test_a_json_bomb_is_a_refusal(client: Client, cast: Cast, body: bytes) -> None:
    from musicstudio.accounts.models import Membership
    from musicstudio.projects.models import ApiToken

    member = Membership.objects.get(user=cast.producer)
    _, token = ApiToken.objects.issue(member, "x", ["generate"])
    answer = client.post("/v1/audio/music", body, content_type="application/json", headers={"authorization": f"Bearer {token}"})
    assert 400 <= answer.status_code < 500 and "error" in answer.json()


def test_a_form_that_is_too_large_is_refused(as_producer: Client) -> None:
    answer = as_producer.post(reverse("project_new", args=["northlight"]), {"name": "x" * 2_000_000})
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"; filename="b.exe', "a\r\nSet-Cookie: x=1", "…/..\\con", ""])
def test_a_title_is_never_more_than_a_files_name(as_producer: Client, cast: Cast, name: str) -> None:
    track = make_sounding_track(cast.project, cast.producer, 0.1, title=name or "x")
    answer = as_producer.get(reverse("track_audio", args=["northlight", track.pk]) + "?download=1")
    said = answer.get("Content-Disposition", "")
    assert "\r" not in said and "\n" not in said and "Set-Cookie" not in answer and "/" not in said and "\\con" not in said
    assert said.count('filename="') <= 1
    b"".join(answer.streaming_content)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_spreadsheet_takes_no_text_of_ours_for_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert row_of([harmless(text), "x"]).lstrip('"').startswith("'")
