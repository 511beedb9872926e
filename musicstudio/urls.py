"""Every address of the studio, by room."""

from django.urls import include, path

urlpatterns = [
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

handler403 = "musicstudio.web.errors.forbidden"
handler404 = "musicstudio.web.errors.not_found"
handler429 = "musicstudio.accounts.limits.too_many"
handler500 = "musicstudio.web.errors.fault"
