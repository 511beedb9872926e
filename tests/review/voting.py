"""Going through a round as a voter's browser does, in as little time as the clock allows."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.accounts.models import User
from musicstudio.review.models import Ballot, Round
from musicstudio.review.vote import Booth


def at(name: str, round: Round, *more: str) -> str:
    """The address of a page of the round."""
    return reverse(name, args=[round.team.slug, round.pk, *more])


def booth_of(round: Round, user: User) -> Booth:
    """The person's place as it is now."""
    found = Booth.of(Round.objects.select_related("team").get(pk=round.pk), user)
    assert found
    return found


def pass_time(round: Round, user: User, seconds: float) -> None:
    """As if nothing had been reported for so long."""
    long_ago = timezone.now() - timedelta(seconds=seconds)
    Ballot.objects.filter(round=round, voter=user).update(opened_at=long_ago, heard_until=long_ago)


def listen(client: Client, round: Round, user: User, seconds: float = 1.0) -> None:
    """Hears every take of the heat that is next."""
    client.get(at("round", round))
    for turn in booth_of(round, user).turns:
        pass_time(round, user, seconds)
        words = {"key": turn.key, "from": 0, "to": int(seconds * 1000)}
        assert client.post(at("round_heard", round), words).status_code == 200


def choose(client: Client, round: Round, user: User, best: list[str]) -> None:
    """Goes through all heats; of each, the take whose title comes first in `best`."""
    client.force_login(user)
    while (booth := booth_of(round, user)).standing.now:
        listen(client, round, user)
        turn = min(booth.turns, key=lambda turn: best.index(turn.take.track.title if turn.take.track else ""))
        words = {"heat": booth.standing.now.key, "key": turn.key}
        assert client.post(at("round_pick", round), words).status_code == 302


def vote(client: Client, round: Round, user: User, best: list[str], **words: object) -> None:
    """All of it, and the vote handed in."""
    choose(client, round, user, best)
    assert client.post(at("round_cast", round), words).status_code == 302


def without_tokens(html: str) -> str:
    """A page without what differs each time it is fetched."""
    html = re.sub(r'name="(csrfmiddlewaretoken|batch|id)" value="[^"]+"', "", html)
    return re.sub(r'"X-CSRFToken": "[^"]+"', "", html)
