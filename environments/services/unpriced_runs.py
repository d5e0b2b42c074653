"""What ran on dates on which nothing of it had a price: hours that no estimate counts, also of what is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from environments.models import Interval, Rate, Target
from environments.rules.zones import known_zone
from portal.history import changes_of

from .cost_scope import Scope
from .cost_sums import DAY, Span, zone_of_environment
from .plans import bounds

# The spans of so many targets are read for a page; of the others that lack a price nothing is read.
READ: Final = 60
# Dates differ by less than that from those of UTC.
ZONES: Final = timedelta(hours=15)
CHUNK: Final = 5_000
# A look went well: what has no line then costs nothing.
LOOKED_UP_WELL: Final = Q(pricing__automatic=True, pricing__looked_at__isnull=False, pricing__problem={})


@dataclass(frozen=True, slots=True)
class UnpricedRun:
    """For how long a target ran without a price in a span of days, and the first of these. `environment` and `target`
    are None for what is gone; `slug` is empty then."""

    environment: int | None
    target: int | None
    slug: str
    name: str
    what: str
    seconds: int
    first: date


class _Ran(NamedTuple):
    """A target of an environment, both perhaps gone. It never ran before `began` or after `ended`, if it has these."""

    environment: int | None
    target: int | None
    number: int | None
    slug: str
    name: str
    what: str
    zone: str
    is_looked_up: bool
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def lines(self) -> tuple[int | None, int | None]:
        return self.environment, self.number

    @property
    def spans(self) -> tuple[Any, ...]:
        return _whose(self.environment, self.name, self.number, self.what)


_Lacking = tuple[_Ran, list[tuple[datetime, datetime]]]
_Lines = Mapping[tuple[int | None, int | None], list[tuple[date, date | None]]]


def unpriced_runs(
    *, scope: Scope, span: Span, now: datetime, most: int | None = READ
) -> tuple[list[UnpricedRun], set[tuple[int | None, str]]]:
    """The runs, by name; and the environments, by id and name, of more than `most` targets that lack a price on days of
    the span and of which nothing is read. Three queries, seven where something lacks one."""
    last = min(span.last, (now + ZONES).date())
    if last < span.first:
        return [], set()
    span = Span(span.first, last)
    ran = [*_of_targets(scope, span), *_of_others(scope, span, now)]
    lines = _lines(ran, span)
    lacking = _began(_with_holes(ran, lines, span, now), lines, span, now)
    lacking.sort(key=lambda found: (found[0].name.casefold(), found[0].what))
    read, unread = (lacking, []) if most is None else (lacking[:most], lacking[most:])
    return list(_counted(read, now)), {(one.environment, one.name) for one, _holes_of in unread}


def has_run(span: Span, now: datetime) -> Q:
    """Of targets: whether one ran in the span, give or take some hours, at the place where it is."""
    begin, end = _edges(span, now)
    # By environment: of these the database finds the last ones without those of years before.
    spans = Interval.objects.filter(environment=OuterRef("environment"), target=OuterRef("pk"), began_at__lt=end)
    return Q(Exists(spans.filter(ended_at__gt=begin))) | Q(Exists(spans.open()))


def _of_targets(scope: Scope, span: Span) -> Iterator[_Ran]:
    """Targets that have no single line for all of the span. One query: whether they ran is asked of few of them."""
    covering = Rate.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=span.last),
        target_number=OuterRef("pk"),
        environment=OuterRef("environment"),
        valid_from__lte=span.first,
    )
    rows = Target.objects.filter(~Exists(covering), environment__in=scope.living().values("pk")).order_by()
    if scope.account:
        rows = rows.filter(account=scope.account)
    looked = ExpressionWrapper(LOOKED_UP_WELL, output_field=BooleanField())
    names = ("environment_id", "pk", "environment__slug", "environment__name", "identifier", "zone", "looked")
    found = rows.annotate(zone=zone_of_environment(), looked=looked).values_list(*names)
    for environment, pk, slug, name, what, zone, is_looked_up in found:
        yield _Ran(environment, pk, pk, slug, name, what, zone, bool(is_looked_up))


def _with_holes(ran: Iterable[_Ran], lines: _Lines, span: Span, now: datetime) -> list[_Lacking]:
    found = ((one, list(_holes(one, lines.get(one.lines, ()), span, now))) for one in ran)
    return [(one, holes) for one, holes in found if holes]


def _began(lacking: list[_Lacking], lines: _Lines, span: Span, now: datetime) -> list[_Lacking]:
    """Without those that did not run in the span, and what lies before they first did. One query."""
    unknown = {one.target: one for one, _holes_of in lacking if one.began is None and one.target is not None}
    ids = sorted(unknown)
    first = Interval.objects.filter(target=OuterRef("pk")).order_by("began_at").values("began_at")[:1]
    known = [one for one, _holes_of in lacking if one.began is not None]
    for at in range(0, len(ids), CHUNK):
        rows = Target.objects.filter(has_run(span, now), pk__in=ids[at : at + CHUNK]).order_by()
        for pk, began in rows.values_list("pk", Subquery(first)):
            known.append(unknown[pk]._replace(began=began))
    return _with_holes(known, lines, span, now)


def _of_others(scope: Scope, span: Span, now: datetime) -> Iterator[_Ran]:
    """What ran then and was removed since, or went to another environment. Two queries."""
    begin, end = _edges(span, now)
    lately = Q(ended_at__gt=begin) | Q(ended_at__isnull=True)
    rows = scope.kept(Interval.objects.filter(lately, began_at__lt=end), has_account=False)
    yield from _by_place(rows.filter(target=None))
    there_now = Target.objects.filter(pk=OuterRef("id"), environment=OuterRef("environment_id"))
    moved = changes_of(Target).filter(~Exists(there_now.order_by())).order_by().values("id")
    yield from _by_place(rows.filter(target__in=moved).exclude(environment=F("target__environment")))


def _by_place(rows: QuerySet[Interval]) -> Iterator[_Ran]:
    names = ("environment_id", "environment__slug", "environment__name", "environment_name", "target_id")
    found: dict[tuple[Any, ...], _Ran] = {}
    for environment, slug, now_called, name, target, number, what, zone, began, ended, is_open in (
        rows.annotate(zone=zone_of_environment())
        .values_list(*names, "target_number", "target_name", "zone")
        .annotate(Min("began_at"), Max("ended_at"), opened=Count("pk", filter=Q(ended_at__isnull=True)))
    ):
        until = None if is_open else ended
        one = _Ran(environment, target, number, slug or "", now_called or name, what, zone, False, began, until)
        known = found.get(one.spans)  # under another name
        if known:
            until = None if until is None or known.ended is None else max(until, known.ended)
            one = one._replace(began=min(began, known.began or began), ended=until)
        found[one.spans] = one
    yield from found.values()


def _lines(ran: Sequence[_Ran], span: Span) -> _Lines:
    """When lines were in force, by environment and number; of nobody where the environment is gone."""
    found = defaultdict[tuple[int | None, int | None], list[tuple[date, date | None]]](list)
    numbers = sorted({one.number for one in ran if one.number is not None})
    for at in range(0, len(numbers), CHUNK):
        # Lines that end before the span are there to tell that prices once began.
        rows = Rate.objects.filter(target_number__in=numbers[at : at + CHUNK], valid_from__lte=span.last).order_by()
        for environment, number, begin, end in rows.values_list(
            "environment_id", "target_number", "valid_from", "valid_until"
        ):
            found[environment, number].append((begin, end))
    return found


def _holes(
    one: _Ran, lines: Iterable[tuple[date, date | None]], span: Span, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of the span in which it may have run and no line was in force."""
    zone = known_zone(one.zone)
    in_force = sorted((begin, end or date.max) for begin, end in lines if begin != end)
    if one.is_looked_up and not in_force:
        return
    first = max(span.first, one.began.astimezone(zone).date()) if one.began else span.first
    last = min(span.last, (one.ended or now).astimezone(zone).date())
    for begin, end in [*in_force, (date.max, date.max)]:
        if first > last:
            return
        if begin > first:
            yield bounds(first, zone.key)[0], bounds(min(begin - DAY, last), zone.key)[1]
        if one.is_looked_up:  # from its first price on, what it has no line for costs nothing
            return
        first = max(first, end)


