"""Addresses of tracks: what is done to them; the pages that show them are in the web room."""

from django.urls import path

from musicstudio.library import act_views, bin_views, collection_views, file_views, find_views, tag_views, views

urlpatterns = [
    # t/<team>/find/
    path("t/<slug:team>/find/facets/<slug:key>/", find_views.facet, name="track_facet"),
    path("t/<slug:team>/find/suggest/", find_views.suggest, name="track_suggest"),
    path("t/<slug:team>/find/neighbours/", find_views.neighbours, name="track_neighbours"),
    path("t/<slug:team>/find/views/", find_views.views, name="views"),
    path("t/<slug:team>/find/views/counts/", find_views.view_counts, name="view_counts"),
    path("t/<slug:team>/find/views/save/", find_views.view_save, name="view_save"),
    path("t/<slug:team>/find/views/<int:pk>/delete/", find_views.view_delete, name="view_delete"),
    # t/<team>/tracks/<track>/
    path("t/<slug:team>/tracks/<uuid:pk>/audio", views.audio, name="track_audio"),
    path("t/<slug:team>/tracks/<uuid:pk>/peaks.bin", views.peaks, name="track_peaks"),
    path("t/<slug:team>/tracks/<uuid:pk>/rename/", views.rename, name="track_rename"),
    path("t/<slug:team>/tracks/<uuid:pk>/note/", views.note, name="track_note"),
    path("t/<slug:team>/tracks/<uuid:pk>/tag/", views.tag, name="track_tag"),
    path("t/<slug:team>/tracks/<uuid:pk>/untag/", views.untag, name="track_untag"),
    path("t/<slug:team>/tracks/<uuid:pk>/menu/", act_views.menu, name="track_menu"),
    path("t/<slug:team>/tracks/<uuid:pk>/files/made/", file_views.made, name="track_made"),
    path("t/<slug:team>/tracks/<uuid:pk>/files/<slug:kind>/", file_views.ask, name="track_file_ask"),
    path("t/<slug:team>/tracks/<uuid:pk>/files/<slug:kind>/download", file_views.download, name="track_file"),
    # t/<team>/tracks/: many at once
    path("t/<slug:team>/tracks/act/", act_views.act, name="act"),
    path("t/<slug:team>/tracks/approval/", act_views.approval_ask, name="approval_ask"),
    path("t/<slug:team>/tracks/pick/<slug:what>/", act_views.pick, name="pick"),
    path("t/<slug:team>/tracks/zip/", act_views.zip, name="zip"),
    # t/<team>/archive/, t/<team>/bin/
    path("t/<slug:team>/archive/", bin_views.archive, name="archive"),
    path("t/<slug:team>/bin/", bin_views.trash, name="bin"),
    path("t/<slug:team>/bin/purge/", bin_views.purge, name="purge"),
    # t/<team>/collections/
    path("t/<slug:team>/collections/", collection_views.collections, name="collections"),
    path("t/<slug:team>/collections/<int:pk>/", collection_views.collection, name="collection"),
    path("t/<slug:team>/collections/<int:pk>/rename/", collection_views.collection_rename, name="collection_rename"),
    path("t/<slug:team>/collections/<int:pk>/delete/", collection_views.collection_delete, name="collection_delete"),
    path("t/<slug:team>/collections/<int:pk>/place/", collection_views.collection_place, name="collection_place"),
    # t/<team>/tags/
    path("t/<slug:team>/tags/", tag_views.tags, name="tags"),
    path("t/<slug:team>/tags/unused/", tag_views.tags_unused, name="tags_unused"),
    path("t/<slug:team>/tags/<int:pk>/edit/", tag_views.tag_edit, name="tag_edit"),
    path("t/<slug:team>/tags/<int:pk>/merge/", tag_views.tag_merge, name="tag_merge"),
    path("t/<slug:team>/tags/<int:pk>/delete/", tag_views.tag_delete, name="tag_delete"),
    path("t/<slug:team>/undo/<uuid:pk>/", act_views.undo, name="undo"),
]
