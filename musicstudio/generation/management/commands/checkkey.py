"""manage.py checkkey: does a provider key work? Spends nothing."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from musicstudio.core.crypto import Undecryptable
from musicstudio.core.terminal import refuse
from musicstudio.generation.connection import check_connection
from musicstudio.generation.terminal import find_key
from musicstudio.providers.base import ProviderError


class Command(BaseCommand):
    """Asks for models, balance and limits. Exit codes: 0 it works, 1 it does not, 2 bad input."""

    help = "Checks a provider key: models, balance, latency, limits, clock. Spends nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", nargs="?", default="", help="its last four characters; needed when there are several")
        parser.add_argument("--raw", action="store_true", help="the raw answers as JSON as well, without keys and tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        key = find_key(self.stderr, options["key"])
        try:
            report = check_connection(key, None)
        except (Undecryptable, ProviderError) as error:
            refuse(self.stderr, str(error))
        self.stdout.write(f"{key}, {key.get_provider_display()}: {'works' if report.ok else 'does not work'}")
        for topic, sentence in report.findings:
            self.stdout.write(f"{topic:>12}  {sentence}")
        if options["raw"]:
            self.stdout.write(json.dumps(report.answers, ensure_ascii=False, indent=1))
        sys.exit(0 if report.ok else 1)
