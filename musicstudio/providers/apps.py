from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProvidersConfig(AppConfig):
    """Models, their prices, the keys to reach them, and one client per wire format."""

    name = "musicstudio.providers"

    def ready(self) -> None:
        post_migrate.connect(seed_catalogue, sender=self, dispatch_uid="providers-catalogue")


def seed_catalogue(using: str, **kwargs: Any) -> None:
    """After every migration (and test flush): the catalogue is complete. Not after a migration back to nothing."""
    from django.db import connections  # noqa: PLC0415 (the app registry is not ready when this file is read)

    from musicstudio.providers.catalogue import seed  # noqa: PLC0415

    if "providers_price" in connections[using].introspection.table_names():
        seed()
