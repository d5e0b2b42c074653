"""Some weeks that the sample has behind it: invented, so that its costs and its health can be looked at on the first
day.

They follow the sample's plans, with starts a few minutes late as real ones are, and some evenings on which somebody
kept an environment on. Removing the sample removes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from environments import rules
from environments.models import AlarmCheck, Environment, Hold, HourlyUse, HttpCheck, Interval, UseLook, Wish

from . import (
    cost_marks,
    day_plans,
    plans,
    sample_alarms,
    sample_answers,
    sample_deployments,
    sample_reports,
    sample_tickets,
)
from .intervals import OPERATION, span_of
from .use_looks import hours_run

# What a start of the simulated AWS usually takes, and how much later some are.
LATENESS = (2, 3, 2, 5, 3, 2, 4)
# Each so many days somebody keeps an environment on for two hours.
EVENINGS = 9
KEPT = timedelta(hours=2)
# For so long its use is known, and in these hours of a working day somebody uses it.
MEASURED, WORKED = timedelta(days=21), range(9, 18)
# Where somebody looks first: it was down once, and has tickets; and where a device stands.
TESTED, SHOP = "chat-staging", "payments-qa"
# A pipeline tells of its versions.
DEPLOYED = "chat-dev"


def make(*, environments: Iterable[Environment], author: User, now: datetime) -> None:
    """Write spans, holds and health from the first day of last month until yesterday, and tickets, in the caller's
    transaction.

    Nothing for environments without a schedule: they run when somebody starts them. Their days are marked, to be
    reckoned by the next task.
    """
    ids = [one.pk for one in environments]
    _have_been_there(ids, now)
    found = day_plans.with_plans(Environment.objects.filter(pk__in=ids, schedule__isnull=False), now.date())
    # By its place among them, so that the sample is the same wherever it is written.
    for environment in found:
        first = _first(environment, now)
        today = plans.today(environment.zone_name, now)
        (planned,) = day_plans.over([environment], first, (today - first).days, now, compared=())
        spans = _spans([segment for day in planned.days for segment in day.segments])
        kept = [
            end
            for number, (_begin, end) in enumerate(spans)
            if number % EVENINGS == ids.index(environment.pk) % EVENINGS
        ]
        Hold.objects.bulk_create(_hold(environment, author, end) for end in kept)
        ran = [(begin, end + KEPT if end in kept else end) for begin, end in spans]
        Interval.objects.bulk_create(_intervals(environment, ran))
        cost_marks.mark(environment_ids=[environment.pk], first=first, last=today, now=now)
        _measured(environment, ran, now)
        _health(environment, ran, author, now)
        if environment.slug == DEPLOYED:
            sample_deployments.make(environment, ran)


def _health(environment: Environment, ran: Sequence[tuple[datetime, datetime]], author: User, now: datetime) -> None:
    """What its addresses answered while it ran, what called and reported, and what somebody had to see to."""
    down = sample_answers.outage(ran, now) if environment.name == TESTED else None
    for check in HttpCheck.objects.filter(environment=environment).select_related("environment").order_by("pk"):
        sample_answers.make(check=check, ran=ran, down=down, now=now)
        if down:
            sample_tickets.incident(check, down)
    for alarm in AlarmCheck.objects.filter(environment=environment).select_related("environment"):
        sample_alarms.heard(alarm, now)
    if environment.name == TESTED:
        sample_reports.backup(environment, _first(environment, now), now)
        sample_tickets.tasks(environment, author, now)
    if environment.name == SHOP:
        sample_reports.device(environment, _first(environment, now), now)


def _have_been_there(ids: Iterable[int], now: datetime) -> None:
    """They are in the portal since that first day: what an environment saved counts from when it was added."""
    for environment in Environment.objects.filter(pk__in=ids).select_related("schedule"):
        zone = ZoneInfo(environment.zone_name)
        began = datetime.combine(_first(environment, now), datetime.min.time(), zone)
        Environment.objects.filter(pk=environment.pk).update(created_at=began)


def _first(environment: Environment, now: datetime) -> date:
    today = plans.today(environment.zone_name, now)
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _spans(segments: Sequence[rules.Segment]) -> list[tuple[datetime, datetime]]:
    """When it was planned to run; what goes on past midnight is one span."""
    found: list[tuple[datetime, datetime]] = []
    for segment in segments:
        if segment.desired is not rules.Desired.RUNNING:
            continue
        if found and found[-1][1] == segment.start:
            found[-1] = (found[-1][0], segment.end)
        else:
            found.append((segment.start, segment.end))
    return found


def _intervals(environment: Environment, ran: Sequence[tuple[datetime, datetime]]) -> list[Interval]:
    made = []
    for target in environment.targets.select_related("environment"):
        for number, (begin, end) in enumerate(ran):
            late = timedelta(minutes=LATENESS[(number + target.pk) % len(LATENESS)])
            span = span_of(target, begin + late, OPERATION)
            span.ended_at, span.ended_by = end + late / 2, OPERATION
            made.append(span)
    return made


def _measured(environment: Environment, ran: Sequence[tuple[datetime, datetime]], now: datetime) -> None:
    """What CloudWatch would have said of the last weeks: people work in the office's hours, whatever runs longer."""
    zone = ZoneInfo(environment.zone_name)
    rows = []
    for hour in hours_run(ran, now - MEASURED, now):
        local = hour.astimezone(zone)
        busy = local.weekday() < 5 and local.hour in WORKED
        cpu, network = (20 + (local.day * 7 + local.hour * 3) % 30, 400_000_000) if busy else (1, 600_000)
        rows.append(HourlyUse(environment=environment, hour=hour, cpu=Decimal(cpu), network=network))
    HourlyUse.objects.bulk_create(rows)
    UseLook.objects.create(environment=environment, asked_at=now, wanted_at=now + timedelta(days=1))


def _hold(environment: Environment, author: User, end: datetime) -> Hold:
    asked = end - timedelta(minutes=25)
    return Hold(
        environment=environment,
        desired=Wish.RUNNING,
        starts_at=asked,
        until=end + KEPT,
        reason="release tests",
        author=author,
        created_at=asked,
        counts_from=asked,
        ended_at=end + KEPT,
    )
