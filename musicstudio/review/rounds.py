"""Rounds: a comparison with votes. Everybody hears the takes and picks alone; nobody sees a vote before the round is over.

Whether a round is open follows from its deadline at the moment of reading; a late worker changes nothing.
"""

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least, Now
from django.urls import reverse
from django.utils import timezone

from musicstudio.accounts.access import in_project, sees
from musicstudio.accounts.models import Membership, Role, Team, User
from musicstudio.library.models import Track
from musicstudio.notify.notices import Kind, Notification
from musicstudio.projects.models import Project
from musicstudio.review.bracket import AT_ONCE

FEWEST, MOST = 2, 16
REASONS = ("Mix", "Melody", "Mood", "Sound", "Structure", "Fits the brief")
MOST_REASONS = 12


class RoundQuerySet(models.QuerySet["Round"]):
    """Opens and finds rounds."""

    @transaction.atomic
    def open(self, team: Team, by: User, tracks: Sequence[Track], voters: Sequence[Membership], **words: Any) -> "Round":
        """A new round about these tracks, in this order, for these members; they are told.

        Raises ValidationError with a message beside the field that is wrong.
        """
        projects = {track.project_id for track in tracks}
        if not FEWEST <= len(tracks) <= MOST:
            raise ValidationError({"tracks": f"A round has {FEWEST} to {MOST} takes; these are {len(tracks)}."})
        if len(projects) != 1 or any(track.team_id != team.pk or track.deleted_at for track in tracks):
            raise ValidationError({"tracks": "The takes of a round belong to one project, and none is in the bin."})
        if words["deadline"] <= timezone.now():
            raise ValidationError({"deadline": "The deadline has to be in the future."})
        if not voters:
            raise ValidationError({"voters": "Choose who votes."})
        words["heat"] = AT_ONCE if len(tracks) <= AT_ONCE else words.get("heat", 2)
        made = self.create(team=team, project=tracks[0].project, owner=by, **words)
        made.candidates.bulk_create(
            [Candidate(round=made, track=track, name=str(track), place=place) for place, track in enumerate(tracks, 1)]
        )
        made.ballots.bulk_create([Ballot(round=made, voter=place.user, seed=secrets.randbits(62)) for place in voters])
        made.tell(f"{by.display_name} asks for your vote: {made.title}.", [place.user for place in voters], by)
        return made

    def running(self) -> "RoundQuerySet":
        """Still open."""
        return self.filter(closed_at=None, deadline__gt=timezone.now())

    def over(self) -> "RoundQuerySet":
        """Closed, or past the deadline; those that ended last first."""
        ended = self.exclude(closed_at=None, deadline__gt=timezone.now())
        return ended.annotate(end=Least(Coalesce("closed_at", "deadline"), "deadline")).order_by("-end", "-pk")

    def to_vote(self, user: User) -> "RoundQuerySet":
        """Those that wait for the person's vote, the next deadline first."""
        return self.running().filter(ballots__voter=user, ballots__cast_at=None).order_by("deadline", "pk")

    def for_list(self, user: User) -> "RoundQuerySet":
        """With what a list says: how many takes and voters, both fixed at the start, and whether the person's own vote is in."""
        mine = Ballot.objects.filter(round=OuterRef("pk"), voter=user)
        counted = {"takes_number": Count("candidates", distinct=True), "asked": Count("ballots", distinct=True)}
        named = self.select_related("project", "owner", "team").annotate(**counted)
        return named.annotate(invited=Exists(mine), voted=Exists(mine.exclude(cast_at=None)))

    def end_due(self) -> int:
        """Tells everybody about rounds whose deadline has passed; answers how many."""
        due = list(self.filter(closed_at=None, deadline__lte=timezone.now()).select_related("team", "owner"))
        return sum(found.close(None) for found in due)


