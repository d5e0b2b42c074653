"""What of the rest of the present month falls to each bar of the chart of costs; its sum is all that is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from django.utils import timezone

from environments.services.cost_sums import DAY, Since, Span, next_month


def left(today: date) -> Span:
    """The days that the rest of this month falls to: from tomorrow on, and today where it is the last one."""
    until = next_month(today) - DAY
    return Span(min(today + DAY, until), until)


def expected(spans: Sequence[Span], today: date, rest: int) -> list[int]:
    """What of the rest by the plan falls to each bar: the same to each of its days."""
    over = left(today)
    return [rest * _days(one, over) // over.days for one in spans]


def always_on(spans: Sequence[Span], today: date, rest: int, now: datetime, since: Iterable[Since]) -> list[int]:
    """What of the rest of always on falls to each bar: by time, so that today, with what it has, is a day like others.

    How much of today is left is a matter of zones: it follows from what an hour costs by `since`, in the currency of
    `rest`; by the reader's clock where nothing says that."""
    until = next_month(today) - DAY
    after = Span(today + DAY, until)
    of_today = _left_of(today, rest, (until - today).days, now, since)
    whole = (until - today).days + of_today
    if not whole:
        return [0 for _one in spans]
    parts = (_days(one, after) + (of_today if one.first <= today <= one.last else 0) for one in spans)
    return [int(rest * part / whole) for part in parts]


def _left_of(today: date, rest: int, days: int, now: datetime, since: Iterable[Since]) -> Fraction:
    """The share of today that is still to come, before so many whole days."""
    latest = {(one.environment, one.account): one for one in sorted(since, key=lambda one: one.day)}
    if a_day := 24 * sum(one.always_an_hour for one in latest.values()):
        found = Fraction(rest, a_day) - days
    else:
        midnight = datetime.combine(today + DAY, time(), timezone.get_current_timezone())
        found = Fraction((midnight - now) // timedelta(seconds=1), DAY // timedelta(seconds=1))
    return min(max(found, Fraction(0)), Fraction(1))


def _days(one: Span, other: Span) -> int:
    """How many they have in common."""
    return max(0, (min(one.last, other.last) - max(one.first, other.first)).days + 1)
