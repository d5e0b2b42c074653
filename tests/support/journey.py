"""Time in the portal and in the simulated AWS, moved together: what a day of clock and workers does, without
waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from environments.models import Environment, Operation, OperationStep, Scan
from environments.services import schedules, status, workflow

A_LONG_DAY = 5000


class Journey:
    """A portal at a moment. `aws` is the simulator, its clock frozen at the same moment."""

    def __init__(self, aws: Any, now: datetime) -> None:
        self.aws = aws
        self.now = now
        aws.freeze(now)

    def go_to(self, moment: datetime) -> None:
        """Move to a later moment, doing on the way what beat and workers would have done: each minute a tick."""
        self.work()
        while self.now < moment:
            following = self._next_event()
            self._move(min(moment, following))
            self.work()

    def settle(self) -> None:
        """Do what is due, and move on only as far as unfinished operations need it."""
        self.work()
        for _ in range(A_LONG_DAY):
            waiting = Operation.objects.unfinished().order_by("not_before").first()
            if waiting is None:
                return
            self._move(max(self.now + timedelta(seconds=1), waiting.not_before))
            self.work()
        raise AssertionError(f"the operation does not end: {[str(step) for step in OperationStep.objects.all()]}")

    def work(self) -> None:
        """One tick, one sweep, and every operation brought forward as far as it goes at this moment."""
        schedules.enforce_due(now=self.now)
        if status.scan_due(now=self.now):
            for pk in Scan.objects.filter(started_at=self.now).values_list("pk", flat=True):
                status.scan(scan_id=pk, now=self.now)
        for _ in range(A_LONG_DAY):
            due = list(Operation.objects.due(self.now).values_list("pk", flat=True))
            if not due:
                return
            for pk in due:
                workflow.advance(operation_id=pk, now=self.now)
        raise AssertionError("operations that stay due without end")

    def _next_event(self) -> datetime:
        times = list(Operation.objects.unfinished().values_list("not_before", flat=True))
        times += [t for t in Environment.objects.values_list("next_transition_at", flat=True) if t is not None]
        later = [t for t in times if t > self.now]
        # Ticks come on the minute: what falls between is done at the next one.
        return min(later, default=self.now + timedelta(days=1))

    def _move(self, moment: datetime) -> None:
        self.aws.advance((moment - self.now).total_seconds())
        self.now = moment
