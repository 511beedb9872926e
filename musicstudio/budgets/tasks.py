"""What the queue runs for the ledger."""

from musicstudio.budgets import verify, warn


def tell() -> None:
    """Sends the alerts that wait."""
    warn.tell()


def check() -> None:
    """The daily audit; its result is shown on the budgets page."""
    verify.check()
