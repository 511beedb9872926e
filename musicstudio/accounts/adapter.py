"""How allauth is fitted to the studio: who may come in, where from, and how secrets are kept."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.shortcuts import render

from musicstudio.accounts.models import User
from musicstudio.core import crypto
from musicstudio.core.client import address_of


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Closed sign-up: nobody signs up by themselves, an owner lets people in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def logout(self, request: HttpRequest) -> None:
        """Signs out; the answer asks the browser to forget the pages it kept."""
        super().logout(request)
        request.signed_out = True  # type: ignore[attr-defined]

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that sessions and notices name."""
        return address_of(request)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are stored encrypted, like provider keys."""

    def encrypt(self, text: str) -> str:
        """What goes into the database."""
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again."""
        return crypto.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """What a passkey is called until somebody renames it."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return f"Passkey {number}" if number > 1 else "Passkey"

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, object]:
        """What a passkey remembers; the name is what its dialog shows."""
        said: dict[str, object] = super().get_public_key_credential_user_entity(user)
        return said | {"display_name": str(user)}


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who comes by the organisation's provider: somebody we know by a verified address, or a new person without a team."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Open: the provider decides who is one of them. Which team they see, an admin decides."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Ends the sign-in of a person whose address the provider has not verified; nothing is made then.

        Otherwise whoever can write an address into their profile there would get the account of that address here.
        """
        addresses = sociallogin.email_addresses
        if not sociallogin.is_existing and not (addresses and addresses[0].verified):
            raise ImmediateHttpResponse(render(request, "socialaccount/unverified.html", status=403))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, str]) -> User:
        """The person as the provider names them."""
        user: User = super().populate_user(request, sociallogin, data)
        user.name = " ".join((data.get("name") or "").split())[:120]
        user.email = (user.email or "").lower()
        return user
