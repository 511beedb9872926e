"""What the head of a track's page shows, on each of its tabs."""

import uuid
from typing import Any

from django.http import HttpRequest

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.library.models import Track, Version
from musicstudio.library.scope import readable
from musicstudio.library.views import head_of
from musicstudio.review.models import Comment
from musicstudio.review.talk import Talk

TABS = [  # the name of the address, and what the tab is called
    ("track", "Comments"),
    ("track_versions", "Versions"),
    ("track_provenance", "Provenance"),
    ("track_files", "Files"),
    ("track_activity", "Activity"),
]


def track_context(request: HttpRequest, team: Team, track: Track) -> dict[str, Any]:
    """For a template that extends `web/track_base.html`; `at` in it names the tab. Sets the request's project.

    `track` comes from `library.views.get_track`, so that the person is known to be in the team.
    """
    request.project = track.project  # type: ignore[attr-defined]
    takes = visible(Track.objects.kept().filter(team=team, batch=track.batch), team).order_by("take")
    talk = Talk(track, request.membership)  # type: ignore[attr-defined]
    shown = {"takes": takes, "talk": talk, "switch": Version.objects.beside(track), "tabs": TABS}
    return head_of(request, track) | shown | {"at": "track", "here": "track"}


def say_context(request: HttpRequest, track: Track) -> dict[str, Any]:
    """For the form that comments; `?reply=` and `?edit=` name a comment, for browsers without script."""
    rows = Comment.objects.there().filter(track=track).select_related("by")
    reply, edit = (readable(request.GET.get(name, "")) for name in ("reply", "edit"))
    return {
        "next_id": uuid.uuid4(),
        "reply_to": rows.filter(pk=reply).first() if reply else None,
        "editing": rows.filter(pk=edit, by=request.user).first() if edit else None,  # type: ignore[misc]
    }
