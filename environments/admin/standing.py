"""What stands over an environment's plan for long: its pause, its last day, early starts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from environments.models import Environment


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_standing.html` on the environment's page."""
    return {}
