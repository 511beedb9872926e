#!/usr/bin/env python
"""Run one of the studio's commands: `python manage.py studio` is the one to start with."""

import os
import sys


def main() -> None:
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicstudio.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 (the hint below needs the import here)
    except ImportError as error:
        raise SystemExit(f"{error}. Install the studio first: pip install -e .") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
