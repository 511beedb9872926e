"""How often something may be asked: counted in the database, so that the limit holds over every worker and machine."""

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from musicstudio.core.client import address_of
from musicstudio.core.pages import toast

MINUTE, HOUR = 60, 3600  # seconds
SWEEP = 200  # one count in so many clears away what is over


class TallyQuerySet(models.QuerySet["Tally"]):
    """Counts."""

    def count_up(self, what: str, who: str, seconds: int) -> tuple[int, int]:
        """How often `who` did `what` in the current span of so many seconds, this time included, and the seconds it has left.

        One statement, so that no two processes count the same number.
        """
        now = int(time.time())
        span, left = now // seconds, seconds - now % seconds
        key = hashlib.sha256(f"{what}\n{who}\n{span}".encode()).hexdigest()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_tally (key, number, ends_at) VALUES (%s, 1, %s) "
                "ON CONFLICT (key) DO UPDATE SET number = accounts_tally.number + 1 RETURNING number",
                [key, connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(now + left, UTC))],
            )
            number = int(cursor.fetchone()[0])
        if random.randrange(SWEEP) == 0:
            self.filter(ends_at__lt=timezone.now()).delete()
        return number, left

    def forget(self, what: str, who: str, seconds: int) -> None:
        """Begins the current span anew."""
        span = int(time.time()) // seconds
        self.filter(key=hashlib.sha256(f"{what}\n{who}\n{span}".encode()).hexdigest()).delete()


class Tally(models.Model):
    """One thing, one person or address, one span of time. The key is a digest: the table names nobody."""

    key = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    objects = TallyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} until {self.ends_at:%H:%M:%S}"


class TooMany(Exception):
    """A limit was passed. `retry_after`: seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many requests.")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limit:
    """At most `most` of `what` in so many seconds, for each answer of `of`; one without an answer is not counted.

    `only_failures`: what succeeded (and led on to another page) is forgotten.
    """

    what: str
    of: Callable[[HttpRequest, dict[str, Any]], str | None]
    most: int
    seconds: int = MINUTE
    only_failures: bool = False

    def check(self, request: HttpRequest, kwargs: dict[str, Any]) -> None:
        """Counts; raises `TooMany`."""
        if who := self.of(request, kwargs):
            enforce(self.what, who, self.most, self.seconds)


def enforce(what: str, who: str, most: int, seconds: int = MINUTE) -> tuple[int, int]:
    """Counts and returns what is left and the seconds until it begins anew; raises `TooMany`."""
    number, left = Tally.objects.count_up(what, who, seconds)
    if number > most:
        raise TooMany(left)
    return most - number, left


def machine(request: HttpRequest, kwargs: dict[str, Any]) -> str:
    """The address that asks."""
    return address_of(request)


def person(request: HttpRequest, kwargs: dict[str, Any]) -> str | None:
    """Whoever is signed in."""
    return f"user {request.user.pk}" if request.user.is_authenticated else None


def team(request: HttpRequest, kwargs: dict[str, Any]) -> str | None:
    """The team of the address, where somebody is signed in: strangers don't use up what members have."""
    member = request.user.is_authenticated and request.user.memberships.filter(team__slug=kwargs.get("team")).exists()
    return f"team {kwargs['team']}" if member else None


def mailbox(request: HttpRequest, kwargs: dict[str, Any]) -> str:
    """The e-mail address that somebody typed, whoever's it is."""
    return (request.POST.get("login") or request.POST.get("email") or "").strip().lower()[:254]


def mailbox_from_machine(request: HttpRequest, kwargs: dict[str, Any]) -> str:
    """One address tried from one machine: its owner elsewhere is not locked out."""
    return f"{mailbox(request, kwargs)} {address_of(request)}"


def half_in(request: HttpRequest, kwargs: dict[str, Any]) -> str | None:
    """Whoever has given the password and not yet the second factor."""
    waiting = request.session.get("account_login")
    return f"user {waiting.get('user_pk')}" if isinstance(waiting, dict) else None


def limits() -> dict[str, tuple[Limit, ...]]:
    """The limits of each address by its name, for requests that change something."""
    many, takes = settings.SIGN_INS_PER_MINUTE, settings.TAKES_ASKED_PER_MINUTE
    entrance = (Limit("enter", machine, many),)
    ask = (Limit("ask", person, takes), Limit("ask", team, 4 * takes))
    own = (Limit("own account", person, 20),)
    invite = (Limit("invite", person, 30, HOUR), Limit("invite", team, 100, HOUR))
    guess = Limit("guess", mailbox_from_machine, 5, 5 * MINUTE, only_failures=True)
    return {
        "account_login": (*entrance, guess, Limit("guess", mailbox, 50, HOUR)),
        "mfa_authenticate": (*entrance, Limit("code", half_in, 5, 5 * MINUTE)),
        "account_reset_password": (*entrance, Limit("reset", mailbox, 3, 15 * MINUTE)),
        "account_reset_password_from_key": entrance,
        "openid_connect_login": entrance,
        "join": entrance,
        "setup": entrance,
        "account_reauthenticate": own,
        "account_change_password": own,
        "account_email": own,
        "invite": invite,
        "invitation": invite,
        "access_ask": (Limit("ask in", person, 10, HOUR),),
        "join_ask": (*entrance, Limit("ask in", machine, 20, HOUR)),
        "token_add": (Limit("token", person, 20, HOUR),),
        **dict.fromkeys(("generate", "ask_more", "ask_again", "retry"), ask),
    }


class LimitMiddleware:
    """Counts before the view runs; above a limit answers 429 with Retry-After and a page that says when."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.limits: dict[str, tuple[Limit, ...]] | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 302:
            for limit in getattr(request, "counted", ()):
                if limit.only_failures:
                    Tally.objects.forget(limit.what, limit.of(request, {}) or "", limit.seconds)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        """Only what changes something is counted; reading is free."""
        match = request.resolver_match
        if request.method != "POST" or match is None:
            return None
        counted = limits().get(match.url_name or "", ())
        request.counted = counted  # type: ignore[attr-defined]
        try:
            for limit in counted:
                limit.check(request, kwargs)
        except TooMany as refused:
            return too_many(request, refused.retry_after)
        return None


def too_many(request: HttpRequest, seconds: int = MINUTE) -> HttpResponse:
    """The page of a limit; for a part of a page, a passing message."""
    minutes = -(-seconds // MINUTE)
    when = f"{seconds} seconds" if seconds < 2 * MINUTE else f"{minutes} minutes"
    response = render(request, "429.html", {"when": when}, status=429)
    response["Retry-After"] = str(seconds)
    text = f"Too many requests. Nothing was done or charged. Try again in {when}."
    return toast(response, text) if getattr(request, "htmx", False) else response
