"""manage.py addkey: gives a team a provider key without showing it on the screen or in the shell's history."""

import sys
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from musicstudio.accounts.models import Team
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.terminal import refuse
from musicstudio.providers.models import Provider, ProviderKey

WITH_KEYS = [name for name in Provider.values if name != Provider.SKETCH]


class Command(BaseCommand):
    """Stores a key encrypted. Only its last four characters are ever shown again."""

    help = "Adds a provider key to a team. The key is read from standard input and never echoed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", help=" or ".join(WITH_KEYS))
        parser.add_argument("--team", required=True, metavar="SLUG", help="the team as its address names it")
        parser.add_argument("--label", default="", help="what the key is called in the settings")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        if options["provider"] not in WITH_KEYS:
            refuse(self.stderr, f"“{options['provider']}” takes no key here. Providers with keys: {', '.join(WITH_KEYS)}.")
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            known = ", ".join(Team.objects.values_list("slug", flat=True)) or "none yet; run manage.py setup"
            refuse(self.stderr, f"There is no team “{options['team']}”. Teams: {known}.")
        try:
            key = ProviderKey.objects.add(team, options["provider"], read_secret(), None, options["label"])
        except ValidationError as wrong:
            refuse(self.stderr, wrong, {"secret": "key"})
        self.stdout.write(f"Added {key} to {team.name}.")


def read_secret() -> str:
    """The first line of standard input; asked for without echo when somebody types."""
    return getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
