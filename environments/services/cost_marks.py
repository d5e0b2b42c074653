"""Which days must be reckoned anew: marked in the transaction that changes a fact or a price, taken up by one worker.

A mark is due from `marked_at` on. One that lies ahead is the end of an environment's present day, when that is closed
and the next one begun: each environment with facts or prices has one, so that closing days reads only what is due.

Whoever reckons does so without locks: it claims an environment's due marks for a while, and writes only if they are
still its own and no others have come since (`only_ours`). What changes meanwhile brings a mark of its own, which the
next turn takes together with these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from environments.models import Environment, Schedule
from environments.models.daily import StaleDays
from environments.rules.zones import known_zone

BEGINNING: Final = date.min
"""The first day of a mark that means every day there is."""
LEASE: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)
AT_ONCE: Final = 1000
# An environment's days are not known before it is looked at; so many are taken for "all of them".
A_LONG_TIME: Final = 400

Days = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """An environment's due marks, one worker's until `until`: the dates they name, and their ids.

    `ahead` are its marks that are not due yet, (id, due from).
    """

    environment_id: int
    days: tuple[Days, ...]
    marks: tuple[int, ...]
    ahead: tuple[tuple[int, datetime], ...]
    until: datetime

    @property
    def first(self) -> date:
        return min(first for first, _ in self.days)


def mark(*, environment_ids: Iterable[int], first: date, last: date | None, now: datetime) -> None:
    """Have these dates of the environments reckoned anew; `last` is included, None: until today.

    In the caller's transaction, in which the change is made. A mark that is free and covers them is left alone and
    locked, so that nobody takes it up before the change is committed. Two queries for a thousand environments.
    """
    mark_each(days=dict.fromkeys(environment_ids, (first, last)), now=now)


def mark_since(*, since: Mapping[int, datetime], now: datetime) -> None:
    """Have the dates from a moment on, until today, reckoned anew: by environment, each in its own time zone."""
    if not since:
        return
    days: dict[int, Days] = {}
    for some in _chunks(since):
        names = zone_names(some)
        days |= {pk: (since[pk].astimezone(known_zone(name)).date(), None) for pk, name in names.items()}
    mark_each(days=days, now=now)


def mark_all(*, environment_ids: Iterable[int], now: datetime) -> None:
    """Have every day of the environments reckoned anew: their dates are others now, in another time zone."""
    mark(environment_ids=environment_ids, first=BEGINNING, last=None, now=now)


def mark_zone(*, schedule: Schedule, now: datetime) -> None:
    """The time zone of a schedule is another: it is also that of its environments which have none of their own."""
    rows = Environment.objects.filter(schedule=schedule, timezone="")
    mark_all(environment_ids=rows.values_list("pk", flat=True), now=now)


def mark_each(*, days: Mapping[int, Days], now: datetime) -> None:
    """The same for dates of each environment's own."""
    for some in _chunks(days):
        with transaction.atomic():
            free = StaleDays.objects.filter(environment__in=some, leased_until=None, marked_at__lte=now)
            wide = free.select_for_update().order_by("pk").values_list("environment_id", "first", "last")
            covered = {pk for pk, first, last in wide if _covers((first, last), days[pk])}
            StaleDays.objects.bulk_create(
                StaleDays(environment_id=pk, first=days[pk][0], last=days[pk][1], marked_at=now)
                for pk in some
                if pk not in covered
            )


def zone_names(environments: Collection[int]) -> dict[int, str]:
    """The time zone of each environment that exists, by its id. One query."""
    rows = Environment.objects.filter(pk__in=environments).values_list("pk", "timezone", "schedule__timezone")
    return {pk: own or schedules or settings.TIME_ZONE for pk, own, schedules in rows}


