"""A portal whose environments switch at once: clock and workers, without AWS and without waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from environments.models import Environment, Hold, Operation, State, Target, Wish
from environments.services import holds, schedules, workflow
from environments.targets.base import TargetError
from tests import factories
from tests.support.times import monday


class Portal:
    """Clock and workers, without waiting: each minute a tick, operations at their next look."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def work(self) -> None:
        for _ in range(300):
            judged = schedules.enforce_due(now=self.now)
            due = list(Operation.objects.due(self.now).values_list("pk", flat=True))
            if not (judged or due):
                return
            for pk in due:
                workflow.advance(operation_id=pk, now=self.now)
        raise AssertionError("something stays due without end")

    def go_to(self, moment: datetime) -> None:
        self.work()
        while self.now < moment:
            times = [*Operation.objects.unfinished().values_list("not_before", flat=True)]
            times += [t for t in Environment.objects.values_list("next_transition_at", flat=True) if t]
            self.now = min([moment, *(t for t in times if t > self.now)])
            self.work()


def made(name: str, begin: str = "", end: str = "", *, needs: Environment | None = None, **fields: Any) -> Environment:
    """An environment of one target, running from begin to end on working days; without these, without a schedule."""
    schedule = (
        factories.schedule(f"{begin}-{end}", begin_time=begin, end_time=end, weekdays="mon-fri") if begin else None
    )
    values = {"schedule": schedule, "next_transition_at": monday("05:00"), "state": State.STOPPED} | fields
    environment = factories.environment(name, **values)
    Target.objects.create(
        environment=environment, kind="scripted", identifier=name, account=factories.account(), region=factories.REGION
    )
    if needs:
        environment.needs.add(needs)
    return environment


def state_of(environment: Environment) -> str:
    return Environment.objects.get(pk=environment.pk).state


def story(environment: Environment) -> list[tuple[str, str, str]]:
    """Its operations: kind, trigger, and when it was asked for, in Seoul."""
    rows = Operation.objects.filter(environment=environment).order_by("created_at", "pk")
    return [(o.kind, o.trigger, f"{o.created_at + timedelta(hours=9):%a %H:%M}") for o in rows]


def fail(scripted: Any, step: str) -> None:
    scripted.script[step] = [TargetError({"en": "No capacity.", "ko": "용량이 부족해요."})]


def place(environment: Environment, desired: Wish, by: User, now: datetime, **more: Any) -> Hold:
    environment.refresh_from_db()
    until: datetime | holds.Until = more.pop("until", holds.Until.NEXT_CHANGE)
    return holds.place(environment=environment, desired=desired, until=until, author=by, now=now, **more)
