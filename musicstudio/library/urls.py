"""Addresses of tracks: what is done to them; the pages that show them are in the web room."""

from django.urls import path

from musicstudio.library import find_views, views

urlpatterns = [
    # t/<team>/find/
    path("t/<slug:team>/find/facets/<slug:key>/", find_views.facet, name="track_facet"),
    path("t/<slug:team>/find/suggest/", find_views.suggest, name="track_suggest"),
    path("t/<slug:team>/find/news/", find_views.news, name="track_news"),
    path("t/<slug:team>/find/views/", find_views.views, name="views"),
    path("t/<slug:team>/find/views/counts/", find_views.view_counts, name="view_counts"),
    path("t/<slug:team>/find/views/save/", find_views.view_save, name="view_save"),
    path("t/<slug:team>/find/views/<int:pk>/delete/", find_views.view_delete, name="view_delete"),
    # t/<team>/tracks/<track>/
    path("t/<slug:team>/tracks/<uuid:pk>/audio", views.audio, name="track_audio"),
    path("t/<slug:team>/tracks/<uuid:pk>/rename/", views.rename, name="track_rename"),
    path("t/<slug:team>/tracks/<uuid:pk>/tag/", views.tag, name="track_tag"),
    path("t/<slug:team>/tracks/<uuid:pk>/untag/", views.untag, name="track_untag"),
]
