"""Reading the history: what changed, when, by whom and from where, as rows and the rows before them.

Only reads; a fixed number of queries, whatever the number of changes. Taking back is `services.taking_back`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, F, ForeignKey, Func, Model, OuterRef, Q, Subquery, Value

from environments.models import (
    AlarmCheck,
    Budget,
    Calendar,
    CalendarDay,
    DayException,
    Device,
    Environment,
    Heartbeat,
    Hold,
    HttpCheck,
    Pause,
    Period,
    Schedule,
    StatusPage,
    Target,
    TargetParameter,
)
from environments.models.rate import Rate
from portal.history import CHANGED, changes_of, name_of

Place = tuple[type[Model], Q]
"""Where changes are looked for: a model, and which rows of its history."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changed: its name, and what it held; for lists the names that went and that came."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A row of history and the one before it (None for the first). `latest`: nothing has happened to it since."""

    model: type[Model]
    row: Any
    before: Any
    latest: bool

    def differences(self) -> list[Difference]:
        """In the order of the fields. Empty for what was made or removed, and where nothing is known of before."""
        if self.row.history_type != CHANGED or self.before is None:
            return []
        fields = (field.attname for field in self.row.tracked_fields if not field.primary_key)
        pairs = ((name, getattr(self.before, name), getattr(self.row, name)) for name in fields)
        return [*(Difference(*pair) for pair in pairs if pair[1] != pair[2]), *self._lists()]

    def _lists(self) -> Iterator[Difference]:
        old, new = (row.history_beside.get("lists", {}) for row in (self.before, self.row))
        for name, there in new.items():
            was, now = dict(old.get(name, ())), dict(there)
            gone, came = (sorted(a[key] for key in a.keys() - b.keys()) for a, b in ((was, now), (now, was)))
            if gone or came:
                yield Difference(name, gone, came)

    @property
    def is_told(self) -> bool:
        """Whether there is something to say: saving a form that nobody changed is no change."""
        beside = self.row.history_beside
        return (
            self.row.history_type != CHANGED
            or self.before is None
            or bool(beside.get("secrets") or beside.get("imported") or self.differences())
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Changes, newest first, those of one moment together; `older` is the moment to go on before, None at the end.

    `names` has what ids in the rows mean, by model and id; also of what is gone, as it was called last.
    """

    moments: list[list[Change]]
    older: datetime | None
    names: dict[tuple[type[Model], Any], str]

    def name(self, model: type[Model], pk: Any) -> str:
        return self.names.get((model, pk), "")


def of_environment(environment: Environment) -> list[Place]:
    """Where the changes of an environment are: its own, of its targets, its schedule, its exceptions, holds, pauses,
    prices, budgets, checks and status page."""
    its = Q(environment_id=environment.pk)
    whose = its | Q(team_id=environment.team_id)
    places: list[Place] = [
        (Environment, Q(id=environment.pk)),
        (Target, its),
        (TargetParameter, Q(target_id__in=changes_of(Target).filter(its).order_by().values("id"))),
        (Hold, its),
        (Pause, its),
        (Rate, its & ~Q(source=Rate.Source.PRICE_LIST)),  # what people said; what is looked up changes by itself
        *((model, its) for model in (Budget, HttpCheck, Heartbeat, Device, AlarmCheck, StatusPage)),
    ]
    if environment.schedule_id:
        whose |= Q(schedule_id=environment.schedule_id)
        places += of_thing(Schedule, environment.schedule_id)
    return [*places, (DayException, whose)]


def of_thing(model: type[Model], pk: Any) -> list[Place]:
    """Where the changes of one row are: its own, and those of what it is made of."""
    parts = {
        Schedule: (Period, "schedule_id"),
        Target: (TargetParameter, "target_id"),
        Calendar: (CalendarDay, "calendar_id"),
    }
    found: list[Place] = [(model, Q(id=pk))]
    if model in parts:
        part, key = parts[model]
        found.append((part, Q(**{key: pk})))
    return found


def mark(places: Sequence[Place]) -> str:
    """Another text as soon as anything changes there, for pages that ask every few seconds; one query.

    The history only grows. It is counted, as the newest number would be looked for from the end of the whole table.
    """
    counts = [
        changes_of(model).filter(where).order_by().values_list(Value(n), Func(F("history_id"), function="COUNT"))
        for n, (model, where) in enumerate(places)
    ]
    rows = counts[0].union(*counts[1:], all=True).order_by()
    return ",".join(str(count) for _place, count in sorted(rows))


def read(places: Sequence[Place], *, before: datetime | None = None, count: int = 15) -> Page:
    """The newest `count` moments at which something changed there (before a moment)."""
    if before is not None:
        places = [(model, where & Q(history_date__lt=before)) for model, where in places]
    whens = [
        changes_of(model).filter(where).order_by().annotate(place=Value(n)).values_list("history_date", "place")
        for n, (model, where) in enumerate(places)
    ]
    # Of each place as many as could be shown, so that a batch of a year takes no more than one.
    found = whens[0].distinct().union(*(one.distinct() for one in whens[1:])).order_by("-history_date", "place")
    rows = list(found[: (count + 1) * len(places)])
    dates = sorted({at for at, _place in rows}, reverse=True)
    shown = dates[:count]
    if not shown:
        return Page([], None, {})
    touched = {n for at, n in rows if at >= shown[-1]}
    changes = [c for n in sorted(touched) for c in _changes(places[n], shown[-1])]
    by_moment: defaultdict[datetime, list[Change]] = defaultdict(list)
    for change in changes:
        if change.is_told:
            by_moment[change.row.history_date].append(change)
    moments = [by_moment[at] for at in shown if by_moment[at]]
    return Page(moments, shown[-1] if len(dates) > count else None, _names(changes))


def _changes(place: Place, since: datetime) -> list[Change]:
    model, where = place
    manager = changes_of(model)
    same = manager.filter(id=OuterRef("id"))
    earlier = same.filter(history_id__lt=OuterRef("history_id")).order_by("-history_id").values("history_id")
    rows = list(
        manager.filter(where, history_date__gte=since)
        .annotate(before_id=Subquery(earlier[:1]), followed=Exists(same.filter(history_id__gt=OuterRef("history_id"))))
        .order_by("history_id")
    )
    known = {row.history_id: row for row in rows}
    known |= manager.in_bulk([row.before_id for row in rows if row.before_id and row.before_id not in known])
    return [Change(model, row, known.get(row.before_id), not row.followed) for row in rows]


def _names(changes: Iterable[Change]) -> dict[tuple[type[Model], Any], str]:
    """What each foreign key and each person in them is called: two queries a model at most."""
    wanted: defaultdict[type[Model], set[Any]] = defaultdict(set)
    for change in changes:
        for row in (change.row, change.before):
            if row is None:
                continue
            wanted[User].add(row.history_user_id)
            for field in row.tracked_fields:
                if isinstance(field, ForeignKey):
                    wanted[field.related_model].add(getattr(row, field.attname))
    names: dict[tuple[type[Model], Any], str] = {}
    for model, ids in wanted.items():
        ids.discard(None)
        there = model._default_manager.in_bulk(list(ids)) if ids else {}  # noqa: SLF001
        names |= {(model, pk): _called(thing) for pk, thing in there.items()}
        if gone := ids - there.keys():
            last = changes_of(model).filter(id__in=gone).order_by("history_id")
            names |= {(model, row.id): _called(row.history_object) for row in last}
    return names


def _called(thing: Model) -> str:
    return thing.identifier if isinstance(thing, Target) else name_of(thing)
