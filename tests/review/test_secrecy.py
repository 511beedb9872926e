"""A round gives nothing away: which take is which while it is blind, and no vote before it is over, whichever way one asks."""

import io
from collections.abc import Iterator

import pytest
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from musicstudio.accounts.models import Role, User
from musicstudio.audio.bare import bare, padded
from musicstudio.library.models import Track
from musicstudio.notify.models import Delivery, Event, Notification, Webhook
from musicstudio.review.models import Ballot, Round
from musicstudio.review.result import Result
from tests.api.conftest import issue
from tests.conftest import Cast
from tests.factories import join, make_round, make_sound, make_sounding_track, make_track, make_user
from tests.review.voting import at, booth_of, choose, vote, without_tokens

TITLES = ["Glasshouse", "Paper Lanterns", "Meltwater"]


@pytest.fixture
def takes(cast: Cast) -> list[Track]:
    return [
        make_sounding_track(
            cast.project, cast.producer, 2 + n / 100, title=title, text=title, take=n + 1, model_name=f"Cadenza {n}"
        )
        for n, title in enumerate(TITLES)
    ]


@pytest.fixture
def made(cast: Cast, takes: list[Track]) -> Round:
    return make_round(takes, cast.owner, [cast.owner, cast.producer, cast.reviewer])


def secrets_of(track: Track) -> list[str]:
    """Everything by which a page or a header could give a take away."""
    texts = [track.title, track.model_name, track.model_slug, str(track.pk), track.pk.hex, track.sha256, track.file.name or ""]
    return [*texts, track.peaks_base64, track.row_peaks, track.filename, str(track.lufs), str(track.size)]


def test_a_blind_booth_says_nothing_about_any_take(client: Client, cast: Cast, made: Round, takes: list[Track]) -> None:
    takes[0].decide("shortlisted", cast.owner)
    client.force_login(cast.reviewer)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "<ms-compare" in page and page.count("data-key-of") == 3
    for secret in {secret for take in takes for secret in secrets_of(take)} | {"Shortlist", "ms-wave head", "Studio Sketch"}:
        assert secret not in page, secret
    assert page.count('data-seconds="3"') == 3


def test_sound_comes_under_an_address_and_with_headers_that_say_nothing(
    client: Client, cast: Cast, made: Round, takes: list[Track]
) -> None:
    keys = []
    for user in (cast.reviewer, cast.producer):
        client.force_login(user)
        client.get(made.get_absolute_url())
        for turn in booth_of(made, user).turns:
            response = client.get(at("round_hear", made, turn.key))
            said = turn.key + "".join(f"{name}: {value}\n" for name, value in response.headers.items())
            assert turn.take.track
            assert not [secret for secret in secrets_of(turn.take.track) if secret in said]
            assert response["Content-Type"] == "application/octet-stream" and int(response["Content-Length"]) % 65_536 == 0
            keys.append(turn.key)
    assert len(set(keys)) == 6 and not {key[:8] for key in keys} & {take.pk.hex[:8] for take in takes}
    lengths = {client.head(at("round_hear", made, turn.key))["Content-Length"] for turn in booth_of(made, cast.producer).turns}
    assert len(lengths) == 1


def test_what_is_heard_is_the_original_sample_for_sample(client: Client, cast: Cast, made: Round) -> None:
    client.force_login(cast.reviewer)
    turn = booth_of(made, cast.reviewer).turns[0]
    assert turn.take.track
    sent = b"".join(client.get(at("round_hear", made, turn.key)).streaming_content)  # type: ignore[attr-defined]
    with turn.take.track.file.open("rb") as file:
        original, rate = soundfile.read(io.BytesIO(file.read()), dtype="int16")
    heard, same = soundfile.read(io.BytesIO(sent), dtype="int16")
    assert rate == same and (original == heard).all()
    part = client.get(at("round_hear", made, turn.key), headers={"range": "bytes=10-19"})
    assert part.status_code == 206 and b"".join(part.streaming_content) == sent[10:20]  # type: ignore[attr-defined]


def test_tags_in_the_files_are_left_out() -> None:
    wav = make_sound(0.1)
    tagged = wav[:4] + b"\0\0\0\0" + wav[8:] + b"LIST\x12\0\0\0INFOINAM\x06\0\0\0Secret"
    assert bare(tagged, "wav") == bare(wav, "wav") and b"Secret" not in bare(tagged, "wav")
    mp3 = b"\xff\xfb\x90\x00" + bytes(400)
    assert bare(b"ID3\x04\0\0\0\0\0\x0aTIT2Secret" + mp3 + b"TAG" + bytes(125), "mp3") == mp3
    flac = io.BytesIO()
    soundfile.write(flac, [0.0, 0.1] * 100, 8000, format="FLAC")
    bared = bare(flac.getvalue(), "flac")
    assert (
        len(bared) < len(flac.getvalue())
        and (soundfile.read(io.BytesIO(padded(bared)))[0] == soundfile.read(io.BytesIO(flac.getvalue()))[0]).all()
    )


def test_takes_of_several_formats_are_handed_out_in_one(client: Client, cast: Cast, takes: list[Track]) -> None:
    written = io.BytesIO()
    soundfile.write(written, [0.0, 0.1] * 4000, 22_050, format="FLAC")
    name = default_storage.save("tracks/other.flac", ContentFile(written.getvalue()))
    other = make_track(cast.project, cast.producer, file=name, format="flac", mime="audio/flac")
    made = make_round([takes[0], other], cast.owner, [cast.producer])
    client.force_login(cast.producer)
    heads = [
        b"".join(client.get(at("round_hear", made, turn.key)).streaming_content)[:12]  # type: ignore[attr-defined]
        for turn in booth_of(made, cast.producer).turns
    ]
    assert [head[:4] + head[8:] for head in heads] == [b"RIFFWAVE"] * 2


