"""The second factor that a team may ask of everybody in it."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from musicstudio.accounts.models import Team, User


class SecondFactorNeeded(PermissionDenied):
    """The person is a member, and sees nothing of the team before they have set up a second factor."""

    def __init__(self, team: Team) -> None:
        super().__init__(f"{team.name} asks everybody for a second factor. Set one up, then come back.")
        self.team = team


def has_second_factor(user: User) -> bool:
    """Whether signing in as the person takes an authenticator's code or a passkey; recovery codes alone don't count."""
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))


def check_second_factor(team: Team, user: User) -> None:
    """Raises `SecondFactorNeeded` where the team asks for one and the person has none."""
    if team.require_two_factor and not has_second_factor(user):
        raise SecondFactorNeeded(team)


def showed_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether a code or a passkey was shown in this session, at the sign-in or since."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))


def where_to_show_it(user: User) -> str:
    """The name of the page that asks somebody who is signed in for their code, or for a passkey where that is all they have."""
    return "mfa_reauthenticate" if is_mfa_enabled(user, [Authenticator.Type.TOTP]) else "mfa_reauthenticate_webauthn"
