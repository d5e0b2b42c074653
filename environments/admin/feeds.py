"""Calendar feeds: secret addresses under which calendar programs read plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from environments.models import Environment


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_feeds.html` on the environment's page."""
    return {}
