"""The audit log: who, or which token, did what to what, from where. Rows are only ever added, the database sees to it.

After 13 months a row goes, by the daily task and by no other way.
"""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from musicstudio.accounts.models import Membership, Team, User
from musicstudio.core.append_only import AppendOnly
from musicstudio.core.client import address_of
from musicstudio.core.origin import agent_of, answering

MONTHS = 13
KEPT = timedelta(days=31 * MONTHS)  # a little longer than the trigger asks for, whatever the months' lengths
AUDIT = AppendOnly("accounts_auditevent", "audit events are never changed or deleted", MONTHS)
HIDDEN = "•••"
SECRET_NAME = re.compile(r"secret|password|token$|digest|cipher|api_?key$|own_key|recovery|otp", re.IGNORECASE)
SECRET_VALUE = re.compile(r"\b(sk-|ms_live_|ms_ro_|whsec_|Bearer )[\w+/=.-]{6,}|https://hooks\.slack\.com/\S+")
ACTIONS = {
    "team.settings": "Changed the team's settings",
    "project.rule": "Changed what approval asks for",
    "model.terms": "Noted terms of use",
    "member.join": "Joined",
    "member.role": "Changed a role",
    "member.projects": "Changed which projects somebody sees",
    "member.remove": "Removed a member",
    "member.leave": "Left the team",
    "member.owner": "Handed the team over",
    "operator.appoint": "Made an operator of the install",
    "operator.end": "Ended an operator's rights",
    "account.on": "Switched an account on",
    "account.off": "Switched an account off",
    "invitation.make": "Invited",
    "invitation.renew": "Sent an invitation again",
    "invitation.revoke": "Revoked an invitation",
    "access.approve": "Let somebody in who asked",
    "access.deny": "Turned somebody away who asked",
    "token.make": "Made an API token",
    "token.revoke": "Revoked an API token",
    "key.add": "Added a provider key",
    "key.test": "Tested a provider key",
    "key.rotate": "Rotated a provider key",
    "key.revoke": "Revoked a provider key",
    "key.pause": "Paused a provider key",
    "key.resume": "Resumed a provider key",
    "cap.set": "Set a cap",
    "cap.end": "Removed a cap",
    "cap.grant": "Granted more money",
    "request.approve": "Approved a request for money",
    "request.decline": "Declined a request for money",
    "outcome.decide": "Decided an unknown outcome",
    "price.enter": "Entered a price",
    "price.switch": "Switched a price's unit",
    "price.proposal": "Decided about a proposed price",
    "connection.set": "Changed how a provider bills",
    "connection.top_up": "Noted credit that was bought",
    "webhook.add": "Added a webhook",
    "webhook.switch": "Switched a webhook",
    "webhook.remove": "Removed a webhook",
    "webhook.replay": "Sent a delivery again",
    "model.set": "Changed which models may be used",
    "project.archive": "Archived a project",
    "project.restore": "Restored a project",
    "tracks.purge": "Deleted tracks for good",
    "tracks.zip": "Downloaded tracks as a ZIP",
    "ledger.csv": "Downloaded the ledger",
    "audit.csv": "Downloaded the audit log",
}


class AuditChanged(Exception):
    """Somebody tried to change or delete an audit event."""


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    """Notes and finds events."""

    def note(
        self,
        team: Team,
        by: User | Membership | None,
        action: str,
        obj: models.Model | str,
        before: Any = None,
        after: Any = None,
        request: HttpRequest | None = None,
    ) -> "AuditEvent":
        """Writes down that `by` did `action`, one of ACTIONS, to `obj`. Part of the caller's transaction.

        `before` and `after` are plain values or dicts; of dicts only what differs is kept, secrets never. Where it came from
        is read from the request that is being answered, unless one is given. `by` is None for what the studio does by itself.
        """
        request = request or answering.get()
        before, after = differing(redacted(before), redacted(after))
        token = getattr(request, "token", None)
        return self.create(
            team=team,
            by=by.user if isinstance(by, Membership) else by,
            token=f"{token.name} ({token.prefix}…)" if token is not None else "",
            action=action,
            kind=str(obj._meta.verbose_name) if isinstance(obj, models.Model) else "",
            object_id=str(obj.pk or "") if isinstance(obj, models.Model) else "",
            name=redacted(str(obj))[:200],
            before=before,
            after=after,
            address=address_of(request) if request else "",
            agent=agent_of(request) if request else "",
            request_id=str(getattr(request, "id", "")),
        )

    def update(self, **fields: Any) -> int:
        """Refused: see `AuditChanged`."""
        raise AuditChanged("Audit events are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: see `AuditChanged`; `forget` is the only way."""
        raise AuditChanged("Audit events are never deleted before their time.")

    def forget(self) -> int:
        """Removes what is older than is kept; answers how many."""
        return self.filter(at__lt=timezone.now() - KEPT)._raw_delete(self.db)


class AuditEvent(models.Model):
    """One thing that was done. `name` is what the object was called then; `token` names the API token that was used."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="audit_events")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    token = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["team", "-at", "-id"], name="audit_team_time")]

    def __str__(self) -> str:
        return f"{self.action} {self.name}"

    @property
    def label(self) -> str:
        """What was done, in words."""
        return ACTIONS.get(self.action, self.action)

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What changed: its name (empty for the thing itself), what it was, what it is."""
        before, after = ({"": value} if not isinstance(value, dict) else value for value in (self.before, self.after))
        names = list(dict.fromkeys([*before, *after]))
        found = [(name, said(before.get(name)), said(after.get(name))) for name in names]
        return [line for line in found if line[1] or line[2]]


def redacted(value: Any, name: str = "") -> Any:
    """The same as plain JSON values, without anything that looks like a secret by its name or its form."""
    if isinstance(value, dict):
        return {str(key): redacted(entry, str(key)) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(entry, name) for entry in value]
    if value is None or isinstance(value, bool):
        return value
    if name and SECRET_NAME.search(name):
        return HIDDEN if value else value
    return value if isinstance(value, int) else SECRET_VALUE.sub(HIDDEN, str(value))[:400]


def differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two dicts only the entries that are not the same in both."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    same = {key for key in before if key in after and before[key] == after[key]}
    return tuple({key: value for key, value in side.items() if key not in same} for side in (before, after))  # type: ignore[return-value]


def said(value: Any) -> str:
    """A value for people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(said, value)) if isinstance(value, list) else str(value)
