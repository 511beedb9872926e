from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What every room uses; no models. Its system checks guard the settings."""

    name = "musicstudio.core"

    def ready(self) -> None:
        from musicstudio.core import checks  # noqa: F401, PLC0415 (registers the checks)
