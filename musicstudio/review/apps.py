from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """What people say about tracks, and how they choose among them."""

    name = "musicstudio.review"

    def ready(self) -> None:
        from musicstudio.review.find import register  # noqa: PLC0415 (the app registry is not ready when this file is read)

        register()
