from typing import Any, ClassVar

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

# Before any app's tasks: `shared_task` binds to the application that exists. Not in `portal/__init__.py`, because the
# simulator is a module of this package and knows neither Celery nor Django.
from portal.celery import app as celery_app

__all__ = ["PortalConfig", "celery_app"]


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Portal")
    default_auto_field = "django.db.models.BigAutoField"
    beat_entries: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "daily: sign-ins",
            "task": "portal.tasks.prune_sign_ins",
            "crontab": "40 18 * * *",
            "expires": 3600,
        },
        {
            "name": "hourly: answers of the API",
            "task": "portal.tasks.prune_api_answers",
            "crontab": "20 * * * *",
            "expires": 3000,
        },
    ]

    # Read by notifications: what a channel can listen to.
    event_kinds: ClassVar[dict[str, Any]] = {}
    event_groups: ClassVar[list[Any]] = [(_("Sign-ins and the portal"), event_kinds)]

    def ready(self) -> None:
        from portal import checks, signin_events  # noqa: F401  (registers the system checks)
        from portal.beat_entries import after_migrate
        from portal.pulse import WorkerPulse

        self.event_kinds.update(signin_events.KINDS)
        celery_app.steps["worker"].add(WorkerPulse)

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="portal.beat_entries")
