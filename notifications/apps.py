from typing import Any, ClassVar

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    event_kinds: ClassVar[dict[str, Any]] = {
        "notifications.channel_off": _("A channel was switched off"),
    }
    """Kinds of events that this app publishes (see `kinds.catalogue`)."""

    beat_entries: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "every-10-seconds: outbox",
            "task": "notifications.tasks.sweep",
            "every_seconds": 10,
            "expires": 9,
        },
        {
            "name": "every-2-seconds: arrivals",
            "task": "notifications.tasks.judge",
            "every_seconds": 2,
            "expires": 2,
        },
        {
            # Four in the morning in Seoul.
            "name": "daily: arrivals",
            "task": "notifications.tasks.prune",
            "crontab": "0 19 * * *",
            "expires": 3600,
        },
    ]
    """Periodic tasks of this app; the portal installs what its apps declare."""

    def ready(self) -> None:
        """Registers the system checks and the door of SNS, and keeps secrets out of urllib3's log."""
        from notifications import intake
        from notifications.checks import check_settings
        from notifications.inbound import sns
        from notifications.senders.http import silence_wire_log

        checks.register(check_settings)
        intake.register(sns.DOOR, sns.judge)
        silence_wire_log()
