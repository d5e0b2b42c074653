from typing import Any

from celery import signals
from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class EnvironmentsConfig(AppConfig):
    name = "environments"
    verbose_name = _("Environments")
    default_auto_field = "django.db.models.BigAutoField"
    # Read by the platform (fixed entries of beat) and by notifications (what a channel can listen to).
    beat_entries: list[dict[str, Any]] = [
        {"name": "every-minute: tick", "task": "environments.tasks.tick", "crontab": "* * * * *", "expires": 55},
        {"name": "every-10-seconds: sweep", "task": "environments.tasks.sweep", "every_seconds": 10, "expires": 9},
        {
            "name": "every-10-seconds: warnings",
            "task": "environments.tasks.warn_of_stops",
            "every_seconds": 10,
            "expires": 9,
        },
        {
            "name": "every-5-seconds: http checks",
            "task": "environments.tasks.check_addresses",
            "every_seconds": 5,
            "expires": 4,
        },
        {
            "name": "every-15-seconds: expectations",
            "task": "environments.tasks.judge_silence",
            "every_seconds": 15,
            "expires": 14,
        },
        {
            "name": "every-300-seconds: prices",
            "task": "environments.tasks.look_up_prices",
            "every_seconds": 300,
            "expires": 290,
        },
        {"name": "every-minute: bills", "task": "environments.tasks.read_bills", "crontab": "* * * * *", "expires": 55},
        {"name": "every-minute: costs", "task": "environments.tasks.costs", "crontab": "* * * * *", "expires": 55},
        {
            "name": "every-600-seconds: use",
            "task": "environments.tasks.look_at_use",
            "every_seconds": 600,
            "expires": 590,
        },
        {
            # Half past four in the morning in Seoul.
            "name": "daily: advice",
            "task": "environments.tasks.make_advice",
            "crontab": "30 19 * * *",
            "expires": 3600,
        },
        {"name": "hourly: days", "task": "environments.tasks.close_days", "crontab": "5 * * * *", "expires": 3300},
        {
            "name": "hourly: budgets",
            "task": "environments.tasks.check_budgets",
            "crontab": "20 * * * *",
            "expires": 3300,
        },
        {
            "name": "hourly: reports",
            "task": "environments.tasks.make_reports",
            "crontab": "10 * * * *",
            "expires": 3300,
        },
        {
            "name": "every-minute: reports",
            "task": "environments.tasks.send_reports",
            "crontab": "* * * * *",
            "expires": 55,
        },
        {
            "name": "every-minute: tickets",
            "task": "environments.tasks.send_tickets",
            "crontab": "* * * * *",
            "expires": 55,
        },
        {
            "name": "every-10-seconds: alarms",
            "task": "environments.tasks.look_at_alarms",
            "every_seconds": 10,
            "expires": 9,
        },
        {
            "name": "every-600-seconds: alarms",
            "task": "environments.tasks.match_alarms",
            "every_seconds": 600,
            "expires": 590,
        },
        {"name": "hourly: health", "task": "environments.tasks.sum_health", "crontab": "3 * * * *", "expires": 3300},
        {
            "name": "every-5-seconds: metrics",
            "task": "environments.tasks.look_at_metrics",
            "every_seconds": 5,
            "expires": 4,
        },
        {
            "name": "every-10-seconds: deployments",
            "task": "environments.tasks.deploy_due",
            "every_seconds": 10,
            "expires": 9,
        },
        {
            "name": "every-300-seconds: people",
            "task": "environments.tasks.enter_people",
            "every_seconds": 300,
            "expires": 290,
        },
        {
            "name": "every-300-seconds: images",
            "task": "environments.tasks.look_for_images",
            "every_seconds": 300,
            "expires": 290,
        },
        {"name": "hourly: ends", "task": "environments.tasks.ends", "crontab": "0 * * * *", "expires": 3500},
        {
            # Three in the morning in Seoul; nobody works with it while it is replaced.
            "name": "daily: calendars",
            "task": "environments.tasks.read_calendars",
            "crontab": "10 18 * * *",
            "expires": 3600,
        },
    ]
    event_kinds: dict[str, Any] = {}
    event_groups: tuple[Any, ...] = ()

    def ready(self) -> None:
        from notifications import audience, erasing, intake, labels, news, offers
        from notifications.chat import spoken
        from portal import pulse

        from . import alarms, commands, event_kinds, events, roles, warning_events
        from .checks import check_settings
        from .services import device_reports, heartbeats, label_choices, people, stop_news, stop_offers, unnaming
        from .targets import limits

        checks.register(check_settings)
        audience.ask_for_teams(events.teams_of)
        audience.ask_for_people(people.of_labels)
        labels.ask_for_choices(label_choices.of_all)
        erasing.ask_to_unname(unnaming.unname)
        offers.register(stop_offers.VERB, stop_offers.KeepOn())
        news.register(warning_events.STOP_COMES, stop_news.why_no_news)
        spoken.register(commands.ServerBot())
        intake.register(alarms.DOOR, alarms.judge)
        intake.register(heartbeats.DOOR, heartbeats.judge, at_once=heartbeats.AT_ONCE)
        intake.register(device_reports.DOOR, device_reports.judge)
        self.event_kinds, self.event_groups = event_kinds.KINDS, event_kinds.GROUPS
        post_migrate.connect(roles.install, sender=self, dispatch_uid="environments.roles")
        pulse.tell_workers(limits.share)
        signals.celeryd_after_setup.connect(_share_threads, dispatch_uid="environments.threads")


def _share_threads(instance: Any, **signal: Any) -> None:
    """How many threads a worker has decides how many of them one AWS account may keep busy."""
    from .targets.lanes import lanes

    lanes.threads = instance.concurrency
