"""System checks of this app: what is half-configured is said at start-up, not when a report cannot be opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from environments.probes import sms_report


def check_settings(app_configs: Sequence[AppConfig] | None = None, **_options: Any) -> list[CheckMessage]:
    """E001: a master key of devices that is none. Unset is well: then there are no such devices."""
    given = settings.DEVICE_MASTER_KEY
    if not given:
        return []
    try:
        sms_report.read_master_key(given)
    except ValueError:
        # Never the value: it is a secret.
        return [
            Error(
                "DEVICE_MASTER_KEY must be 64 hexadecimal digits.",
                hint='Make one: python -c "import secrets; print(secrets.token_hex(32))".',
                id="environments.E001",
            )
        ]
    return []
