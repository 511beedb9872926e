"""Addresses of comments and of rounds."""

from django.urls import path

from musicstudio.review import compare_views, heard_views

urlpatterns = [
    # t/<team>/heard/: what the player reports
    path("t/<slug:team>/heard/", heard_views.heard, name="heard"),
    path("t/<slug:team>/heard/private/", heard_views.private_listening, name="private_listening"),
    # t/<team>/compare/
    path("t/<slug:team>/compare/", compare_views.compare, name="compare"),
    path("t/<slug:team>/compare/decide/", compare_views.compare_decide, name="compare_decide"),
]
