"""manage.py cap: shows and sets what may be spent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from musicstudio.accounts.models import Team
from musicstudio.budgets.models import Cap, OnExceed, Period
from musicstudio.budgets.setcap import end_cap
from musicstudio.budgets.terminal import add_scope, amount, scope_of, team_of
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.money import format_micros
from musicstudio.core.terminal import refuse


class Command(BaseCommand):
    """`cap show`, `cap set 50`, `cap set 5 --member pia@example.com`, `cap remove --project film`."""

    help = "Shows a team's caps, sets one, or removes one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["show", "set", "remove"])
        parser.add_argument("usd", nargs="?", help="for set: the limit in USD")
        add_scope(parser)
        parser.add_argument("--period", choices=Period.values, default=Period.MONTH, help="per month, in total, or per take")
        parser.add_argument("--on-exceed", choices=OnExceed.values, help="whether members may ask for more")
        parser.add_argument("--rollover", choices=["on", "off"], help="whether a month's rest is granted to the next")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        team = team_of(self.stderr, options["team"])
        if options["action"] == "set":
            self.set(team, options)
        elif options["action"] == "remove":
            self.remove(team, options)
        for cap in Cap.objects.live().filter(team=team).order_by("scope", "period", "pk"):
            self.stdout.write(line(cap))

    def set(self, team: Team, options: dict[str, Any]) -> None:
        """Makes or changes the cap."""
        if options["usd"] is None:
            refuse(self.stderr, "Write the limit: manage.py cap set 50")
        how = {"period": options["period"], "on_exceed": options["on_exceed"]}
        rollover = None if options["rollover"] is None else options["rollover"] == "on"
        where = scope_of(self.stderr, team, options)
        try:
            Cap.objects.set(team, amount(self.stderr, options["usd"]), None, rollover=rollover, **how, **where)
        except ValueError as wrong:
            refuse(self.stderr, str(wrong))

    def remove(self, team: Team, options: dict[str, Any]) -> None:
        """Takes the cap out of force."""
        where = scope_of(self.stderr, team, options) or {"scope": "team"}
        cap = Cap.objects.live().filter(team=team, period=options["period"], **where).first()
        if cap is None:
            refuse(self.stderr, "There is no such cap.")
        try:
            end_cap(cap)
        except ValueError as wrong:
            refuse(self.stderr, str(wrong))


def line(cap: Cap) -> str:
    """One cap in one line."""
    text = f"{cap.whose}: {format_micros(cap.limit_micros)} {cap.get_period_display()}"
    if cap.period == Period.TAKE:
        return f"{text}, {cap.get_on_exceed_display()}"
    bucket = cap.bucket()
    counters = f"{format_micros(bucket.settled_micros)} settled, {format_micros(bucket.held_micros)} held"
    return f"{text}, {counters}, {format_micros(bucket.left_micros)} left, {cap.get_on_exceed_display()}"
