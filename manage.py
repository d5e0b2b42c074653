#!/usr/bin/env python
"""Django's command line, with the portal's settings."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    from portal import origin

    if "serve" not in sys.argv[1:2]:  # what it serves speaks for itself
        origin.from_command()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
