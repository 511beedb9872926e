"""What can be asked for."""

from django.db import models


class Format(models.TextChoices):
    """File formats that can be asked for."""

    MP3 = "mp3", "MP3"
    WAV = "wav", "WAV"
