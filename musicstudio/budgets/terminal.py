"""What the ledger's commands have in common: naming a team and one of its scopes, and reading amounts."""

from typing import Any

from django.core.management.base import CommandParser, OutputWrapper

from musicstudio.accounts.models import Team
from musicstudio.core.money import to_micros
from musicstudio.core.terminal import refuse
from musicstudio.projects.models import ApiToken, Project
from musicstudio.providers.models import KeyState, ProviderKey


def add_scope(parser: CommandParser) -> None:
    """The options that name a cap."""
    parser.add_argument("--team", metavar="SLUG", help="needed when there is more than one")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--member", metavar="EMAIL", help="the cap of a member")
    one.add_argument("--project", metavar="SLUG", help="the cap of a project")
    one.add_argument("--key", metavar="LAST4", help="the cap of a provider key")
    one.add_argument("--token", metavar="BEGINNING", help="the cap of an API token, by its first letters")


def team_of(stderr: OutputWrapper, slug: str | None) -> Team:
    """The named team, or the only one."""
    teams = list(Team.objects.filter(slug=slug) if slug else Team.objects.all()[:2])
    if len(teams) != 1:
        known = ", ".join(Team.objects.values_list("slug", flat=True)) or "none yet; run manage.py setup"
        refuse(stderr, f"Name the team with --team. Teams: {known}.")
    return teams[0]


def scope_of(stderr: OutputWrapper, team: Team, options: dict[str, Any]) -> dict[str, Any]:
    """The member, project, key or token that is named, as `Cap.objects.set` takes it."""
    if email := options["member"]:
        row = team.memberships.select_related("user").filter(user__email__iexact=email).first()
        return {"member": row.user} if row else refuse(stderr, f"“{email}” is not in {team.name}.")
    if slug := options["project"]:
        project = Project.objects.filter(team=team, slug=slug).first()
        return {"project": project} if project else refuse(stderr, f"{team.name} has no project “{slug}”.")
    if last4 := options["key"]:
        keys = ProviderKey.objects.filter(team=team, last4=last4).exclude(state=KeyState.REVOKED)[:2]
        return {"key": keys[0]} if len(keys) == 1 else refuse(stderr, f"{team.name} has {len(keys)} keys ending in “{last4}”.")
    if first := options["token"]:
        found = ApiToken.objects.usable().filter(team=team, prefix__startswith=first)[:2]
        many = f"{team.name} has {len(found)} tokens beginning with “{first}”."
        return {"token": found[0]} if len(found) == 1 else refuse(stderr, many)
    return {}


def amount(stderr: OutputWrapper, text: str) -> int:
    """Micros of an amount like 50 or 49.90."""
    try:
        return to_micros(text.strip().removeprefix("$"))
    except ValueError:
        refuse(stderr, f"“{text}” is no amount. Write one in USD, like 50.")
