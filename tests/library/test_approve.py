"""Approvals: n of m, whose, what for; pending, withdrawn, undone; over HTTP as a list sends them."""

import csv
import io
import zipfile
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.audit import AuditEvent
from musicstudio.accounts.models import Role, User
from musicstudio.library.approvals import Approval
from musicstudio.library.models import Decision, Status, Track
from musicstudio.notify.models import Delivery, Event, Webhook
from musicstudio.notify.notices import Notification
from tests.conftest import Cast
from tests.factories import join, make_project, make_sounding_track, make_track, make_user

FOR = {"use": "online spot", "territory": "worldwide", "term": "12 months"}


@pytest.fixture
def track(cast: Cast) -> Track:
    return make_track(cast.project, cast.producer, title="Glasshouse")


def act(user: User, *tracks: Track, act: str = "decide", **words: str) -> HttpResponse:
    client = Client()
    client.force_login(user)
    words = ({"status": "approved"} if act == "decide" else {}) | words
    url = reverse("act", args=["northlight"])
    return client.post(url, {"act": act, "track": [str(one.pk) for one in tracks], "asking": "1", **words})  # type: ignore[return-value]


def undo(response: HttpResponse, user: User) -> None:
    address = response["HX-Trigger"].partition('"undo": "')[2].partition('"')[0]
    client = Client()
    client.force_login(user)
    assert client.post(address).status_code == 200


def state(track: Track) -> tuple[str, int]:
    track.refresh_from_db()
    return track.status, track.agreed


def test_where_one_is_enough_an_approval_approves_at_once_and_says_who(cast: Cast, track: Track) -> None:
    act(cast.reviewer, track)
    assert state(track) == (Status.APPROVED, 1) and Approval.objects.get().by == cast.reviewer


def test_of_two_the_first_waits_and_the_second_approves(cast: Cast, track: Track) -> None:
    cast.project.rule(2, [], False)
    first = act(cast.reviewer, track)
    assert state(track) == (Status.NEW, 1) and "1 of 2 approvals" in first["HX-Trigger"]
    assert not Decision.objects.exists()
    act(cast.reviewer, track)
    assert state(track) == (Status.NEW, 1)
    act(cast.owner, track)
    assert state(track) == (Status.APPROVED, 2) and Decision.objects.get().by == cast.owner


def test_rows_and_the_page_show_that_it_waits_and_for_whom(cast: Cast, as_producer: Client, track: Track) -> None:
    cast.project.rule(2, [cast.reviewer, cast.owner], False)
    act(cast.reviewer, track)
    row = as_producer.get(reverse("library", args=["northlight"])).content.decode()
    page = as_producer.get(track.get_absolute_url()).content.decode()
    assert 'data-status="approved">' not in page.partition('id="bulk"')[0]
    assert "1 of 2" in row and "1 of 2" in page and "still open: Olga Prieto" in page


def test_only_those_the_project_names_approve_and_the_others_are_told_who_does(cast: Cast, track: Track) -> None:
    cast.project.rule(1, [cast.owner], False)
    client = Client()
    client.force_login(cast.reviewer)
    assert "Olga approves here" in client.get(track.get_absolute_url()).content.decode()
    refused = act(cast.reviewer, track)
    assert state(track) == (Status.NEW, 0) and "is approved by Olga Prieto in Aurora" in refused.content.decode()
    act(cast.reviewer, track, status="rejected")
    assert state(track) == (Status.REJECTED, 0)


def test_an_undone_approval_counts_no_more_and_takes_the_status_back(cast: Cast, track: Track) -> None:
    cast.project.rule(2, [], False)
    first = act(cast.reviewer, track)
    act(cast.owner, track)
    undo(first, cast.reviewer)
    assert state(track) == (Status.NEW, 1)
    act(cast.reviewer, track)
    assert state(track) == (Status.APPROVED, 2)


def test_a_withdrawn_approval_takes_the_status_back_and_that_can_be_undone(cast: Cast, track: Track) -> None:
    track.decide(Status.SHORTLISTED, cast.owner)
    act(cast.reviewer, track)
    gone = act(cast.reviewer, track, act="withdraw")
    assert state(track) == (Status.SHORTLISTED, 0) and "Approval withdrawn: Glasshouse" in gone["HX-Trigger"]
    undo(gone, cast.reviewer)
    assert state(track) == (Status.APPROVED, 1)


@pytest.mark.parametrize("status", ["changes", "rejected", "new"])
def test_another_decision_ends_the_approvals_and_its_undo_brings_them_back(cast: Cast, track: Track, status: str) -> None:
    cast.project.rule(2, [], False)
    track.decide(Status.SHORTLISTED, cast.owner)
    act(cast.reviewer, track)
    other = act(cast.owner, track, status=status)
    assert state(track) == (status, 0)
    undo(other, cast.owner)
    assert state(track) == (Status.SHORTLISTED, 1)


def test_shortlisting_leaves_the_approvals_of_a_track_that_waits(cast: Cast, track: Track) -> None:
    cast.project.rule(2, [], False)
    act(cast.reviewer, track)
    act(cast.owner, track, status="shortlisted")
    assert state(track) == (Status.SHORTLISTED, 1)


def test_a_project_that_asks_what_for_gets_a_dialog_and_keeps_the_answer(cast: Cast, track: Track) -> None:
    cast.project.rule(1, [], True)
    asked = act(cast.reviewer, track)
    assert asked["HX-Retarget"] == "#pick" and "Approve Glasshouse take A" in asked.content.decode() and state(track)[1] == 0
    wrong = act(cast.reviewer, track, **FOR | {"term": ""})
    assert "Say for how long." in wrong.content.decode() and "online spot" in wrong.content.decode() and state(track)[1] == 0
    act(cast.reviewer, track, **FOR)
    assert state(track) == (Status.APPROVED, 1) and Approval.objects.get().terms == ("online spot", "worldwide", "12 months")
    other = make_track(cast.project, cast.producer, take=2)
    assert "online spot" in act(cast.owner, other).content.decode()


