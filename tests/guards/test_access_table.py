"""Who gets what: every address of the studio, every kind of person, both methods, against one table.

An address without a row fails, and the failure says which line to add. The requests are real and empty; what they change is
rolled back. Answers are sorted into five kinds: let `in` (any page or refusal of the form's own), `login` (led to the sign-in),
`forbidden` (403), `missing` (404), `no` (405).
"""

import copy
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from musicstudio.accounts.invitations import Invitation
from musicstudio.accounts.models import AccessRequest, Membership, Role
from musicstudio.accounts.rights import RIGHTS
from musicstudio.budgets.models import Cap
from musicstudio.core import crypto
from musicstudio.core.csp import HEADERS
from musicstudio.library.models import Collection, Undo
from musicstudio.notify.models import Notification, Webhook
from musicstudio.projects.models import ApiToken, Preset, Prompt, Recipe
from musicstudio.projects.places import narrow
from musicstudio.providers.connections import PriceProposal
from tests.conftest import Cast
from tests.factories import (
    PASSWORD,
    join,
    make_jobs,
    make_key,
    make_project,
    make_round,
    make_sounding_track,
    make_track,
    make_user,
)

# One line an address: its name, then GET, then POST.
#   viewer reviewer producer admin owner: the lowest role that is let in; others of the team 403, strangers 404, unknown people
#     are led to the sign-in
#   self: anybody who is signed in, about themselves; the others are led to the sign-in
#   open: everybody     closed: 404 for everybody     out: everybody ends at the sign-in     -: there is no such method
#   author: the one member whose row it is; it does not exist for the others
#   a ? behind: who is let in may also find nothing (404), because the request says nothing, or there is no row to name
TABLE = """
home                        self      -
account_login               open      open
account_logout              self      out
account_inactive            open      -
account_signup              open      open
account_reauthenticate      self      self
account_email               self      self
account_email_verification_sent open      -
account_change_password     self      self
account_set_password        self      self
account_reset_password      open      open
account_confirm_login_code  self      self
account_confirm_email       open      closed
account_reset_password_from_key_done open      -
account_reset_password_from_key open      open
account_reset_password_done open      -
mfa_index                   self      -
mfa_authenticate            self      self
mfa_reauthenticate          self      self
mfa_activate_totp           self      self
mfa_deactivate_totp         self?     self?
mfa_view_recovery_codes     self?     -
mfa_generate_recovery_codes self      self
mfa_download_recovery_codes self?     self?
mfa_list_webauthn           self      -
mfa_add_webauthn            self      self
mfa_reauthenticate_webauthn self      self
mfa_remove_webauthn         self      self
mfa_edit_webauthn           self      self
mfa_login_webauthn          self      self
socialaccount_login_cancelled open      -
socialaccount_login_error   open      -
socialaccount_signup        out       out
socialaccount_connections   self      self
usersessions_list           self      self
session_end                 -         self?
openid_connect_login        closed    closed
openid_connect_callback     closed    closed
track_facet                 viewer    -
track_suggest               viewer    -
track_neighbours            viewer?   -
views                       viewer    -
view_counts                 viewer    -
view_save                   -         viewer
view_delete                 -         viewer?
track_audio                 viewer    -
track_peaks                 viewer    -
track_rename                -         producer
track_note                  -         producer
track_tag                   -         producer
track_untag                 -         producer
track_menu                  viewer    -
track_made                  viewer    -
track_file_ask              -         viewer
track_file                  viewer?   -
act                         -         viewer?
approval_ask                -         producer
pick                        -         producer
zip                         -         viewer
archive                     viewer    -
bin                         viewer    -
purge                       -         producer
collections                 viewer    producer
collection                  viewer    -
collection_rename           -         producer
collection_delete           -         producer
collection_place            -         producer?
tags                        viewer    -
tags_unused                 -         producer
tag_edit                    -         producer
tag_merge                   -         producer?
tag_delete                  -         producer
undo                        -         author
heard                       -         viewer?
private_listening           -         viewer
compare                     viewer    -
compare_decide              -         reviewer
rounds                      viewer    -
round_new                   reviewer  reviewer
round                       viewer    -
round_hear                  reviewer? -
round_heard                 -         reviewer?
round_pick                  -         reviewer?
round_cast                  -         reviewer?
round_close                 -         admin
round_extend                -         admin
round_settle                -         admin
webhook                     -         open
generate                    -         producer
ask_more                    -         producer
queue                       viewer    -
history                     viewer    -
drop_recipe                 -         producer
compose                     viewer    -
team_queue                  viewer    -
star                        -         viewer
share_recipe                -         producer
cancel                      -         producer
dismiss                     -         producer
collect_again               -         producer
resolve                     -         admin
retry                       -         producer
ask_again                   -         admin
jobs                        admin     -
connection                  admin     -
check_key                   -         admin
calibrate_key               -         owner
pause_key                   -         admin
setup                       open      open
shortcuts                   open      -
preferences                 -         open
team                        viewer    -
library                     viewer    -
track                       viewer    -
track_versions              viewer    -
track_promote               -         producer
track_take_out              -         producer?
piece_rename                -         producer?
track_provenance            viewer    -
track_files                 viewer    -
track_activity              viewer    -
standing                    viewer    -
palette                     viewer    -
project_new                 producer  producer
projects                    viewer    -
project                     viewer    -
project_overview            viewer    -
project_activity            viewer    -
project_settings            producer  producer
project_rule                -         admin
project_brief               -         producer
project_archive             -         producer
project_restore             -         producer
preset_new                  -         producer
preset_save                 -         producer
preset_drop                 -         producer
preset_restore              -         producer?
settings                    admin     -
set_cap                     -         admin
set_artist                  -         admin
add_key                     -         admin
revoke_key                  -         admin
join                        open      open
join_ask                    -         open
access_ask                  -         self
access_decide               -         admin
team_settings               admin     admin
audit                       admin     -
members                     viewer    -
member                      -         viewer
invite                      -         admin
invitation                  -         admin
notices                     viewer    -
notices_read                -         viewer
notice_settings             viewer    viewer
notice                      author    -
models                      viewer    -
model                       viewer    -
tokens                      viewer    -
token_add                   -         viewer
token_revoke                -         admin
webhooks                    admin     -
webhook_add                 -         admin
webhook_switch              -         admin
webhook_ping                -         admin
webhook_remove              -         admin
delivery_replay             -         admin?
callback_replay             -         admin?
budgets                     viewer    -
ledger                      producer  -
cap_set                     -         admin
cap_effect                  admin     -
cap_end                     -         admin
grant                       -         admin
decide                      -         admin?
withdraw                    -         viewer?
outcome                     -         admin
prices                      admin     -
price_sync                  -         admin
proposal                    -         admin
price                       admin     -
price_enter                 -         admin
price_switch                -         admin
connections                 admin     -
key_add                     -         admin
key_test                    -         admin
key_rotate                  -         admin
key_revoke                  admin     admin
connection_set              -         admin
top_up                      -         admin
hearing                     viewer    -
comments                    viewer    reviewer
comments_seen               -         viewer
comments_carry              -         reviewer?
comment_resolve             -         reviewer?
comment_react               -         reviewer?
comment_delete              -         reviewer?
provenance_schema           open      -
provenance_json             viewer    -
file_check                  viewer    viewer
terms_note                  -         admin
public_models               self      -
public_model                self      -
model_rule                  -         admin
llms                        open      -
llms_full                   open      -
"""

