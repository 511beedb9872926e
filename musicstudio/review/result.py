"""What a round came to. Exists only once the round is over: there is no other way to the votes."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from musicstudio.accounts.models import Membership, User
from musicstudio.review.bracket import AT_ONCE
from musicstudio.review.heard import PrivateListening
from musicstudio.review.rounds import Ballot, Candidate, Round


@dataclass
class Row:
    """A take: how many chose it, how many heats it won, its places where some ranked, seconds heard by all, `why`."""

    take: Candidate
    votes: int = 0
    wins: int = 0
    places: list[int] = field(default_factory=list)
    seconds: float = 0.0
    why: list[tuple[str, int]] = field(default_factory=list)

    @property
    def mean_place(self) -> float | None:
        """1 is the best; None where nobody ranked it."""
        return sum(self.places) / len(self.places) if self.places else None


@dataclass(frozen=True)
class Vote:
    """What one voter did: `choice` is None without a vote, `seconds` of who listens in private. `here`: still in the team."""

    voter: User
    choice: Candidate | None
    reasons: list[str]
    note: str
    seconds: float | None
    cast_at: datetime | None
    here: bool


class Result:
    """Votes, wins, what was heard, and who won. Raises ValueError for a round that is not over."""

    def __init__(self, round: Round) -> None:
        if round.is_open:
            raise ValueError("A round shows nothing before it is over.")
        self.round = round

    @cached_property
    def ballots(self) -> list[Ballot]:
        """All of them."""
        return list(self.round.ballots.select_related("voter"))

    @cached_property
    def rows(self) -> list[Row]:
        """The takes, the one with most votes first; equal ones by heats won, then in the order of the round."""
        found = {pk: Row(take) for pk, take in self.round.takes.items()}
        for ballot in self.ballots:
            for pk, spans in ballot.heard.items():
                found[int(pk)].seconds += sum(stop - start for start, stop in spans) / 1000
            if ballot.cast_at is None:
                continue
            for _, won in ballot.picks:
                found[won].wins += 1
            if (choice := self.choice_of(ballot)) is not None:
                found[choice].votes += 1
            for place, pk in enumerate(ballot.ranking if len(ballot.ranking) > 1 else [], 1):
                found[pk].places.append(place)
        for pk, why in self.why.items():
            found[pk].why = why
        return sorted(found.values(), key=lambda row: (-row.votes, -row.wins, row.take.place))

    @staticmethod
    def choice_of(ballot: Ballot) -> int | None:
        """The take a vote that was cast is for."""
        return int(ballot.ranking[0]) if ballot.cast_at else None

    @cached_property
    def votes(self) -> list[Vote]:
        """By voter; those who voted first."""
        people = [ballot.voter_id for ballot in self.ballots]
        here = set(Membership.objects.filter(team=self.round.team_id, user__in=people).values_list("user", flat=True))
        hidden = set(PrivateListening.objects.filter(user__in=people).values_list("user", flat=True))
        found = []
        for ballot in self.ballots:
            choice = self.choice_of(ballot)
            take = self.round.takes[choice] if choice is not None else None
            heard = sum(stop - start for spans in ballot.heard.values() for start, stop in spans) / 1000
            seconds = None if ballot.voter_id in hidden else heard
            said = (ballot.reasons, ballot.note, seconds, ballot.cast_at, ballot.voter_id in here)
            found.append(Vote(ballot.voter, take, *said))
        return sorted(found, key=lambda vote: (vote.cast_at is None, vote.voter.display_name, vote.voter.pk))

    @property
    def number_cast(self) -> int:
        """How many voted."""
        return sum(vote.cast_at is not None for vote in self.votes)

    @cached_property
    def best(self) -> list[Row]:
        """The takes with most votes: one, or several at a tie; none without a vote."""
        most = self.rows[0].votes if self.rows else 0
        return [row for row in self.rows if most and row.votes == most]

    @property
    def winner(self) -> Row | None:
        """The one with most votes; None at a tie, and without a vote."""
        return self.best[0] if len(self.best) == 1 else None

    @property
    def score(self) -> str:
        """`3 of 4 votes`, or `2 : 2` at a tie."""
        if self.winner:
            return f"{self.winner.votes} of {self.number_cast} vote{'s' * (self.number_cast != 1)}"
        return " : ".join(str(row.votes) for row in self.best)

    @property
    def address(self) -> str:
        """For the compare page: the takes that are still here, the best first; empty where there are fewer than two."""
        here = [row.take.track for row in self.rows if row.take.track and not row.take.gone][:AT_ONCE]
        return "&".join(f"track={track.pk}" for track in here) if len(here) > 1 else ""

    @cached_property
    def why(self) -> dict[int, list[tuple[str, int]]]:
        """By take, the reasons given for choosing it and how often, the most frequent first."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for vote in self.votes:
            if vote.choice:
                found[vote.choice.pk].update(vote.reasons)
        return {pk: sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])) for pk, counted in found.items()}
