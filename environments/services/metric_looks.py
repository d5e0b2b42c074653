"""Metrics of the last day, from CloudWatch: asked for while somebody looks at the page, each five minutes at most.

A look is a row of `MetricLook` whose time has come: a page that somebody looks at sets it (`want`), never asking AWS
itself. Who moves its `wanted_at` on has it, for as long as a look may take at the most. CloudWatch charges for each
metric that is asked for, so that nothing is asked for that nobody looks at.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Q

from environments.aws import cloudwatch_metrics
from environments.aws.cloudwatch_metrics import KINDS, METRICS, PERIOD, Point
from environments.aws.cloudwatch_use import Meter
from environments.models import Environment, MetricLook, MetricSeries, Target
from environments.targets.base import AccountRef, TargetError
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from .step_errors import defect
from .workflow_steps import target_reference

log = logging.getLogger(__name__)

DAY: Final = timedelta(days=1)
FRESH: Final = timedelta(minutes=5)
LEASE: Final = timedelta(minutes=5)
BUSY_AGAIN: Final = timedelta(seconds=20)
# The next turn, seconds later, goes on where this one ends.
AT_ONCE: Final = 40
SECONDS_A_TURN: Final = 60

Found = dict[tuple[int, str], list[Point]]


class Look(NamedTuple):
    """When an environment's metrics were last asked for (None: not yet), and what went wrong then."""

    asked_at: datetime | None
    problem: dict[str, str]


def last_look(environment: Environment) -> Look | None:
    """None where CloudWatch says nothing of its targets by itself. One query."""
    measured = Exists(Target.objects.filter(environment=environment.pk, kind__in=KINDS))
    rows = Environment.objects.filter(measured, pk=environment.pk).order_by()
    found = rows.values_list("metric_look__asked_at", "metric_look__problem").first()
    return Look(found[0], found[1] or {}) if found else None


def want(*, environment: Environment, now: datetime) -> bool:
    """Have the next turn ask for its metrics, unless they are fresh or asked for already; whether that is needed."""
    if last_look(environment) is None:
        return False
    MetricLook.objects.get_or_create(environment=environment)
    old = Q(asked_at__isnull=True) | Q(asked_at__lte=now - FRESH)
    rows = MetricLook.objects.filter(old, environment=environment, wanted_at__isnull=True)
    return bool(rows.update(wanted_at=now))


def look_due(*, now: datetime) -> int:
    """Ask CloudWatch for what somebody waits for, for a minute at most; how many environments were asked for.

    An account that cannot be reached holds up no other: what else is due of it waits, too.
    """
    end, away, count = time.monotonic() + SECONDS_A_TURN, set[str](), 0
    due = MetricLook.objects.filter(wanted_at__lte=now).order_by("wanted_at", "pk")
    for row in due.select_related("environment")[:AT_ONCE]:
        targets = _targets(row.environment_id)
        accounts = {target.account.account_id for target in targets}
        if accounts & away or time.monotonic() > end or not _claim(row, now):
            continue
        count += 1
        if _look(row, targets, now) == UNREACHABLE:
            away |= accounts
    return count


def _targets(environment_id: int) -> list[Target]:
    rows = Target.objects.filter(environment=environment_id, kind__in=KINDS).select_related("account").order_by("pk")
    return list(rows.prefetch_related("parameters", "guard_acceptances"))


def _claim(row: MetricLook, now: datetime) -> bool:
    ours = MetricLook.objects.filter(pk=row.pk, wanted_at=row.wanted_at)
    if not ours.update(wanted_at=now + LEASE, attempts=F("attempts") + 1):
        return False
    row.wanted_at = now + LEASE
    return True


def _look(row: MetricLook, targets: Sequence[Target], now: datetime) -> str:
    """Look at one environment, outside of any transaction; the code of what went wrong, or nothing."""
    end = now.replace(second=0, microsecond=0)
    try:
        found = _series(targets, end - DAY, end)
    except Busy:
        # Nothing was tried: its account has all the threads, or all the requests, that it gets.
        _settle(row, wanted_at=now + BUSY_AGAIN)
    except TargetError as error:
        log.warning("Metrics of %s could not be asked for: %s", row.environment, error.raw or error)
        return _failed(row, error, now)
    except Exception as error:  # a defect of ours with one environment must not keep the others from their turn
        log.exception("Asking for metrics of %s broke.", row.environment)
        return _failed(row, defect(error), now)
    else:
        _keep(row, found, now)
    return ""


def _series(targets: Sequence[Target], begin: datetime, end: datetime) -> Found:
    """All of them or nothing: an account's part would look like silence of the others."""
    places: defaultdict[tuple[AccountRef, str], dict[int, set[Meter]]] = defaultdict(dict)
    found: Found = {}
    with ExitStack() as held:
        for account_id in sorted({target.account.account_id for target in targets}):
            held.enter_context(lanes.lane(account_id))
        for target in targets:
            ref = target_reference(target)
            places[ref.account, ref.region][target.pk] = cloudwatch_metrics.meters(ref, begin)
        for (account, region), meters in places.items():
            found |= cloudwatch_metrics.series(meters, account, region, begin, end)
    return found


def _keep(row: MetricLook, found: Found, now: datetime) -> None:
    rows = [
        MetricSeries(
            environment_id=row.environment_id,
            target_id=target,
            metric=metric,
            unit=METRICS[metric].unit,
            period_s=int(PERIOD.total_seconds()),
            points=[[int(at.timestamp()), round(value, 2)] for at, value in points],
        )
        for (target, metric), points in found.items()
    ]
    with transaction.atomic():
        if not _settle(row, wanted_at=None, asked_at=now, attempts=0, problem={}):
            return  # another look has it by now
        MetricSeries.objects.filter(environment=row.environment_id).delete()
        MetricSeries.objects.bulk_create(rows)


def _failed(row: MetricLook, error: TargetError, now: datetime) -> str:
    """Say why; who still looks has it tried again in some minutes. What is known stays."""
    _settle(row, wanted_at=None, asked_at=now, problem={**error.texts, "raw": error.raw})
    return error.code


def _settle(row: MetricLook, **fields: Any) -> bool:
    """Write down how the look ended, unless it took too long and is another's by now."""
    return bool(MetricLook.objects.filter(pk=row.pk, wanted_at=row.wanted_at).update(**fields))
