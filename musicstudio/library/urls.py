"""Addresses of tracks: what is done to them; the pages that show them are in the web room."""

from django.urls import path

from musicstudio.library import views

urlpatterns = [
    # t/<team>/tracks/<track>/
    path("t/<slug:team>/tracks/<uuid:pk>/audio", views.audio, name="track_audio"),
    path("t/<slug:team>/tracks/<uuid:pk>/rename/", views.rename, name="track_rename"),
    path("t/<slug:team>/tracks/<uuid:pk>/tag/", views.tag, name="track_tag"),
    path("t/<slug:team>/tracks/<uuid:pk>/untag/", views.untag, name="track_untag"),
]
