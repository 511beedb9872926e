"""The library: every track of a team, to be searched, narrowed and put in order."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from musicstudio.accounts.access import get_team, visible
from musicstudio.core.pages import page
from musicstudio.library.filters import Reader
from musicstudio.library.listing import Listing
from musicstudio.library.models import Track


@require_GET
@login_required
def library(request: HttpRequest, team: str) -> HttpResponse:
    """Every track of the team; the address holds what is searched for and how it is shown."""
    place = get_team(request, team)
    reader = Reader(place, request.user)  # type: ignore[arg-type]
    listing = Listing.from_query(visible(Track.objects.kept().filter(team=place), place), request.GET, reader)
    return page(request, "web/library.html", {"team": place, "listing": listing, "here": "library"})