def test_the_order_is_everybodys_own(cast: Cast) -> None:
    tracks = [make_track(cast.project, cast.producer, f"take {n}", take=n) for n in range(1, 5)]
    made = make_round(tracks, cast.owner, [cast.owner, cast.producer, cast.reviewer])
    Ballot.objects.filter(voter=cast.owner).update(seed=1)
    Ballot.objects.filter(voter=cast.producer).update(seed=2)
    orders = [[turn.take.name for turn in booth_of(made, user).turns] for user in (cast.owner, cast.producer, cast.owner)]
    assert orders[0] == orders[2] != orders[1]


def test_there_is_no_result_before_the_end(made: Round) -> None:
    with pytest.raises(ValueError, match="shows nothing before it is over"):
        Result(made)


def test_the_sound_of_a_round_ends_with_it(client: Client, cast: Cast, made: Round) -> None:
    key = booth_of(made, cast.producer).turns[0].key
    made.close(cast.owner)
    client.force_login(cast.producer)
    assert client.get(at("round_hear", made, key)).status_code == 404


def every_page(made: Round, takes: list[Track]) -> Iterator[tuple[str, dict[str, str]]]:
    """Addresses of everything that shows tracks, people or rounds, with the headers to ask with."""
    team = made.team.slug
    for name in ("team", "library", "projects", "rounds", "members", "models", "budgets", "notices", "shortcuts"):
        yield reverse(name, args=[] if name == "shortcuts" else [team]), {}
    for name in ("project", "project_overview", "project_activity"):
        yield reverse(name, args=[team, made.project.slug]), {}
    for name in ("track", "track_versions", "track_provenance", "track_files", "track_activity", "standing", "track_menu"):
        yield reverse(name, args=[team, takes[0].pk]), {}
    yield f"{reverse('compare', args=[team])}?{'&'.join(f'track={take.pk}' for take in takes)}", {}
    yield made.get_absolute_url(), {}
    yield made.get_absolute_url(), {"HX-Request": "true"}


def asked(client: Client, made: Round, takes: list[Track]) -> dict[str, tuple[object, ...]]:
    """What every page answers: status, headers that a cache or a script could compare, queries it took, and its text."""
    found: dict[str, tuple[object, ...]] = {}
    for address, headers in every_page(made, takes):
        client.get(address, headers=headers)
        with CaptureQueriesContext(connection) as seen:
            response = client.get(address, headers=headers)
        compared = [response.headers.get(name) for name in ("ETag", "Last-Modified", "HX-Trigger", "Location", "Cache-Control")]
        text = without_tokens(response.content.decode())
        found[address + str(headers)] = (response.status_code, compared, len(seen), len(response.content), text)
    return found


@pytest.mark.parametrize("who", ["owner", "viewer", "voter who is done"])
def test_a_vote_changes_nothing_that_anybody_else_can_ask_for(cast: Cast, made: Round, takes: list[Track], who: str) -> None:
    """Text, size, number of queries, headers and redirects of every page, before and after somebody else votes."""
    viewer = join(cast.team, make_user("vera@northlight.example", "Vera"), Role.VIEWER)
    extra = join(cast.team, make_user("dora@northlight.example", "Dora Done"), Role.REVIEWER)
    made.ballots.create(voter=extra, seed=3)
    voter, me = Client(), Client()
    vote(voter, made, extra, TITLES)
    people: dict[str, User] = {"owner": cast.owner, "viewer": viewer, "voter who is done": extra}
    me.force_login(people[who])
    before = asked(me, made, takes)
    choose(voter, made, cast.reviewer, TITLES)
    assert asked(me, made, takes) == before
    vote(voter, made, cast.reviewer, TITLES, reason=["Mix"], note="Loud and clear")
    after = asked(me, made, takes)
    for address, answer in before.items():
        then = after[address]
        if who == "owner" and address.startswith(made.get_absolute_url()):  # is told who has finished, and nothing else
            assert then[:3] == answer[:3]
            said = str(then[4]).replace("Finished: Dora Done, Rafa Nunes.", "Finished: Dora Done.")
            assert said == answer[4]
        else:
            assert then == answer, address


def test_a_vote_tells_no_machine_and_nobody_else(client: Client, cast: Cast, made: Round, takes: list[Track]) -> None:
    Webhook.objects.add(cast.team, "https://hooks.example/x", list(Event.values), cast.owner)
    Notification.objects.all().delete()
    vote(client, made, cast.reviewer, TITLES)
    assert not Delivery.objects.exists() and not Notification.objects.exists()


def test_the_api_answers_the_same_before_and_after_a_vote(client: Client, cast: Cast, made: Round, takes: list[Track]) -> None:
    asker = Client(headers={"Authorization": f"Bearer {issue(cast.team, cast.owner)}"})
    addresses = [
        "/v1/models",
        f"/v1/audio/music/{takes[0].pk}",
        f"/v1/generations/{takes[0].pk}",
        "/v1/balance",
        "/v1/openapi.json",
    ]
    before = [(asker.get(address).status_code, asker.get(address).content) for address in addresses]
    vote(client, made, cast.reviewer, TITLES)
    assert [(asker.get(address).status_code, asker.get(address).content) for address in addresses] == before
    assert b"ballot" not in asker.get("/v1/openapi.json").content


def test_listening_in_private_hides_how_long_even_in_the_result(client: Client, cast: Cast, made: Round) -> None:
    from musicstudio.review.models import PrivateListening

    PrivateListening.set(cast.reviewer, True)
    vote(client, made, cast.reviewer, TITLES)
    made.close(cast.owner)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "listens in private" in page
