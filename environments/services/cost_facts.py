"""What the days of environments were: reckoned from their intervals and price lines, not written."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import OuterRef, Subquery

from environments.models import Environment, Interval
from environments.models.daily import DailyRun
from environments.models.rate import Rate
from environments.rules.cost_days import DayFound, Part, WallDay, days_found, wall_days
from environments.rules.costs import Rate as Rule
from environments.rules.zones import known_zone

from . import rates
from .cost_marks import Days

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
Spans = dict[int, dict[int | None, list[tuple[datetime, datetime | None]]]]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """An environment's dates, made anew: `found` is what they were, `asked` the dates that this says everything of.

    A date that was asked for and is not found has no row: it lies before the first fact or price, or ahead. `goes_on`:
    its present day and the end of that, when it has days to come;
    where its first one lies ahead, that one and its beginning. `never_made`: dates before these that have no rows yet,
    though there are facts or prices. `today` is the date of its own time zone.
    """

    environment_id: int
    name: str
    team_id: int
    asked: tuple[Days, ...]
    today: date
    found: Sequence[DayFound] = ()
    goes_on: tuple[date, datetime] | None = None
    never_made: Days | None = None

    def says(self, day: date) -> bool:
        """Whether it says what there is of this date."""
        return any(first <= day and (last is None or day <= last) for first, last in self.asked)

    @property
    def first(self) -> date:
        return min(first for first, _ in self.asked)

    @property
    def concerns_what_comes(self) -> bool:
        """Whether a date that is not over was asked for, though there be nothing to reckon of it yet."""
        return self.last is None or self.last >= self.today

    @property
    def last(self) -> date | None:
        """None: it says everything of what comes, too."""
        lasts = [last for _, last in self.asked]
        return None if None in lasts else max(last for last in lasts if last is not None)


@dataclass(frozen=True, slots=True)
class _Known:
    """An environment as the database has it: since when there is something to count, and since when it has rows."""

    pk: int
    name: str
    team_id: int
    zone_name: str
    created_at: datetime
    first_span: datetime | None
    first_price: date | None
    first_row: date | None

    def first_day(self) -> date | None:
        """The date of the first fact or price; None where there is none."""
        span = self.first_span.astimezone(known_zone(self.zone_name)).date() if self.first_span else None
        return min((day for day in (span, self.first_price) if day is not None), default=None)

    def never_made(self, days: Sequence[Days], today: date) -> Days | None:
        """Dates from the first one on that have no rows and are not among these."""
        first = self.first_day()
        if first is None or first > today or (self.first_row is not None and self.first_row <= first):
            return None
        until = today if self.first_row is None else self.first_row
        made = any(begin <= first and (last is None or last >= until) for begin, last in days)
        return None if made else (first, until)


@dataclass(slots=True)
class _Zones:
    """The dates of time zones, each made once for a batch."""

    now: datetime
    known: dict[str, dict[date, WallDay]] = field(default_factory=dict)

    def days(self, name: str, first: date, last: date) -> list[WallDay]:
        known = self.known.setdefault(name, {})
        wanted = [first + ahead * DAY for ahead in range((last - first).days + 1)]
        missing = [day for day in wanted if day not in known]
        if missing:
            known |= {day.day: day for day in wall_days(name, missing[0], missing[-1])}
        return [known[day] for day in wanted if day in known]


def reckoned(*, days: Mapping[int, Sequence[Days]], now: datetime) -> list[Reckoned]:
    """What these dates of environments (by id) were, as is known at `now`.

    An environment that is gone is not in the answer, nor one whose dates cannot be reckoned: that is logged, and keeps
    nobody waiting. Queries: five, and two for prices; whatever the number of environments. Changes nothing.
    """
    zones, wanted = _Zones(now), {}
    for one in _environments(days):
        try:
            wanted[one.pk] = one, _dates(one, days[one.pk], zones, now)
        except Exception:  # one row that nobody can read must not stop the others; it is said each time
            log.exception("The days of %s cannot be reckoned.", one.name)
    spread = [day for _, dates in wanted.values() for day in dates]
    spans = _spans(wanted, min(day.begin for day in spread)) if spread else {}
    prices = {}
    if spread:
        edges = min(day.day for day in spread), max(day.day for day in spread)
        prices = rates.lines_of(environments=wanted, first=edges[0], last=edges[1])
    found = []
    for pk, (one, dates) in wanted.items():
        try:
            since = one.created_at if dates and dates[0].begin < one.created_at else None
            parts = list(_parts(spans.get(pk, {}), prices.get(pk, ()), since))
            rows = [row for stretch in _stretches(dates) for row in days_found(stretch, parts, now)]
            asked, ahead = tuple(days[pk]), _goes_on(one, zones, now)
            today = _today(one, now)
            never_made = one.never_made(asked, today)
            found.append(Reckoned(pk, one.name, one.team_id, asked, today, rows, ahead, never_made))
        except Exception:
            log.exception("The days of %s cannot be reckoned.", one.name)
    return found


def _environments(ids: Collection[int]) -> Iterator[_Known]:
    spans = Interval.objects.filter(environment=OuterRef("pk")).order_by("began_at")
    prices = Rate.objects.filter(environment=OuterRef("pk")).order_by("valid_from")
    rows = DailyRun.objects.filter(environment=OuterRef("pk")).order_by("day")
    found = Environment.objects.filter(pk__in=ids).order_by("pk")
    for pk, name, team_id, own, schedules, *since in found.values_list(
        *("pk", "name", "team_id", "timezone", "schedule__timezone", "created_at"),
        Subquery(spans.values("began_at")[:1]),
        Subquery(prices.values("valid_from")[:1]),
        Subquery(rows.values("day")[:1]),
    ):
        yield _Known(pk, name, team_id, own or schedules or settings.TIME_ZONE, *since)


def _today(one: _Known, now: datetime) -> date:
    return now.astimezone(known_zone(one.zone_name)).date()


def _dates(one: _Known, days: Sequence[Days], zones: _Zones, now: datetime) -> list[WallDay]:
    """The dates to reckon, each once, in order: from the first fact or price until today."""
    begin, today = one.first_day(), _today(one, now)
    if begin is None:
        return []
    found: dict[date, WallDay] = {}
    for first, last in days:
        first, last = max(first, begin), min(last or today, today)
        if first <= last:
            found |= {day.day: day for day in zones.days(one.zone_name, first, last)}
    return [found[day] for day in sorted(found)]


def _goes_on(one: _Known, zones: _Zones, now: datetime) -> tuple[date, datetime] | None:
    first = one.first_day()
    if first is None:
        return None
    today = _today(one, now)
    if first > today:  # a first price that lies ahead: nothing before that day
        return next(((day.day, day.begin) for day in zones.days(one.zone_name, first, first + DAY)), None)
    return next(((day.day, day.end) for day in zones.days(one.zone_name, today, today + DAY)), None)


def _spans(environments: Collection[int], begin: datetime) -> Spans:
    """The spans that lasted beyond `begin`, by environment and the number of their target. Two queries: those that have
    ended are found by when, and few are open."""
    found: Spans = defaultdict(lambda: defaultdict(list))
    rows = Interval.objects.of(environments).order_by()
    for some in (rows.filter(ended_at__gt=begin), rows.open()):
        for pk, number, began, ended in some.values_list("environment_id", "target_number", "began_at", "ended_at"):
            if pk is not None:
                found[pk][number].append((began, ended))
    return found


def _parts(
    spans: Mapping[int | None, list[tuple[datetime, datetime | None]]],
    prices: Iterable[rates.PricedTarget],
    since: datetime | None,
) -> Iterator[Part]:
    """What ran, with what it costs; what never ran, and may be billed all the same; and what has no prices. Before
    `since`, when the environment came into the portal, nothing was saved."""
    priced = set()
    for one in prices:
        priced.add(one.target_number)
        lines = one.rates if since is None else tuple(_absent_until(since, line) for line in one.rates)
        yield Part(one.account_id, spans.get(one.target_number, ()), lines)
    for number, those in spans.items():
        if number not in priced:
            yield Part(None, those)


def _absent_until(since: datetime, line: Rule) -> Rule:
    return replace(line, absent=(*line.absent, (line.begin, since))) if line.begin < since else line


def _stretches(days: Sequence[WallDay]) -> Iterator[list[WallDay]]:
    """Dates that follow each other, together."""
    for _, those in groupby(enumerate(days), key=lambda at: at[1].day.toordinal() - at[0]):
        yield [day for _, day in those]
