"""What the sample's web addresses answered in the weeks behind it: invented, in time with when their environments ran.

Sums of every hour and day are written as they would have been made, and the answers themselves of the last day, which
is what a chart of 24 hours reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from environments.models import HealthDay, HealthHour, HealthSample, HttpCheck
from environments.rules.http_answers import Answer
from environments.rules.http_verdicts import Pace, expected, follows, judge

from . import health_sum_facts, health_sum_rows
from .health_history import DAY
from .health_sums import HOUR

Span = tuple[datetime, datetime]

# So long after it was started it answers.
COMES_UP = timedelta(minutes=6)
# Milliseconds: usual ones, more while people work, and how far answers are from that, in their turn. Half of them are
# below zero or at it, nineteen of twenty at `SLOW`.
USUAL, BUSY, WORKED = 17, 14, range(9, 18)
AROUND = (-5, 2, -3, 9, 0, -4, 1, 22, -2, 4, -6, 0, 3, -1, 6, -3, 12, -5, 0, 48)
SLOW = 22
# Each so many hours one answer is not as it should be.
SLIPS = 61
# The outage: on the last day that is so long ago, this long after the start, for so long.
AGO, DOWN_AFTER, DOWN_FOR = timedelta(days=6), timedelta(hours=5, minutes=37), timedelta(minutes=23)
UP_BODY, DOWN_BODY = '{"status": "UP"}', '{"status": "DOWN"}'


def outage(ran: Sequence[Span], now: datetime) -> Span | None:
    """When it was down although it ran; None where nothing ran long enough."""
    days = [begin for begin, end in ran if begin < now - AGO and begin + DOWN_AFTER + DOWN_FOR < end]
    return (days[-1] + DOWN_AFTER, days[-1] + DOWN_AFTER + DOWN_FOR) if days else None


def make(*, check: HttpCheck, ran: Sequence[Span], down: Span | None, now: datetime) -> None:
    """Write what it answered while its environment `ran`, in the caller's transaction; five queries."""
    [whose] = health_sum_facts.whose([check.pk])
    zone = ZoneInfo(whose.zone)
    hours: list[health_sum_rows.Row] = []
    samples: list[HealthSample] = []
    for number, (begin, end) in enumerate(_hours(ran)):
        asked = (end - begin) // timedelta(seconds=check.every_s)
        bad = _bad(begin, end, down) // timedelta(seconds=check.every_s) or int(number % SLIPS == check.pk % SLIPS)
        typical = _typical(begin.astimezone(zone))
        sums = {"samples": asked, "up": asked - bad, "p50_ms": typical, "p95_ms": typical + SLOW}
        hours.append(whose.row(health_sum_facts.hour(begin), **sums))
        if end > now - DAY:
            samples += _answers(check, begin, asked, bad, typical)
    health_sum_rows.put(HealthHour, hours)
    health_sum_rows.put(HealthDay, list(_days(whose, hours)))
    HealthSample.objects.bulk_create(one for one in samples if one.at > now - DAY)


def said(check: HttpCheck, *, up: bool) -> dict[str, str]:
    """What it says of itself in both languages, of a good answer or of one that means “down”."""
    wanted = expected(
        url=check.url,
        method=check.method,
        expected_status=check.expected_status,
        contains=check.contains,
        json_path=check.json_path,
        json_value=check.json_value,
    )
    answer = Answer(check.pk, status=200, body=UP_BODY) if up else Answer(check.pk, status=503, body=DOWN_BODY)
    pace = Pace(check.every_s, check.retries, check.retry_every_s)
    return dict(follows(judge(wanted, answer), pace=pace, failures=check.retries, comes_up=False).reason)


def _hours(ran: Sequence[Span]) -> Iterator[Span]:
    """The hours in which it was asked, the first and the last of a day as far as it was."""
    for begin, end in ran:
        at = begin + COMES_UP
        while at < end:
            yield at, min(health_sum_facts.hour(at) + HOUR, end)
            at = health_sum_facts.hour(at) + HOUR


def _typical(local: datetime) -> int:
    busy = local.weekday() < 5 and local.hour in WORKED
    return USUAL + local.day * 7 % 11 + local.hour * 3 % 5 + (BUSY if busy else 0)


def _bad(begin: datetime, end: datetime, down: Span | None) -> timedelta:
    return max(min(end, down[1]) - max(begin, down[0]), timedelta()) if down else timedelta()


def _answers(check: HttpCheck, begin: datetime, asked: int, bad: int, typical: int) -> Iterator[HealthSample]:
    """Those that were not good amid the others, one after the other."""
    first = asked // 2
    for number in range(asked):
        is_up = not first <= number < first + bad
        yield HealthSample(
            check_row=check,
            at=begin + number * timedelta(seconds=check.every_s),
            is_up=is_up,
            ms=typical + AROUND[number % len(AROUND)],
            status=200 if is_up else 503,
        )


def _days(whose: health_sum_facts.Whose, hours: Sequence[health_sum_rows.Row]) -> Iterator[health_sum_rows.Row]:
    """In the environment's own zone; half of a day's hours were faster than its typical one."""
    found: defaultdict[date, list[health_sum_rows.Row]] = defaultdict(list)
    for row in hours:
        assert isinstance(row.span, datetime)
        found[whose.day(row.span)].append(row)
    for day, its in found.items():
        yield whose.row(
            day,
            samples=sum(row.samples for row in its),
            up=sum(row.up for row in its),
            p50_ms=sorted(row.p50_ms or 0 for row in its)[len(its) // 2],
            p95_ms=max(row.p95_ms or 0 for row in its),
        )
