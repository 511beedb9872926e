"""manage.py token create: an API token for a member of a team."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from musicstudio.accounts.models import Membership
from musicstudio.budgets.issue import issue_token
from musicstudio.budgets.terminal import amount
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.money import format_micros
from musicstudio.core.terminal import refuse
from musicstudio.projects.models import Project, TokenScope


class Command(BaseCommand):
    """Prints the token, and nothing else on standard output: it is not shown again."""

    help = "Issues an API token for /v1."

    def add_arguments(self, parser: CommandParser) -> None:
        create = parser.add_subparsers(dest="do", required=True).add_parser("create", help="issue one")
        create.add_argument("--team", required=True, metavar="SLUG")
        create.add_argument("--user", required=True, metavar="EMAIL", help="whose rights it has")
        create.add_argument("--scopes", required=True, help=f"with commas: {','.join(TokenScope.values)}")
        create.add_argument("--project", default="", metavar="SLUG", help="only for this project")
        create.add_argument("--cap", metavar="USD", help="what it may spend a month; 0 for free models only")
        create.add_argument("--expires", type=int, default=90, metavar="DAYS", help="default 90; 0 for never")
        create.add_argument("--name", default="Terminal", help="what it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        members = Membership.objects.select_related("team", "user").filter(team__slug=options["team"])
        member = members.filter(user__email__iexact=options["user"]).first()
        if member is None:
            refuse(self.stderr, f"There is no {options['user']} in a team “{options['team']}”.")
        project = Project.objects.filter(team=member.team, slug=options["project"]).first()
        if options["project"] and project is None:
            refuse(self.stderr, f"There is no project “{options['project']}” in {member.team}.")
        ends = timezone.now() + timedelta(days=options["expires"]) if options["expires"] > 0 else None
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        cap = None if options["cap"] is None else amount(self.stderr, options["cap"])
        try:
            row, token = issue_token(member, options["name"], scopes, cap_micros=cap, project=project, expires_at=ends)
        except ValidationError as wrong:
            refuse(self.stderr, wrong)
        until = f"until {ends:%Y-%m-%d}" if ends else "without an end"
        spends = f", up to {format_micros(cap)} a month" if cap is not None else ""
        self.stderr.write(f"A token for {row.user}, {', '.join(row.scopes)}{spends}, {until}. It is not shown again:")
        self.stdout.write(token)
