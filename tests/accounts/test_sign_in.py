"""Passwords, second factors, sessions, mail: what stands between the internet and an account."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import User
from musicstudio.core import crypto
from musicstudio.settings import mail_server
from tests.conftest import Cast
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"


def sign_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def errors(response: Any) -> list[str]:
    return re.findall(r'role="alert">([^<]+)<', response.content.decode())


def test_an_authenticator_app_is_set_up_asked_for_and_kept_encrypted(client: Client, cast: Cast) -> None:
    sign_in(client, cast.producer)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.findall(r'id="id_secret" value="([A-Z2-7]+)"', page)[0]
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True).content.decode()
    codes = re.findall(r"\b\d{8}\b", done)
    assert len(codes) == 10 and "Keep these" in done
    stored = Authenticator.objects.get(user=cast.producer, type="totp").data["secret"]
    assert secret not in stored and crypto.decrypt(stored) == secret

    other = Client()
    assert sign_in(other, cast.producer)["Location"] == reverse("mfa_authenticate")
    assert other.get("/t/northlight/").status_code == 302  # the password alone opens nothing
    assert "Incorrect code" in other.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert other.post(reverse("mfa_authenticate"), {"code": codes[0]})["Location"] == "/"
    assert other.get("/t/northlight/").status_code == 200

    third = Client()
    sign_in(third, cast.producer)
    assert "Incorrect code" in third.post(reverse("mfa_authenticate"), {"code": codes[0]}).content.decode()  # used once


def test_switching_a_factor_off_asks_who_it_is(client: Client, cast: Cast) -> None:
    TOTP.activate(cast.producer, SECRET)
    client.force_login(cast.producer)  # a session that was stolen, without a fresh sign-in
    answer = client.get(reverse("mfa_deactivate_totp"))
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=cast.producer).exists()


def test_a_team_that_asks_for_a_second_factor_shows_nothing_without_one(client: Client, cast: Cast) -> None:
    cast.team.require_two_factor = True
    cast.team.save()
    sign_in(client, cast.producer)
    answer = client.get("/t/northlight/tracks/", follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == reverse("mfa_index") and "asks everybody for a second factor" in text
    assert "Aurora" not in text
    fragment = client.get("/t/northlight/tracks/", headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == reverse("mfa_index")
    missing = client.get("/no/such/page/").content.decode()
    assert "There is nothing here" in missing and "Aurora" not in missing
    TOTP.activate(cast.producer, SECRET)
    assert client.get("/t/northlight/tracks/").status_code == 200


def test_sessions_are_listed_and_ended_one_by_one(client: Client, cast: Cast) -> None:
    sign_in(client, cast.producer)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    phone = Client(headers={"user-agent": agent})
    sign_in(phone, cast.producer)
    text = client.get(reverse("usersessions_list")).content.decode()
    assert "Firefox on Linux" in text and "This one" in text and text.count('class="grow"') == 2
    there = UserSession.objects.get(user_agent=agent)
    stranger = Client()
    sign_in(stranger, cast.stranger)
    assert stranger.post(reverse("session_end", args=[there.pk])).status_code == 404
    assert client.post(reverse("session_end", args=[there.pk])).status_code == 302
    assert phone.get("/t/northlight/").status_code == 302 and client.get("/t/northlight/").status_code == 200


def test_ending_all_others_keeps_this_one(client: Client, cast: Cast) -> None:
    others = [Client(), Client()]
    for one in (client, *others):
        sign_in(one, cast.producer)
    client.post(reverse("usersessions_list"))
    assert [one.get("/t/northlight/").status_code for one in (client, *others)] == [200, 302, 302]


def test_a_new_password_ends_every_other_session(client: Client, cast: Cast) -> None:
    other = Client()
    for one in (client, other):
        sign_in(one, cast.producer)
    said = {"oldpassword": PASSWORD, "password1": "a long green piano", "password2": "a long green piano"}
    client.post(reverse("account_change_password"), said)
    assert [one.get("/t/northlight/").status_code for one in (client, other)] == [200, 302]


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client: Client, cast: Cast) -> None:
    client.post(reverse("account_reset_password"), {"email": cast.producer.email})
    [letter] = mail.outbox
    link = re.findall(r"http://testserver(\S+)", letter.body)[0]
    form = client.get(link)["Location"]
    client.post(form, {"password1": "a long green piano", "password2": "a long green piano"})
    assert sign_in(Client(), cast.producer, "a long green piano").status_code == 302
    assert "Bad Token" in Client().get(link, follow=True).content.decode()


def test_the_answer_to_a_reset_says_nothing_about_who_is_here(client: Client, cast: Cast) -> None:
    answers = []
    for email in (cast.producer.email, "nobody@northlight.example"):
        answer = Client().post(reverse("account_reset_password"), {"email": email}, follow=True)
        answers.append(re.sub(r'value="[^"]+"', "", answer.content.decode()))
    assert answers[0] == answers[1] and len(mail.outbox) == 2


def test_a_wrong_address_costs_as_much_work_as_a_wrong_password(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, word, salt: hashed.append(word) or encode(self, word, salt))
    said = []
    for email in (cast.producer.email, "nobody@northlight.example"):
        hashed.clear()
        answer = client.post(reverse("account_login"), {"login": email, "password": "wrong wrong"})
        said.append((len(hashed), answer.status_code, errors(answer)))
    assert said[0] == said[1] and said[0][0] == 1 and said[0][2]


def test_where_mail_works_an_address_is_verified_before_the_first_sign_in(client: Client, cast: Cast, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION, settings.MAILED = "mandatory", True
    EmailAddress.objects.create(user=cast.producer, email=cast.producer.email, verified=False, primary=True)
    assert sign_in(client, cast.producer)["Location"] == reverse("account_email_verification_sent")
    assert client.get("/t/northlight/").status_code == 302
    link = re.findall(r"http://testserver(\S+)", mail.outbox[0].body)[0]
    client.post(link)
    assert sign_in(Client(), cast.producer)["Location"] == "/"


def test_where_no_mail_is_set_up_the_pages_say_so(client: Client, cast: Cast, settings: Any) -> None:
    assert "No mail server is set up" in client.get(reverse("account_reset_password")).content.decode()
    settings.MAILED = True
    assert "No mail server is set up" not in client.get(reverse("account_reset_password")).content.decode()


def test_signing_out_makes_the_browser_forget_its_pages(client: Client, cast: Cast) -> None:
    sign_in(client, cast.producer)
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache"' and client.get("/t/northlight/").status_code == 302
    assert "Clear-Site-Data" not in client.get(reverse("account_login"))


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "ssl"),
    [
        ("smtp://ines:p%40ss@mail.example", "mail.example", 587, True, False),
        ("smtps://ines:p%40ss@mail.example", "mail.example", 465, False, True),
        ("smtp://ines:p%40ss@localhost:25?tls=0", "localhost", 25, False, False),
    ],
)
def test_a_mail_server_is_one_address(url: str, host: str, port: int, tls: bool, ssl: bool) -> None:
    said = mail_server(url)
    assert (said["EMAIL_HOST"], said["EMAIL_PORT"], said["EMAIL_USE_TLS"], said["EMAIL_USE_SSL"]) == (host, port, tls, ssl)
    assert (said["EMAIL_HOST_USER"], said["EMAIL_HOST_PASSWORD"]) == ("ines", "p@ss")


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smpt://mail.example"])
def test_a_wrong_mail_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        mail_server(url)
    assert "user:password@host" in str(refused.value)


def test_a_mailed_invitation_is_shown_to_nobody_and_proves_the_address(client: Client, cast: Cast, settings: Any) -> None:
    """Or an inviter could make the account of somebody else's address, which that person's own sign-on would then open."""
    settings.MAILED = True
    client.force_login(cast.owner)
    said = client.post(reverse("invite", args=["northlight"]), {"email": "ines@x.example", "role": "viewer"}).content.decode()
    link = re.findall(r"http://testserver(/join/\S+)", mail.outbox[0].body)[0]
    assert "was sent to ines@x.example" in said and link not in said
    Client().post(link, {"name": "Ines", "password": "a long green piano"})
    assert EmailAddress.objects.get(email="ines@x.example").verified
