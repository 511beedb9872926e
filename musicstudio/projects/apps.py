from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Projects and the prompts written in them."""

    name = "musicstudio.projects"
