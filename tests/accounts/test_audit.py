"""What was done is written down, without secrets, and the database refuses to change it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from musicstudio.accounts.audit import AUDIT, HIDDEN, AuditChanged
from musicstudio.accounts.models import AuditEvent
from musicstudio.accounts.tasks import forget
from tests.conftest import Cast


@pytest.mark.parametrize("statement", ["UPDATE accounts_auditevent SET name = 'x'", "DELETE FROM accounts_auditevent"])
def test_an_event_cannot_be_changed_by_any_statement(cast: Cast, statement: str) -> None:
    AuditEvent.objects.note(cast.team, cast.owner, "team.settings", cast.team)
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    for verb in (lambda: AuditEvent.objects.update(name="x"), AuditEvent.objects.all().delete):
        with pytest.raises(AuditChanged):
            verb()
    assert AUDIT.missing(connection) == []


def test_it_keeps_what_differs_and_hides_what_is_secret(cast: Cast) -> None:
    before = {"name": "Northlight", "zone": "UTC", "secret": "abc"}
    after = {"name": "Northlight", "zone": "Europe/Madrid", "secret": "def", "note": "sk-aig-0123456789abcdef was pasted"}
    event = AuditEvent.objects.note(cast.team, cast.owner, "team.settings", cast.team, before, after)
    assert event.before == {"zone": "UTC"}
    assert event.after == {"zone": "Europe/Madrid", "note": f"{HIDDEN} was pasted"}
    assert event.changes == [("zone", "UTC", "Europe/Madrid"), ("note", "", f"{HIDDEN} was pasted")]
    assert (event.kind, event.object_id, event.name) == ("team", str(cast.team.pk), "Northlight")


def test_it_goes_after_thirteen_months_and_not_before(cast: Cast) -> None:
    for days in (0, 380, 420):
        AuditEvent(team=cast.team, action="team.settings", name=str(days), at=timezone.now() - timedelta(days=days)).save()
    forget()
    assert list(AuditEvent.objects.filter(action="team.settings").values_list("name", flat=True)) == ["0", "380"]


@pytest.mark.parametrize(("trusts", "address"), [(True, "203.0.113.9"), (False, "127.0.0.1")])
def test_it_says_from_where(cast: Cast, client: Client, settings: object, trusts: bool, address: str) -> None:
    settings.TRUST_PROXY = trusts  # type: ignore[attr-defined]
    client.force_login(cast.owner)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    headers = {"x-forwarded-for": "198.51.100.1, 203.0.113.9", "user-agent": agent}
    client.post("/t/northlight/members/invite/", {"email": "ines@example.com", "role": "viewer"}, headers=headers)
    event = AuditEvent.objects.get(action="invitation.make")
    assert (event.by, event.address, event.agent) == (cast.owner, address, "Firefox on Linux")
    assert event.request_id