PROJECTS_OWN = {"tracks", "jobs", "prompts", "presets", "comments", "rounds"}  # hidden from members of other projects
AUTHOR = "producer"
PEOPLE = ["anonymous", "revoked token", "stranger", *Role.values]
METHODS = ("get", "post")
CSRF_FREE = {"webhook"}  # signed by the gateway instead


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver."""

    name: str
    route: str

    @property
    def keys(self) -> list[str]:
        return re.findall(r"<(?:[a-z]+:)?([a-z0-9_]+)>", self.route)

    @property
    def noun(self) -> str:
        found = re.search(r"^t/.*?([a-z_-]+)/<[a-z]+:pk>", self.route)
        return found[1] if found else ""


def addresses() -> list[Address]:
    def walk(resolver: URLResolver, prefix: str) -> Iterator[Address]:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, route)
            elif isinstance(entry, URLPattern) and not route.removeprefix("^").startswith("v1"):
                yield Address(entry.name or route, route)

    return list(walk(get_resolver(), ""))


def table() -> dict[str, tuple[str, str]]:
    rows = [line.split() for line in TABLE.strip().splitlines()]
    assert all(len(row) == 3 for row in rows), "a line has three words"
    names = [row[0] for row in rows]
    assert len(names) == len(set(names)), "a name stands twice"
    return {name: (get, post) for name, get, post in rows}


@dataclass
class World:
    """The cast with one of everything that an address can name."""

    cast: Cast
    people: dict[str, Client]
    rows: dict[str, object]
    secrets: dict[str, str]

    def url(self, address: Address, team: str = "northlight", project: str = "") -> str:
        values: dict[str, object] = {"team": team, "project": project or self.cast.project.slug, "provider": "aigateway"}
        values |= {"what": "tag", "key": "tag", "kept": "x", "slug": "sketch/studio-sketch", "kind": "flac", "token": "x"}
        values |= {"uidb36": "1", "provider_id": "sso"}
        missing: object = uuid.UUID(int=7) if "<uuid:pk>" in address.route else 7_777_777
        values["pk"] = self.rows.get(address.noun, missing)
        if address.route.startswith("accounts/"):
            values |= {"key": "a-b"}
        return reverse(address.name, kwargs={name: values[name] for name in address.keys})

    def ask(self, who: str, method: str, url: str) -> str:
        """The kind of the answer; nothing that the request changed stays."""
        client = self.people[who]
        kept = copy.copy(client.cookies)
        with transaction.atomic():
            response = getattr(client, method)(url)
            if response.streaming:
                response.said = b"".join(response.streaming_content)
            transaction.set_rollback(True)
        client.cookies = kept  # who signed out is back, as the database says
        self.check(f"{method} {url} as {who}", response)
        assert response.status_code < 500, f"{method} {url} as {who}: {response.status_code}"
        if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
            return "login"
        return {403: "forbidden", 404: "missing", 405: "no"}.get(response.status_code, "in")

    def check(self, what: str, response: Any) -> None:
        """What holds for every answer: the headers, and that no secret is in it."""
        wanted = HEADERS.items() - {("Cache-Control", HEADERS["Cache-Control"])}
        lacks = {name: response.get(name) for name, value in wanted if response.get(name) != value}
        assert not lacks, f"{what}: {lacks}"
        assert re.search("private|no-store|no-cache", response["Cache-Control"]), f"{what}: {response['Cache-Control']}"
        text = getattr(response, "said", b"") if response.streaming else response.content
        text += repr(sorted(response.headers.items())).encode()
        assert [name for name, secret in self.secrets.items() if secret.encode() in text] == [], what


@pytest.fixture
def world(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("musicstudio.accounts.limits.limits", dict)  # the walk is quicker than any person
    admin = join(cast.team, make_user("ada@northlight.example"), Role.ADMIN)
    viewer = join(cast.team, make_user("vera@northlight.example"), Role.VIEWER)
    freelancer = join(cast.team, make_user("fritz@northlight.example"), Role.PRODUCER)
    theirs = make_project(cast.team, "Other film")
    owner, placed = (Membership.objects.get(team=cast.team, user=user) for user in (cast.owner, freelancer))
    narrow(placed, [theirs], owner)
    people = {"owner": cast.owner, "admin": admin, "producer": cast.producer, "reviewer": cast.reviewer, "viewer": viewer}
    people |= {"stranger": cast.stranger, "narrowed": freelancer}
    clients = {who: Client() for who in people}
    for who, client in clients.items():
        client.force_login(people[who])
    token, text = ApiToken.objects.issue(owner, "Old", ["read"])
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=token.created_at)
    clients |= {"anonymous": Client(), "revoked token": Client(headers={"authorization": f"Bearer {text}"})}
    clients["forged"] = Client(enforce_csrf_checks=True)
    clients["forged"].force_login(cast.owner)
    rows, secrets = rows_of(cast, owner, token)
    return World(cast, clients, rows, secrets | {"token": text})


def rows_of(cast: Cast, owner: Membership, token: ApiToken) -> tuple[dict[str, object], dict[str, str]]:
    """What `<pk>` means behind each word; and every secret that is stored with these rows, as canaries."""
    team, project, by = cast.team, cast.project, cast.producer
    secrets = {"provider key": "sk-aig-canary-7d1f0a9b2c", "webhook address": "canary-hook-51c7"}
    [job] = make_jobs(project, by)
    track, cap = make_sounding_track(project, by, 0.1), Cap.objects.of(team)
    assert cap is not None
    key = make_key(team, secrets["provider key"])
    shelf, _ = Collection.objects.named(team, "Set", by)
    address = f"https://tools.example/{secrets['webhook address']}"
    hook, secrets["webhook secret"] = Webhook.objects.add(team, address, ["track.created"], by)
    asked, secrets["invitation"] = Invitation.objects.invite(team, Role.VIEWER, owner)
    factor = TOTP.activate(by, "CANARYJBSWY3DPEHPK3PXPAA")
    seed = RecoveryCodes.activate(by).instance.data["seed"]
    secrets |= {"second factor": "CANARYJBSWY3DPEHPK3PXPAA", "recovery codes": crypto.decrypt(seed)}
    secrets |= {"SECRET_KEY": settings.SECRET_KEY, "encryption key": settings.KEY_ENCRYPTION_KEYS[0], "password": PASSWORD}
    proposal = PriceProposal.objects.create(team=team, model_id=job.model_id, amount_micros=1, unit="take", source="test")
    recipe = Recipe.objects.share(team, "Calm", by, **{word: getattr(job.prompt, word) for word in Prompt.WORDS})
    [news] = Notification.objects.tell(team, [by], "mention", "Look", "/t/northlight/")
    asking = AccessRequest.objects.ask(make_user("new@elsewhere.example"), team.slug)
    assert asking is not None and factor
    rows: dict[str, object] = {
        "jobs": job.pk,
        "outcomes": job.pk,
        "tracks": track.pk,
        "keys": key.pk,
        "undo": Undo.objects.create(team=team, by=by, act="rate", facts=[]).pk,
        "collections": shelf.pk,
        "tags": track.tag("calm").pk,
        "webhooks": hook.pk,
        "tokens": token.pk,
        "caps": cap.pk,
        "prices": job.model_id,
        "rules": job.model_id,
        "proposals": proposal.pk,
        "presets": Preset.objects.keep(project, "Short").pk,
        "members": team.memberships.get(user=by).pk,
        "invitations": asked.pk,
        "prompts": job.prompt_id,
        "recipes": recipe.pk,
        "notices": news.pk,
        "asking": asking.pk,
        "rounds": make_round([track, make_track(project, by)], owner.user, [by]).pk,
    }
    return rows, secrets


def expected(word: str, who: str) -> set[str]:
    """The kinds of answers that the table's word allows this person."""
    if word.endswith("?"):
        allowed = expected(word[:-1], who)
        return allowed | {"missing"} if "in" in allowed else allowed
    unknown = who in {"anonymous", "revoked token"}
    if word in {"open", "closed", "out"}:
        return {{"open": "in", "closed": "missing", "out": "login"}[word]}
    if word == "-":
        return {"no", "login"} if unknown else {"no"}
    if unknown or word == "self":
        return {"login"} if unknown else {"in"}
    if who == "stranger":
        return {"missing"}
    if word == "author":
        return {"in"} if who == AUTHOR else {"missing"}
    return {"in"} if Role(who).at_least(Role(word)) else {"forbidden"}


