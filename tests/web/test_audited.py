"""Every sensitive verb leaves a line in the audit log, and none of them a secret."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import AuditEvent, Membership
from musicstudio.notify.models import Webhook
from musicstudio.projects.models import ApiToken
from tests.conftest import Cast
from tests.factories import make_key, make_track

TEAM = "/t/northlight/"
SECRET = "sk-aig-9876543210abcdef"


@pytest.fixture
def as_owner(cast: Cast, client: Client) -> Client:
    client.force_login(cast.owner)
    return client


def actions(since: int) -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[since:]


def test_money_keys_tokens_webhooks_projects_and_exports_are_noted(as_owner: Client, cast: Cast) -> None:
    before = AuditEvent.objects.count()
    as_owner.post(TEAM + "settings/cap/", {"cap": "60"})
    as_owner.post(TEAM + "settings/keys/", {"provider": "aigateway", "secret": SECRET, "label": "Studio key"})
    key = cast.team.provider_keys.get()
    as_owner.post(f"{TEAM}settings/keys/{key.pk}/revoke/")
    as_owner.post(TEAM + "tokens/add/", {"name": "Script", "scopes": ["read"], "days": "90"})
    as_owner.post(f"{TEAM}tokens/{ApiToken.objects.get().pk}/revoke/")
    as_owner.post(
        TEAM + "webhooks/add/",
        {"url": "https://hooks.slack.com/services/T0/B0/secret", "events": ["job.failed"], "shape": "slack"},
    )
    hook = Webhook.objects.get()
    as_owner.post(f"{TEAM}webhooks/{hook.pk}/switch/", {"on": "0"})
    as_owner.post(f"{TEAM}webhooks/{hook.pk}/remove/")
    as_owner.post(f"{TEAM}projects/{cast.project.slug}/archive/")
    as_owner.post(f"{TEAM}projects/{cast.project.slug}/restore/")
    as_owner.get(TEAM + "budgets/ledger/?format=csv")
    assert actions(before) == [
        *("cap.set", "key.add", "key.revoke", "token.make", "token.revoke", "webhook.add", "webhook.switch", "webhook.remove"),
        *("project.archive", "project.restore", "ledger.csv"),
    ]
    assert (AuditEvent.objects.filter(action="cap.set").latest("pk").changes) == [("", "$50.00", "$60.00")]
    said = str(list(AuditEvent.objects.values()))
    token = ApiToken.objects.get()
    assert SECRET not in said and "services/T0" not in said and token.digest not in said
    page = as_owner.get(reverse("audit", args=["northlight"])).content.decode()
    assert "Added a provider key" in page and "$60.00" in page


def test_what_is_deleted_for_good_is_named(as_owner: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.owner, "Gone waltz")
    as_owner.post(TEAM + "tracks/act/", {"act": "delete", "track": [str(track.pk)]})
    as_owner.post(TEAM + "bin/purge/", {"track": [str(track.pk)], "sure": "1", "scope": "bin"})
    event = AuditEvent.objects.get(action="tracks.purge")
    assert event.name == "Gone waltz" and event.after == 1


def test_a_refused_verb_leaves_no_line(as_owner: Client, cast: Cast) -> None:
    before = AuditEvent.objects.count()
    make_key(cast.team)
    as_owner.post(TEAM + "settings/cap/", {"cap": "nothing"})
    as_owner.post(TEAM + "members/invite/", {"email": "not an address", "role": "viewer"})
    as_owner.post(f"{TEAM}members/{Membership.objects.get(user=cast.owner).pk}/", {"role": "viewer"})
    assert actions(before) == []
