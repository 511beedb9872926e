"""The operator's pages: who finds them, what they show, and that they change next to nothing."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from django.urls import clear_url_caches, reverse

from musicstudio import settings as written
from musicstudio import urls
from musicstudio.accounts.models import AuditEvent, Membership, User
from musicstudio.accounts.operators import appoint
from musicstudio.core.checks import admin_pages_have_an_address_of_their_own
from musicstudio.core.csp import HEADERS
from musicstudio.notify.models import Webhook
from musicstudio.projects.models import ApiToken
from musicstudio.providers.models import ProviderKey
from musicstudio.web.admin_site import desk
from tests.conftest import Cast
from tests.factories import PASSWORD, gateway_model, make_jobs, make_user
from tests.guards.test_access_table import rows_of

SECRET = "OPERATORJBSWY3DPEHPK3PXP"
PLACES = ["/back-office", "/back-office/", "/back-office/accounts/user/", "/back-office/accounts/user/1/change/"]
PLACES += ["/back-office/jsi18n/", "/back-office/no/such/page", "/back-office/login/", "/back-office/accounts/"]


def placed(settings: Any, path: str) -> None:
    settings.ADMIN_PATH = path
    importlib.reload(urls)
    clear_url_caches()


@pytest.fixture
def office(settings: Any) -> Iterator[str]:
    placed(settings, "back-office")
    yield "/back-office/"
    placed(settings, "")


@pytest.fixture
def operator(cast: Cast) -> User:
    user = make_user("opal@host.example", "Opal Weiss")
    TOTP.activate(user, SECRET)
    appoint(user, on=True)
    return user


@pytest.fixture
def as_operator(client: Client, operator: User, office: str) -> Client:
    """Signed in by the pages, with password and code."""
    client.post(reverse("account_login"), {"login": operator.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code()})
    return client


def code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time()))))


def anonymised(page: bytes) -> bytes:
    """Without what differs between any two answers: the request's number, the token of a form."""
    return re.sub(rb"<code>[^<]*</code>|(?i:csrf[a-z-]*)[^>]*>", b"", page)


def listed() -> list[str]:
    return [f"{model._meta.app_label}/{model._meta.model_name}/" for model in desk._registry]


def test_without_the_setting_there_are_no_such_pages(client: Client, operator: User) -> None:
    client.force_login(operator)
    assert {client.get(place).status_code for place in [*PLACES, "/admin/"]} == {404}


def test_for_everybody_but_operators_nothing_is_there(cast: Cast, office: str) -> None:
    """The same page as anywhere else where nothing is: no redirect, no sign-in tells of it."""
    for user in (None, cast.owner, cast.reviewer, cast.stranger):
        client = Client()
        if user:
            client.force_login(user)
        nothing = anonymised(client.get("/no-such-place/").content)
        for place in PLACES:
            answers = [client.get(place), client.post(place)]
            assert [answer.status_code for answer in answers] == [404, 404], f"{place} as {user}"
            assert {anonymised(answer.content) for answer in answers} == {nothing}, f"{place} as {user}"


def test_an_operator_who_is_switched_off_is_out(as_operator: Client, operator: User, office: str) -> None:
    assert as_operator.get(office).status_code == 200
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert as_operator.get(office).status_code == 404


def test_an_operator_without_a_second_factor_is_led_to_set_one_up(client: Client, operator: User, office: str) -> None:
    Authenticator.objects.all().delete()
    client.force_login(operator)
    for place in (office, "/back-office", f"{office}accounts/user/"):
        answer = client.get(place, follow=True)
        assert answer.redirect_chain == [(reverse("mfa_index"), 302)]
        assert "need a second factor" in answer.content.decode()


def test_a_session_that_never_showed_the_second_factor_is_asked_for_it(client: Client, operator: User, office: str) -> None:
    """As one is that began before the factor was set up, or was stolen from then."""
    client.force_login(operator)
    place = f"{office}accounts/user/?q=pia"
    answer = client.get(place)
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.get(answer["Location"]).status_code == 200
    assert client.post(answer["Location"], {"code": "000000"}).status_code == 200 and client.get(place).status_code == 302
    assert client.post(answer["Location"], {"code": code()})["Location"] == place
    assert client.get(place).status_code == 200 and client.get("/back-office")["Location"] == office


def test_every_kind_of_row_is_shown_and_no_secret(as_operator: Client, cast: Cast, office: str) -> None:
    secrets = planted(cast)
    pages = [office, *{f"{office}{kind.split('/')[0]}/" for kind in listed()}]
    for model in desk._registry:
        base = f"{office}{model._meta.app_label}/{model._meta.model_name}/"
        rows = list(model._default_manager.values_list("pk", flat=True)[:2])
        assert rows, f"no {model.__name__} to look at"
        pages += [base, f"{base}?q=northlight", f"{base}?o=1", *(f"{base}{pk}/change/" for pk in rows)]
        pages.append(f"{base}{rows[0]}/history/")
    assert len(listed()) == 12
    for page in pages:
        answer = as_operator.get(page)
        text = answer.content.decode()
        assert answer.status_code == 200 and answer["Content-Security-Policy"] == HEADERS["Content-Security-Policy"], page
        assert [name for name, secret in secrets.items() if secret in text] == [], page
        assert "<style" not in text and " style=" not in text and "<script>" not in text and " onclick=" not in text, page


