"""What checks showed: over the last day by their samples, for longer by their sums. A fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, Func, IntegerField, Max, Q, QuerySet, Sum

from environments.models import HealthDay, HealthHour, HealthSample

DAY: Final = timedelta(days=1)
SLOT: Final = timedelta(minutes=30)
SHARES: Final = (1, 7, 30, 90)
"""Days over which shares are told."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the last day: how fast answers came on average (None: none came), and how many of them were good."""

    begin: datetime
    ms: float | None
    samples: int
    up: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers and reports of a time, and how many of them were as they should be."""

    samples: int = 0
    up: int = 0
    received: int = 0
    missed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.samples + other.samples,
            self.up + other.up,
            self.received + other.received,
            self.missed + other.missed,
        )

    @property
    def good(self) -> int:
        return self.up + self.received

    @property
    def all(self) -> int:
        return self.samples + self.received + self.missed


@dataclass(frozen=True, slots=True)
class Subject:
    """Who calls or reports; `is_there`: it is still looked after."""

    name: str
    is_there: bool
    tally: Tally


_REPORTED: Final = Q(received__gt=0) | Q(missed__gt=0)


class _Number(Func):
    """The number of the slot of a moment since 1970."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = f"(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / {_SECONDS})"
        return self.as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = f"(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {_SECONDS})::bigint)"
        return self.as_sql(compiler, connection, template=template, **more)


_SECONDS: Final = int(SLOT.total_seconds())


def last_day(checks: Collection[int], now: datetime) -> dict[int, list[Slot]]:
    """The last day of these checks in half hours, oldest first; one query, over the samples of that day."""
    rows = HealthSample.objects.filter(check_row__in=checks, at__gt=now - DAY, at__lte=now).order_by()
    made = rows.annotate(slot=_Number("at")).values("check_row", "slot")
    made = made.annotate(mean=Avg("ms"), n=Count("pk"), good=Count("pk", filter=Q(is_up=True))).order_by("slot")
    found: defaultdict[int, list[Slot]] = defaultdict(list)
    for row in made:
        begin = datetime.fromtimestamp(row["slot"] * _SECONDS, UTC)
        found[row["check_row"]].append(Slot(begin, row["mean"], row["n"], row["good"]))
    return dict(found)


def tallies(environment_id: int, today: date, now: datetime) -> dict[int, dict[int, Tally]]:
    """What each check of the environment showed over 1, 7, 30 and 90 days, by the check and the days; two queries.

    Of one day: the last 24 hours as far as they are summed; of more, as many dates with `today`.
    """
    found: defaultdict[int, dict[int, Tally]] = defaultdict(dict)
    hours = HealthHour.objects.filter(environment=environment_id, hour__gt=now - DAY).order_by()
    for pk, *sums in hours.values_list("check_number").annotate(*_sums()):
        found[pk][1] = Tally(*sums)
    longer = SHARES[1:]
    days = HealthDay.objects.filter(environment=environment_id, day__gt=today - longer[-1] * DAY).order_by()
    each = {f"{name}_{length}": Sum(name, filter=Q(day__gt=today - length * DAY), default=0)
            for length in longer for name in Tally.__dataclass_fields__}  # fmt: skip
    width = len(Tally.__dataclass_fields__)
    for pk, *sums in days.values_list("check_number").annotate(**each):
        for at, length in enumerate(longer):
            found[pk][length] = Tally(*sums[at * width : (at + 1) * width])
    return dict(found)


def added(slots: Iterable[Slot]) -> Tally:
    whole = Tally()
    for one in slots:
        whole += Tally(one.samples, one.up)
    return whole


def days_of(environment_id: int, first: date, last: date) -> QuerySet[HealthDay]:
    """The sums of each check and date, both dates included, by days and names."""
    rows = HealthDay.objects.filter(environment=environment_id, day__range=(first, last))
    return rows.order_by("day", "check_name", "check_number")


def answered(environment_id: int, first: date, last: date) -> dict[int, list[HealthDay]]:
    """Those days of checks that were asked, by the check, oldest first; one query."""
    found: defaultdict[int, list[HealthDay]] = defaultdict(list)
    for row in days_of(environment_id, first, last).filter(samples__gt=0):
        found[row.check_number].append(row)
    return dict(found)


def reports(environment_id: int, first: date, last: date) -> dict[date, Tally]:
    """Calls and reports of all checks together by the day; one query."""
    rows = days_of(environment_id, first, last).filter(_REPORTED).order_by()
    made = rows.values_list("day").annotate(Sum("received"), Sum("missed"))
    return {day: Tally(received=received, missed=missed) for day, received, missed in made}


def subjects(environment_id: int, first: date, last: date) -> list[Subject]:
    """The calls and reports of each check, those that missed most first; one query."""
    rows = days_of(environment_id, first, last).filter(_REPORTED).order_by()
    made = rows.values_list("check_number").annotate(
        Max("check_name"), Max("check_row"), came=Sum("received"), gone=Sum("missed")
    )
    found = [
        Subject(name, there is not None, Tally(received=came, missed=gone)) for _pk, name, there, came, gone in made
    ]
    return sorted(found, key=lambda one: (-one.tally.missed, one.name))


def _sums() -> list[Sum]:
    return [Sum(name, default=0) for name in Tally.__dataclass_fields__]
