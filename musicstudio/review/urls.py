"""Addresses of comments and of rounds."""

from django.urls import path

from musicstudio.review import compare_views

urlpatterns = [
    # t/<team>/compare/
    path("t/<slug:team>/compare/", compare_views.compare, name="compare"),
    path("t/<slug:team>/compare/decide/", compare_views.compare_decide, name="compare_decide"),
]
