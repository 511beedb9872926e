"""What people are told: once, where they want it, and only while they belong."""

import smtplib
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from musicstudio.accounts.models import Membership
from musicstudio.notify import mailing
from musicstudio.notify.models import Notification
from musicstudio.notify.notices import Kind
from musicstudio.notify.tasks import mail as mail_task
from tests.conftest import Cast

PAGE = "/t/northlight/notices/"


def tell(cast: Cast, text: str = "Pia mentions you", kind: str = Kind.MENTION) -> list[Notification]:
    people = [cast.owner, cast.producer, cast.reviewer, cast.stranger, cast.owner]
    return Notification.objects.tell(cast.team, people, kind, text, "/t/northlight/tracks/", by=cast.producer)


def test_members_are_told_once_by_page_and_e_mail_but_not_who_did_it_and_no_stranger(cast: Cast, settings: Any) -> None:
    settings.PUBLIC_URL = "https://studio.example.com"
    assert [row.person for row in tell(cast)] == [cast.owner, cast.reviewer]
    mail_task()
    mail_task()
    assert sorted(letter.to[0] for letter in mail.outbox) == [cast.owner.email, cast.reviewer.email]
    letter = mail.outbox[0]
    assert "https://studio.example.com/t/northlight/tracks/" in letter.body
    assert letter.extra_headers["List-Unsubscribe"] == "<https://studio.example.com/t/northlight/notices/settings/>"


def test_everybody_chooses_how(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    client.post(PAGE + "settings/", {"mention": "off", "key": "page", "round": "nonsense", "csrf": "x"})
    client.force_login(cast.reviewer)
    client.post(PAGE + "settings/", {"mention": "page"})
    assert [(row.person, row.mail_at) for row in tell(cast)] == [(cast.reviewer, None)]
    page = client.get(PAGE + "settings/").content.decode()
    assert '<option value="page" selected>' in page


def test_what_is_rolled_back_is_not_told(cast: Cast) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(cast)
        raise RuntimeError
    mail_task()
    assert not Notification.objects.exists() and mail.outbox == []


def test_who_was_removed_gets_no_e_mail(cast: Cast) -> None:
    tell(cast)
    Membership.objects.filter(user=cast.reviewer).delete()
    mail_task()
    assert [letter.to for letter in mail.outbox] == [[cast.owner.email]]


def test_a_server_that_is_away_is_tried_again_but_one_that_may_have_taken_it_is_not(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Exception] = [ConnectionRefusedError(), smtplib.SMTPServerDisconnected()]
    tell(cast)
    with monkeypatch.context() as patch:
        patch.setattr(mailing.EmailMessage, "send", lambda self: (_ for _ in ()).throw(errors.pop(0)))
        mail_task()
    again = Notification.objects.get(mail_at__isnull=False)
    assert again.mailed_at is None and again.mail_at is not None and again.mail_at > timezone.now()
    Notification.objects.filter(pk=again.pk).update(mail_at=timezone.now())
    mail_task()
    mail_task()
    assert len(mail.outbox) == 1


def test_the_page_lists_ones_own_and_reading_marks_them(cast: Cast, client: Client) -> None:
    tell(cast)
    [mine] = tell(cast, "A second one")[:1]
    client.force_login(cast.owner)
    page = client.get(PAGE).content.decode()
    assert "2 unread" in page and page.count("Mark as read:") == 2
    response = client.get(f"{PAGE}{mine.pk}/")
    assert response.status_code == 302 and response["Location"] == "/t/northlight/tracks/"
    assert "1 unread" in client.get(PAGE + "?only=unread").content.decode()
    client.post(PAGE + "read/")
    assert "All read" in client.get(PAGE + "?only=unread").content.decode()
    assert Notification.objects.filter(person=cast.reviewer, read_at=None).count() == 2


def test_nobody_opens_somebody_elses(cast: Cast, client: Client) -> None:
    theirs = tell(cast)[1]
    client.force_login(cast.producer)
    assert client.get(f"{PAGE}{theirs.pk}/").status_code == 404
    client.post(PAGE + "read/", {"notice": str(theirs.pk)})
    assert Notification.objects.get(pk=theirs.pk).read_at is None


def test_many_are_paged(cast: Cast, client: Client) -> None:
    for number in range(32):
        tell(cast, f"News {number}")
    client.force_login(cast.owner)
    assert "page=2" in client.get(PAGE).content.decode()
    assert client.get(PAGE + "?page=2").content.decode().count("Mark as read:") == 2
