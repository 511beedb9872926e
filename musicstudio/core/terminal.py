"""What the studio's commands say when they cannot do what was asked: plain lines on standard error, then an exit code."""

import sys
from collections.abc import Mapping
from typing import NoReturn

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import OutputWrapper

BAD_INPUT = 2  # exit code, as argparse uses it


def refuse(stderr: OutputWrapper, message: str | ValidationError, options: Mapping[str, str] | None = None) -> NoReturn:
    """Ends the command with code 2 after one line per message; `options` says what the terminal calls a field."""
    if isinstance(message, str):
        stderr.write(message)
        sys.exit(BAD_INPUT)
    found = message.message_dict if hasattr(message, "error_dict") else {NON_FIELD_ERRORS: message.messages}
    for field, lines in found.items():
        name = "" if field == NON_FIELD_ERRORS else (options or {}).get(field, field)
        stderr.write(f"{name}: {' '.join(lines)}" if name else " ".join(lines))
    sys.exit(BAD_INPUT)
