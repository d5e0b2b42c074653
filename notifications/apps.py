from typing import Any, ClassVar

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    event_kinds: ClassVar[dict[str, Any]] = {
        "notifications.channel_off": _("A channel was switched off"),
        "notifications.channel_silent": _("Nothing arrives over a channel"),
        "notifications.channel_works": _("A channel works again"),
        "notifications.channel_capped": _("A channel reached its limit of the day"),
        "notifications.asked_again": _("Somebody is asked once more"),
        "notifications.nobody_acknowledged": _("Nobody acknowledged"),
        "notifications.acknowledged": _("Somebody looks after it"),
    }
    event_groups: ClassVar[list[Any]] = [(_("Messages"), event_kinds)]
    """Kinds of events that this app publishes, and under which heading (see `kinds.groups`)."""

    beat_entries: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "every-10-seconds: outbox",
            "task": "notifications.tasks.sweep",
            "every_seconds": 10,
            "expires": 9,
        },
        {
            "name": "every-10-seconds: escalations",
            "task": "notifications.tasks.escalate",
            "every_seconds": 10,
            "expires": 9,
        },
        {
            "name": "every-10-seconds: chats",
            "task": "notifications.tasks.follow_chats",
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
        {
            "name": "daily: events",
            "task": "notifications.tasks.forget",
            "crontab": "15 19 * * *",
            "expires": 3600,
        },
    ]
    """Periodic tasks of this app; the portal installs what its apps declare."""

    def ready(self) -> None:
        """Registers the system checks, the door of SNS and what reminders offer, and keeps secrets out of urllib3's
        log."""
        from notifications import defaults, escalations, intake, offers
        from notifications.checks import check_settings
        from notifications.inbound import sns
        from notifications.senders.http import silence_wire_log

        checks.register(check_settings)
        intake.register(sns.DOOR, sns.judge)
        offers.register(escalations.VERB, escalations.Acknowledging())
        post_migrate.connect(defaults.install, sender=self, dispatch_uid="notifications.defaults")
        silence_wire_log()
