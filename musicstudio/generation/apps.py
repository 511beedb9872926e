from django.apps import AppConfig


class GenerationConfig(AppConfig):
    """A take's way: asked, quoted, held, sent, followed, collected, settled."""

    name = "musicstudio.generation"