def suggested(world: World, address: Address) -> str:
    """The line that fits how the address behaves now; look whether it is what you want."""
    teams = [*reversed(Role.values), "author"]
    plain = ["-", *(teams if address.route.startswith("t/") else ["open", "closed", "out", "self", *teams])]
    words = []
    for method in METHODS:
        seen = {who: world.ask(who, method, world.url(address)) for who in PEOPLE}
        able = (
            word for word in plain + [f"{word}?" for word in plain] if all(seen[who] in expected(word, who) for who in PEOPLE)
        )
        words.append(next(able, f"nothing fits: {seen}"))
    return f"{address.name:<27} {words[0]:<9} {words[1]}"


def test_every_address_has_a_row(world: World) -> None:
    rows = table()
    unknown = [suggested(world, address) for address in addresses() if address.name not in rows]
    gone = sorted(set(rows) - {address.name for address in addresses()})
    how = "Check who may do this, then add to TABLE in tests/guards/test_access_table.py"
    assert not unknown, f"{how}:\n" + "\n".join(unknown)
    assert not gone, f"These rows of TABLE have no address any more: {gone}"


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_gets_what_the_table_says(world: World, who: str, caplog: pytest.LogCaptureFixture) -> None:
    """On the way, every answer is searched for secrets and for its headers (`World.check`), and so is the log."""
    rows, wrong = table(), []
    caplog.set_level("INFO")
    for address in addresses():
        for method, word in zip(METHODS, rows.get(address.name, ()), strict=False):
            kind = world.ask(who, method, world.url(address))
            if kind not in expected(word, who):
                wrong.append(f"{method} {address.name}: {kind}, the table says {word}")
    assert wrong == []
    assert [name for name, secret in world.secrets.items() if secret in caplog.text] == []


