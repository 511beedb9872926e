"""First-run set-up: the owner, the team, the first project and the monthly cap, in one step.

The browser's set-up page and `manage.py setup` both call `set_up`.
"""

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from musicstudio.accounts.models import Membership, Role, SetupLink, Team, User, check_time_zone
from musicstudio.budgets.models import Cap
from musicstudio.library.models import Track
from musicstudio.projects.models import Project


class SetupDone(Exception):
    """Somebody can already sign in, so the studio is not set up a second time."""

    def __init__(self) -> None:
        super().__init__("This studio is already set up. Sign in instead.")


def set_up(
    *, email: str, password: str, name: str, team_name: str, time_zone: str, cap_micros: int | None
) -> tuple[User, Team, Project]:
    """The owner with the password, the team and its first project. `cap_micros` None: nothing that costs money may run.

    What was made in the terminal before (`User.objects.terminal`) is taken over: same person, team, project and tracks.
    Raises `SetupDone`, or ValidationError with a message per argument, and then changes nothing.
    """
    email, name, team_name = email.strip().lower(), " ".join(name.split()), " ".join(team_name.split())
    with transaction.atomic():
        SetupLink.objects.create(digest="set-up")  # unique: a second set-up waits here, then finds this one done
        if User.objects.somebody_can_sign_in():
            raise SetupDone
        check(email, password, name, team_name, time_zone, cap_micros)
        user = User.objects.terminal()
        user.email, user.name, user.is_active = email, name, True
        user.set_password(password)
        user.save()
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        Track.objects.filter(created_by=user).index()  # the search finds tracks by their author's name
        team = own_team(user, team_name, time_zone)
        project = Project.objects.first_of(team)
        if cap_micros is not None:
            Cap.objects.set_monthly(team, cap_micros, by=user)
        SetupLink.objects.all().delete()
    return user, team, project


def check(email: str, password: str, name: str, team_name: str, time_zone: str, cap_micros: int | None) -> None:
    """Raises ValidationError with everything that is wrong, a list of messages per argument of `set_up`."""
    wrong: dict[str, list[str]] = {}
    try:
        validate_email(email)
        if email != User.TERMINAL and User.objects.filter(email__iexact=email).exists():
            wrong["email"] = ["Somebody already has this address."]
    except ValidationError:
        wrong["email"] = ["Write an e-mail address, like you@example.com."]
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as weak:
        wrong["password"] = weak.messages
    if len(name) > 120:
        wrong["name"] = ["A name has at most 120 characters."]
    if not 1 <= len(team_name) <= 80:
        wrong["team_name"] = ["A team name has 1 to 80 characters."]
    try:
        check_time_zone(time_zone)
    except ValidationError as unknown:
        wrong["time_zone"] = unknown.messages
    if cap_micros is not None and cap_micros <= 0:
        wrong["cap_micros"] = ["A cap must be more than $0. Free models run without using it."]
    if wrong:
        raise ValidationError(wrong)


def own_team(user: User, name: str, time_zone: str) -> Team:
    """The owner's team under this name; the one that the terminal used, when there is one."""
    place = Membership.objects.filter(user=user, role=Role.OWNER).select_related("team").first()
    if place is None:
        return Team.objects.found(name, user, time_zone)
    team = place.team
    if team.name != name:
        team.name, team.slug = name, Team.objects.free_slug(name)
    team.time_zone = time_zone
    team.save()
    return team
