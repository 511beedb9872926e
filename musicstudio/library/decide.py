"""Deciding about tracks, one or many in one go: statuses, approvals, and the way back of both.

An approval counts as one of those the project wants; with the last one the track becomes approved. Every other decision is one
person's, takes effect at once and, unless it only shortlists, ends the approvals there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone

from musicstudio.accounts.audit import AuditEvent
from musicstudio.accounts.models import Team, User
from musicstudio.library.approvals import Approval, Terms, approvers_of, check_terms, deciders_of
from musicstudio.library.done import Done, named
from musicstudio.library.judgement import Decision, Status
from musicstudio.library.models import Track
from musicstudio.notify.models import Webhook
from musicstudio.projects.models import Project


def decide(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """To the `status`, with a `reason`; approving takes `use`, `territory` and `term`, see `approve`."""
    status, reason = words.get("status", ""), words.get("reason", "").strip()[:400]
    if status not in Status.values:
        raise ValidationError("Choose a status.")
    if status == Status.APPROVED:
        return approve(tracks, by, reason, Terms.read(words))
    moving = [track for track in tracks if track.status != status or reason]
    ended = [] if status == Status.SHORTLISTED else [track for track in tracks if track.agreed]
    ended += [track for track in moving if track.status == Status.APPROVED and track not in ended]
    facts = {"lines": write(moving, status, by, reason), "given": [], "ended": end(ended, by)}
    touched = moving + [track for track in ended if track not in moving]
    return Done(f"{named(touched)}: {Status(status).label.lower()}", touched, facts)


def approve(tracks: Sequence[Track], by: User, reason: str, terms: Terms) -> Done:
    """The person's approval of each, where the project lets them; approved are those that have enough then.

    Raises TermsWanted when a project asks what the approval is for.
    """
    mine, failed = allowed(tracks, by)
    check_terms(mine, terms)
    standing = {row.track_id: row for row in Approval.objects.standing().filter(track__in=mine, by=by)}
    renewed = [row for row in standing.values() if any(terms) and row.terms != terms]
    Approval.objects.filter(pk__in=[row.pk for row in renewed]).update(ended_at=timezone.now(), ended_by=by)
    kept = set(standing) - {row.track_id for row in renewed}
    giving = [track for track in mine if track.pk not in kept]
    rows = [Approval(track=track, by=by, reason=reason, **terms._asdict()) for track in giving]
    given = [row.pk for row in Approval.objects.bulk_create(rows)]
    recount(giving)
    reached = [track for track in mine if track.agreed >= track.project.needed and (track.status != Status.APPROVED or reason)]
    waits = [track for track in giving if track.agreed < track.project.needed and track.status != Status.APPROVED]
    facts = {"lines": write(reached, Status.APPROVED, by, reason), "given": given, "ended": [row.pk for row in renewed]}
    touched = reached + [track for track in giving if track not in reached]
    said = [f"{named(waits)}: {waits[0].agreed} of {waits[0].project.needed} approvals"] if len(waits) == 1 else []
    said = said or ([f"{named(waits)} approved by you, and waiting for others"] if waits else [])
    if done := [track for track in touched if track not in waits]:
        said.insert(0, f"{named(done)}: approved")
    return Done("; ".join(said), touched, facts, failed=failed)


def allowed(tracks: Sequence[Track], by: User) -> tuple[list[Track], list[tuple[str, str]]]:
    """The tracks that the person may approve, and why not the others."""
    mine, failed, whose = list[Track](), list[tuple[str, str]](), dict[int, list[User]]()
    for track in tracks:
        if track.project_id not in whose:
            whose[track.project_id] = approvers_of(track.project)
        people = whose[track.project_id]
        if by in people:
            mine.append(track)
        else:
            names = " and ".join(person.display_name for person in people) or "nobody who is still here"
            failed.append((str(track), f"is approved by {names} in {track.project.name}"))
    return mine, failed


def write(tracks: Sequence[Track], status: str, by: User, reason: str) -> list[list[Any]]:
    """A line of history for each, the status with it, and the news; answers track and line."""
    lines = [Decision(track=track, was=track.status, status=status, by=by, reason=reason) for track in tracks]
    facts = [[line.track_id.hex, line.pk] for line in Decision.objects.bulk_create(lines)]
    Track.objects.filter(pk__in=[track.pk for track in tracks]).update(status=status)
    heard = bool(tracks) and Webhook.objects.filter(team=tracks[0].team_id, is_active=True).exists()
    for track in tracks:
        was, track.status = track.status, status
        if heard and was != status:
            track.tell(by)
    return facts


def end(tracks: Iterable[Track], by: User) -> list[int]:
    """Ends the approvals that stand; answers which."""
    tracks = list(tracks)
    rows = Approval.objects.standing().filter(track__in=tracks)
    ended = list(rows.order_by("pk").values_list("pk", flat=True))
    Approval.objects.filter(pk__in=ended).update(ended_at=timezone.now(), ended_by=by)
    recount(tracks)
    return ended


def recount(tracks: Iterable[Track]) -> None:
    """Writes how many approvals each has."""
    tracks, numbers = list(tracks), defaultdict(list)
    counted = Approval.objects.count_of(track.pk for track in tracks)
    for track in tracks:
        track.agreed = counted[track.pk]
        numbers[track.agreed].append(track.pk)
    for number, ids in numbers.items():
        Track.objects.filter(pk__in=ids).update(agreed=number)


def decide_back(facts: Any, team: Team, by: User) -> int:
    """A line that undoes the decision, where it still is the newest; approvals it gave end, those it ended stand again."""
    lost = lines_back(facts["lines"], team, by)
    given = Approval.objects.standing().filter(pk__in=facts["given"], track__team=team)
    touched = set(given.values_list("track_id", flat=True))
    given.update(ended_at=timezone.now(), ended_by=by)
    again = Approval.objects.filter(pk__in=facts["ended"], track__team=team).exclude(ended_at=None)
    stands = set(Approval.objects.standing().filter(track__in=again.values("track_id")).values_list("track_id", "by_id"))
    back = [row for row in again if (row.track_id, row.by_id) not in stands]
    Approval.objects.filter(pk__in=[row.pk for row in back]).update(ended_at=None, ended_by=None)
    lower(touched | {row.track_id for row in back}, by)
    return lost


def lines_back(facts: Any, team: Team, by: User) -> int:
    """Answers how many lines no longer were the newest."""
    lines = Decision.objects.filter(track__team=team).in_bulk([pk for _, pk in facts])
    newest = Decision.objects.filter(track__in=[track for track, _ in facts]).order_by().values("track").annotate(n=Max("pk"))
    standing = {row["n"] for row in newest}
    mine = [line for line in lines.values() if line.pk in standing]
    Decision.objects.bulk_create(
        [Decision(track_id=line.track_id, was=line.status, status=line.was, by=by, undoes=line) for line in mine]
    )
    for status in {line.was for line in mine}:
        Track.objects.filter(pk__in=[line.track_id for line in mine if line.was == status]).update(status=status)
    return len(facts) - len(mine)


def lower(ids: Iterable[UUID], by: User) -> list[list[Any]]:
    """Recounts; what is approved without enough approvals goes back to where it stood before. Answers the lines written."""
    tracks = list(Track.objects.select_for_update(of=("self",)).select_related("project", "team").filter(pk__in=list(ids)))
    recount(tracks)
    short = [track for track in tracks if track.status == Status.APPROVED and track.agreed < track.project.needed]
    lines = Decision.objects.standing().filter(track__in=short, status=Status.APPROVED).exclude(was=Status.APPROVED)
    before = dict(lines.order_by("pk").values_list("track_id", "was"))
    facts = list[list[Any]]()
    for status in sorted({before.get(track.pk, Status.NEW) for track in short}):
        facts += write([track for track in short if before.get(track.pk, Status.NEW) == status], status, by, "")
    return facts


def withdraw(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Takes the person's own approval back; a track that has too few then is no longer approved."""
    rows = Approval.objects.standing().filter(track__in=tracks, by=by)
    mine = dict(rows.values_list("track_id", "pk"))
    Approval.objects.filter(pk__in=mine.values()).update(ended_at=timezone.now(), ended_by=by)
    touched = [track for track in tracks if track.pk in mine]
    lines = lower(mine, by)
    return Done(f"Approval withdrawn: {named(touched)}", touched, {"lines": lines, "given": [], "ended": list(mine.values())})


@transaction.atomic
def change_rule(project: Project, needed: int, approvers: Sequence[User], asks_use: bool, by: User) -> None:
    """Sets the project's rule; tracks that have enough approvals under it are approved. Those approved already stay so.

    Raises ValidationError for a rule that nobody could meet.
    """
    if needed > len(approvers or deciders_of(project)):
        raise ValidationError({"needed": "The project has fewer people who may approve. Choose others, or a smaller number."})
    before = said_rule(project)
    project.rule(needed, approvers, asks_use)
    AuditEvent.objects.note(project.team, by, "project.rule", project, before, said_rule(project))
    waiting = Track.objects.select_for_update(of=("self",)).select_related("project", "team").filter(project=project)
    reached = list(waiting.filter(agreed__gte=needed).exclude(status=Status.APPROVED))
    write(reached, Status.APPROVED, by, f"The project wants {needed} approval{'s' * (needed > 1)} now.")


def said_rule(project: Project) -> dict[str, object]:
    """The rule as the audit log keeps it."""
    names = ", ".join(project.approvers.order_by("pk").values_list("email", flat=True))
    return {"approvals": project.needed, "by": names or "anybody from Reviewer up", "asks use": project.asks_use}
