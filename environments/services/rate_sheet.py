"""The price lines of some targets as one sheet: read and locked together, changed in memory, written at once.

Lines of one label never overlap in one environment: a line lasts until the next one of its label begins, or until it
ends. On the day of a move both environments have theirs (rate_moves.py). Who writes a sheet has marked the days whose
estimates it changes, and has the history of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import F, Max

from environments.models import Environment
from environments.models.rate import PriceLine, Rate
from environments.models.target import Target
from portal import history
from portal.origin import acting

from . import permissions, rate_absences, recorded
from .rate_marks import Days, Stand, days_between, mark

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The smallest parts that the database keeps of a unit price and of a quantity.
PRICE_PART, QUANTITY_PART = Decimal("1e-10"), Decimal("1e-4")
SAID: Final = ("label", "unit_price", "unit", "quantity", "currency", "always")
# In the details of a row that only keeps the days before a move: the label that its line had.
LEFT: Final = "label_before_the_move"
LONGEST_LABEL: Final = 120
WRITTEN: Final = (*SAID, "details", "source", "valid_until", "environment", "account", "target")


@dataclass(frozen=True, slots=True)
class Line:
    """What a price line says, of whatever target. Prices are kept to the tenth decimal place and quantities to the
    fourth, half to even. `details`: what it was found for, for people who ask."""

    label: str
    unit_price: Decimal
    currency: str = "USD"
    unit: str = PriceLine.Unit.HOUR
    quantity: Decimal = Decimal(1)
    always: bool = False
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, row: PriceLine) -> Line:
        return cls(**{name: getattr(row, name) for name in SAID}, details=getattr(row, "details", {})).rounded()

    def rounded(self) -> Line:
        price = Decimal(self.unit_price).quantize(PRICE_PART, ROUND_HALF_EVEN)
        quantity = Decimal(self.quantity).quantize(QUANTITY_PART, ROUND_HALF_EVEN)
        return Line(self.label, price, self.currency, str(self.unit), quantity, self.always, self.details)


@dataclass(frozen=True, slots=True)
class Written:
    """What writing did: how many lines came or changed, how many stood there already, and the changes in the history
    by which it can be taken back. `gave_way`: how many looked-up lines ended for them; `kept_from_looks`: the targets
    whose prices are not looked up any more because of it."""

    came: int = 0
    same: int = 0
    changes: tuple[int, ...] = ()
    gave_way: int = 0
    kept_from_looks: tuple[int, ...] = ()


class Sheet:
    """The lines of these targets (by number, whether they are still there or not). One query; locks the rows."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._rows: defaultdict[tuple[int, str], list[Rate]] = defaultdict(list)
        self._stood: dict[int, Stand] = {}
        self._came = self._same = self._gave_way = 0
        self._touched: list[tuple[Rate, int | None, date]] = []
        rows = Rate.objects.select_for_update(of=("self",)).select_related("environment__schedule")
        for row in rows.filter(target_number__in=list(numbers)).order_by("valid_from"):
            self._rows[row.target_number, row.label].append(row)
            self._stood[row.pk] = Stand.of(row)

    def rows(self, number: int) -> Iterator[Rate]:
        """All lines of a target, those of one label in the order of their beginnings."""
        for key in [key for key in self._rows if key[0] == number]:
            yield from list(self._rows[key])

    def find(self, pk: int) -> Rate | None:
        """A row by its id, as the database has it now."""
        return next((row for rows in self._rows.values() for row in rows if row.pk == pk), None)

    def in_force(self, number: int, day: date) -> Iterator[Rate]:
        return (row for row in self.rows(number) if holds_on(row, day))

    def put(self, target: Target, line: Line, day: date, source: str) -> bool:
        """This price from a day on, until a later one of its label begins. Whether anything changed: nothing does where
        the very same, from the same source, is in force on that day until then."""
        line = line.rounded()
        rows = (row for row in self.rows(target.pk) if own_label(row) == line.label)
        here = [row for row in rows if row.environment_id == target.environment_id]
        until, stands = self._next(here, day), next((row for row in here if holds_on(row, day)), None)
        if stands and stands.valid_until == until and Line.of(stands) == line and stands.source == source:
            self._same += 1
            return False
        self._came += 1
        if stands and (stands.valid_from != day or kept_of_a_move(stands)):
            stands.valid_until = day
        known = rate_absences.known(row for row in self.rows(target.pk) if row.environment_id == target.environment_id)
        row = self.write_line(target, line, day, until, source)
        if known and not line.always:
            row.details = {**row.details, **known}
        return True

    def write_line(self, target: Target, line: Line, day: date, until: date | None, source: str) -> Rate:
        """The line that begins on this day, where the target is now. A row that says so of another environment leaves
        its own days behind (`leave`): there is one row for a label and a day."""
        row = self.beginning(target.pk, line.label, day)
        if row is None:
            row = self._add(Rate(target_number=target.pk, label=line.label, valid_from=day))
        elif row.environment_id != target.environment_id and row.valid_until != row.valid_from:
            self._leave(row)
        for name in SAID:
            setattr(row, name, getattr(line, name))
        row.target, row.environment_id, row.account_id = target, target.environment_id, target.account_id
        row.details, row.source, row.valid_until = rate_absences.without(line.details), source, until
        return row

    def beginning(self, number: int, label: str, day: date) -> Rate | None:
        """The row of a label that begins on this day, wherever."""
        return next((row for row in self._rows[number, label] if row.valid_from == day), None)

    def counts(self, number: int, label: str, environment: int, day: date) -> bool:
        """Whether what has this label counts in an environment on a day, under whatever name."""
        rows = self.in_force(number, day)
        return any(row.environment_id == environment and own_label(row) == label for row in rows)

    def _leave(self, row: Rate) -> None:
        """Keep what a row says of its environment in another one, whose label names that environment."""
        place = f" ({row.environment.name})"[:60] if row.environment else ""
        label = row.label[: LONGEST_LABEL - len(place)] + place
        kept = self.beginning(row.target_number, label, row.valid_from)
        if kept is None:
            kept = self._add(Rate(target_number=row.target_number, label=label, valid_from=row.valid_from))
        for name in (*SAID, "source", "valid_until", "environment_id", "account_id", "target_id"):
            setattr(kept, name, getattr(row, name))
        kept.label, kept.details = label, {**row.details, LEFT: row.label}

    def _add(self, row: Rate) -> Rate:
        rows = self._rows[row.target_number, row.label]
        rows.append(row)
        rows.sort(key=lambda one: one.valid_from)
        return row

    def touch(self, row: Rate, day: date) -> None:
        """Its details say something else, that concerns this day in its environment."""
        self._touched.append((row, row.environment_id, day))

    def end(self, row: Rate, day: date) -> bool:
        """Let a line of the sheet end before this day; whether that changed it. On its own first day, or before, it is
        in force on no day."""
        if row.valid_until is not None and row.valid_until <= day:
            return False
        row.valid_until = max(day, row.valid_from)
        self._came += 1
        return True

    def give_way(self, row: Rate, day: date) -> None:
        """Let a line that was looked up end before this day, for what people enter in its place."""
        if row.valid_until is None or row.valid_until > max(day, row.valid_from):
            row.valid_until = max(day, row.valid_from)
            self._gave_way += 1

    def give_back(self, row: Rate) -> None:
        """Let the line whose place this one takes have its days: for one that is about to be in force on none."""
        for other in self._rows[row.target_number, row.label]:
            same_place = other.environment_id == row.environment_id
            if same_place and other.valid_from < row.valid_from == other.valid_until:
                other.valid_until = row.valid_until

    def resume(self, row: Rate) -> bool:
        """Let an ended line of the sheet go on, until the next one of its label; whether that changed it."""
        known = self._rows[row.target_number, row.label]
        rows = [other for other in known if other.environment_id == row.environment_id]
        until = self._next(rows, row.valid_from)
        if row.valid_until == until:
            return False
        for other in rows:
            if other is not row and holds_on(other, row.valid_from):
                other.valid_until = row.valid_from
        row.valid_until = until
        self._came += 1
        return True

    def _next(self, rows: Iterable[Rate], day: date) -> date | None:
        """When the next line begins that is in force on any day."""
        return min(
            (row.valid_from for row in rows if row.valid_from > day and row.valid_until != row.valid_from), default=None
        )

    def write(self, *, now: datetime) -> Written:
        """Write what changed, with its history, and mark the days that it concerns; a fixed number of queries."""
        rows = [row for found in self._rows.values() for row in found]
        stood = self._stood
        made = [row for row in rows if row.pk not in stood]
        changed = [row for row in rows if row.pk in stood and stood[row.pk] != Stand.of(row)]
        touched = [row for row in rows if any(row is one for one, *_ in self._touched) and row.pk in stood]
        concerned: list[Days] = [(pk, day, day) for _, pk, day in self._touched if pk]
        concerned += [days for row in made for days in days_between(None, Stand.of(row))]
        for row in changed:
            concerned += days_between(stood[row.pk], Stand.of(row))
        if writing := [*changed, *(row for row in touched if row not in changed)]:
            Rate.objects.bulk_update(writing, WRITTEN, batch_size=500)
        if changed:
            history.changed(changed)
        if made:
            recorded.create(Rate, made)
        mark(concerned, now)
        return Written(self._came, self._same, last_changes([*made, *changed]), self._gave_way)


