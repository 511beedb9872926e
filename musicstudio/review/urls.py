"""Addresses of comments and of rounds."""

from django.urls import path

from musicstudio.review import comment_views, compare_views, heard_views

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
]
