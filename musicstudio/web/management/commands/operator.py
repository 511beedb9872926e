"""manage.py operator: who may open the admin pages."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from musicstudio.accounts.models import User
from musicstudio.accounts.operators import appoint
from musicstudio.accounts.second_factor import has_second_factor
from musicstudio.core.terminal import refuse


class Command(BaseCommand):
    """Lets one person in, or out again."""

    help = "Lets somebody into the admin pages at STUDIO_ADMIN_PATH, or with --off no longer. They need a second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL", help="of a person who has an account")
        parser.add_argument("--off", action="store_true", help="take it away again")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["user"].strip()).first()
        if user is None:
            refuse(self.stderr, f"--user: Nobody has the address {options['user']}.")
        fresh = appoint(user, on=not options["off"])
        does = "is no operator" if options["off"] else "is an operator"
        self.stdout.write(f"{user.email} {does}{' now' if fresh else ' already'}.")
        if user.is_staff and not settings.ADMIN_PATH:
            self.stdout.write("STUDIO_ADMIN_PATH is not set, so there are no admin pages yet.")
        if user.is_staff and not has_second_factor(user):
            self.stdout.write("They have no second factor yet; the pages open once they have set one up.")
