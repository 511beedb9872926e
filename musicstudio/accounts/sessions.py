"""Where somebody is signed in: allauth lists the sessions, here one of them is ended."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Signs the person out there."""
    get_object_or_404(UserSession, pk=pk, user=request.user).end()
    messages.success(request, "The session is ended.")
    return redirect("usersessions_list")
