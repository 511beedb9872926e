"""Connections: keys are tested for free, rotated with overlap, revoked with open eyes; fees and top-ups."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from musicstudio.core import crypto
from musicstudio.generation.models import Job
from musicstudio.providers.connections import Connection, TopUp
from musicstudio.providers.models import KeyState, ProviderKey
from musicstudio.providers.tasks import end_retired, tell_rejected
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_project

URL = reverse("connections", args=["northlight"])
SECRET, NEXT = "sk-aig-secret-987654321", "sk-aig-secret-000011112222"


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


@pytest.fixture
def key(cast: Cast) -> ProviderKey:
    return make_key(cast.team, SECRET)


def see(client: Client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def at(name: str, key: ProviderKey) -> str:
    return reverse(name, args=["northlight", key.pk])


class Answers:
    """A client that answers, or raises, without a network."""

    def __init__(self, error: Exception | None = None, micros: int | None = 42_000_000) -> None:
        self.error, self.micros = error, micros

    async def models(self) -> list[str]:
        if self.error:
            raise self.error
        return ["a", "b"]

    async def balance(self) -> object:
        from musicstudio.providers.base import Balance

        return Balance(self.micros, {})

    async def aclose(self) -> None:
        return None


def answering(monkeypatch: pytest.MonkeyPatch, client: Answers) -> None:
    monkeypatch.setattr(ProviderKey, "client", lambda self: client)


def test_a_test_says_what_works_and_how_fast(as_owner: Client, key: ProviderKey, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, Answers())
    as_owner.post(at("key_test", key))
    key.refresh_from_db()
    assert key.test_ok and key.test_note == "Works · 2 music models · $42.00 credit" and key.test_ms is not None
    page = see(as_owner)
    assert "Works · 2 music models" in page and "<dd>$42.00</dd>" in page and SECRET not in page


def test_a_401_marks_the_key_and_tells_the_admins_once(
    as_owner: Client, key: ProviderKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musicstudio.providers.base import Unauthorized

    answering(monkeypatch, Answers(Unauthorized("Invalid API key")))
    for _ in range(2):
        as_owner.post(at("key_test", key))
    key.refresh_from_db()
    assert key.state == KeyState.REJECTED and OrmQ.objects.count() == 1
    tell_rejected(str(key.pk))
    [letter] = mail.outbox
    assert letter.to == ["olga@northlight.example"] and "Invalid API key" in letter.body and SECRET not in letter.body
    answering(monkeypatch, Answers())
    as_owner.post(at("key_test", key))
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE and key.last_error == ""


def test_a_gateway_that_is_down_rejects_no_key(as_owner: Client, key: ProviderKey, monkeypatch: pytest.MonkeyPatch) -> None:
    from musicstudio.providers.base import Unavailable

    answering(monkeypatch, Answers(Unavailable("Connection refused")))
    as_owner.post(at("key_test", key))
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE and not key.test_ok and "Connection refused" in see(as_owner)


def test_a_key_is_added_for_one_project_and_used_there_only(
    as_owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, Answers())
    said = {"provider": "aigateway", "secret": SECRET, "label": "Film", "project": cast.project.slug}
    assert as_owner.post(reverse("key_add", args=["northlight"]), said).status_code == 302
    added = ProviderKey.objects.get()
    model = gateway_model()
    assert added.project == cast.project and added.test_ok
    assert ProviderKey.objects.for_model(cast.team, model, cast.project) == added
    assert ProviderKey.objects.for_model(cast.team, model, make_project(cast.team, "Other")) is None
    general = make_key(cast.team, NEXT)
    assert ProviderKey.objects.for_model(cast.team, model, cast.project) == added  # the project's own comes first
    assert ProviderKey.objects.for_model(cast.team, model) == general


def test_a_bad_key_is_refused_and_not_shown_again(as_owner: Client) -> None:
    response = as_owner.post(reverse("key_add", args=["northlight"]), {"provider": "aigateway", "secret": "with blanks in it"})
    assert response.status_code == 422 and b"with blanks in it" not in response.content and not ProviderKey.objects.exists()


def test_rotating_lets_what_runs_finish(as_owner: Client, cast: Cast, key: ProviderKey, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, Answers())
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("1", "generation"))
    as_owner.post(at("key_rotate", key), {"secret": NEXT})
    key.refresh_from_db()
    fresh = ProviderKey.objects.exclude(pk=key.pk).get()
    assert (key.state, fresh.state, fresh.label) == (KeyState.RETIRING, KeyState.ACTIVE, key.label)
    assert crypto.decrypt(Job.objects.get(pk=job.pk).key.ciphertext) == SECRET  # type: ignore[union-attr]
    assert ProviderKey.objects.for_model(cast.team, job.model, cast.project) == fresh
    assert "Retiring until" in see(as_owner)
    end_retired()
    assert ProviderKey.objects.get(pk=key.pk).ciphertext
    ProviderKey.objects.filter(pk=key.pk).update(retire_at=timezone.now() - timedelta(seconds=1))
    end_retired()
    assert ProviderKey.objects.get(pk=key.pk).state == KeyState.REVOKED


def test_a_bad_successor_leaves_the_key_as_it_is(as_owner: Client, key: ProviderKey) -> None:
    for secret in (SECRET, "short", ""):
        as_owner.post(at("key_rotate", key), {"secret": secret})
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE and ProviderKey.objects.count() == 1


def test_revoking_shows_the_takes_it_touches_and_wants_the_label(as_owner: Client, cast: Cast, key: ProviderKey) -> None:
    make_jobs(cast.project, cast.producer, takes=2, model=gateway_model("1", "generation"))
    page = see(as_owner, at("key_revoke", key))
    assert "2 takes are on the way" in page and "lo-fi piano" in page
    assert as_owner.post(at("key_revoke", key), {"label": "Studio"}).status_code == 422
    assert as_owner.post(at("key_revoke", key), {"label": "Studio key"}).status_code == 302
    key.refresh_from_db()
    assert (key.state, key.ciphertext) == (KeyState.REVOKED, "")
    assert as_owner.get(at("key_revoke", key)).status_code == 404


def set_fee(client: Client, **said: str) -> None:
    url = reverse("connection_set", args=["northlight", "aigateway"])
    assert client.post(url, {"fee": "per_call", "percent": "5"} | said).status_code == 302


def test_the_fee_is_taken_at_top_up_by_default(cast: Cast, key: ProviderKey) -> None:
    quote = gateway_model("2", "generation").quote(15_000, Connection.objects.of(cast.team, "aigateway"))
    assert (quote.amount_micros, quote.fee_micros) == (2_000_000, 0)


def test_a_fee_per_call_is_quoted_apart_held_and_settled(as_owner: Client, cast: Cast, key: ProviderKey) -> None:
    set_fee(as_owner, caps_count_fee="on")
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("2", "generation"))
    assert (job.hold.amount_micros, job.hold.quote["fee_micros"], job.hold.quote["counted_fee_micros"]) == (
        2_100_000,
        100_000,
        100_000,
    )
    job.hold.settle(1_000_000)
    assert job.hold.actual_micros == 1_050_000
    page = see(as_owner, reverse("project", args=["northlight", "aurora-spring-film"]))
    assert "fee of 5 % per call is included, and counted by caps" in page


def test_caps_may_leave_the_fee_out(as_owner: Client, cast: Cast, key: ProviderKey) -> None:
    set_fee(as_owner)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("2", "generation"))
    assert (job.hold.amount_micros, job.hold.quote["fee_micros"], job.hold.quote["counted_fee_micros"]) == (2_000_000, 100_000, 0)
    job.hold.settle(2_000_000)
    assert job.hold.actual_micros == 2_000_000


def test_a_charge_that_contains_the_fee_is_no_overrun(as_owner: Client, cast: Cast, key: ProviderKey) -> None:
    set_fee(as_owner, caps_count_fee="on")
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("2", "generation"))
    job.hold.settle(2_100_000)
    assert job.hold.actual_micros == 2_100_000


@pytest.mark.parametrize("percent", ["-1", "101", "x", ""])
def test_a_fee_is_a_percentage(as_owner: Client, cast: Cast, percent: str) -> None:
    set_fee(as_owner, percent=percent)
    assert not Connection.objects.exists() and "Nothing was saved" in see(as_owner)


def test_the_own_elevenlabs_key_is_off_until_it_is_switched_on(as_owner: Client, cast: Cast, key: ProviderKey) -> None:
    set_fee(as_owner, own_key="xi-own-key-12345678")
    assert Connection.objects.of(cast.team, "aigateway").own_keys() == {}
    set_fee(as_owner, send_own_key="on")
    connection = Connection.objects.of(cast.team, "aigateway")
    assert connection.own_keys() == {"elevenlabs": "xi-own-key-12345678"}
    assert connection.call_points == 0  # an own key waives the fee
    assert "xi-own-key-12345678" not in see(as_owner) + connection.own_key
    assert "•••• 5678" in see(as_owner)


def test_top_ups_are_written_down_by_hand(as_owner: Client, cast: Cast) -> None:
    url = reverse("top_up", args=["northlight", "aigateway"])
    as_owner.post(url, {"paid": "105", "fee": "5", "note": "card 4242"})
    as_owner.post(url, {"paid": "5", "fee": "6"})
    assert TopUp.objects.get().credit_micros == 100_000_000
    page = see(as_owner)
    assert "$100.00 credit bought" in page and "Nothing was written down" in page


def test_rotatekeys_writes_every_secret_under_the_newest_key(cast: Cast, key: ProviderKey, settings: object) -> None:
    connection = Connection(team=cast.team, provider="aigateway")
    connection.set_own_key("xi-own-key-12345678")
    connection.save()
    old, new = settings.KEY_ENCRYPTION_KEYS, Fernet.generate_key().decode()  # type: ignore[attr-defined]
    settings.KEY_ENCRYPTION_KEYS = [new, *old]  # type: ignore[attr-defined]
    call_command("rotatekeys", verbosity=0)
    settings.KEY_ENCRYPTION_KEYS = [new]  # type: ignore[attr-defined]
    key.refresh_from_db()
    connection.refresh_from_db()
    assert crypto.decrypt(key.ciphertext) == SECRET and crypto.decrypt(connection.own_key) == "xi-own-key-12345678"


def test_only_admins_see_connections(as_producer: Client, key: ProviderKey) -> None:
    assert as_producer.get(URL).status_code == 403
    for name in ("key_test", "key_rotate", "key_revoke"):
        assert as_producer.post(at(name, key)).status_code == 403


def test_a_strangers_key_is_not_found(as_owner: Client, cast: Cast) -> None:
    theirs = make_key(cast.other_team, NEXT)
    assert as_owner.post(at("key_test", theirs)).status_code == 404
