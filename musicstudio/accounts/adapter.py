"""How allauth is fitted to the studio: nobody signs up by themselves, an owner lets people in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Closed sign-up; everything else is allauth's default."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