def test_the_rights_on_the_members_page_are_what_the_table_says() -> None:
    """The last word of the row: what POST asks for, or GET where nothing is posted."""
    rows = table()
    asked = {
        (right.does, name): next(word for word in reversed(rows[name]) if word != "-") for right in RIGHTS for name in right.views
    }
    wanted = {(right.does, name): right.role.value for right in RIGHTS for name in right.views}
    assert {key: word.rstrip("?") for key, word in asked.items()} == wanted


def test_the_owner_of_another_team_finds_none_of_our_rows_in_theirs(world: World) -> None:
    """Their own team's address with the id of a row of ours."""
    found = []
    for address in addresses():
        if address.noun in world.rows and "team" in address.keys and address.noun not in {"prices", "rules"}:  # of every team
            url = world.url(address, "elsewhere", world.cast.other_project.slug)
            found += [
                f"{method} {address.name}" for method in METHODS if world.ask("stranger", method, url) not in {"missing", "no"}
            ]
    assert found == []


def test_a_member_of_another_project_finds_nothing_of_this_one(world: World) -> None:
    found = []
    for address in addresses():
        if "project" in address.keys or address.noun in PROJECTS_OWN & set(world.rows):
            seen = {method: world.ask("narrowed", method, world.url(address)) for method in METHODS}
            found += [f"{method} {address.name}" for method, kind in seen.items() if kind not in {"missing", "forbidden", "no"}]
    assert found == []


def test_a_form_that_another_site_sends_is_refused_everywhere(world: World) -> None:
    rows = table()
    posts = [address for address in addresses() if rows.get(address.name, ("", "-"))[1] != "-" and address.name not in CSRF_FREE]
    assert len(posts) > 80
    assert [address.name for address in posts if world.ask("forged", "post", world.url(address)) != "forbidden"] == []


def test_no_secret_lies_in_the_database(world: World) -> None:
    """Every table as a dump writes it: whoever has a copy has no key, no link and no password."""
    world.ask("owner", "get", "/t/northlight/connections/")
    tables = connection.introspection.table_names()
    assert len(tables) > 40
    with connection.cursor() as cursor:
        for name in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608 (names of our own tables)
            text = "\n".join(repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]) for row in cursor)
            assert [secret for secret, said in world.secrets.items() if said in text] == [], name
