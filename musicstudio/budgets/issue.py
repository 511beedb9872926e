"""Issuing an API token with a cap of its own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from musicstudio.accounts.models import Membership
from musicstudio.budgets.models import Cap
from musicstudio.projects.models import ApiToken


@transaction.atomic
def issue_token(
    member: Membership, name: str, scopes: list[str], *, cap_micros: int | None = None, **how: Any
) -> tuple[ApiToken, str]:
    """The row and the token, which is shown only now; with `cap_micros` it may spend that much a month, and 0 means that
    only free models run. None: only the caps of its person, project and team bind it.

    Raises ValidationError with a message per field that is wrong, as `ApiToken.objects.issue` does; and `cap`.
    """
    row, token = ApiToken.objects.issue(member, name, scopes, **how)
    if cap_micros is not None:
        try:
            Cap.objects.set(member.team, cap_micros, member.user, token=row)
        except ValueError as wrong:
            raise ValidationError({"cap": str(wrong)}) from None
    return row, token
