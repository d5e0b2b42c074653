"""`GET /metrics`: figures for Prometheus, all of them read from the database when they are asked for (docs/metrics.md).

Nothing is counted in a process, so that each web process gives the same answer, and a new one begins with no zeros.
Apps keep their figures in a module `figures` (or `services.figures`) that registers what it collects; it is found by
its name, so that the portal imports no app.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django.views.decorators.http import require_safe
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from portal import metrics_access
from portal.api.problems import Problem
from portal.health import STALE_AFTER
from portal.models import Pulse, TaskTally

Collect = Callable[[datetime], Iterable[Metric]]
Values = Mapping[tuple[str, ...], float]

MODULES: Final = ("figures", "services.figures")
_registered: list[Collect] = []


def register(collect: Collect) -> Collect:
    """Ask `collect` for figures at each look; as a decorator. It gets the instant of the look, and asks the database a
    fixed number of questions."""
    if collect not in _registered:
        _registered.append(collect)
    return collect


def gauge(name: str, documentation: str, values: Values | float, labels: Sequence[str] = ()) -> Metric:
    """A figure that goes up and down: one value, or one for each combination of labels."""
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for those, value in ({(): values} if isinstance(values, int | float) else values).items():
        family.add_metric(those, value)
    return family


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since then; 0 where nothing is, and where it lies ahead."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def collected(now: datetime) -> list[Metric]:
    """Every figure, as of `now`. Raises what the database raises: half an answer would look like a quiet portal."""
    _find()
    return [metric for collect in _registered for metric in collect(now)]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All figures as Prometheus reads them, in the older or the newer format, as it asks; 401 without a token for
    them, 429 for an address that has sent too many wrong ones."""
    now = timezone.now()
    try:
        if not metrics_access.may_read(request, now):
            return metrics_access.refused()
    except Problem as problem:
        return metrics_access.told_to_wait(problem)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(_Collected(now)), content_type=content_type, headers={"Cache-Control": "no-store"})


class _Collected(Collector):
    """What was collected for one answer."""

    def __init__(self, now: datetime) -> None:
        self.found = collected(now)

    def collect(self) -> Iterable[Metric]:
        return self.found


@cache
def _find() -> None:
    """Import the apps' figures, once: each registers itself."""
    for module in MODULES:
        autodiscover_modules(module)


@register
def of_processes(now: datetime) -> Iterator[Metric]:
    """Signs of life of the processes behind the pages. One query."""
    rows = list(Pulse.objects.values_list("name", "at"))
    alive: dict[tuple[str, ...], float] = {
        (name,): float(sum(who == name and now - at <= STALE_AFTER for who, at in rows)) for name in Pulse.Name
    }
    latest = {(name,): max(at for who, at in rows if who == name) for name in Pulse.Name if name in dict(rows)}
    yield gauge(
        "daybreak_processes", "Processes that gave a sign of life within the last 30 seconds.", alive, ["process"]
    )
    yield gauge(
        "daybreak_pulse_age_seconds",
        "Seconds since the last sign of life of any process of its kind.",
        {name: age(at, now) for name, at in latest.items()},
        ["process"],
    )


@register
def of_tasks(now: datetime) -> Iterator[Metric]:
    """Periodic tasks, as workers counted them (`portal.tallies`). One query."""
    label = ["task"]
    runs = CounterMetricFamily("daybreak_task_runs", "Runs of a periodic task.", labels=label)
    failures = CounterMetricFamily(
        "daybreak_task_failures", "Runs of a periodic task that ended in an error.", labels=label
    )
    took = SummaryMetricFamily("daybreak_task_seconds", "What runs of a periodic task took.", labels=label)
    last = GaugeMetricFamily(
        "daybreak_task_last_seconds", "What the last run of a periodic task took, in seconds.", labels=label
    )
    last_age = GaugeMetricFamily(
        "daybreak_task_last_run_age_seconds", "Seconds since the last run of a periodic task ended.", labels=label
    )
    for row in TaskTally.objects.order_by("task"):
        runs.add_metric([row.task], row.runs)
        failures.add_metric([row.task], row.failures)
        took.add_metric([row.task], row.runs, row.seconds)
        last.add_metric([row.task], row.last_seconds)
        if row.last_at:
            last_age.add_metric([row.task], age(row.last_at, now))
    yield from (runs, failures, took, last, last_age)
