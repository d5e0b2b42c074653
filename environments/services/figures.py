"""What `/metrics` says of environments and their operations (docs/metrics.md).

Counts over time reach back a day: what is read does not grow with the years. Operations of a day are found through
their environments, by the index of these: no question reads all that there ever were.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from django.db.models import BooleanField, Count, Exists, Min, OuterRef, Q
from django.db.models.expressions import RawSQL
from prometheus_client.metrics_core import GaugeHistogramMetricFamily, Metric

from environments.models import Check, Environment, Operation, OperationStep, State
from environments.models.operation import OperationQuerySet
from portal import metrics

from .workflow_steps import WITHOUT_AWS

DAY: Final = timedelta(hours=24)
BUCKETS: Final = (1, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
"""Seconds of lateness: a tick comes each minute, a sweep each ten seconds."""

# As the index of unfinished operations says it: SQLite uses a partial index only where its condition is repeated to
# the letter, without parameters.
_UNFINISHED = RawSQL("status IN ('pending', 'running')", (), output_field=BooleanField())


@metrics.register
def of_environments(now: datetime) -> Iterator[Metric]:
    """How many are in which state, and plans that nobody has read in time. Two queries."""
    counts: dict[tuple[str, ...], float] = dict.fromkeys([(str(state),) for state in State.values], 0.0)
    counts |= {(state,): n for state, n in Environment.objects.order_by().values_list("state").annotate(Count("pk"))}
    yield metrics.gauge("daybreak_environments", "Environments by their state.", counts, ["state"])
    due = Environment.objects.due(now).aggregate(count=Count("pk"), oldest=Min("next_transition_at"))
    yield metrics.gauge(
        "daybreak_transitions_due", "Environments whose plan has something to say that was not read yet.", due["count"]
    )
    yield metrics.gauge(
        "daybreak_transitions_due_oldest_seconds",
        "For how long the oldest of them has been due.",
        metrics.age(due["oldest"], now),
    )


@metrics.register
def of_unfinished_operations(now: datetime) -> Iterator[Metric]:
    """What is under way or waits, and for how long somebody should have worked on it. One query."""
    asked = OperationStep.objects.filter(operation=OuterRef("pk"), started_at__isnull=False)
    called = Exists(asked.exclude(name__in=WITHOUT_AWS))
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    rows = list(
        Operation.objects.filter(_UNFINISHED)
        .order_by()
        .values_list("kind", "status")
        .annotate(
            count=Count("pk"),
            due=Min("not_before", filter=free & Q(not_before__lte=now)),
            planned=Min("planned_at", filter=~called),
        )
    )
    counts: dict[tuple[str, ...], float] = {(kind, status): count for kind, status, count, _due, _planned in rows}
    yield metrics.gauge(
        "daybreak_operations_unfinished", "Operations that wait or are under way.", counts, ["kind", "status"]
    )
    yield metrics.gauge(
        "daybreak_operations_due_oldest_seconds",
        "For how long the oldest operation that is due has had no worker.",
        metrics.age(min((row[3] for row in rows if row[3]), default=None), now),
    )
    yield metrics.gauge(
        "daybreak_transition_waiting_oldest_seconds",
        "How late the latest planned change is by now of which AWS was asked nothing yet.",
        metrics.age(min((row[4] for row in rows if row[4]), default=None), now),
    )


@metrics.register
def of_operations_of_a_day(now: datetime) -> Iterator[Metric]:
    """Operations asked for within the last 24 hours. One query."""
    rows = _of_a_day(now).values_list("kind", "trigger", "status").annotate(Count("pk"))
    yield metrics.gauge(
        "daybreak_operations_24h",
        "Operations asked for within the last 24 hours, by what became of them.",
        {(kind, trigger, status): count for kind, trigger, status, count in rows},
        ["kind", "trigger", "status"],
    )


@metrics.register
def of_lateness(now: datetime) -> Iterator[Metric]:
    """From when a plan wished for a change to the first request to AWS: one query."""
    late = _lateness(now)
    name, of = "daybreak_transition_lateness_24h", "of planned changes of the last 24 hours"
    buckets = [(f"{at:.1f}", float(sum(seconds <= at for seconds in late))) for at in BUCKETS]
    yield GaugeHistogramMetricFamily(
        f"{name}_seconds",
        f"Lateness {of}: from the planned time to the first request to AWS.",
        buckets=[*buckets, ("+Inf", float(len(late)))],
        gsum_value=sum(late),
    )
    yield metrics.gauge(f"{name}_max_seconds", f"The greatest lateness {of}.", max(late, default=0.0))
    yield metrics.gauge(f"{name}_avg_seconds", f"The mean lateness {of}.", fmean(late) if late else 0.0)


@metrics.register
def of_checks(now: datetime) -> Iterator[Metric]:
    """Checks that are switched on, by what they say. One query."""
    rows = Check.objects.switched_on().order_by().values_list("kind", "state").annotate(Count("pk"))
    yield metrics.gauge(
        "daybreak_checks",
        "Checks that are switched on, by their state.",
        {(kind, state): count for kind, state, count in rows},
        ["kind", "state"],
    )


def _of_a_day(now: datetime) -> OperationQuerySet:
    everywhere = Environment.objects.order_by().values("pk")
    return Operation.objects.filter(environment__in=everywhere, created_at__gt=now - DAY).order_by()


def _lateness(now: datetime) -> list[float]:
    """Seconds of each planned change of a day of which AWS was asked something. What begins before its time, by the
    clocks of two machines, is not late; waiting for what an environment needs asks nothing of AWS."""
    rows = _of_a_day(now).filter(planned_at__isnull=False).values_list("pk", "planned_at")
    first = Min("steps__started_at", filter=~Q(steps__name__in=WITHOUT_AWS))
    begun = rows.annotate(first=first).filter(first__isnull=False)
    return [max(0.0, (at - planned).total_seconds()) for _pk, planned, at in begun]