@in_project("project")
class Round(models.Model):
    """A question about takes. Up to four are heard at once; of more, each voter goes through heats of `heat` takes.

    `closed_at` is set by its owner, by the last vote, or by a worker after the deadline; the round is over at either.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="rounds")
    project = models.ForeignKey(Project, models.CASCADE, related_name="rounds")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    question = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    deadline = models.DateTimeField()
    blind = models.BooleanField(default=True, help_text="names, models, people, prices, ratings and waveforms are hidden")
    min_seconds = models.PositiveSmallIntegerField(default=10, help_text="of each take to be heard before a pick")
    reasons = models.JSONField(default=list)
    heat = models.PositiveSmallIntegerField(default=2)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["deadline", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(heat__in=[2, 4]), name="round_heat_two_or_four"),
            models.CheckConstraint(condition=Q(min_seconds__lte=60), name="round_hears_a_minute_at_most"),
        ]
        indexes = [models.Index(fields=["deadline"], name="round_running", condition=Q(closed_at=None))]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where one votes, and sees the result."""
        return reverse("round", args=[self.team.slug, self.pk])

    @property
    def is_open(self) -> bool:
        """Whether votes are taken and nothing is shown."""
        return self.closed_at is None and self.deadline > timezone.now()

    @property
    def ended_at(self) -> datetime:
        """When it was over; of an open one, when it will be."""
        return min(self.closed_at or self.deadline, self.deadline)

    def may_run(self, member: Membership) -> bool:
        """Whether the member may close, extend and settle it: its owner, and admins."""
        return member.may(Role.REVIEWER) and (member.user_id == self.owner_id or member.may(Role.ADMIN))

    @cached_property
    def takes(self) -> "dict[int, Candidate]":
        """By id, in the order in which they were chosen."""
        return {take.pk: take for take in self.candidates.select_related("track").order_by("place")}

    @property
    def finished(self) -> "models.QuerySet[Ballot]":
        """Whose vote is in, without the votes: all that the owner is told before the end."""
        return self.ballots.exclude(cast_at=None).select_related("voter").only("voter", "round").order_by("voter__name", "pk")

    def waits_for(self) -> int:
        """How many invited members could still vote. Who left the team or votes no more is not waited for."""
        open_ones = self.ballots.filter(cast_at=None).values("voter")
        places = Membership.objects.filter(team=self.team, user__in=open_ones, user__is_active=True)
        return sum(place.may(Role.REVIEWER) and sees(place, self) for place in places.select_related("team"))

    def extend(self, deadline: datetime) -> None:
        """A later deadline, while it is open. Raises ValidationError."""
        later = Round.objects.running().filter(pk=self.pk, deadline__lt=deadline)
        if not self.is_open:
            raise ValidationError({"deadline": "The round is over and cannot be reopened. Start a new one with the same takes."})
        if not later.update(deadline=deadline):
            raise ValidationError({"deadline": "Choose a later time than the present deadline. To end it earlier, close it."})
        self.deadline = deadline

    def close(self, by: User | None) -> bool:
        """Ends it for good, once; voters and owner are told. False when somebody was faster."""
        now = min(timezone.now(), self.deadline)
        if not Round.objects.filter(pk=self.pk, closed_at=None).update(closed_at=now, closed_by=by):
            return False
        self.closed_at, self.closed_by = now, by
        people = User.objects.filter(Q(pk=self.owner_id) | Q(pk__in=self.ballots.values("voter")))
        self.tell(f"The round {self.title} is over. See what was chosen.", people, by)
        return True

    def tell(self, text: str, people: "Sequence[User] | models.QuerySet[User]", by: User | None) -> None:
        """News for people who may see the project."""
        Notification.objects.tell(self.team, people, Kind.ROUND, text, self.get_absolute_url(), by, about=self)


@in_project("round__project")
class Candidate(models.Model):
    """A take of a round. Its name stays when the track is deleted for good."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="candidates")
    track = models.ForeignKey(Track, models.SET_NULL, null=True, related_name="candidates")
    name = models.CharField(max_length=140)
    place = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "place"], name="candidate_place_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def gone(self) -> bool:
        """Whether it can no longer be heard: in the bin, or deleted."""
        return self.track is None or self.track.deleted_at is not None


@in_project("round__project")
class Ballot(models.Model):
    """One voter's way through a round. `seed` orders the takes; `picks` are [heat, take]; `heard` spans in ms by take.
    `ranking` begins with the take a vote that was cast is for.

    `heard_until`: what was reported as heard reaches up to this moment; it never overtakes the clock.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="ballots")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="ballots")
    seed = models.BigIntegerField()
    opened_at = models.DateTimeField(null=True)
    heard_until = models.DateTimeField(null=True)
    heard = models.JSONField(default=dict)
    picks = models.JSONField(default=list)
    ranking = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    note = models.CharField(max_length=1000, blank=True)
    cast_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["round", "voter"], name="ballot_once")]
        indexes = [models.Index(fields=["voter"], name="ballot_open", condition=Q(cast_at=None))]

    def __str__(self) -> str:
        return f"{self.voter_id} in {self.round_id}"


def waiting_of_membership() -> Coalesce:
    """A subquery that counts the rounds waiting for the vote of the outer membership."""
    running = Q(round__closed_at=None, round__deadline__gt=Now())
    rows = Ballot.objects.filter(running, voter=OuterRef("user"), round__team=OuterRef("team"), cast_at=None)
    return Coalesce(Subquery(rows.order_by().values("voter").annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)
