"""What the queue runs for people."""

from musicstudio.accounts.models import AuditEvent


def forget() -> None:
    """Removes audit events that are older than is kept."""
    AuditEvent.objects.forget()
