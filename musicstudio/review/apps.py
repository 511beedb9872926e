from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """What people say about tracks, and how they choose among them."""

    name = "musicstudio.review"
