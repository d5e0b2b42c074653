"""The WSGI application, for `manage.py serve` and for granian (docs/operations.md)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from portal.settled import settle  # noqa: E402 - its imports need the settings

settle()
