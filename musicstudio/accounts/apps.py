from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, teams and who may do what."""

    name = "musicstudio.accounts"
