"""Sending what people are told by e-mail: each is claimed first, so it is never sent twice; a server away is tried again."""

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from musicstudio.accounts.models import Membership
from musicstudio.notify.notices import Notification

log = logging.getLogger(__name__)
PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=12))
NOT_TAKEN = (
    ConnectionError,
    TimeoutError,
    smtplib.SMTPConnectError,
    smtplib.SMTPResponseException,
    smtplib.SMTPRecipientsRefused,
)
ROUND = 200


def mail() -> int:
    """Sends what is due and answers how many were sent."""
    due = Notification.objects.due().select_related("person", "team")[:ROUND]
    return sum(send(notice) for notice in list(due) if notice.claim())


def send(notice: Notification) -> bool:
    """One e-mail; false when there is nobody to send it to any more or the server did not take it."""
    still_in = Membership.objects.filter(team=notice.team_id, user=notice.person_id, user__is_active=True)
    if not still_in.exists():
        return False
    subject, body, headers = notice.body(reverse("notice_settings", args=[notice.team.slug]))
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [notice.person.email], headers=headers)
    try:
        message.send()
    except NOT_TAKEN as error:
        again = notice.tries < len(PAUSES)
        log.warning("An e-mail was not taken (%s); %s.", type(error).__name__, "tried again later" if again else "given up")
        if again:
            notice.put_off(PAUSES[notice.tries])
        return False
    except (OSError, smtplib.SMTPException) as error:  # it may have left: better once too few than twice
        log.warning("An e-mail may not have left (%s).", type(error).__name__)
        return False
    return True
