from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """What was made, and what people call it."""

    name = "musicstudio.library"
