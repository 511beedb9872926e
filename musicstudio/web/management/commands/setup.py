"""manage.py setup: the first-run set-up without a browser."""

import secrets
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.money import to_micros
from musicstudio.core.terminal import refuse
from musicstudio.web.setup import SetupDone, set_up

OPTIONS = {
    "email": "--email",
    "password": "password",
    "name": "--name",
    "team_name": "--team",
    "time_zone": "--time-zone",
    "cap_micros": "--cap",
}


class Command(BaseCommand):
    """Makes the owner, the team and the first project. Prints the password only when it made it up."""

    help = "First-run set-up. The password is read from standard input when something is piped in, else made up and printed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="of the owner, who signs in with it")
        parser.add_argument("--team", required=True, help="the team's name")
        parser.add_argument("--cap", metavar="USD", help="monthly cap; without one, only free models run")
        parser.add_argument("--time-zone", default="UTC", metavar="TZ", help="where its months begin, like Europe/Madrid")
        parser.add_argument("--name", default="", help="of the owner")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        piped = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        password = piped or secrets.token_urlsafe(12)
        try:
            user, team, project = set_up(
                email=options["email"],
                password=password,
                name=options["name"],
                team_name=options["team"],
                time_zone=options["time_zone"],
                cap_micros=self.cap(options["cap"]),
            )
        except SetupDone as done:
            refuse(self.stderr, str(done))
        except ValidationError as wrong:
            refuse(self.stderr, wrong, OPTIONS)
        self.stdout.write(f"{team.name} is set up: {user.email} owns it, and its first project is {project.name}.")
        if options["cap"] is None:
            self.stdout.write("It has no monthly cap yet, so only free models run.")
        if not piped:
            self.stdout.write(f"Password: {password}")

    def cap(self, text: str | None) -> int | None:
        """Micros of the cap; refuses what is no amount."""
        try:
            return None if text is None else to_micros(text)
        except ValueError:
            refuse(self.stderr, "--cap: Write an amount in USD, like 50.")
