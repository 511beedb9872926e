"""A round from its start to its result: who is asked, how it ends, what it came to, what follows."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.accounts.models import Role
from musicstudio.library.models import Decision, Track, Undo
from musicstudio.notify.models import Notification
from musicstudio.review.models import Ballot, Round
from musicstudio.review.tasks import end_rounds
from musicstudio.web.model_numbers import numbers_of
from tests.conftest import Cast
from tests.factories import join, make_round, make_track, make_user
from tests.review.voting import at, choose, vote

THREE = ["waltz 1", "waltz 2", "waltz 3"]


@pytest.fixture
def takes(cast: Cast) -> list[Track]:
    return [make_track(cast.project, cast.producer, title, take=n) for n, title in enumerate(THREE, 1)]


def words_of(cast: Cast, takes: list[Track], **more: object) -> dict[str, object]:
    places = cast.team.memberships.filter(role__in=["owner", "producer", "reviewer"])
    said = {"title": "Which opening?", "deadline": "2030-07-01T18:00", "min_seconds": "10", "blind": "on"}
    return said | {"track": [take.pk for take in takes], "voters": [place.pk for place in places]} | more


def test_it_is_started_from_tracks_with_everybody_who_may_vote_ticked(client: Client, cast: Cast, takes: list[Track]) -> None:
    join(cast.team, make_user("vera@northlight.example", "Vera Viewer"), Role.VIEWER)
    client.force_login(cast.reviewer)
    query = "&".join(f"track={take.pk}" for take in takes)
    page = client.get(f"{reverse('round_new', args=['northlight'])}?{query}").content.decode()
    assert "New round of 3 takes" in page and "Vera" not in page.split("Who votes")[1].split("</fieldset>")[0]
    response = client.post(reverse("round_new", args=["northlight"]), words_of(cast, takes, more_reasons="Hook, Tempo"))
    made = Round.objects.get()
    assert response["Location"] == made.get_absolute_url()
    assert made.deadline.isoformat() == "2030-07-01T16:00:00+00:00"  # 18:00 in Madrid
    assert (made.owner, made.heat, made.blind, made.reasons) == (cast.reviewer, 4, True, ["Hook", "Tempo"])
    assert made.ballots.count() == 3 and len(set(made.ballots.values_list("seed", flat=True))) == 3
    told = Notification.objects.order_by("person__email").values_list("person__email", "text")
    assert [who.split("@")[0] for who, _ in told] == ["olga", "pia"] and "Rafa Nunes asks for your vote" in told[0][1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": ""}, "Give the round a title."),
        ({"deadline": "2020-01-01T10:00"}, "The deadline has to be in the future."),
        ({"deadline": "soon"}, "Write a day and a time"),
        ({"voters": []}, "Choose who votes."),
        ({"min_seconds": "99"}, "less than or equal to 60"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Client, cast: Cast, takes: list[Track], words: dict[str, object], said: str
) -> None:
    client.force_login(cast.owner)
    response = client.post(reverse("round_new", args=["northlight"]), words_of(cast, takes, question="Opens it?", **words))
    page = response.content.decode()
    assert response.status_code == 422 and said in page and "Opens it?" in page
    assert not Round.objects.exists()


def test_takes_of_two_projects_or_too_many_are_explained(client: Client, cast: Cast, takes: list[Track]) -> None:
    from musicstudio.projects.models import Project

    client.force_login(cast.owner)
    other = make_track(Project.objects.open(cast.team, "Sketchbook"), cast.owner)
    many = [make_track(cast.project, cast.owner) for _ in range(17)]
    for tracks, said in (([takes[0], other], "of several projects"), (many, "That is 17 takes"), ([], "Choose 2 to 16")):
        query = "&".join(f"track={track.pk}" for track in tracks)
        assert said in client.get(f"{reverse('round_new', args=['northlight'])}?{query}").content.decode()


def test_a_viewer_starts_nothing(client: Client, cast: Cast, takes: list[Track]) -> None:
    client.force_login(join(cast.team, make_user("vera@northlight.example"), Role.VIEWER))
    assert client.post(reverse("round_new", args=["northlight"]), words_of(cast, takes)).status_code == 403


def test_it_ends_when_all_have_voted_and_says_who_chose_what_and_why(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.producer, cast.reviewer])
    vote(client, made, cast.producer, THREE, reason=["Mix", "nonsense"], note="  The strings. ")
    assert Round.objects.get().is_open
    vote(client, made, cast.reviewer, THREE, reason=["Mix", "Melody"])
    made.refresh_from_db()
    assert not made.is_open and made.closed_by is None
    page = client.get(made.get_absolute_url()).content.decode()
    assert "won with 2 of 2 votes" in page and "Mix ×2, Melody" in page and "“The strings.”" in page and "heard 0:03" in page
    assert "nonsense" not in page and "It ended when all had voted." in page
    assert Notification.objects.filter(text__contains="is over").count() == 3  # both voters and the owner


def test_a_tie_is_said_and_its_owner_decides(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.reviewer, [cast.owner, cast.producer])
    vote(client, made, cast.owner, THREE)
    vote(client, made, cast.producer, THREE[::-1])
    page = client.get(made.get_absolute_url()).content.decode()
    assert "1 : 1: a tie" in page and "Rafa Nunes decides" in page and "reject the rest" not in page
    assert client.post(at("round_settle", made), {"winner": takes[2].pk}).status_code == 403
    client.force_login(cast.reviewer)
    assert "Approve this, reject the rest" in client.get(made.get_absolute_url()).content.decode()
    client.post(at("round_settle", made), {"winner": takes[2].pk})
    assert list(Track.objects.order_by("take").values_list("status", flat=True)) == ["rejected", "rejected", "approved"]


def test_approving_the_winner_feeds_the_numbers_and_can_be_undone(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.owner])
    vote(client, made, cast.owner, ["waltz 2", "waltz 1", "waltz 3"])
    response = client.post(at("round_settle", made), {"winner": takes[1].pk}, headers={"HX-Request": "true"})
    assert "approved; 2 tracks: rejected." in response["HX-Trigger"]
    numbers = numbers_of(cast.team)[takes[0].model_slug]
    assert (numbers.approved, numbers.decided, numbers.approval_percent) == (1, 3, 33)
    assert Decision.objects.filter(reason="Round Which opening?: 1 of 1 vote").count() == 3
    client.post(Undo.objects.get(act="settle").address)
    assert set(Track.objects.values_list("status", flat=True)) == {"new"}


def test_the_deadline_ends_it_at_the_moment_of_reading_and_people_are_told_once(
    client: Client, cast: Cast, takes: list[Track]
) -> None:
    made = make_round(takes, cast.owner, [cast.producer, cast.reviewer])
    choose(client, made, cast.producer, THREE)
    Round.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    response = client.post(at("round_cast", made), {})
    assert response.status_code == 422 and b"The round is over" in response.content
    assert "Nobody voted" in client.get(made.get_absolute_url()).content.decode()
    Notification.objects.all().delete()
    end_rounds()
    end_rounds()
    assert Notification.objects.count() == 3
    made.refresh_from_db()
    assert made.ended_at == made.deadline and mail.outbox == []


def test_its_owner_ends_it_early_once_and_nobody_else_does(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.reviewer, [cast.producer])
    client.force_login(cast.producer)
    assert client.post(at("round_close", made)).status_code == 403
    client.force_login(cast.reviewer)
    client.post(at("round_close", made))
    first = Round.objects.get().closed_at
    client.post(at("round_close", made))
    assert Round.objects.get().closed_at == first is not None
    response = client.post(at("round_extend", made), {"deadline": "2030-01-01T10:00"})
    assert response.status_code == 422 and not Round.objects.get().is_open
    client.force_login(cast.producer)
    assert client.post(at("round_pick", made), {"heat": "0.0", "key": "x"}).status_code == 422


def test_the_deadline_moves_only_later(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.producer])
    client.force_login(cast.owner)
    assert client.post(at("round_extend", made), {"deadline": "2030-01-01T10:00"}).status_code == 302
    assert Round.objects.get().deadline.isoformat() == "2030-01-01T09:00:00+00:00"
    refused = client.post(at("round_extend", made), {"deadline": "2029-01-01T10:00"})
    assert refused.status_code == 422 and "Choose a later time" in refused.content.decode()


def test_who_left_or_votes_no_more_is_not_waited_for(client: Client, cast: Cast, takes: list[Track]) -> None:
    leaving = join(cast.team, make_user("lee@northlight.example", "Lee Gone"), Role.REVIEWER)
    made = make_round(takes, cast.owner, [cast.producer, cast.reviewer, leaving])
    cast.team.memberships.filter(user=cast.reviewer).update(role="viewer")
    vote(client, made, leaving, THREE)
    cast.team.memberships.filter(user=leaving).delete()
    assert client.get(made.get_absolute_url()).status_code == 404
    client.force_login(cast.reviewer)
    assert client.post(at("round_pick", made), {}).status_code == 403
    vote(client, made, cast.producer, THREE)
    page = client.get(made.get_absolute_url()).content.decode()
    assert not Round.objects.get().is_open and "Lee Gone" in page and "no longer in the team" in page


def test_a_take_that_goes_to_the_bin_drops_out_and_its_votes_stay(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.owner, cast.producer])
    vote(client, made, cast.owner, THREE)
    Track.objects.filter(pk=takes[0].pk).update(deleted_at=timezone.now())
    choose(client, made, cast.producer, THREE)
    client.post(at("round_cast", made))
    gone = takes[0].pk
    takes[0].delete()
    page = client.get(made.get_absolute_url()).content.decode()
    assert "1 : 1: a tie" in page and "waltz 1 take A" in page and "deleted" in page
    client.force_login(cast.owner)
    assert client.post(at("round_settle", made), {"winner": str(gone)}).status_code == 422


def test_with_one_take_left_nothing_can_be_chosen(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.producer])
    Track.objects.filter(pk__in=[take.pk for take in takes[1:]]).update(deleted_at=timezone.now())
    client.force_login(cast.producer)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Fewer than two takes are left" in page and "<ms-compare" not in page
    assert client.post(at("round_cast", made)).status_code == 422


def test_archived_takes_stay_in_the_round(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.producer])
    Track.objects.update(archived_at=timezone.now())
    vote(client, made, cast.producer, THREE)
    assert not Round.objects.get().is_open


def test_the_index_says_what_waits_and_home_too(client: Client, cast: Cast, takes: list[Track]) -> None:
    make_round(takes, cast.owner, [cast.producer], title="Mine to vote")
    over = make_round(takes, cast.owner, [cast.producer], title="Over already")
    over.close(cast.owner)
    client.force_login(cast.producer)
    page = client.get(reverse("rounds", args=["northlight"])).content.decode()
    assert page.index("Waiting for your vote") < page.index("Mine to vote") < page.index("Over already")
    assert "1 to vote" in page
    home = client.get("/t/northlight/").content.decode()
    assert "waits for your vote until" in home and "Over already" not in home.split('id="now"')[1].split("</section>")[0]
    client.force_login(cast.reviewer)
    assert "1 to vote" not in client.get(reverse("rounds", args=["northlight"])).content.decode()


def test_ballots_are_not_counted_twice_when_a_vote_is_cast_twice(client: Client, cast: Cast, takes: list[Track]) -> None:
    made = make_round(takes, cast.owner, [cast.producer, cast.reviewer])
    vote(client, made, cast.producer, THREE, note="first")
    again = client.post(at("round_cast", made), {"note": "second"})
    assert again.status_code == 422 and "cannot be changed" in again.content.decode()
    assert Ballot.objects.get(voter=cast.producer).note == "first"


def test_a_ranking_is_kept_where_all_takes_were_heard_at_once(client: Client, cast: Cast, takes: list[Track]) -> None:
    from tests.review.voting import booth_of

    made = make_round(takes, cast.owner, [cast.producer])
    choose(client, made, cast.producer, THREE)
    keys = {turn.take.name: turn.key for turn in booth_of(made, cast.producer).turns}
    places = [keys["waltz 3 take C"], keys["waltz 2 take B"]]
    client.post(at("round_cast", made), {"place": [*places, places[0], "made up"]})
    names = [made.takes[pk].name for pk in Ballot.objects.get().ranking]
    assert names == ["waltz 1 take A", "waltz 3 take C", "waltz 2 take B"]
    assert "mean place 2.0" in client.get(made.get_absolute_url()).content.decode()


def test_where_the_project_asks_for_terms_they_are_asked_with_the_result(client: Client, cast: Cast, takes: list[Track]) -> None:
    cast.project.rule(1, [], True)
    made = make_round(takes, cast.owner, [cast.owner])
    vote(client, made, cast.owner, THREE)
    assert 'id="id_use"' in client.get(made.get_absolute_url()).content.decode()
    refused = client.post(at("round_settle", made), {"winner": takes[0].pk}, headers={"HX-Request": "true"})
    assert refused.status_code == 422 and "asks what an approval is for" in refused["HX-Trigger"]
    assert not Decision.objects.exists()
    terms = {"use": "Film", "territory": "World", "term": "2 years"}
    client.post(at("round_settle", made), {"winner": takes[0].pk} | terms)
    assert list(Track.objects.order_by("take").values_list("status", flat=True)) == ["approved", "rejected", "rejected"]


def test_where_somebody_else_approves_nothing_is_rejected_either(client: Client, cast: Cast, takes: list[Track]) -> None:
    cast.project.rule(1, [cast.reviewer], False)
    made = make_round(takes, cast.owner, [cast.owner])
    vote(client, made, cast.owner, THREE)
    page = client.post(at("round_settle", made), {"winner": takes[0].pk})
    assert page.status_code == 422 and "is approved by Rafa Nunes" in page.content.decode()
    assert not Decision.objects.exists()
