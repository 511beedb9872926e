"""What the head of a track's page shows, on each of its tabs."""

from typing import Any

from django.http import HttpRequest

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.library.models import Track
from musicstudio.library.views import head_of

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
    return head_of(request, track) | {"takes": takes, "tabs": TABS, "at": "track", "here": "track"}
