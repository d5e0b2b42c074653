"""How long an environment takes from the wish for a start until it is ready, learned from its own past."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from environments import rules
from environments.models import Environment, Operation, OperationStatus, StepStatus
from environments.rules.starts import SAMPLES

from . import schedules
from .workflow_steps import ANNOUNCE

# What is kept is what the past says; how much of it is used is capped where the plan is read (`specs.start_lead`).
NO_CAP = timedelta(days=1)


def learn(environment_id: int, *, now: datetime) -> None:
    """After a start: note how long its starts take. A changed lead marks the plan as due where it starts early."""
    lead = known(environment_id, NO_CAP).lead // timedelta(minutes=1)
    if Environment.objects.filter(pk=environment_id).exclude(start_lead=lead).update(start_lead=lead):
        early = Environment.objects.filter(pk=environment_id, start_early=True)
        schedules.plan_changed(early.values_list("pk", flat=True), now=now)


def known(environment_id: int, cap: timedelta) -> rules.EarlyStart:
    """What the last starts say, in one query. Those that found everything running already tell nothing, and do not
    count."""
    starts = Operation.objects.filter(
        environment=environment_id,
        kind=Operation.Kind.START,
        status=OperationStatus.SUCCEEDED,
        steps__name=ANNOUNCE,
        steps__status=StepStatus.DONE,
    )
    # Of those before anybody noted when they were ready, and those that never were, when they were done.
    ready = Coalesce("ready_at", "finished_at")
    spans = starts.order_by("-created_at").values_list("created_at", ready)[:SAMPLES]
    return rules.early_start([end - begin for begin, end in reversed(spans) if end], cap)
