"""System checks: what is half-configured is said at start-up, not when the first message fails."""

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ValidationError

from notifications import encryption
from notifications.senders.discord import check_webhook


def check_settings(app_configs: Sequence[AppConfig] | None = None, **_options: Any) -> list[CheckMessage]:
    """E001: a key that is no Fernet key. E002: a default webhook that cannot work. E003: a BASE_URL without scheme."""
    found: list[CheckMessage] = []
    for position, key in enumerate(encryption.configured_keys()):
        if not _is_key(key):
            found.append(
                Error(
                    f"FIELD_ENCRYPTION_KEYS[{position}] is not a Fernet key.",
                    hint="Make one: cryptography.fernet.Fernet.generate_key().",
                    id="notifications.E001",
                )
            )
    webhook = getattr(settings, "DISCORD_WEBHOOK_URL", "") or ""
    if webhook:
        try:
            check_webhook(webhook)
        except ValidationError as error:
            # Never the value: it is a secret.
            found.append(Error(f"DISCORD_WEBHOOK_URL: {error.messages[0]}", id="notifications.E002"))
    base_url = getattr(settings, "BASE_URL", "") or ""
    if base_url and not base_url.startswith(("http://", "https://")):
        found.append(Error("BASE_URL must begin with http:// or https://.", id="notifications.E003"))
    return found


def _is_key(key: object) -> bool:
    try:
        Fernet(str(key))
    except ValueError:
        return False
    return True