def planted(cast: Cast) -> dict[str, str]:
    """One of everything, and what of it may be seen nowhere: in clear, and as it is stored."""
    owner = Membership.objects.get(team=cast.team, user=cast.owner)
    token, text = ApiToken.objects.issue(owner, "Script", ["read"])
    _, secrets = rows_of(cast, owner, token)
    make_jobs(cast.project, cast.producer, model=gateway_model())
    key, hook = ProviderKey.objects.get(), Webhook.objects.get()
    secrets |= {"token": text, "digest": token.digest, "stored key": key.ciphertext, "key's mark": key.fingerprint}
    secrets |= {"stored address": hook.ciphertext, "stored webhook secret": hook.secret, "signing": token.signing or "none kept"}
    secrets |= {f"password of {user}": user.password for user in User.objects.all()}
    secrets |= {f"factor {row.pk}": str(row.data.get("secret") or row.data["seed"]) for row in Authenticator.objects.all()}
    return secrets | {
        "operator's factor": SECRET,
        "clear": get_adapter().decrypt(Authenticator.objects.latest("pk").data["seed"]),
    }


def test_lists_do_not_ask_once_a_row(as_operator: Client, cast: Cast, office: str, django_assert_max_num_queries: Any) -> None:
    planted(cast)
    for kind in listed():
        with django_assert_max_num_queries(14):
            as_operator.get(f"{office}{kind}")


@pytest.mark.parametrize("query", ["password__startswith=pbkdf2", "password=x", "api_tokens__digest__startswith=a"])
def test_what_is_not_shown_is_not_filtered_by(as_operator: Client, office: str, query: str) -> None:
    assert as_operator.get(f"{office}accounts/user/?{query}").status_code == 400
    assert as_operator.get(f"{office}providers/providerkey/?ciphertext__startswith=g").status_code == 400
    assert as_operator.get(f"{office}accounts/user/?is_active__exact=1").status_code == 200


def test_nothing_is_added_deleted_or_changed(as_operator: Client, cast: Cast, office: str) -> None:
    planted(cast)
    for model in desk._registry:
        base = f"{office}{model._meta.app_label}/{model._meta.model_name}/"
        one = model._default_manager.order_by("pk").values().first()
        assert one
        before, name = model._default_manager.count(), model._meta.pk.name
        tried = ["add/", f"{one[name]}/delete/", *([] if model is User else [f"{one[name]}/change/"])]
        assert {as_operator.post(base + place, {"post": "yes", "name": "x"}).status_code for place in tried} == {403}, base
        as_operator.post(base, {"action": "delete_selected", "_selected_action": [str(one[name])], "post": "yes"})
        assert model._default_manager.count() == before, base
        assert model._default_manager.filter(pk=one[name]).values().get() == one, base


def test_an_account_is_switched_off_and_on_and_the_teams_read_of_it(as_operator: Client, cast: Cast, office: str) -> None:
    theirs = Client()
    theirs.force_login(cast.producer)
    page = f"{office}accounts/user/{cast.producer.pk}/change/"
    as_operator.post(page, {"email": "new@x.example", "is_staff": "on", "is_superuser": "on", "password": "x"})
    user = User.objects.get(pk=cast.producer.pk)
    assert not user.is_active and not user.is_staff and not user.is_superuser and user.email == cast.producer.email
    assert user.password == cast.producer.password and theirs.get("/t/northlight/").status_code == 302
    as_operator.post(page, {"is_active": "on"})
    assert User.objects.get(pk=cast.producer.pk).is_active
    seen = AuditEvent.objects.filter(team=cast.team, action__startswith="account.").order_by("pk")
    assert [(event.action, str(event.by), event.name) for event in seen] == [
        ("account.off", "Opal Weiss", "Pia Duval"),
        ("account.on", "Opal Weiss", "Pia Duval"),
    ]


def test_nobody_switches_their_own_account_off(as_operator: Client, operator: User, office: str) -> None:
    assert as_operator.post(f"{office}accounts/user/{operator.pk}/change/", {}).status_code == 403
    assert User.objects.get(pk=operator.pk).is_active


def test_operators_are_made_in_the_terminal(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("operator", "--user", "Pia@northlight.example")
    said = capsys.readouterr().out
    assert "is an operator now" in said and "STUDIO_ADMIN_PATH is not set" in said and "no second factor" in said
    assert User.objects.get(pk=cast.producer.pk).is_staff
    call_command("operator", "--user", cast.producer.email, "--off")
    assert not User.objects.get(pk=cast.producer.pk).is_staff
    noted = AuditEvent.objects.filter(team=cast.team, action__startswith="operator.").order_by("pk")
    assert list(noted.values_list("action", flat=True)) == ["operator.appoint", "operator.end"]
    with pytest.raises(SystemExit) as refused:
        call_command("operator", "--user", "nobody@x.example")
    assert refused.value.code == 2 and "Nobody has the address" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["accounts", "t", "join", "v1", "static", "models"])
def test_a_path_that_other_pages_have_is_refused(settings: Any, path: str) -> None:
    settings.ADMIN_PATH = path
    assert [found.id for found in admin_pages_have_an_address_of_their_own(None)] == ["musicstudio.E009"]


def test_a_path_of_its_own_is_not(office: str) -> None:
    assert admin_pages_have_an_address_of_their_own(None) == []


@pytest.mark.parametrize("path", ["Back", "a/b", "a b", "<slug:x>", "é", "-a", "../x", "a?"])
def test_a_path_of_odd_characters_is_refused(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("STUDIO_ADMIN_PATH", path)
    with pytest.raises(ImproperlyConfigured, match="small letters, digits and hyphens"):
        written.env_segment("STUDIO_ADMIN_PATH")
    monkeypatch.setenv("STUDIO_ADMIN_PATH", "/back-office/")
    assert written.env_segment("STUDIO_ADMIN_PATH") == "back-office"


def test_files_of_the_pages_are_not_served_where_there_are_none() -> None:
    assert finders.find("admin/css/base.css") is None
