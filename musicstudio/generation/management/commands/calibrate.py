"""manage.py calibrate: one take that is paid for, to learn what the provider's pages do not tell."""

import json
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from musicstudio.core.money import format_micros
from musicstudio.core.terminal import refuse
from musicstudio.generation.calibrate import calibrate, price_of
from musicstudio.generation.terminal import find_key, find_place
from musicstudio.providers.models import MusicModel, NoPrice


class Command(BaseCommand):
    """Says the worst price, asks, runs. Exit codes: 0 the take arrived, 1 it did not, 2 bad input or no consent."""

    help = "Makes one take with a key and records the provider's raw answers, after you agreed to the price."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", nargs="?", default="", help="its last four characters; needed when there are several")
        parser.add_argument("--model", default="", metavar="SLUG", help="the provider's first one unless told otherwise")
        parser.add_argument("--repeat", action="store_true", help="also prove what a repeated submit does; may cost two takes")
        parser.add_argument("--agree", default="", metavar="MICROS", help="agree to this price without being asked")
        parser.add_argument("--raw", action="store_true", help="the raw answers as JSON as well, without keys and tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        key = find_key(self.stderr, options["key"])
        models = MusicModel.objects.enabled().filter(provider=key.provider)
        model = models.filter(slug=options["model"]).first() if options["model"] else models.first()
        if model is None:
            refuse(self.stderr, f"There is no such model. Models: {', '.join(models.values_list('slug', flat=True))}.")
        try:
            total = price_of(key, model, repeat=options["repeat"])
            self.agree(total, model, options["agree"])
            place = find_place(key.team.slug, "")
            report = calibrate(key, model, place.project, place.by, total, repeat=options["repeat"])
        except NoPrice as missing:
            refuse(self.stderr, str(missing))
        except ValidationError as wrong:
            refuse(self.stderr, wrong)
        for topic, sentence in report.findings:
            self.stdout.write(f"{topic:>12}  {sentence}")
        if options["raw"]:
            self.stdout.write(json.dumps(report.answers, ensure_ascii=False, indent=1))
        sys.exit(0 if report.ok else 1)

    def agree(self, total: int, model: MusicModel, agreed: str) -> None:
        """Ends the command unless somebody agrees to the worst case."""
        words = f"This makes one take of {model.min_ms / 1000:g} s with {model.name} and may cost {format_micros(total)}."
        if agreed:
            if agreed != str(total):
                refuse(self.stderr, f"{words} That is {total} micros, not {agreed}.")
            return
        if not sys.stdin or not sys.stdin.isatty():
            refuse(self.stderr, f"{words} Agree with --agree {total}.")
        if input(f"{words} Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
            refuse(self.stderr, "Nothing was sent.")
