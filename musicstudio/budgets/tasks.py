"""What the queue runs for the ledger."""

from musicstudio.budgets import verify, warn


def tell() -> None:
    """Sends the alerts that wait."""
    warn.tell()


def check() -> None:
    """The daily audit, whose result is shown on the budgets page, and a last look into the outbox."""
    verify.check()
    warn.tell()
