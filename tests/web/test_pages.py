"""Rules that hold for every page: our own shell, no inline code or style, rights, headers."""

import re
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from musicstudio.budgets.models import Cap
from musicstudio.library.models import Collection, Undo
from musicstudio.review.models import Comment
from tests.conftest import Cast
from tests.factories import make_jobs, make_key, make_round, make_track

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
INLINE = re.compile(
    r"<[^>]*\s(style|on[a-z]+|hx-on[^=]*)\s*=|<style|<script(?![^>]*\ssrc=)|javascript:|hx-vars|js:", re.IGNORECASE
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.name))
def test_templates_hold_no_inline_code_or_style(path: Path) -> None:
    assert INLINE.findall(path.read_text()) == []


def test_the_rule_finds_what_it_forbids() -> None:
    for wrong in ('<p style="x">', "<a onclick='x'>", "<script>x</script>", "<style>", '<a href="javascript:x">'):
        assert INLINE.search(wrong), wrong


def patterns(resolver: URLResolver, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        found += patterns(entry, route) if isinstance(entry, URLResolver) else [(route, entry)]
    return found


def test_every_address_of_a_team_is_closed_to_strangers_and_asks_anonymous_people_to_sign_in(client: Client, cast: Cast) -> None:
    """Walks the URL tree, so a new page can't be forgotten."""
    [job] = make_jobs(cast.project, cast.producer)
    track, key = make_track(cast.project, cast.producer), make_key(cast.team)
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    rows: dict[str, object] = {"jobs": job.pk, "outcomes": job.pk, "tracks": track.pk, "settings": key.pk, "keys": key.pk}
    undo = Undo.objects.create(team=cast.team, by=cast.owner, act="rate", facts=[])
    collection, _ = Collection.objects.named(cast.team, "Set", cast.owner)
    rows |= {"undo": undo.pk, "collections": collection.pk, "tags": track.tag("calm").pk}
    rows |= {"comments": Comment.objects.say(track, cast.producer, "too dry").pk}
    rows |= {"webhooks": uuid.uuid4(), "deliveries": uuid.uuid4(), "callbacks": uuid.uuid4()}
    rows |= {"tokens": uuid.uuid4(), "notices": uuid.uuid4(), "asking": uuid.uuid4()}
    rows |= {"caps": cap.pk, "prices": job.model_id, "rules": job.model_id, "proposals": 1, "views": 1, "requests": uuid.uuid4()}
    rows |= {"rounds": make_round([track, make_track(cast.project, cast.producer)], cast.owner, [cast.producer]).pk}
    rows |= {
        "presets": 1,
        "members": cast.producer.pk,
        "invitations": uuid.uuid4(),
        "prompts": job.prompt_id,
        "recipes": 1,
    }
    checked = 0
    for route, pattern in patterns(get_resolver()):
        if not route.startswith("t/<slug:team>/"):
            continue
        noun = re.search(r"([a-z]+)/<[a-z]+:pk>", route)  # what the row of the address is
        values: dict[str, object] = {"team": "northlight", "project": cast.project.slug, "provider": "aigateway"}
        values |= {"what": "tag", "key": "tag", "kept": "x", "slug": "sketch/studio-sketch", "kind": "flac"}
        values |= {"pk": rows[noun[1]]} if noun else {}
        url = reverse(pattern.name or "", kwargs={name: values[name] for name in pattern.pattern.converters})
        for method in (client.get, client.post):
            client.logout()
            assert method(url).status_code in {302, 405}, url
            client.force_login(cast.stranger)
            assert method(url).status_code in {404, 405}, url
        checked += 1
    assert checked >= 40


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_reset_password", "account_reset_password_done", "account_signup", "account_inactive"],
)
def test_pages_of_the_sign_in_are_in_our_shell(client: Client, cast: Cast, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert 'class="plain"' in page and "css/base.css" in page and "<strong>Menu:" not in page


@pytest.mark.parametrize("name", ["account_email", "account_change_password", "account_logout", "account_reauthenticate"])
def test_account_pages_are_in_our_shell(as_producer: Client, name: str) -> None:
    response = as_producer.get(reverse(name), follow=True)
    assert response.status_code == 200 and 'class="plain"' in response.content.decode()


def test_signing_in_works_and_says_the_same_for_a_wrong_address_and_a_wrong_password(client: Client, cast: Cast) -> None:
    url, said = reverse("account_login"), []
    for login, password in (("pia@northlight.example", "wrong password"), ("nobody@northlight.example", "wrong password")):
        page = client.post(url, {"login": login, "password": password}).content.decode()
        said.append(re.findall(r'role="alert">([^<]+)<', page))
    assert said[0] == said[1] != []
    response = client.post(url, {"login": "Pia@northlight.example", "password": "correct horse battery"})
    assert response.status_code == 302 and response["Location"] == "/"


def test_nobody_signs_up_by_themselves(client: Client, cast: Cast) -> None:
    client.post(reverse("account_signup"), {"email": "me@x.example", "password1": "a long green piano"})
    assert not type(cast.owner).objects.filter(email="me@x.example").exists()


def test_errors_are_pages_of_ours(client: Client, cast: Cast) -> None:
    missing = client.get("/no/such/page/")
    assert missing.status_code == 404 and b"There is nothing here" in missing.content
    client.force_login(cast.producer)
    forbidden = client.get(reverse("settings", args=["northlight"]))
    assert forbidden.status_code == 403 and b"This needs the role Admin; you are Producer." in forbidden.content


def test_a_fault_is_a_page_of_ours(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("musicstudio.web.project_views.get_team", broken)
    client.raise_request_exception = False
    client.force_login(cast.producer)
    response = client.get("/t/northlight/")
    assert response.status_code == 500 and b"This is a fault of the studio" in response.content


def test_a_form_without_its_token_is_refused_with_a_page_of_ours(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.producer)
    response = client.post(reverse("project_new", args=["northlight"]), {"name": "x"})
    assert response.status_code == 403 and b"The form has expired" in response.content


def test_every_page_carries_the_strict_policy(as_producer: Client) -> None:
    policy = as_producer.get("/t/northlight/projects/aurora-spring-film/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


@pytest.mark.parametrize(
    ("agent", "key"), [("Mozilla/5.0 (Macintosh; Intel Mac OS X)", "⌘"), ("Mozilla/5.0 (X11; Linux x86_64)", "Ctrl")]
)
def test_keys_are_called_what_they_are_called_on_the_persons_machine(as_producer: Client, agent: str, key: str) -> None:
    page = as_producer.get("/t/northlight/projects/aurora-spring-film/", headers={"user-agent": agent}).content.decode()
    assert f"{key} ↵" in page


def test_the_sheet_of_shortcuts_is_fetched_when_it_opens(as_producer: Client) -> None:
    text = as_producer.get("/shortcuts/", headers={"HX-Request": "true"}).content.decode()
    assert "Play or pause" in text and "<html" not in text and "Single keys on" in text


def test_errors_of_members_are_in_the_shell_with_the_name_of_the_request(client: Client, cast: Cast) -> None:
    client.force_login(cast.producer)
    for address in ("/no/such/page/", "/t/elsewhere/", "/t/northlight/settings/", f"/t/northlight/tracks/{uuid.uuid4()}/"):
        response = client.get(address)
        text = response.content.decode()
        assert response.status_code in {403, 404} and 'id="side"' in text and "Go home" in text, address
        assert re.fullmatch("[0-9a-f]{12}", response["X-Request-ID"]) and response["X-Request-ID"] in text
        assert "Elsewhere" not in text and "Secret" not in text


def test_a_fault_of_the_shell_itself_still_has_a_page(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("musicstudio.web.context.Shell.projects", property(broken))
    client.raise_request_exception = False
    client.force_login(cast.producer)
    response = client.get("/t/northlight/")
    text = response.content.decode()
    assert response.status_code == 500 and "This is a fault of the studio" in text and response["X-Request-ID"] in text


def test_the_forgotten_password_is_offered_once(client: Client, cast: Cast) -> None:
    url = reverse("account_login")
    for response in (client.get(url), client.post(url, {"login": "pia@northlight.example", "password": "wrong"})):
        assert response.content.decode().count("Forgot your password?") == 1
