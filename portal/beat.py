"""Beat's scheduler: django-celery-beat's rows, a pulse, and no crash when the database is away for a while."""

import logging
import time
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection
from django_celery_beat.schedulers import DatabaseScheduler

from portal.beat_entries import install
from portal.models import Pulse
from portal.pulse import SECONDS_BETWEEN, last_pulse, pulse

logger = logging.getLogger(__name__)


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # django-celery-beat is untyped
    """Sends what is due. Any number may run: what they send is safe to be sent twice."""

    _next_pulse = 0.0

    def setup_schedule(self) -> None:
        """Repair the fixed entries first, so that a deleted one lives only until beat starts again."""
        install()
        super().setup_schedule()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and say how long to sleep.

        A database that is away is reported and tried again; the stock scheduler would end the process.
        """
        try:
            interval = float(super().tick(*args, **kwargs))
        except DatabaseError as error:
            logger.error("Beat cannot read its schedule and tries again: %s", error)
            connection.close()
            interval = self.max_interval
        if time.monotonic() >= self._next_pulse:
            pulse(Pulse.Name.BEAT)
            self._next_pulse = time.monotonic() + SECONDS_BETWEEN
        return min(interval, float(self.max_interval), SECONDS_BETWEEN)

    def close(self) -> None:
        """Write back what was sent, then take the pulse back: this beat ends in order."""
        super().close()
        last_pulse(Pulse.Name.BEAT)
