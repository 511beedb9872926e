"""Sign-in by OpenID Connect: the code flow with PKCE, as allauth speaks it, with every check of the ID token switched on.

OpenID Connect Core 1.0, 3.1.3.7 (ID token) and 5.3.2 (userinfo); Discovery 1.0, 4.3 (issuer).
"""

import hmac
import logging
import secrets
from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

log = logging.getLogger(__name__)
NONCE = "oidc_nonce"


class Conversation(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is untyped
    """What is said between the studio and the provider."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's own description; it must be the one that was configured. Raises OAuth2Error."""
        config: dict[str, Any] = super().openid_config
        if str(config.get("issuer", "")).rstrip("/") != self.get_provider().app.settings["server_url"]:
            raise OAuth2Error("The provider calls itself something else than STUDIO_OIDC_ISSUER.")
        return config

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **words: Any) -> SocialLogin:
        """Who signed in. Signature, issuer, audience, expiry, nonce and subject must fit; raises OAuth2Error."""
        self.did_fetch_access_token = False  # allauth reads this as "came over TLS, so don't check the signature": check it
        login = super().complete_login(request, app, token, **words)
        said = login.account.extra_data
        proof = said.get("id_token") or {}
        nonce = request.session.pop(NONCE, "")
        if not nonce or not hmac.compare_digest(str(proof.get("nonce", "")), nonce):
            raise OAuth2Error("The ID token answers another question.")
        if said.get("userinfo", proof).get("sub") != proof.get("sub"):
            raise OAuth2Error("The ID token is about somebody else.")
        return login


class SignOn(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider of STUDIO_OIDC_ISSUER."""

    oauth2_adapter_class = Conversation

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Ours; a link cannot ask for more."""
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """Ours and a fresh nonce, which ties the ID token to this session; a link cannot add any."""
        request.session[NONCE] = nonce = secrets.token_urlsafe(24)
        return dict(self.get_auth_params()) | {"nonce": nonce}


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Leads to the provider; 404 where none is configured.

    By a page that goes on by itself: the policy's form-action lets no form of ours be redirected to another host.
    """
    answer = talk(OAuth2LoginView, request, provider_id)
    there = answer.get("Location", "")
    return render(request, "socialaccount/leave.html", {"there": there}) if "://" in there else answer


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from there."""
    return talk(OAuth2CallbackView, request, provider_id)


def talk(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    """One step of the conversation."""
    try:
        answer: HttpResponse = view.adapter_view(Conversation(request, provider_id))(request)
        return answer
    except SocialApp.DoesNotExist:
        raise Http404("No such provider.") from None
    except (OAuth2Error, RequestException, KeyError) as error:  # it is down, or describes itself in a way we can't use
        log.warning("The sign-in provider cannot be asked: %s", error)
        return render(request, "socialaccount/authentication_error.html", status=502)
