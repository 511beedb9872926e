"""The web room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages; no models."""

    name = "musicstudio.web"
