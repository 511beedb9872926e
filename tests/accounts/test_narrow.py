"""A member who sees one project sees nothing of the others: no row, no name, no count, on no page and by no token."""

import re
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver, reverse

from musicstudio.accounts.access import HANGS, visible
from musicstudio.accounts.models import Membership, Role
from musicstudio.budgets.models import Cap
from musicstudio.core.money import to_micros
from musicstudio.library.models import Collection, SavedView, Status, Tag, Track
from musicstudio.notify.models import Notification
from musicstudio.projects.models import ApiToken, Project, ProjectAccess, Recipe, TokenScope
from musicstudio.projects.places import narrow
from tests.conftest import Cast
from tests.factories import gateway_model, join, make_jobs, make_key, make_project, make_sounding_track, make_user
from tests.web.test_pages import patterns

CANARY = "Zanzibar"  # in every name of the hidden project
ADMINS_ONLY = {"Invitation", "AccessRequest", "AuditEvent", "Webhook", "ProviderKey", "Connection", "TeamPrice", "TopUp"}
ADMINS_ONLY |= {"Price", "PriceProposal", "ProjectAccess", "InvitedProject"}
OF_A_PERSON = {"Undo", "Favourite", "Callback"}


class Stage:
    """The team with a second project full of things, and Fleur, a freelancer who sees the first only."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.fleur = join(cast.team, make_user("fleur@free.example", "Fleur Lance"), Role.PRODUCER)
        self.place = Membership.objects.get(team=cast.team, user=self.fleur)
        owner = Membership.objects.get(team=cast.team, user=cast.owner)
        narrow(self.place, [cast.project], owner)
        make_key(cast.team)
        self.secret = make_project(cast.team, f"{CANARY} album")
        narrow(Membership.objects.get(team=cast.team, user=cast.reviewer), [self.secret], owner)
        self.model = gateway_model("0.10")
        self.mine = self.fill(cast.project, "Lantern", 1)
        self.theirs = self.fill(self.secret, CANARY, 3)
        self.shelf = Collection.objects.named(cast.team, f"{CANARY} shelf", cast.owner)[0]
        self.shelf.append([self.theirs])
        self.both = Collection.objects.named(cast.team, "Client set", cast.owner)[0]
        self.both.append([self.mine, self.theirs])
        SavedView.objects.keep(cast.team, cast.owner, f"{CANARY} view", f"q=project:{CANARY}", shared=True)
        Cap.objects.set(cast.team, to_micros("7"), cast.owner, project=self.secret)
        Cap.objects.set(cast.team, to_micros("4"), cast.owner, project=cast.project)
        words = {"text": CANARY, "duration_ms": 15_000, "model_slug": self.model.slug, "instrumental": True}
        Recipe.objects.share(cast.team, f"{CANARY} recipe", cast.owner, **words)

    def fill(self, project: Project, name: str, takes: int) -> Track:
        """Tracks in every state, jobs on their way, failed and uncertain, tags, stars and decisions; the last track."""
        cast = self.cast
        track = None
        for number in range(takes):
            track = make_sounding_track(project, cast.owner, 0.1, text=f"{name} waltz {number}")
            track.tag(f"{name.lower()} tag")
            track.decide(Status.APPROVED, cast.owner, f"{name} reason")
            track.ratings.create(user=cast.owner, stars=5)
        for column in ("archived_at", "deleted_at"):
            away = make_sounding_track(project, cast.owner, 0.1, text=f"{name} {column}")
            Track.objects.filter(pk=away.pk).update(**{column: away.created_at})
        for ends in ("", "failed", "uncertain"):
            [job] = make_jobs(project, cast.owner, model=self.model, text=f"{name} {ends} job")
            if ends == "failed":
                job.fail("content_refused", name)
            elif ends:
                job.doubt("no_answer")
        assert track is not None
        return track


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return Stage(cast)


def pages_of(stage: Stage) -> list[str]:
    """Every address of the team that can be read, with the rows that Fleur may see."""
    job = stage.mine.project.jobs.first()
    rows: dict[str, Any] = {"jobs": job.pk, "tracks": stage.mine.pk, "collections": stage.both.pk, "prompts": job.prompt_id}
    found = []
    for route, pattern in patterns(get_resolver()):
        if not route.startswith("t/<slug:team>/"):
            continue
        noun = re.search(r"([a-z]+)/<[a-z]+:pk>", route)
        values: dict[str, Any] = {
            "team": "northlight",
            "project": stage.cast.project.slug,
            "provider": "aigateway",
            "what": "tag",
        }
        values |= {"kept": "x", "slug": stage.model.slug, "key": "tag", "kind": "mp3"}
        if noun:
            if noun[1] not in rows:
                continue
            values["pk"] = rows[noun[1]]
        keys = ["project", "tag", "status", "model", "by", "length", "after", "rating", "is"] if "<slug:key>" in route else [""]
        for key in keys:
            wanted = {name: values.get(name) for name in pattern.pattern.converters} | ({"key": key} if key else {})
            found.append(reverse(pattern.name or "", kwargs=wanted))
    return found


QUERIES = ("", f"?q={CANARY}", f"?q=project:{CANARY[:4]}", f"?q=collection:{CANARY}", "?q=tag:zanz", "?by=project", "?by=day")
QUERIES += ("?q=is:duplicate", "?q=in:bin", "?q=in:archive", "?archived", "?of=zanzibar-album", "?project=zanzibar-album")


def test_no_page_of_the_team_names_what_is_hidden(stage: Stage, client: Client) -> None:
    """Walks the URL tree, so a new page can't be forgotten; the owner's same walk shows that the canary can be found."""
    hidden = re.compile(rf"{CANARY}|{stage.theirs.pk}|{stage.secret.slug}", re.IGNORECASE)
    echo = re.compile(r"zanz\w*[^<\"]*", re.IGNORECASE)
    seen: dict[str, list[str]] = {"owner": [], "fleur": []}
    for who, user in (("owner", stage.cast.owner), ("fleur", stage.fleur)):
        client.force_login(user)
        for url in pages_of(stage):
            for query in QUERIES if who == "fleur" else ("",):
                response = client.get(url + query, headers={"accept": "text/html"})
                if response.status_code != 200:
                    continue
                said = b"".join(response.streaming_content if response.streaming else [response.content]).decode(errors="ignore")
                if query:  # what was typed comes back; what it found must not
                    for typed in {query.partition("=")[2], query.partition(":")[2], *QUERIES}:
                        said = said.replace(typed.lstrip("?"), "") if len(typed) > 3 else said
                    said = re.sub(r"(value|href|hx-[a-z]+|data-[a-z]+|action)=(\"[^\"]*\"|'[^']*')", "", said)
                if hit := hidden.search(said):
                    seen[who].append(f"{url}{query}: {said[max(0, hit.start() - 120) : hit.end() + 60]}")
    assert seen["fleur"] == [] and len(seen["owner"]) > 10 and echo


def test_nothing_of_a_hidden_project_can_be_opened_or_changed(stage: Stage, client: Client) -> None:
    client.force_login(stage.fleur)
    job, prompt = stage.secret.jobs.first(), stage.theirs.prompt
    assert job is not None
    rows: dict[str, Any] = {"tracks": stage.theirs.pk, "jobs": job.pk, "collections": stage.shelf.pk, "prompts": prompt.pk}
    checked, before = 0, snapshot(stage)
    for route, pattern in patterns(get_resolver()):
        if not route.startswith("t/<slug:team>/") or "<path:" in route:
            continue
        noun, names = re.search(r"([a-z]+)/<[a-z]+:pk>", route), set(pattern.pattern.converters)
        if not ((noun and noun[1] in rows) or "project" in names):
            continue
        values = {"team": "northlight", "project": stage.secret.slug, "pk": rows.get(noun[1] if noun else "", 1), "kept": "x"}
        values |= {"kind": "mp3"}
        url = reverse(pattern.name or "", kwargs={name: values[name] for name in sorted(names)})
        for method in (client.get, client.post):
            assert method(url).status_code in {403, 404, 405}, url
        checked += 1
    assert checked > 30 and snapshot(stage) == before


def snapshot(stage: Stage) -> list[object]:
    tracks = list(
        Track.objects.filter(project=stage.secret).order_by("pk").values_list("title", "status", "archived_at", "deleted_at")
    )
    jobs = list(stage.secret.jobs.order_by("pk").values_list("state", "dismissed", "cancel_at"))
    return [tracks, jobs, list(stage.shelf.items.values_list("track", "position")), Project.objects.count(), Tag.objects.count()]


@pytest.mark.parametrize("act", ["rate", "favourite", "decide", "tag", "untag", "rename", "collect", "move", "archive", "delete"])
def test_acts_do_nothing_to_hidden_tracks_and_say_they_are_not_there(stage: Stage, client: Client, act: str) -> None:
    client.force_login(stage.fleur)
    before = snapshot(stage)
    words = {"stars": "1", "status": "rejected", "name": "aurora-spring-film", "title": "x"}
    gone = client.post("/t/northlight/tracks/act/", {"act": act, "track": [str(stage.theirs.pk)]} | words).content
    unknown = client.post("/t/northlight/tracks/act/", {"act": act, "track": [str(uuid.uuid4())]} | words).content
    assert snapshot(stage) == before and gone == unknown


def test_a_track_is_not_moved_where_one_does_not_see(stage: Stage, client: Client) -> None:
    client.force_login(stage.fleur)
    words = {"act": "move", "track": [str(stage.mine.pk)]}
    hidden = client.post("/t/northlight/tracks/act/", words | {"name": stage.secret.slug})
    nowhere = client.post("/t/northlight/tracks/act/", words | {"name": "no-such-project"})
    assert hidden.status_code == nowhere.status_code == 422 and hidden.headers["HX-Trigger"] == nowhere.headers["HX-Trigger"]


def test_counts_are_of_what_one_sees(stage: Stage, client: Client) -> None:
    client.force_login(stage.fleur)
    page = client.get("/t/northlight/").content.decode()
    assert re.search(r'title="Library".*?<span class="n">1</span>', page, re.DOTALL)
    shelf = client.get("/t/northlight/collections/").content.decode()
    assert "Client set" in shelf and "1 track" in shelf and "2 tracks" not in shelf
    assert "lantern tag" in client.get("/t/northlight/tags/").content.decode()
    counts = client.get("/t/northlight/find/views/counts/").json()
    assert set(counts) == {"Needs my ears", "Favourites"} and counts["Needs my ears"] == "0"


def test_the_money_of_others_is_not_told(stage: Stage, client: Client) -> None:
    client.force_login(stage.fleur)
    page = client.get("/t/northlight/budgets/").content.decode()
    assert "Aurora spring film" in page and "$4.00" in page
    assert [amount for amount in ("$50.00", "$7.00", "$44.00") if amount in page] == []
    assert client.get("/t/northlight/budgets/ledger/").status_code == 403
    assert client.get("/t/northlight/new-project/").status_code == 403
    Cap.objects.set(stage.cast.team, to_micros("0.50"), stage.cast.owner)
    words = {"text": "more", "duration": "15", "takes": "1", "model": stage.model.slug, "format": "mp3", "instrumental": "1"}
    refused = client.post(f"/t/northlight/projects/{stage.cast.project.slug}/generate/", words).content.decode()
    assert "does not fit into what the team may spend" in refused and "0.50" not in refused


def test_a_token_sees_no_more_than_its_person(stage: Stage, client: Client) -> None:
    _, secret = ApiToken.objects.issue(stage.place, "Script", [TokenScope.READ, TokenScope.GENERATE])
    headers = {"authorization": f"Bearer {secret}"}
    hidden, seen = stage.secret.jobs.first(), stage.cast.project.jobs.first()
    assert client.get(f"/v1/jobs/{seen.pk}", headers=headers).status_code == 200  # type: ignore[union-attr]
    assert client.get(f"/v1/jobs/{hidden.pk}", headers=headers).status_code == 404  # type: ignore[union-attr]
    asked = {"prompt": "x", "project": stage.secret.slug}
    assert client.post("/v1/audio/music", asked, content_type="application/json", headers=headers).status_code == 404
    for path in ("/v1/balance", "/v1/usage/by-tag", "/v1/models"):
        said = client.get(path, headers=headers)
        assert (
            said.status_code == 200
            and CANARY.lower() not in said.content.decode().lower()
            and "50.0" not in said.content.decode()
        )


def test_a_token_of_a_project_is_narrowed_to_it(stage: Stage, client: Client) -> None:
    owner = Membership.objects.get(team=stage.cast.team, user=stage.cast.owner)
    _, secret = ApiToken.objects.issue(owner, "Script", [TokenScope.READ], project=stage.cast.project)
    headers = {"authorization": f"Bearer {secret}"}
    hidden = stage.secret.jobs.first()
    assert hidden and client.get(f"/v1/jobs/{hidden.pk}", headers=headers).status_code == 404


def test_news_about_a_hidden_project_are_not_told(stage: Stage) -> None:
    told = Notification.objects.tell(stage.cast.team, [stage.fleur], "mention", "x", "/", about=stage.theirs)
    assert told == [] and Notification.objects.tell(stage.cast.team, [stage.fleur], "mention", "x", "/", about=stage.mine)


def test_who_looks_after_the_team_sees_all_of_it(stage: Stage) -> None:
    owner, admin = Membership.objects.get(user=stage.cast.owner), stage.place
    with pytest.raises(ValidationError, match="Owners and admins see every project"):
        narrow(owner, [stage.cast.project], owner)
    narrow(admin, None, owner)
    assert not admin.narrowed and visible(Track.objects.filter(team=stage.cast.team), admin).count() == 8


def test_a_limited_member_without_a_project_sees_nothing_and_no_page_breaks(stage: Stage, client: Client) -> None:
    ProjectAccess.objects.all().delete()
    client.force_login(stage.fleur)
    for name in ("team", "library", "projects", "budgets", "collections", "tags", "models", "members", "tokens", "notices"):
        response = client.get(reverse(name, args=["northlight"]))
        assert response.status_code == 200 and "Lantern" not in response.content.decode(), name


def test_every_model_says_how_it_hangs_on_a_project() -> None:
    """A model with a team or a project that nobody has thought about is closed to limited members; this names it."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("musicstudio")]
    owned = [
        model for model in ours if {"team", "project"} & {field.name for field in model._meta.get_fields() if field.concrete}
    ]
    assert {model.__name__ for model in owned} - {model.__name__ for model in HANGS} - ADMINS_ONLY - OF_A_PERSON == set()


def test_the_paths_are_right(stage: Stage) -> None:
    for model in HANGS:
        visible(model._default_manager.all(), stage.place).count()
