from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The gateway's contract, served by the studio: what speaks to the AIgateway can speak to the studio instead."""

    name = "musicstudio.api"
