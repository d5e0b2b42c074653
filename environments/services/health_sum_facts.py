"""What sums of checks are made of: whose they are, and what their samples say of a span of time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from environments.models import Check, HealthSample
from environments.rules.zones import zone

from .health_sum_rows import Row

CHECKS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Whose:
    """A check as sums name it, and the zone of its days."""

    check_id: int
    check: str
    environment_id: int
    environment: str
    zone: str

    def row(self, span: datetime | date, **values: Any) -> Row:
        return Row(self.check_id, self.environment_id, self.check, self.environment, span, **values)

    def day(self, at: datetime) -> date:
        return at.astimezone(zone(self.zone)).date()


class Made(NamedTuple):
    """What samples add up to; times of those that had an answer: of half of them at most, of 95 in a hundred."""

    samples: int
    up: int
    p50_ms: int | None
    p95_ms: int | None


def whose(checks: Collection[int]) -> list[Whose]:
    """The checks of these that are there. One query for a thousand."""
    found = []
    for some in chunks(checks):
        rows = Check.objects.filter(pk__in=some).order_by("pk")
        for pk, name, environment_id, environment, own, schedules in rows.values_list(
            "pk", "name", "environment", "environment__name", "environment__timezone", "environment__schedule__timezone"
        ):
            its_zone = own or schedules or settings.TIME_ZONE
            found.append(Whose(pk, name, environment_id, environment, its_zone))
    return found


def made(begin: datetime, end: datetime, checks: Collection[int] | None = None) -> dict[int, Made]:
    """What the samples of `[begin, end)` add up to, by check; of these checks only, if said. Two queries for a
    thousand."""
    found: dict[int, Made] = {}
    for some in chunks(checks) if checks is not None else [None]:
        rows = HealthSample.objects.filter(at__gte=begin, at__lt=end)
        rows = rows if some is None else rows.filter(check_row__in=some)
        # The nearest rank: of n answers the ⌈n·p⌉th.
        place = {
            "place": Window(RowNumber(), partition_by=[F("check_row")], order_by=["ms", "pk"]),
            "of": Window(Count("pk"), partition_by=[F("check_row")]),
        }
        half, most = Q(place=(F("of") * 50 + 99) / 100), Q(place=(F("of") * 95 + 99) / 100)
        ranked = rows.filter(ms__isnull=False).annotate(**place).filter(half | most)
        times: dict[int, list[int]] = {}
        for pk, ms in ranked.order_by("check_row", "ms").values_list("check_row", "ms"):
            times.setdefault(pk, []).append(ms or 0)
        counts = (
            rows.order_by().values_list("check_row").annotate(n=Count("pk"), good=Count("pk", filter=Q(is_up=True)))
        )
        for pk, number, good in counts:
            its = times.get(pk)
            found[pk] = Made(number, good, its[0] if its else None, its[-1] if its else None)
    return found


def hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    left = iter(sorted(ids))
    while some := list(islice(left, CHECKS_AT_ONCE)):
        yield some