@contextmanager
def changing(actor: User | None, environments: Iterable[Environment | None]) -> Iterator[None]:
    """One act of `actor` (None: of the portal itself), all or nothing. PermissionDenied for people who may not change
    the prices of these environments."""
    if actor is not None:
        for environment in environments:
            if environment is not None:
                permissions.require_prices(actor, environment)
    with acting(actor) if actor is not None else nullcontext(), transaction.atomic():
        yield


def kept_of_a_move(row: Rate) -> bool:
    """Whether the row only keeps what a line said in an environment before its target moved (rate_moves.py)."""
    return LEFT in row.details


def own_label(row: Rate) -> str:
    """The label of what a row prices, without the environment that one kept of a move names."""
    return str(row.details.get(LEFT, row.label))


def holds_on(row: Rate, day: date) -> bool:
    return row.valid_from <= day and (row.valid_until is None or row.valid_until > day)


def overlapping(rows: Collection[int]) -> bool:
    """Whether any of these rows, by id, is in force on a day together with another one of its label, target and
    environment. One query."""
    targets = Rate.objects.filter(pk__in=rows).order_by().values("target_number")
    places: defaultdict[tuple[int, int | None, str], list[Rate]] = defaultdict(list)
    for row in (
        Rate.objects.filter(target_number__in=targets).exclude(valid_until=F("valid_from")).order_by("valid_from")
    ):
        places[row.target_number, row.environment_id, own_label(row)].append(row)
    return any(
        (one.pk in rows or later.pk in rows) and (one.valid_until is None or one.valid_until > later.valid_from)
        for those in places.values()
        for one, later in pairwise(those)
    )


def last_changes(rows: Iterable[Rate]) -> tuple[int, ...]:
    """The newest change of each row in the history, by its number."""
    ids = [row.pk for row in rows]
    if not ids:
        return ()
    newest = history.changes_of(Rate).filter(id__in=ids).order_by().values("id").annotate(last=Max("history_id"))
    return tuple(sorted(row["last"] for row in newest))
