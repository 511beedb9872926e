"""Saying something about a track, and what is done to what was said."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import parse_etags
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from musicstudio.accounts.access import get_team_object
from musicstudio.accounts.models import Role
from musicstudio.core.pages import page, say, toast
from musicstudio.library.models import Track, Undo
from musicstudio.library.scope import readable
from musicstudio.library.views import get_track
from musicstudio.review import moments
from musicstudio.review.models import Comment, Look
from musicstudio.review.talk import Talk, etag, since_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def comments(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The threads, 304 while nothing changes; a POST says something, or with `edit` says it in other words."""
    if request.method != "POST":
        track = get_team_object(request, Track.objects.all(), team=team, pk=pk)  # every open page asks all the time
        tag = etag(track, request.membership, request.GET.get("since", ""))  # type: ignore[attr-defined]
        same = tag in parse_etags(request.headers.get("If-None-Match", ""))
        response = HttpResponseNotModified() if same else threads(request, get_track(request, team, pk))
        response.headers["ETag"], response.headers["Cache-Control"] = tag, "private, no-cache"
        return response
    track = get_track(request, team, pk, Role.REVIEWER)
    try:
        comment = changed_words(request, track) if request.POST.get("edit") else said(request, track)
    except ValidationError as refused:
        return reject(request, track, " ".join(refused.messages))
    done = {"next": str(uuid.uuid4()), "id": comment.pk.hex}
    return trigger_client_event(threads(request, track), "ms:said", done, after="settle")


def said(request: HttpRequest, track: Track) -> Comment:
    """The new comment of the form. Raises ValidationError."""
    form, parent = request.POST, None
    if form.get("parent"):
        parent = Comment.objects.filter(track=track, pk=readable(form["parent"])).first()  # type: ignore[misc]
        if parent is None:
            raise ValidationError("What you reply to is no longer here. Your text was not sent; it can stand by itself.")
    times = {"start_ms": moments.read(form.get("start", "")), "end_ms": moments.read(form.get("end", ""))}
    id = readable(form.get("id", ""))
    return Comment.objects.say(track, request.user, form.get("text", ""), id=id, parent=parent, **times)  # type: ignore[arg-type]


def changed_words(request: HttpRequest, track: Track) -> Comment:
    """The person's own comment in other words. Raises ValidationError."""
    comment = Comment.objects.there().filter(track=track, by=request.user, pk=readable(request.POST["edit"])).first()  # type: ignore[misc]
    if comment is None:
        raise ValidationError("This comment is no longer here. Your text was not sent; it can stand by itself.")
    comment.edit(request.POST.get("text", ""))
    return comment


def reject(request: HttpRequest, track: Track, why: str) -> HttpResponse:
    """The reason, beside the field; what was typed stays there. Without script: a page with both."""
    if request.htmx:  # type: ignore[attr-defined]
        response = page(request, "review/_refused.html", {"why": why}, status=422)
        return reswap(retarget(response, "#err_say"), "innerHTML")
    return page(request, "review/refused.html", {"track": track, "team": track.team, "why": why}, status=422)


def threads(request: HttpRequest, track: Track) -> HttpResponse:
    """The list as it stands now, with the pins of the waveform. Without script: the page."""
    if request.method == "POST" and not request.htmx:  # type: ignore[attr-defined]
        return redirect(track)
    since = (request.POST if request.method == "POST" else request.GET).get("since")
    talk = Talk(track, request.membership, since)  # type: ignore[attr-defined]
    return page(request, "review/_comments.html", {"track": track, "team": track.team, "talk": talk, "fresh": True})


def get_comment(request: HttpRequest, team: str, pk: uuid.UUID) -> Comment:
    """A comment of a track that the person sees and may take part in."""
    rows = Comment.objects.there().select_related("track", "by", "parent")
    return get_team_object(request, rows, Role.REVIEWER, team=team, pk=pk)


def shown(request: HttpRequest, comment: Comment) -> HttpResponse:
    """The list around the comment."""
    return threads(request, get_track(request, comment.track.team.slug, comment.track_id))


@require_POST
@login_required
def comment_resolve(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Ends a thread, or with `open` begins it again."""
    comment = get_comment(request, team, pk)
    reopened = bool(request.POST.get("open"))
    comment.resolve(request.user, not reopened)  # type: ignore[arg-type]
    return say(shown(request, comment), "Thread open again." if reopened else "Thread resolved.")


@require_POST
@login_required
def comment_react(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Adds a reaction of the `kind` or takes it off."""
    comment = get_comment(request, team, pk)
    try:
        comment.react(request.user, request.POST.get("kind", ""))  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(HttpResponse(status=422), " ".join(refused.messages))
    return shown(request, comment)


@require_POST
@login_required
def comment_delete(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Takes one's own comment away, an admin anybody's; the message has the way back."""
    comment = get_comment(request, team, pk)
    if comment.by_id != request.user.pk and not request.membership.may(Role.ADMIN):  # type: ignore[attr-defined]
        raise PermissionDenied("Only an admin deletes what somebody else has said.")
    comment.delete_softly(timezone.now())
    undo = Undo.objects.create(team=comment.team, by=request.user, act="uncomment", facts=[comment.pk.hex])  # type: ignore[misc]
    return toast(shown(request, comment), "Comment deleted.", undo.address)


@require_POST
@login_required
def comments_seen(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Notes that the person has read everything `upto` a moment."""
    track = get_track(request, team, pk)
    if upto := since_of(request.POST.get("upto", "")):
        Look.note(track, request.user, min(upto, timezone.now()))  # type: ignore[arg-type]
    return HttpResponse(status=204)


@require_POST
@login_required
def comments_carry(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Brings the open threads of the version `from` here."""
    track = get_track(request, team, pk, Role.REVIEWER)
    source = get_team_object(request, Track.objects.all(), team=team, pk=readable(request.POST.get("from", "")))
    try:
        heads = Comment.objects.carry(source, track, request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(HttpResponse(status=422), " ".join(refused.messages))
    undo = Undo.objects.create(team=track.team, by=request.user, act="uncarry", facts=[head.pk.hex for head in heads])  # type: ignore[misc]
    said = f"{len(heads)} open comment{'s' * (len(heads) != 1)} carried from take {source.letter}."
    return toast(threads(request, track), said, undo.address)
