"""Exceptions on the environment's page: those in force, a form with a preview, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from environments.models import Environment


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_exceptions.html` on the environment's page."""
    return {}
