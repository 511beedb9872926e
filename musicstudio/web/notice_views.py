"""What a person was told in a team, and how they want to be told."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.core.pages import page
from musicstudio.notify.models import Notification
from musicstudio.notify.notices import How, Kind, NoticeSetting

PER_PAGE = 30


@require_GET
@login_required
def notices(request: HttpRequest, team: str) -> HttpResponse:
    """The person's own news in the team, newest first; `?only=unread` leaves out what was read."""
    place = get_team(request, team)
    mine = Notification.objects.filter(team=place, person=request.user).select_related("by")  # type: ignore[misc]
    only = request.GET.get("only") == "unread"
    rows = Paginator(mine.unread() if only else mine, PER_PAGE).get_page(request.GET.get("page"))
    shown = {"team": place, "rows": rows, "only": only, "here": "notices"}
    return page(request, "web/notices.html", shown)


@require_GET
@login_required
def notice(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Leads to what the news is about, and notes that it was read."""
    found = get_team_object(request, Notification.objects.filter(person=request.user), team=team, pk=pk)  # type: ignore[misc]
    Notification.objects.filter(pk=found.pk).read()
    return redirect(found.url)


@require_POST
@login_required
def notices_read(request: HttpRequest, team: str) -> HttpResponse:
    """Notes that one (`notice`) or all of it was read."""
    place = get_team(request, team)
    mine = Notification.objects.filter(team=place, person=request.user)  # type: ignore[misc]
    one = request.POST.get("notice", "")
    (mine.filter(pk__in=[row.pk for row in mine.unread() if str(row.pk) == one]) if one else mine).read()
    return redirect("notices", team)


@require_http_methods(["GET", "POST"])
@login_required
def notice_settings(request: HttpRequest, team: str) -> HttpResponse:
    """For each kind of news: on the page and by e-mail, on the page, or not at all. The same in every team."""
    place = get_team(request, team)
    if request.method == "POST":
        NoticeSetting.choose(request.user, request.POST.dict())  # type: ignore[arg-type]
        messages.success(request, "Saved. It holds in all your teams.")
        return redirect("notice_settings", team)
    chosen = NoticeSetting.of(request.user)  # type: ignore[arg-type]
    kinds = [(kind.value, kind.label, chosen[kind]) for kind in Kind]
    return page(request, "web/notice_settings.html", {"team": place, "kinds": kinds, "hows": How.choices, "here": "notices"})
