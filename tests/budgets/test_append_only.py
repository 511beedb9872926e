"""The database itself refuses to change history."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from musicstudio.budgets import append_only
from musicstudio.budgets.models import Hold
from musicstudio.budgets.verify import broken_invariants
from tests.conftest import Cast


@pytest.mark.parametrize("statement", ["UPDATE budgets_entry SET held_delta = 0", "DELETE FROM budgets_entry"])
def test_entries_cannot_be_changed_by_any_statement(cast: Cast, statement: str) -> None:
    Hold.objects.reserve(cast.team, [(uuid.uuid4(), {"amount_micros": 5})], cast.owner)
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert broken_invariants() == []


def test_a_missing_trigger_is_found_and_put_back(cast: Cast) -> None:
    append_only.remove(connection)
    assert len([text for text in broken_invariants() if "trigger" in text]) == 2
    append_only.install(connection)
    append_only.install(connection)
    assert broken_invariants() == []
