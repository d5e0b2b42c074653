"""The Celery application: `celery -A portal worker`, `celery -A portal beat`.

A task's message is only a wake-up call: the work is rows in the database, and the sweep finds what no message came
for. So tasks are acknowledged late, keep no results, and may run twice.
"""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("daybreak")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_djangos_logging(**signal: object) -> None:
    """That somebody answers this signal is what keeps Celery from putting handlers of its own beside the masked one."""


@signals.task_prerun.connect
def count_begin(task_id: str = "", task: Any = None, **signal: object) -> None:
    """Here and below: imported late, because rows exist only once Django is set up, and a worker has done that."""
    from portal import tallies

    tallies.begun(task.name, task_id)


@signals.task_postrun.connect
def count_end(task_id: str = "", task: Any = None, state: str | None = None, **signal: object) -> None:
    from portal import tallies

    tallies.ended(task.name, task_id, state)
