"""How busy environments were in each hour, from CloudWatch: looked at once a day, kept for some weeks.

A look is a row of `UseLook` whose time has come. Who moves its `wanted_at` on has it, for as long as a look may take at
the most; where AWS could not be asked it is tried again after an hour, then later and later.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from environments.aws import cloudwatch_use
from environments.aws.cloudwatch_use import BY_KIND, HOUR, Meter, Use
from environments.models import Environment, Interval, Target
from environments.models.advice import HourlyUse, UseLook
from environments.rules.intervals import Span, merged
from environments.targets.base import AccountRef, TargetError
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from .step_errors import defect
from .workflow_steps import target_reference

log = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=60)
BUSY_AGAIN: Final = timedelta(minutes=5)
LEASE: Final = timedelta(minutes=30)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)
# The next turn, minutes later, goes on where this one ends.
AT_ONCE: Final = 60
SECONDS_A_TURN: Final = 240
# What CloudWatch is told late is asked for once more.
AGAIN: Final = 3 * HOUR
# By then an hour is there as a rule: EC2 tells it each five minutes, and some minutes late.
LATE: Final = timedelta(minutes=15)
# An hour that it ran for less is mostly its coming up.
LEAST: Final = HOUR / 2

Where = tuple[AccountRef, str]


def look_due(*, now: datetime) -> int:
    """Ask CloudWatch about the environments that are due, for some minutes at most; how many were looked at.

    An account that cannot be reached holds up no other: what else is due of it waits, too. Side effect: environments
    that have come to have something measurable are given a row.
    """
    _welcome(now)
    end, away, count = time.monotonic() + SECONDS_A_TURN, set[str](), 0
    due = UseLook.objects.filter(_measured("environment"), wanted_at__lte=now).order_by("wanted_at", "pk")
    for row in due.select_related("environment")[:AT_ONCE]:
        targets = _targets(row.environment_id)
        accounts = {target.account.account_id for target in targets}
        if accounts & away or time.monotonic() > end or not _claim(row, now):
            continue
        count += 1
        if _look(row, targets, now) == UNREACHABLE:
            away |= accounts
    return count


def look_now(*, environments: Sequence[int], now: datetime) -> int:
    """Have these looked at by the next turn, whatever became of the last looks; how many that is."""
    return UseLook.objects.filter(environment__in=environments).update(wanted_at=now, attempts=0)


def hours_run(spans: Sequence[Span], begin: datetime, end: datetime) -> list[datetime]:
    """The whole hours of UTC of `[begin, end)` that these, which share no moment, fill by half at least."""
    ran: defaultdict[datetime, timedelta] = defaultdict(timedelta)
    for first, last in spans:
        at = _hour(max(first, begin))
        while at < min(last, end):
            ran[at] += min(last, at + HOUR) - max(first, at)
            at += HOUR
    return [at for at in sorted(ran) if ran[at] >= LEAST and begin <= at and at + HOUR <= end]


def _measured(path: str) -> Exists:
    return Exists(Target.objects.filter(environment=OuterRef(path), kind__in=BY_KIND))


def _welcome(now: datetime) -> None:
    new = Environment.objects.filter(_measured("pk"), use_look=None).order_by("pk").values_list("pk", flat=True)
    UseLook.objects.bulk_create((UseLook(environment_id=pk, wanted_at=now) for pk in new), ignore_conflicts=True)


def _targets(environment_id: int) -> list[Target]:
    rows = Target.objects.filter(environment=environment_id, kind__in=BY_KIND).select_related("account").order_by("pk")
    return list(rows.prefetch_related("parameters", "guard_acceptances"))


def _claim(row: UseLook, now: datetime) -> bool:
    lease = now + LEASE
    ours = UseLook.objects.filter(pk=row.pk, wanted_at=row.wanted_at)
    if not ours.update(wanted_at=lease, attempts=row.attempts + 1):
        return False
    row.wanted_at, row.attempts = lease, row.attempts + 1
    return True


def _look(row: UseLook, targets: Sequence[Target], now: datetime) -> str:
    """Look at one environment, outside of any transaction; the code of what went wrong, or nothing."""
    end = _hour(now - LATE)
    begin = _begin(row, now)
    try:
        ran = hours_run(_spans(row.environment_id, begin, end), begin, end)
        found = _use(targets, ran) if ran else {}
    except Busy:
        # Nothing was tried: its account has all the threads, or all the requests, that it gets.
        _settle(row, attempts=row.attempts - 1, wanted_at=now + BUSY_AGAIN)
    except TargetError as error:
        log.warning("How busy %s is could not be asked for: %s", row.environment, error.raw or error)
        return _failed(row, error, now)
    except Exception as error:  # a defect of ours with one environment must not keep the others from their turn
        log.exception("Asking how busy %s is broke.", row.environment)
        return _failed(row, defect(error), now)
    else:
        _keep(row, {at: found[at] for at in ran if at in found}, end, now)
    return ""


def _begin(row: UseLook, now: datetime) -> datetime:
    """Where the last look ended, or as far back as advice looks: CloudWatch knows of before we asked, and a whole day
    more, as days are those of its zone."""
    longest = now - min(KEPT, timedelta(days=settings.ADVICE_DAYS + 1))
    return _hour(max(longest, row.asked_at - AGAIN) if row.asked_at else longest)


def _spans(environment_id: int, begin: datetime, end: datetime) -> list[Span]:
    rows = Interval.objects.of([environment_id]).between(begin, end)
    return merged(rows.values_list("began_at", "ended_at"), begin, end)


def _use(targets: Sequence[Target], ran: Sequence[datetime]) -> dict[datetime, Use]:
    """What all the targets did in these hours. All or nothing: a part of them would look idle."""
    begin, end = ran[0], ran[-1] + HOUR
    places: defaultdict[Where, set[Meter]] = defaultdict(set)
    with ExitStack() as held:
        for account_id in sorted({target.account.account_id for target in targets}):
            held.enter_context(lanes.lane(account_id))
        for ref in map(target_reference, targets):
            places[ref.account, ref.region] |= cloudwatch_use.meters(ref, begin)
        found: defaultdict[datetime, Use] = defaultdict(Use)
        for (account, region), meters in places.items():
            for at, use in cloudwatch_use.hours(meters, account, region, begin, end).items():
                found[at] += use
    return found


def _keep(row: UseLook, found: dict[datetime, Use], end: datetime, now: datetime) -> None:
    rows = [HourlyUse(environment_id=row.environment_id, hour=at, cpu=one.cpu, network=one.network)
            for at, one in found.items()]  # fmt: skip
    with transaction.atomic():
        if not _settle(row, attempts=0, wanted_at=now + EVERY, asked_at=end, problem={}):
            return  # another look is wanted by now: that one sees it all again
        HourlyUse.objects.bulk_create(
            rows, update_conflicts=True, update_fields=["cpu", "network"], unique_fields=["environment", "hour"]
        )
        HourlyUse.objects.filter(environment=row.environment_id, hour__lt=now - KEPT).delete()


def _failed(row: UseLook, error: TargetError, now: datetime) -> str:
    """Say why, and try again after an hour, then later and later. What is known stays."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts - 1, 10))
    _settle(row, wanted_at=now + pause, problem={**error.texts, "raw": error.raw})
    return error.code


def _settle(row: UseLook, **fields: Any) -> bool:
    """Write down how the look ended, unless another one is wanted by now."""
    return bool(UseLook.objects.filter(pk=row.pk, wanted_at=row.wanted_at).update(**fields))


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
