"""manage.py grant: extra room in a cap, with a reason and an expiry."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from musicstudio.budgets.grants import Grant
from musicstudio.budgets.models import Cap, Period
from musicstudio.budgets.terminal import add_scope, amount, scope_of, team_of
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.money import format_micros
from musicstudio.core.terminal import refuse


class Command(BaseCommand):
    """Adds to the current period of one cap; the cap itself stays as it is."""

    help = "Grants extra room in a cap, for as long as its period lasts or for --days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usd", help="how much more, in USD")
        parser.add_argument("--reason", required=True, help="shown beside the grant")
        parser.add_argument("--days", type=int, help="after which it ends; without it, with the cap's period")
        parser.add_argument("--period", choices=[Period.MONTH, Period.TOTAL], default=Period.MONTH)
        add_scope(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        team = team_of(self.stderr, options["team"])
        where = scope_of(self.stderr, team, options) or {"scope": "team"}
        cap = Cap.objects.live().filter(team=team, period=options["period"], **where).first()
        if cap is None:
            refuse(self.stderr, "There is no such cap. manage.py cap show lists them.")
        until = None if options["days"] is None else timezone.now() + timedelta(days=options["days"])
        try:
            Grant.objects.give(cap.bucket(), amount(self.stderr, options["usd"]), options["reason"], None, expires_at=until)
        except ValueError as wrong:
            refuse(self.stderr, str(wrong))
        bucket = cap.bucket()
        self.stdout.write(f"{cap.whose}: {format_micros(bucket.left_micros)} left of {format_micros(bucket.limit_micros)}.")
