"""Tables that people open in a spreadsheet: lines of CSV whose text is never run as a formula."""

import csv
from collections.abc import Iterable
from io import StringIO

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Text that a spreadsheet takes for text: what starts like a formula gets an apostrophe (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA) else text


def row_of(values: Iterable[object]) -> str:
    """One line of CSV."""
    line = StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