def claim(
    *, now: datetime, most: int, most_days: int, among: Collection[int] | None = None, passing: Collection[int] = ()
) -> list[Claim]:
    """Take up the due marks of at most `most` environments, whose dates taken together make no more than `most_days`.

    Recent days go first: a year that is reckoned anew does not keep today waiting. One environment is taken however
    many days it has. None of `passing`, and only `among` these, if said. One query where nothing is due; else three and
    an update, and two more each time that others were quicker.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    taken = StaleDays.objects.filter(environment=OuterRef("environment"), leased_until__gt=now)
    due = StaleDays.objects.filter(free, ~Exists(taken), marked_at__lte=now)
    if among is not None:
        due = due.filter(environment__in=among)
    waiting = due.order_by("-first", "pk").values_list("environment_id", "first", "last")
    tried = set(passing)
    rows: dict[int, list[StaleDays]] = {}
    while not rows:
        free_ones = (row for row in waiting[:AT_ONCE] if row[0] not in tried)
        chosen = _fitting(free_ones, most, most_days, now.date())
        if not chosen:
            return []
        rows = _leased(due.filter(environment__in=chosen), now + LEASE)
        tried.update(chosen)
    later: defaultdict[int, list[tuple[int, datetime]]] = defaultdict(list)
    others = StaleDays.objects.filter(environment__in=list(rows), marked_at__gt=now).order_by("pk")
    for pk, environment_id, at in others.values_list("pk", "environment_id", "marked_at"):
        later[environment_id].append((pk, at))
    return [
        Claim(
            environment_id,
            tuple((row.first, row.last) for row in those),
            tuple(row.pk for row in those),
            tuple(later[environment_id]),
            now + LEASE,
        )
        for environment_id, those in rows.items()
    ]


def only_ours(claims: Sequence[Claim]) -> list[Claim]:
    """The claims that may be written: all of their marks are there and leased to us, and no others have come.

    In the transaction that writes: until it ends nobody else takes these marks. Two queries.
    """
    mine = [pk for one in claims for pk in one.marks]
    held = StaleDays.objects.select_for_update().filter(pk__in=mine).order_by("pk")
    leased = dict(held.values_list("pk", "leased_until"))
    known = {*mine, *(pk for one in claims for pk, _ in one.ahead)}
    there = StaleDays.objects.filter(environment__in=[one.environment_id for one in claims])
    changed = {environment_id for pk, environment_id in there.values_list("pk", "environment_id") if pk not in known}
    return [
        one
        for one in claims
        if one.environment_id not in changed and all(leased.get(pk) == one.until for pk in one.marks)
    ]


def settle(claims: Sequence[Claim], ends: Mapping[int, tuple[date, datetime]]) -> None:
    """The claimed days are made anew: their marks go, and one waits for the end of each environment's present day.

    `ends`: that day and its end, by environment; one that is not in it has no days to come. In the transaction that
    writes the days. Two queries at most.
    """
    gone = [pk for one in claims for pk in one.marks]
    new = []
    for one in claims:
        wanted = ends.get(one.environment_id)
        stands = wanted is not None and [at for _, at in one.ahead] == [wanted[1]]
        if not stands:
            gone += [pk for pk, _ in one.ahead]
        if wanted is not None and not stands:
            new.append(StaleDays(environment_id=one.environment_id, first=wanted[0], marked_at=wanted[1]))
    StaleDays.objects.filter(pk__in=gone).delete()
    StaleDays.objects.bulk_create(new)


def release(claims: Iterable[Claim]) -> None:
    """Give back what was claimed and not written."""
    for one in claims:
        StaleDays.objects.filter(pk__in=one.marks, leased_until=one.until).update(leased_until=None)


def _leased(due: QuerySet[StaleDays], until: datetime) -> dict[int, list[StaleDays]]:
    """These marks, by environment, for us alone; without those that somebody else has at this moment."""
    rows: defaultdict[int, list[StaleDays]] = defaultdict(list)
    with transaction.atomic():
        for row in due.select_for_update(skip_locked=True, of=("self",)).order_by("pk"):
            rows[row.environment_id].append(row)
        ids = [row.pk for those in rows.values() for row in those]
        StaleDays.objects.filter(pk__in=ids).update(leased_until=until)
    return rows


def _covers(wide: Days, days: Days) -> bool:
    (first, last), (begin, end) = wide, days
    return first <= begin and (last is None or (end is not None and end <= last))


def _fitting(rows: Iterable[tuple[int, date, date | None]], most: int, most_days: int, today: date) -> list[int]:
    """Environments whose dates, those of all taken for each, are no more than `most_days`; one at least."""
    chosen: dict[int, None] = {}
    begin, end = date.max, date.min
    for environment_id, first, last in rows:
        from_, until = max(first, today - A_LONG_TIME * DAY), min(last or today, today)
        first_of_all, last_of_all = min(begin, from_), max(end, until)
        days = max((last_of_all - first_of_all).days + 1, 1)
        many = len(chosen) + (environment_id not in chosen)
        if chosen and (many > most or many * days > most_days):
            continue
        chosen[environment_id] = None
        begin, end = first_of_all, last_of_all
    return list(chosen)


def _chunks(keys: Iterable[int]) -> Iterator[list[int]]:
    left = iter(sorted(keys))
    while some := list(islice(left, AT_ONCE)):
        yield some
