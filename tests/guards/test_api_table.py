"""Who gets what of /v1: every operation of our own OpenAPI, every kind of token, against one table."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from musicstudio.accounts.models import Membership, Role
from musicstudio.api.gateway import api
from musicstudio.core.csp import HEADERS
from musicstudio.generation.models import Job
from musicstudio.projects.models import ApiToken, TokenScope
from tests.conftest import Cast
from tests.factories import join, make_jobs, make_sounding_track, make_user

# One line an operation: method, path, and the scope it takes. `link`: no token, but a signature that the studio made.
TABLE = """
post   /v1/audio/music                            generate
get    /v1/jobs/{job_id}                          read
delete /v1/jobs/{job_id}                          generate
post   /v1/jobs/{job_id}/cancel                   generate
get    /v1/files/jobs/{job_id}/{name}             read
get    /v1/files/jobs/{job_id}/{name}/signed      read
get    /v1/files/jobs/{job_id}/{name}/public      link
get    /v1/models                                 read
get    /v1/models/{slug}/schema                   read
get    /v1/models/{slug}                          read
get    /v1/balance                                read
get    /v1/usage                                  read
get    /v1/usage/by-tag                           read
get    /v1/webhook-secret                         generate
post   /v1/webhook-secret/rotate                  generate
"""
ROWS = {(method, path): scope for method, path, scope in (line.split() for line in TABLE.strip().splitlines())}
RAIN = {"prompt": "lo-fi piano", "duration": 15}
BESIDE = ["nobody", "revoked", "demoted", "left", "stranger", "other project"]  # the tokens that are not simply one scope


@pytest.fixture
def tokens(cast: Cast) -> dict[str, str]:
    """One token of each kind."""
    owner = Membership.objects.get(team=cast.team, user=cast.owner)
    made = {scope: ApiToken.objects.issue(owner, scope, [scope])[1] for scope in TokenScope.values}
    everything = list(TokenScope.values)
    revoked, made["revoked"] = ApiToken.objects.issue(owner, "Old", everything)
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=revoked.created_at)
    stranger = Membership.objects.get(user=cast.stranger)
    made["stranger"] = ApiToken.objects.issue(stranger, "Theirs", everything)[1]
    for name in ("demoted", "left"):
        user = join(cast.team, make_user(f"{name}@northlight.example"), Role.ADMIN)
        member = Membership.objects.get(user=user)
        made[name] = ApiToken.objects.issue(member, name, everything)[1]
        Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER) if name == "demoted" else member.delete()
    elsewhere = type(cast.project).objects.open(cast.team, "Other film")
    made["other project"] = ApiToken.objects.issue(owner, "Narrow", everything, project=elsewhere)[1]
    return made | {"nobody": ""}


@pytest.fixture
def place(cast: Cast) -> dict[str, str]:
    """What the words in braces mean: a finished job with its file."""
    [job] = make_jobs(cast.project, cast.producer)
    track = make_sounding_track(cast.project, cast.producer, 0.1)
    Job.objects.filter(pk=job.pk).update(track=track)
    return {"job_id": str(job.pk), "name": f"{track.pk.hex[:12]}.{track.format}", "slug": "sketch/studio-sketch"}


def operations() -> Iterator[tuple[str, str]]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        yield from ((method, path) for method in methods)


def test_every_operation_has_a_row() -> None:
    unknown = [f"{method:<6} {path:<42} <scope>" for method, path in operations() if (method, path) not in ROWS]
    assert not unknown, "Add to TABLE in tests/guards/test_api_table.py:\n" + "\n".join(unknown)
    assert set(ROWS) == set(operations())


def ask(token: str, method: str, url: str) -> Any:
    """The answer; nothing that the request changed stays."""
    client = Client(headers={"authorization": f"Bearer {token}"} if token else {})
    with transaction.atomic():
        response = getattr(client, method)(url, RAIN if method == "post" else {}, content_type="application/json")
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    assert response["Content-Security-Policy"] == HEADERS["Content-Security-Policy"], url
    assert response["X-Content-Type-Options"] == "nosniff", url
    return response


def wanted(who: str, scope: str, path: str) -> set[int]:
    """The statuses that are right."""
    good = {200, 202}
    if scope == "link":
        return {403, 404, 422}
    if who in {"nobody", "revoked", "left"}:
        return {401}
    if who in {"stranger", "other project"}:
        return {404} if "{job_id}" in path else good
    if who == "demoted":
        return good if scope == "read" else {403}
    return good | {409} if who == scope else {403}


@pytest.mark.parametrize("who", [*TokenScope.values, *BESIDE])
def test_every_token_gets_what_the_table_says(tokens: dict[str, str], place: dict[str, str], who: str) -> None:
    wrong = []
    for (method, path), scope in ROWS.items():
        status = ask(tokens[who], method, path.format(**place)).status_code
        if status not in wanted(who, scope, path):
            wrong.append(f"{method} {path}: {status}, the table says {scope}")
    assert wrong == []


def test_a_signed_link_opens_one_file_and_says_nothing_else(tokens: dict[str, str], place: dict[str, str]) -> None:
    url = "/v1/files/jobs/{job_id}/{name}/signed".format(**place)
    link = ask(tokens["read"], "get", url).json()["url"].removeprefix("http://testserver")
    assert ask("", "get", link).status_code == 200
    for wrong in (link[:-3] + "abc", link.replace("exp=", "exp=9"), link.replace(place["job_id"], "0" * 8 + place["job_id"][8:])):
        assert ask("", "get", wrong).status_code in {400, 403, 404}, wrong
