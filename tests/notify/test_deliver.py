"""What a webhook is told arrives signed, once it is committed; what is not taken comes again."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ

from musicstudio.core.crypto import decrypt
from musicstudio.notify import deliver
from musicstudio.notify.models import KEPT, Delivery, Event, State, Webhook
from musicstudio.notify.tasks import forget
from tests.conftest import Cast
from tests.notify.conftest import Listener, Told


def news(told: Told) -> Delivery:
    Webhook.objects.tell(told.hook.team, Event.TRACK_CREATED, "Rain is in Aurora.", path=lambda: "/t/x/", seconds=3.5)
    return Delivery.objects.latest("created_at")


def again(delivery: Delivery) -> Delivery:
    """It is due now, and tried."""
    Delivery.objects.filter(pk=delivery.pk).update(next_at=timezone.now())
    deliver.deliver()
    delivery.refresh_from_db()
    return delivery


def test_it_arrives_signed_as_standard_webhooks_says(told: Told, listener: Listener) -> None:
    sent = news(told)
    assert deliver.deliver() == 1
    [(headers, body)] = listener.heard
    said = json.loads(body)
    assert (said["type"], said["text"], said["team"], said["data"]) == (
        "track.created", "Rain is in Aurora.", "northlight", {"seconds": 3.5, "url": "/t/x/"},
    )  # fmt: skip
    key = base64.b64decode(told.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-id"] == str(sent.pk) and abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    sent.refresh_from_db()
    assert (sent.state, sent.status, sent.tries) == (State.DELIVERED, 200, 1)
    assert deliver.deliver() == 0


def test_the_signature_is_the_one_the_specification_prints() -> None:
    """The example of the Standard Webhooks specification's libraries."""
    secret, message, stamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
    body = b'{"test": 2432232314}'
    assert deliver.sign(secret, message, stamp, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_what_it_wants_and_only_its_team(cast: Cast, listener: Listener) -> None:
    Webhook.objects.add(cast.team, listener.url, [Event.JOB_FAILED], cast.owner)
    assert Webhook.objects.tell(cast.team, Event.TRACK_CREATED, "x") == 0
    assert Webhook.objects.tell(cast.other_team, Event.JOB_FAILED, "x") == 0
    assert not OrmQ.objects.filter(payload__contains="deliver").exists()
    assert Webhook.objects.tell(cast.team, Event.JOB_FAILED, "x") == 1


def test_slack_gets_one_line_of_text(cast: Cast, listener: Listener) -> None:
    Webhook.objects.add(cast.team, listener.url, [Event.JOB_FAILED], cast.owner, "slack")
    Webhook.objects.tell(cast.team, Event.JOB_FAILED, "A take failed.", job="1")
    deliver.deliver()
    assert json.loads(listener.heard[0][1]) == {"text": "A take failed."}


def test_what_is_not_taken_comes_again_with_growing_pauses_and_the_same_id(told: Told, listener: Listener) -> None:
    listener.answers = [500, 302, 429]
    sent = news(told)
    deliver.deliver()
    for number in (1, 2, 3):
        sent.refresh_from_db()
        pause = (sent.next_at - timezone.now()).total_seconds()
        assert (sent.state, sent.tries) == (State.WAITING, number)
        assert deliver.PAUSES[number - 1] - 5 < pause <= deliver.PAUSES[number - 1]
        assert deliver.deliver() == 0  # not before its time
        again(sent)
    assert (sent.state, sent.tries, len(listener.heard)) == (State.DELIVERED, 4, 4)
    assert len({headers["webhook-id"] for headers, _ in listener.heard}) == 1


def test_after_the_last_pause_it_is_given_up_and_can_be_replayed(told: Told, listener: Listener) -> None:
    listener.answers = [500]
    sent = news(told)
    Delivery.objects.update(tries=len(deliver.PAUSES))
    assert again(sent).state == State.FAILED and sent.note == "Answered with HTTP 500."
    sent.replay()
    deliver.deliver()
    sent.refresh_from_db()
    assert (sent.state, sent.tries) == (State.DELIVERED, 1)


def test_an_address_that_is_gone_is_switched_off(told: Told, listener: Listener) -> None:
    listener.answers = [410]
    news(told)
    deliver.deliver()
    told.hook.refresh_from_db()
    assert not told.hook.is_active and "410" in told.hook.why_off
    assert Webhook.objects.tell(told.hook.team, Event.JOB_FAILED, "x") == 0


def test_nobody_listening_is_no_crash(told: Told, listener: Listener, settings: object) -> None:
    hook, _ = Webhook.objects.add(told.hook.team, "http://127.0.0.1:9/", Event.values, told.hook.created_by)  # type: ignore[arg-type]
    news(told)
    assert deliver.deliver() == 2
    sent = hook.deliveries.get()
    assert sent.state == State.WAITING and sent.note == "No connection (ConnectError)." and sent.status is None


def test_a_worker_that_died_with_it_gives_it_back(told: Told, listener: Listener) -> None:
    sent = news(told)
    assert [row.pk for row in deliver.claim()] == [sent.pk] and deliver.claim() == []
    Delivery.objects.update(next_at=timezone.now())
    assert deliver.deliver() == 1


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "127.0.0.1", "::1", "::ffff:10.0.0.1", "100.64.0.1", "192.168.1.1", "fd00::1"]
)
def test_it_never_goes_to_a_private_address(told: Told, monkeypatch: pytest.MonkeyPatch, settings: object, address: str) -> None:
    settings.ALLOW_LOOPBACK_WEBHOOKS = False  # type: ignore[attr-defined]
    Webhook.objects.all().delete()
    hook, _ = Webhook.objects.add(told.hook.team, "https://inside.example.com/x", Event.values, told.hook.created_by)  # type: ignore[arg-type]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **words: [(2, 1, 6, "", (address, 443))])
    monkeypatch.setattr("httpx.Client", lambda **words: pytest.fail("it connected"))
    Webhook.objects.tell(told.hook.team, Event.JOB_FAILED, "x")
    deliver.deliver()
    assert hook.deliveries.get().note == "inside.example.com is not on the open internet."


WRONG = ["", "http://example.com", "ftp://example.com", "https://", "https://u:p@example.com", "https://example.com/#x"]
WRONG += ["https://a b", "https://example.com:0", "https://example.com:99999", "https://exämple.com", "https://[::1"]


@pytest.mark.parametrize("url", [*WRONG, "https://x/" + "a" * 1_000])
def test_a_wrong_address_is_refused(cast: Cast, url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Webhook.objects.add(cast.team, url, [Event.JOB_FAILED], cast.owner)
    assert list(refused.value.message_dict) == ["url"]


def test_secrets_are_encrypted_and_turn_with_the_keys(told: Told, listener: Listener) -> None:
    before = Webhook.objects.get()
    stored = str(Webhook.objects.values().get())
    assert told.secret not in stored and "secret-path" not in stored
    call_command("rotatekeys")
    after = Webhook.objects.get()
    assert after.secret != before.secret and decrypt(after.secret) == told.secret and decrypt(after.ciphertext) == listener.url
    assert "secret-path" not in repr(deliver.parcel(news(told)))


def test_old_deliveries_are_forgotten(told: Told) -> None:
    sent, waiting = news(told), news(told)
    Delivery.objects.filter(pk=sent.pk).update(state=State.DELIVERED)
    Delivery.objects.update(created_at=timezone.now() - KEPT - timedelta(days=1))
    forget()
    assert list(Delivery.objects.all()) == [waiting]
