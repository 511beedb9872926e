"""Asking for more than the caps allow: the takes are kept as they were asked for, and an approval runs just those."""

import uuid
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.models import AuditEvent, User
from musicstudio.budgets.grants import Ask, AskState, Grant
from musicstudio.budgets.models import Cap, OverCap, Period
from musicstudio.core.money import format_micros, written_with
from musicstudio.generation.models import Job
from musicstudio.generation.submit import agreed_quote, check_request, submit
from musicstudio.notify.models import Notification
from musicstudio.notify.notices import Kind
from musicstudio.projects.models import Prompt
from musicstudio.providers.models import MusicModel, ProviderKey


class NotOpen(Exception):
    """The request was decided, withdrawn or has expired."""


@transaction.atomic
def ask(
    prompt: Prompt,
    takes: int,
    model: MusicModel,
    by: User,
    reason: str,
    *,
    seed: int | None = None,
    batch: uuid.UUID | None = None,
    agreed_micros: int | None = None,
) -> Ask:
    """A request that carries prompt, quote and reason to the admins. Nothing is held.

    Sent twice with the same `batch`, the second answers with the first. Raises ValidationError with a message per field
    (those of `submit`, and `reason`), also when no cap stands in the way or the cap that does takes no requests.
    """
    team = prompt.project.team
    batch = batch or uuid.uuid4()
    if asked_before := Ask.objects.filter(team=team, pk=batch).first():
        return asked_before
    if not 3 <= len(reason.strip()) <= 500:
        raise ValidationError({"reason": "Say in a few words why, in at most 500 characters."})
    check_request(prompt, takes, model, seed)
    quote = agreed_quote(prompt, takes, model, agreed_micros)
    refusal = refused(prompt, takes, model, by, seed, agreed_micros)
    if prompt._state.adding:
        prompt = Prompt.objects.write(prompt)
    made = Ask.objects.create(
        id=batch,
        team=team,
        project=prompt.project,
        prompt=prompt,
        model=model,
        key=ProviderKey.objects.for_model(team, model, prompt.project),
        takes=takes,
        seed=seed,
        amount_micros=quote.amount_micros * takes,
        quote=quote.as_json(),
        refusal=str(refusal)[:400],
        reason=reason.strip(),
        created_by=by,
    )
    tell(made, "asked")
    return made


def refused(prompt: Prompt, takes: int, model: MusicModel, by: User, seed: int | None, agreed_micros: int | None) -> OverCap:
    """What the caps say to this request; raises ValidationError when there is nothing to ask for."""
    fresh = prompt._state.adding
    try:
        with transaction.atomic():
            submit(prompt, takes, model, by, seed=seed, agreed_micros=agreed_micros)
            raise _Fits
    except _Fits:
        raise ValidationError({"cost": "This fits into the caps now. Generate it; there is nothing to ask for."}) from None
    except ValidationError as error:
        short = error.__cause__
        if not isinstance(short, OverCap):
            raise
        if not short.may_ask:
            raise ValidationError({"cost": f"{short} This cap takes no requests."}) from error
        return short
    finally:
        prompt._state.adding = fresh  # what was written to find out is rolled back


class _Fits(Exception):
    """The request could simply run: what was queued to find out is rolled back."""


def approve(request: Ask, by: User, *, extra_micros: int = 0, until: datetime | None = None, answer: str = "") -> list[Job]:
    """Runs the takes as they were asked for, charged to the person who asked. Answers with the queued jobs.

    Every cap that is short gets a grant of what is missing, or of `extra_micros` if that is more, which expires at
    `until` (or with the cap's period). A cap per take does not stop approved takes.
    Raises `NotOpen`, and ValidationError when the takes cannot run for another reason: then nothing has changed.
    """
    try:
        with transaction.atomic():
            locked = Ask.objects.select_for_update().get(pk=request.pk)
            if locked.state != AskState.OPEN or locked.expires_at <= timezone.now():
                raise NotOpen("This request is no longer open.")
            jobs = run(request, by, extra_micros, until)
            request.end(AskState.APPROVED, by, answer)
            tell(request, "approved")
            AuditEvent.objects.note(request.team, by, "request.approve", request, after=answer or None)
        return jobs
    except ValidationError:
        quote_again(request)
        raise


