"""What the queue runs for comments and rounds."""

from musicstudio.review.models import Round


def end_rounds() -> None:
    """Tells people about rounds whose deadline has passed."""
    Round.objects.end_due()
