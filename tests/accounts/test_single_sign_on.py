"""Sign-in by OpenID Connect, spoken with a provider that runs as a process of its own."""

import html
import re

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import User
from tests.accounts.conftest import SignOnProvider
from tests.conftest import Cast

START = "/accounts/oidc/sso/login/"


def go(client: Client, start: str = START) -> str:
    """Through the provider and back; the address that the studio leads to in the end, or the page it shows."""
    leaving = client.post(start).content.decode()
    found = re.search(r'id="there">', leaving) and re.search(r'href="(http[^"]+)"[^>]*id="there"', leaving)
    assert found, leaving
    back = httpx.get(html.unescape(found[1]))
    assert back.status_code == 302, back.text
    answer = client.get(back.headers["Location"])
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def test_the_sign_in_offers_it_only_where_it_is_configured(client: Client, cast: Cast) -> None:
    assert "Continue with" not in client.get(reverse("account_login")).content.decode()
    assert client.post(START).status_code == 404


def test_a_new_person_comes_in_without_a_team(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    assert "Continue with Northlight ID" in client.get(reverse("account_login")).content.decode()
    sso.sign_in(sub="u-1", email="Ines@northlight.example", email_verified=True, name="Ines Mora")
    assert go(client) == "/"
    ines = User.objects.get(email="ines@northlight.example")
    assert (ines.name, ines.has_usable_password(), ines.memberships.count()) == ("Ines Mora", False, 0)
    assert "You belong to no team" in client.get("/").content.decode()
    assert client.get("/t/northlight/").status_code == 404
    assert SocialToken.objects.count() == 0  # nothing of the provider's is kept


def test_it_leads_back_to_the_invitation(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    sso.sign_in(sub="u-2", email="ines@northlight.example", email_verified=True, name="Ines Mora")
    assert go(client, f"{START}?next=/join/abc/") == "/join/abc/"
    assert go(Client(), f"{START}?next=https://evil.example/") == "/"


def test_a_verified_address_finds_its_account(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    EmailAddress.objects.create(user=cast.producer, email=cast.producer.email, verified=True, primary=True)
    sso.sign_in(sub="u-3", email="pia@northlight.example", email_verified=True, name="Somebody")
    assert go(client) == "/"
    assert client.session["_auth_user_id"] == str(cast.producer.pk)
    assert SocialAccount.objects.get(uid="u-3").user == cast.producer
    cast.producer.refresh_from_db()
    assert cast.producer.name == "Pia Duval" and cast.producer.has_usable_password()


def test_an_account_whose_address_nobody_verified_loses_its_password(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    """Or whoever made it in the name of another person could go on using it."""
    EmailAddress.objects.create(user=cast.producer, email=cast.producer.email, verified=False, primary=True)
    sso.sign_in(sub="u-4", email="pia@northlight.example", email_verified=True)
    assert go(client) == "/"
    cast.producer.refresh_from_db()
    assert not cast.producer.has_usable_password()


@pytest.mark.parametrize("claims", [{"email_verified": False}, {}, {"email_verified": True, "email": ""}])
def test_an_address_that_is_not_verified_opens_nothing(
    client: Client, cast: Cast, sso: SignOnProvider, claims: dict[str, object]
) -> None:
    people = User.objects.count()
    sso.sign_in(**({"sub": "u-5", "email": "pia@northlight.example"} | claims))
    assert "is not verified there" in go(client)
    assert "_auth_user_id" not in client.session and User.objects.count() == people and not SocialAccount.objects.exists()


@pytest.mark.parametrize("fault", ["signature", "issuer", "audience", "expired", "nonce", "subject"])
def test_an_id_token_that_does_not_fit_signs_nobody_in(client: Client, cast: Cast, sso: SignOnProvider, fault: str) -> None:
    people = User.objects.count()
    sso.sign_in(sub="u-6", email="eve@northlight.example", email_verified=True, fault=fault)
    assert "The sign-in did not work" in go(client)
    assert "_auth_user_id" not in client.session and User.objects.count() == people


def test_a_provider_that_calls_itself_something_else_is_not_asked(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    sso.sign_in(sub="u-7", fault="discovery")
    answer = client.post(START)
    assert answer.status_code == 502 and "The sign-in did not work" in answer.content.decode()


def test_who_cancels_there_is_told_so(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    sso.sign_in(sub="u-8", fault="denied")
    assert go(client) == reverse("socialaccount_login_cancelled")


def test_an_answer_without_a_question_signs_nobody_in(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    sso.sign_in(sub="u-9", email="eve@northlight.example", email_verified=True)
    answer = client.get(f"{START}callback/?code=x&state=y")
    assert "The sign-in did not work" in answer.content.decode() and "_auth_user_id" not in client.session


def test_a_link_adds_nothing_to_the_question(client: Client, cast: Cast, sso: SignOnProvider) -> None:
    sso.sign_in(sub="u-10", email="ines@northlight.example", email_verified=True)
    page = client.post(f"{START}?scope=admin&auth_params=prompt%3Dnone%26nonce%3Dmine").content.decode()
    assert "admin" not in page and "prompt" not in page and "mine" not in page
