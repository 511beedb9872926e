"""The trigger that makes ledger entries append-only, on SQLite and PostgreSQL. Whoever migrates installs it."""

from musicstudio.core.append_only import AppendOnly

LEDGER = AppendOnly("budgets_entry", "ledger entries are never changed or deleted")
install, remove, missing, after_migrate = LEDGER.install, LEDGER.remove, LEDGER.missing, LEDGER.after_migrate