def test_a_set_is_asked_once(cast: Cast, track: Track) -> None:
    cast.project.rule(1, [], True)
    free = make_track(make_project(cast.team, "Free"), cast.producer)
    assert "Approve 2 tracks" in act(cast.reviewer, track, free).content.decode()
    act(cast.reviewer, track, free, **FOR)
    assert state(track)[0] == state(free)[0] == Status.APPROVED and Approval.objects.filter(use="online spot").count() == 2


def test_where_no_dialog_can_open_it_is_said(cast: Cast, as_producer: Client, track: Track) -> None:
    cast.project.rule(1, [], True)
    words = {"act": "decide", "status": "approved", "track": str(track.pk)}
    response = as_producer.post(reverse("act", args=["northlight"]), words)
    assert response.status_code == 422 and "asks what an approval is for" in response["HX-Trigger"]


def test_other_terms_replace_ones_own_approval(cast: Cast, track: Track) -> None:
    act(cast.reviewer, track, **FOR)
    act(cast.reviewer, track, **FOR | {"use": "cinema"})
    assert state(track) == (Status.APPROVED, 1)
    assert list(Approval.objects.standing().values_list("use", flat=True)) == ["cinema"] and Approval.objects.count() == 2


def test_the_webhook_tells_only_of_tracks_that_really_are_approved(
    cast: Cast, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    Webhook.objects.add(cast.team, "https://hooks.example.com/x", [Event.TRACK_APPROVED], cast.owner)
    cast.project.rule(2, [], False)
    act(cast.reviewer, track)
    assert not Delivery.objects.filter(event=Event.TRACK_APPROVED).exists()
    act(cast.owner, track)
    assert Delivery.objects.filter(event=Event.TRACK_APPROVED).count() == 1


def test_an_admin_sets_the_rule_and_tracks_with_enough_approvals_follow(cast: Cast, client: Client, track: Track) -> None:
    url = reverse("project_rule", args=["northlight", cast.project.slug])
    client.force_login(cast.owner)
    assert client.post(url, {"needed": "2", "approvers": [str(cast.owner.pk), str(cast.reviewer.pk)]}).status_code == 302
    cast.project.refresh_from_db()
    assert (cast.project.needed, cast.project.approvers.count(), cast.project.asks_use) == (2, 2, False)
    assert AuditEvent.objects.get(action="project.rule").after == {
        "approvals": 2,
        "by": "olga@northlight.example, rafa@northlight.example",
    }
    act(cast.reviewer, track)
    for wrong in ("3", "0", "x", ""):
        assert client.post(url, {"needed": wrong, "approvers": [str(cast.owner.pk)]}).status_code == 422
    assert client.post(url, {"needed": "1", "asks_use": "on"}).status_code == 302
    assert state(track) == (Status.APPROVED, 1)
    client.force_login(cast.producer)
    assert client.post(url, {"needed": "1"}).status_code == 403
    page = client.get(reverse("project_settings", args=["northlight", cast.project.slug])).content.decode()
    assert "An admin can change it" in page and "Save the rule" not in page


def test_a_producer_asks_those_whose_approval_is_missing_once_for_all(cast: Cast, as_producer: Client, track: Track) -> None:
    cast.project.rule(2, [cast.owner, cast.reviewer], False)
    other = make_track(cast.project, cast.producer, take=2, batch=track.batch, prompt=track.prompt, title="Glasshouse")
    act(cast.reviewer, track, other)
    response = as_producer.post(reverse("approval_ask", args=["northlight"]), {"track": [str(track.pk), str(other.pk)]})
    assert "Asked Olga to approve 2 tracks." in response["HX-Trigger"]
    news = Notification.objects.get()
    assert news.person == cast.owner and "2 tracks in Aurora spring film, among them Glasshouse take A" in news.text
    act(cast.owner, track, other)
    again = as_producer.post(reverse("approval_ask", args=["northlight"]), {"track": [str(track.pk)]})
    assert again.status_code == 422 and "nobody to ask" in again["HX-Trigger"]


def test_viewers_neither_approve_nor_withdraw_and_reviewers_do_not_ask(cast: Cast, track: Track, client: Client) -> None:
    viewer = join(cast.team, make_user("vera@northlight.example"), Role.VIEWER)
    assert act(viewer, track).status_code == act(viewer, track, act="withdraw").status_code == 403
    client.force_login(cast.reviewer)
    assert client.post(reverse("approval_ask", args=["northlight"]), {"track": [str(track.pk)]}).status_code == 403


def test_the_manifest_says_who_approved_it_and_what_for(cast: Cast, as_producer: Client) -> None:
    track = make_sounding_track(cast.project, cast.producer, 0.1)
    act(cast.reviewer, track, **FOR)
    response: Any = as_producer.post(reverse("zip", args=["northlight"]), {"track": [str(track.pk)]})
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    [row] = csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig")))
    assert (row["approved by"], row["use"], row["term"]) == ("Rafa Nunes", "online spot", "12 months")
    assert "territory: worldwide" in archive.read("manifest.txt").decode()


def test_tracks_approved_before_approvals_were_counted_have_one(cast: Cast, track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(status="approved")
    Decision.objects.create(track=track, was="new", status="approved", by=cast.owner, reason="Yes.")
    import_module("musicstudio.library.migrations.0014_fill_approvals").fill(apps, None)
    assert state(track) == (Status.APPROVED, 1) and Approval.objects.get().by == cast.owner
