"""Addresses of takes being made."""

from django.urls import path

from musicstudio.generation import views

urlpatterns = [
    path("hooks/aigateway/<uuid:pk>/", views.webhook, name="webhook"),
    # t/<team>/projects/<project>/
    path("t/<slug:team>/projects/<slug:project>/generate/", views.generate, name="generate"),
    path("t/<slug:team>/projects/<slug:project>/ask/", views.ask_more, name="ask_more"),
    path("t/<slug:team>/projects/<slug:project>/queue/", views.queue, name="queue"),
    # t/<team>/jobs/<job>/
    path("t/<slug:team>/jobs/<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("t/<slug:team>/jobs/<uuid:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("t/<slug:team>/jobs/<uuid:pk>/collect-again/", views.collect_again, name="collect_again"),
    path("t/<slug:team>/jobs/<uuid:pk>/resolve/", views.resolve, name="resolve"),
    path("t/<slug:team>/jobs/<uuid:pk>/retry/", views.retry, name="retry"),
    path("t/<slug:team>/jobs/<uuid:pk>/ask-again/", views.ask_again, name="ask_again"),
    path("t/<slug:team>/jobs/", views.jobs, name="jobs"),
    # t/<team>/keys/<key>/
    path("t/<slug:team>/keys/<uuid:pk>/", views.connection, name="connection"),
    path("t/<slug:team>/keys/<uuid:pk>/check/", views.check_key, name="check_key"),
    path("t/<slug:team>/keys/<uuid:pk>/calibrate/", views.calibrate_key, name="calibrate_key"),
    path("t/<slug:team>/keys/<uuid:pk>/pause/", views.pause_key, name="pause_key"),
]
