"""Addresses of pages that need several rooms."""

from django.urls import path

from musicstudio.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("preferences/", views.preferences, name="preferences"),
    # t/<team>/
    path("t/<slug:team>/", views.team, name="team"),
    path("t/<slug:team>/tracks/", views.library, name="library"),
    path("t/<slug:team>/tracks/<uuid:pk>/", views.track, name="track"),
    path("t/<slug:team>/new-project/", views.project_new, name="project_new"),
    path("t/<slug:team>/projects/<slug:project>/", views.project, name="project"),
    # t/<team>/settings/
    path("t/<slug:team>/settings/", views.settings, name="settings"),
    path("t/<slug:team>/settings/cap/", views.set_cap, name="set_cap"),
    path("t/<slug:team>/settings/keys/", views.add_key, name="add_key"),
    path("t/<slug:team>/settings/keys/<uuid:pk>/revoke/", views.revoke_key, name="revoke_key"),
]
