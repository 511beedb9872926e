"""Every address of the studio, by room."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from musicstudio.web.admin_site import desk

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include("musicstudio.accounts.urls")),
    path("", include("musicstudio.library.urls")),
    path("", include("musicstudio.review.urls")),
    path("", include("musicstudio.generation.urls")),
    path("", include("musicstudio.web.urls")),
    path("", include("musicstudio.api.urls")),
]
if settings.ADMIN_PATH:  # last, so that it can hide no other address; without its slash too, or a redirect would tell of it
    urlpatterns += [path(settings.ADMIN_PATH, desk.bare), path(f"{settings.ADMIN_PATH}/", desk.urls)]

handler403 = "musicstudio.web.errors.forbidden"
handler404 = "musicstudio.web.errors.not_found"
handler429 = "musicstudio.accounts.limits.too_many"
handler500 = "musicstudio.web.errors.fault"
