"""A token of the producer's, and a way to ask with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from musicstudio.accounts.models import Membership, Team, User
from musicstudio.projects.models import ApiToken
from tests.conftest import Cast


def issue(team: Team, user: User, scopes: str = "read generate", **words: Any) -> str:
    member = Membership.objects.get(team=team, user=user)
    return ApiToken.objects.issue(member, "A test", scopes.split(), **words)[1]


@dataclass
class Asker:
    """Asks `/v1` with a token."""

    client: Client
    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        said = {"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        words = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(self.client, method)(f"/v1{path}", headers=said, **words)


@pytest.fixture
def ask(cast: Cast, client: Client) -> Asker:
    return Asker(client, issue(cast.team, cast.producer))


@pytest.fixture
def asker(client: Client) -> Callable[[str], Asker]:
    return lambda token: Asker(client, token)
