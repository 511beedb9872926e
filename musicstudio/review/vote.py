"""One voter in a round: what is heard, picked and cast. What a browser says about hearing is checked against the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from musicstudio.accounts.models import User
from musicstudio.review.bracket import Standing, follow, number_of_heats, shuffled
from musicstudio.review.levels import gains
from musicstudio.review.rounds import Ballot, Candidate, Round

HOARD = timedelta(seconds=15)  # that much of the time in which nothing was reported can still be claimed as heard
GRACE = timedelta(milliseconds=250)  # clocks of sound cards and networks are no better; what is over is cut off
ALMOST = 0.9  # of a take that is shorter than the round's minimum


@dataclass(frozen=True)
class Turn:
    """A take of the heat that is next, as its voter meets it. `key`: its address. `left` of the `wanted` seconds are to be
    heard before a pick.
    """

    number: int
    take: Candidate
    key: str
    gain: float
    left: float
    wanted: float

    @property
    def heard(self) -> float:
        """Seconds heard of those that are wanted."""
        return self.wanted - self.left

    @property
    def more(self) -> int:
        """What is left in whole seconds."""
        return -int(-self.left // 1)


def covered(spans: Iterable[Sequence[int]]) -> list[list[int]]:
    """The spans (ms) joined where they overlap or touch; holes stay holes."""
    found: list[list[int]] = []
    for start, stop in sorted((span[0], span[1]) for span in spans):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], stop)
        else:
            found.append([start, stop])
    return found


class Booth:
    """What one voter sees and does in a round."""

    def __init__(self, ballot: Ballot) -> None:
        self.ballot, self.round = ballot, ballot.round

    @classmethod
    def of(cls, found: Round, user: User) -> "Booth | None":
        """The person's; None for whoever is not invited."""
        ballot = found.ballots.filter(voter=user).first()
        if ballot is not None:
            ballot.round = found
        return cls(ballot) if ballot else None

    def enter(self) -> None:
        """From now on listening counts."""
        if self.ballot.opened_at is None:
            now = timezone.now()
            Ballot.objects.filter(pk=self.ballot.pk, opened_at=None).update(opened_at=now, heard_until=now)

    @cached_property
    def standing(self) -> Standing:
        """How far the voter is."""
        takes, picks = self.round.takes, dict(self.ballot.picks)
        gone = {take.pk for take in takes.values() if take.gone}
        return follow(shuffled(takes, self.ballot.seed), self.round.heat, picks, gone)

    @property
    def playable(self) -> bool:
        """Whether two takes are left to choose from."""
        return sum(not take.gone for take in self.round.takes.values()) > 1

    @cached_property
    def turns(self) -> list[Turn]:
        """The takes of the heat that is next; after the last pick, those of the last heat."""
        heat = self.standing.now or (self.standing.done[-1][0] if self.standing.done else None)
        takes = [self.round.takes[pk] for pk in heat.takes] if heat else []
        levels = gains([take.track for take in takes if take.track])
        pairs = zip(takes, levels, strict=True)
        return [
            Turn(n, take, self.key_of(take), round(gain, 1), self.left(take), self.wanted(take) / 1000)
            for n, (take, gain) in enumerate(pairs, 1)
        ]

    @property
    def chosen(self) -> Turn | None:
        """The winner, among the takes of the last heat."""
        return next((turn for turn in self.turns if turn.take.pk == self.standing.winner), None)

    @property
    def others(self) -> range:
        """The places behind the winner's."""
        return range(2, len(self.turns) + 1)

    @property
    def seconds(self) -> int:
        """The longest take of the heat, in whole seconds: what a blind voter is told of the length."""
        return max((-(-turn.take.track.duration_ms // 1000) for turn in self.turns if turn.take.track), default=0)

    @property
    def heats(self) -> int:
        """How many picks there are in all."""
        return number_of_heats(len(self.round.takes), self.round.heat)

    @property
    def heat_number(self) -> int:
        """Which of them is next, from 1."""
        return min(self.heats, len(self.standing.done) + 1)

    @property
    def ready(self) -> bool:
        """Whether everything of this heat was heard long enough."""
        return all(not turn.left for turn in self.turns)

    def key_of(self, take: Candidate) -> str:
        """The take's address in this round for this voter: says nothing about the track, and nobody else's is alike."""
        said = f"{self.ballot.pk}.{self.ballot.seed}.{take.pk}"
        return salted_hmac("musicstudio.review.hear", said, algorithm="sha256").hexdigest()[:32]

    def take_at(self, key: str) -> Candidate | None:
        """The take of that address; None for another's or a made-up one."""
        return next((take for take in self.round.takes.values() if constant_time_compare(self.key_of(take), key)), None)

    def left(self, take: Candidate) -> float:
        """Seconds of the take still to be heard before a pick, to a tenth."""
        heard: int = sum(stop - start for start, stop in self.ballot.heard.get(str(take.pk), []))
        return max(0, -(-(self.wanted(take) - heard) // 100)) / 10

    def wanted(self, take: Candidate) -> int:
        """Milliseconds of the take to be heard before a pick; 0 of a track that was deleted."""
        return min(1000 * self.round.min_seconds, round(take.track.duration_ms * ALMOST)) if take.track else 0


def locked(booth: Booth) -> Booth:
    """The booth as it is now, its ballot locked, for a change. Raises ValidationError when no more votes are taken."""
    ballot = Ballot.objects.select_for_update(of=("self",)).select_related("round").get(pk=booth.ballot.pk)
    if not ballot.round.is_open:
        raise ValidationError("The round is over; votes are no longer taken.")
    if ballot.cast_at:
        raise ValidationError("Your vote is cast and cannot be changed.")
    return Booth(ballot)


@transaction.atomic
def hear(booth: Booth, take: Candidate, start: int, stop: int, now: datetime | None = None) -> Booth:
    """Notes that these milliseconds of the take sounded. Answers the booth as it is then.

    Raises ValidationError for more than the time that has passed since the last report, and for what is not in the take.
    """
    booth, now = locked(booth), now or timezone.now()
    ballot, length = booth.ballot, timedelta(milliseconds=stop - start)
    if ballot.opened_at is None or ballot.heard_until is None or take.track is None:
        raise ValidationError("Open the round first.")
    if not 0 <= start < stop <= take.track.duration_ms + 1000:
        raise ValidationError("These seconds are not in the take.")
    since = max(ballot.heard_until, now - HOARD)
    if since + length > now + GRACE:
        raise ValidationError("Nobody hears faster than the music plays.")
    stop -= max(0, -((now - since - length) // timedelta(milliseconds=1)))
    if stop > start:
        spans = ballot.heard.get(str(take.pk), [])
        ballot.heard[str(take.pk)] = covered([*spans, [start, min(stop, take.track.duration_ms)]])
    ballot.heard_until = min(now, since + length)
    ballot.save(update_fields=["heard", "heard_until"])
    return booth


@transaction.atomic
def pick(booth: Booth, heat: str, key: str) -> None:
    """The voter's best of the heat. Raises ValidationError when it is not that heat's turn or not everything was heard."""
    booth = locked(booth)
    now = booth.standing.now
    if now is None or now.key != heat:
        raise ValidationError("You had picked there already, perhaps in another tab. This is where you are now.")
    turn = next((turn for turn in booth.turns if constant_time_compare(turn.key, key)), None)
    if turn is None:
        raise ValidationError("That take is no longer in this round. Choose among these.")
    if not booth.ready:
        waiting = ", ".join(str(one.number) for one in booth.turns if one.left)
        raise ValidationError(f"Hear every take for {booth.round.min_seconds} seconds first; too short so far: take {waiting}.")
    kept = [[done.key, won] for done, won in booth.standing.done]
    booth.ballot.picks = [*kept, [heat, turn.take.pk]]
    booth.ballot.save(update_fields=["picks"])


@transaction.atomic
def unpick(booth: Booth) -> None:
    """Back by one pick."""
    booth = locked(booth)
    booth.ballot.picks = [[done.key, won] for done, won in booth.standing.done][:-1]
    booth.ballot.save(update_fields=["picks"])


@transaction.atomic
def cast(booth: Booth, reasons: Sequence[str], note: str, ranking: Sequence[str] = ()) -> None:
    """Hands the vote in, for good; the last one ends the round. `ranking`: keys of the takes after the best, in order.

    Raises ValidationError before the last pick is made, and for a note that is too long.
    """
    Round.objects.select_for_update().get(pk=booth.round.pk)  # of two last votes at once, the second sees the first
    booth = locked(booth)
    if booth.standing.winner is None or not booth.standing.done:
        raise ValidationError("Pick your best take first.")
    if len(note.strip()) > 1000:
        raise ValidationError(f"A note has 1,000 characters at most; this has {len(note.strip()):,}.")
    ballot = booth.ballot
    ballot.reasons = [reason for reason in booth.round.reasons if reason in reasons]
    ballot.note, ballot.ranking, ballot.cast_at = note.strip(), ranked(booth, ranking), timezone.now()
    ballot.save(update_fields=["reasons", "note", "ranking", "cast_at"])
    if not booth.round.waits_for():
        booth.round.close(None)


def ranked(booth: Booth, keys: Sequence[str]) -> list[Any]:
    """The winner, then the takes of these keys, each once; those only where one heat holds all takes."""
    named = [take.pk for key in keys if key and (take := booth.take_at(key))] if booth.heats == 1 else []
    return list(dict.fromkeys([booth.standing.winner, *named]))
