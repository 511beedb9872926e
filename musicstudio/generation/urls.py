"""Addresses of takes being made."""

from django.urls import path

from musicstudio.generation import views

urlpatterns = [
    # t/<team>/projects/<project>/
    path("t/<slug:team>/projects/<slug:project>/generate/", views.generate, name="generate"),
    path("t/<slug:team>/projects/<slug:project>/ask/", views.ask_more, name="ask_more"),
    path("t/<slug:team>/projects/<slug:project>/queue/", views.queue, name="queue"),
    # t/<team>/jobs/<job>/
    path("t/<slug:team>/jobs/<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("t/<slug:team>/jobs/<uuid:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("t/<slug:team>/jobs/<uuid:pk>/collect-again/", views.collect_again, name="collect_again"),
    path("t/<slug:team>/jobs/<uuid:pk>/resolve/", views.resolve, name="resolve"),
]