def _counted(lacking: Sequence[_Lacking], now: datetime) -> Iterator[UnpricedRun]:
    """How long each ran in its holes, if it did. A query for living targets and one for removed ones."""
    if not lacking:
        return
    begin = min(holes[0][0] for _one, holes in lacking)
    end = min(now, max(holes[-1][1] for _one, holes in lacking))
    spans = _spans([one for one, _holes_of in lacking], begin, end)
    for one, holes in lacking:
        parts = [
            (max(begin, hole[0]), min(end or now, hole[1], now))
            for begin, end in spans.get(one.spans, ())
            for hole in holes
        ]
        parts = [(begin, end) for begin, end in parts if begin < end]
        if parts:
            seconds = sum((end - begin for begin, end in parts), timedelta()) // timedelta(seconds=1)
            day = min(begin for begin, _end in parts).astimezone(known_zone(one.zone)).date()
            yield UnpricedRun(one.environment, one.target, one.slug, one.name, one.what, seconds, day)


def _spans(
    ran: Sequence[_Ran], begin: datetime, end: datetime
) -> dict[tuple[Any, ...], list[tuple[datetime, datetime | None]]]:
    found = defaultdict[tuple[Any, ...], list[tuple[datetime, datetime | None]]](list)
    rows = Interval.objects.filter(Q(ended_at__gt=begin) | Q(ended_at__isnull=True), began_at__lt=end).order_by()
    targets = sorted(one.target for one in ran if one.target is not None)
    numbers = {one.number for one in ran if one.target is None}
    sources = [rows.filter(target__in=targets[at : at + CHUNK]) for at in range(0, len(targets), CHUNK)]
    if numbers:
        sources.append(rows.filter(Q(target_number__in=numbers) | Q(target_number=None), target=None))
    fields = ("environment_id", "environment__name", "environment_name", "target_number", "target_name")
    for source in sources:
        for environment, now_called, name, number, what, began, ended in source.values_list(
            *fields, "began_at", "ended_at"
        ):
            found[_whose(environment, now_called or name, number, what)].append((began, ended))
    return found


def _whose(environment: int | None, name: str, number: int | None, what: str) -> tuple[Any, ...]:
    """By what spans are told apart: ids where there are any, names where there were none."""
    return (environment or name, number if number is not None else what)


def _edges(span: Span, now: datetime) -> tuple[datetime, datetime]:
    """The moments before and after which no clock has a date of the span."""
    begin, end = (datetime.combine(day, time(), ZoneInfo("UTC")) for day in (span.first, span.last + DAY))
    return begin - ZONES, min(end + ZONES, now)
