"""Every address of the studio, by room."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("musicstudio.library.urls")),
    path("", include("musicstudio.generation.urls")),
    path("", include("musicstudio.web.urls")),
    path("", include("musicstudio.api.urls")),
]
