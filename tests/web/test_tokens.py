"""The tokens page: made with a token that is shown once, seen by its person and the admins, revoked."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.projects.models import ApiToken
from tests.conftest import Cast

URL = reverse("tokens", args=["northlight"])
ADD = reverse("token_add", args=["northlight"])
SAID = {"name": "Build server", "scopes": ["read", "generate"], "days": "90"}


@pytest.fixture
def as_producer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.producer)
    return client


def add(client: Client, **said: object) -> str:
    page = client.post(ADD, SAID | said).content.decode()
    found = re.search(r"ms_live_[\w-]{40}", page)
    assert found, page
    return found[0]


def test_a_token_is_shown_once_and_works(as_producer: Client, cast: Cast) -> None:
    token = add(as_producer, project=cast.project.slug)
    page = as_producer.get(URL).content.decode()
    assert token not in page and token[:16] in page and "only Aurora spring film" in page and "never used" in page
    assert Client().get("/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert "used " in as_producer.get(URL).content.decode()
    as_producer.post(reverse("token_revoke", args=["northlight", ApiToken.objects.get().pk]))
    assert Client().get("/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert "No token yet" in as_producer.get(URL).content.decode()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"name": ""}, "Name what it is for"),
        ({"scopes": []}, "Choose what it may do"),
        ({"scopes": ["admin"]}, "As Producer you cannot give: admin"),
        ({"project": "nowhere"}, "There is no such project"),
        ({"days": "5000"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_said_and_makes_nothing(as_producer: Client, said: dict[str, object], message: str) -> None:
    response = as_producer.post(ADD, SAID | said)
    assert response.status_code == 422 and not ApiToken.objects.exists()
    if "days" not in said:
        assert message in response.content.decode()


def test_everybody_sees_their_own_and_admins_all(as_producer: Client, cast: Cast) -> None:
    add(as_producer)
    url = reverse("token_revoke", args=["northlight", ApiToken.objects.get().pk])
    as_producer.force_login(cast.reviewer)
    assert "Build server" not in as_producer.get(URL).content.decode() and as_producer.post(url).status_code == 403
    as_producer.force_login(cast.stranger)
    assert {as_producer.get(URL).status_code, as_producer.post(ADD, SAID).status_code, as_producer.post(url).status_code} == {404}
    as_producer.force_login(cast.owner)
    assert "Build server" in as_producer.get(URL).content.decode()
    as_producer.post(url)
    assert not ApiToken.objects.usable().exists()


def test_a_reviewer_gives_no_right_to_spend(client: Client, cast: Cast) -> None:
    client.force_login(cast.reviewer)
    assert "you cannot give: generate" in client.post(ADD, SAID).content.decode()
    add(client, scopes=["read", "review"])
