"""What other rooms add to a row of a list: what is read with the rows, and what is shown of it behind the title."""

from collections.abc import Callable
from typing import Any

from musicstudio.accounts.models import User

ROW_FACTS: list[Callable[[User], dict[str, Any]]] = []  # columns by name, for a person: read with the rows, in their query
ROW_MARKS: list[Callable[[Any], str]] = []  # of a track with these columns: safe HTML, or nothing
