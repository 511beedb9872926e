"""Addresses of comments and of rounds."""

from django.urls import path

from musicstudio.review import comment_views, compare_views, heard_views, round_views

urlpatterns = [
    # t/<team>/heard/: what the player reports
    path("t/<slug:team>/heard/", heard_views.heard, name="heard"),
    path("t/<slug:team>/heard/private/", heard_views.private_listening, name="private_listening"),
    path("t/<slug:team>/tracks/<uuid:pk>/heard/", heard_views.hearing, name="hearing"),
    # t/<team>/tracks/<track>/comments/, t/<team>/comments/<comment>/
    path("t/<slug:team>/tracks/<uuid:pk>/comments/", comment_views.comments, name="comments"),
    path("t/<slug:team>/tracks/<uuid:pk>/comments/seen/", comment_views.comments_seen, name="comments_seen"),
    path("t/<slug:team>/tracks/<uuid:pk>/comments/carry/", comment_views.comments_carry, name="comments_carry"),
    path("t/<slug:team>/comments/<uuid:pk>/resolve/", comment_views.comment_resolve, name="comment_resolve"),
    path("t/<slug:team>/comments/<uuid:pk>/react/", comment_views.comment_react, name="comment_react"),
    path("t/<slug:team>/comments/<uuid:pk>/delete/", comment_views.comment_delete, name="comment_delete"),
    # t/<team>/compare/
    path("t/<slug:team>/compare/", compare_views.compare, name="compare"),
    path("t/<slug:team>/compare/decide/", compare_views.compare_decide, name="compare_decide"),
    # t/<team>/rounds/
    path("t/<slug:team>/rounds/", round_views.rounds, name="rounds"),
    path("t/<slug:team>/rounds/new/", round_views.round_new, name="round_new"),
    path("t/<slug:team>/rounds/<uuid:pk>/", round_views.round, name="round"),
    path("t/<slug:team>/rounds/<uuid:pk>/hear/<slug:key>", round_views.round_hear, name="round_hear"),
    path("t/<slug:team>/rounds/<uuid:pk>/heard/", round_views.round_heard, name="round_heard"),
    path("t/<slug:team>/rounds/<uuid:pk>/pick/", round_views.round_pick, name="round_pick"),
    path("t/<slug:team>/rounds/<uuid:pk>/cast/", round_views.round_cast, name="round_cast"),
    path("t/<slug:team>/rounds/<uuid:pk>/close/", round_views.round_close, name="round_close"),
    path("t/<slug:team>/rounds/<uuid:pk>/extend/", round_views.round_extend, name="round_extend"),
    path("t/<slug:team>/rounds/<uuid:pk>/settle/", round_views.round_settle, name="round_settle"),
]
