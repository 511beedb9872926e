"""Addresses of takes being made."""

from django.urls import path

from musicstudio.generation import compose_views, views

urlpatterns = [
    path("hooks/aigateway/<uuid:pk>/", views.webhook, name="webhook"),
    # t/<team>/projects/<project>/
    path("t/<slug:team>/projects/<slug:project>/generate/", compose_views.generate, name="generate"),
    path("t/<slug:team>/projects/<slug:project>/ask/", compose_views.ask_more, name="ask_more"),
    path("t/<slug:team>/projects/<slug:project>/queue/", views.queue, name="queue"),
    path("t/<slug:team>/projects/<slug:project>/prompts/", compose_views.history, name="history"),
    path("t/<slug:team>/projects/<slug:project>/recipes/<int:pk>/drop/", compose_views.drop_recipe, name="drop_recipe"),
    # t/<team>/
    path("t/<slug:team>/compose/", compose_views.compose, name="compose"),
    path("t/<slug:team>/queue/", views.queue, name="team_queue"),
    path("t/<slug:team>/prompts/<uuid:pk>/star/", compose_views.star, name="star"),
    path("t/<slug:team>/prompts/<uuid:pk>/recipe/", compose_views.share_recipe, name="share_recipe"),
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
