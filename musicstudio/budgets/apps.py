from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    """What may be spent, and what was."""

    name = "musicstudio.budgets"