def quote_again(request: Ask) -> None:
    """The request takes over today's price, so that the admin who was told about the change can approve that."""
    with suppress(ValidationError):
        quote = agreed_quote(request.prompt, request.takes, request.model, None)
        Ask.objects.filter(pk=request.pk, state=AskState.OPEN).update(
            amount_micros=quote.amount_micros * request.takes, quote=quote.as_json()
        )


def run(request: Ask, by: User, extra_micros: int, until: datetime | None) -> list[Job]:
    """Submits the takes, making room where it is missing; raises ValidationError."""
    for _ in range(len(Period.choices) * 4):  # each round makes room in every cap that was short
        try:
            with transaction.atomic():
                return submit(
                    request.prompt,
                    request.takes,
                    request.model,
                    request.created_by,
                    seed=request.seed,
                    batch=request.pk,
                    agreed_micros=request.amount_micros,
                    approved=True,
                )
        except ValidationError as error:
            if not isinstance(error.__cause__, OverCap):
                raise
            for cap, missing in error.__cause__.short:
                grant_room(cap, max(missing, extra_micros), request, by, until)
    raise ValidationError({"cost": "The caps are used up faster than room can be made. Try again."})


def grant_room(cap: Cap, micros: int, request: Ask, by: User, until: datetime | None) -> Grant:
    """Room in the cap's current period, with the request as its reason."""
    reason = f"Request of {request.created_by.display_name}: {request.reason}"
    return Grant.objects.give(cap.bucket(), micros, reason[:300], by, expires_at=until)


def decline(request: Ask, by: User, answer: str) -> None:
    """Says no, with a reason. Raises `NotOpen`, and ValidationError without a reason."""
    if not answer.strip():
        raise ValidationError({"answer": "Say why, so that the person knows what to change."})
    with transaction.atomic():
        if not request.end(AskState.DECLINED, by, answer.strip()):
            raise NotOpen("This request is no longer open.")
        tell(request, "declined")
        AuditEvent.objects.note(request.team, by, "request.decline", request, after=answer.strip())


def withdraw(request: Ask) -> None:
    """The person who asked takes it back. Raises `NotOpen`."""
    if not request.end(AskState.WITHDRAWN, request.created_by):
        raise NotOpen("This request is no longer open.")


def tell(request: Ask, what: str) -> None:
    """Queues the mail, in the caller's transaction."""
    async_task("musicstudio.generation.ask.mail", str(request.pk), what, q_options={"save": False})


def mail(request_id: str, what: str) -> int:
    """To the admins when something is asked, to the person who asked when it is decided."""
    request = Ask.objects.select_related("team", "created_by", "decided_by", "prompt", "project", "model").get(pk=request_id)
    with written_with(request.team.symbol):
        return letter(request, what)


def letter(request: Ask, what: str) -> int:
    """On the page, and a longer e-mail to those who want one."""
    money, who = format_micros(request.amount_micros), request.created_by.display_name
    page = reverse("budgets", args=[request.team.slug])
    takes = f"{request.takes} take{'' if request.takes == 1 else 's'} with {request.model} for {money}"
    if what == "asked":
        told = Notification.objects.tell_admins(
            request.team, Kind.REQUEST, f"{who} asks for {takes} in {request.project}.", page, request.created_by, mailed=False
        )
        subject = f"{request.team.name}: {who} asks for {money}"
        words = f"Prompt: {request.prompt.text}\nWhy: {request.reason}"
        body = f"{who} asks for {takes} in {request.project}.\n\n{words}\n\n{request.refusal}\n"
    else:
        decider = request.decided_by.display_name if request.decided_by else "An admin"
        told = Notification.objects.tell(
            request.team,
            [request.created_by],
            Kind.REQUEST,
            f"{decider} {what} {takes}.",
            page,
            request.decided_by,
            mailed=False,
        )
        subject = f"{request.team.name}: your request for {money} was {what}"
        ending = "The takes are queued as you asked." if what == "approved" else "Nothing was sent or charged."
        body = f"{decider} {what} {takes}.\n\n{request.answer}\n\n{ending}\n"
    to = [row.person.email for row in told if row.want_mail]
    return send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, to) if to else 0
