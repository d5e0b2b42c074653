"""Price lines of targets: set, ended, brought back; and read for reckoning what environments cost (docs/costs.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from environments.models import Environment, Target
from environments.models.rate import PriceLine, Rate
from environments.rules import costs
from environments.rules.zones import WallClock, known_zone, moment
from portal.history import MADE, changes_of

from . import plans, pricings
from .cost_marks import zone_names
from .history import Change
from .intervals import MOST_IDS
from .rate_absences import absences
from .rate_limits import check_size
from .rate_marks import mark_change
from .rate_sheet import SAID, Line, Sheet, Written, changing, holds_on, last_changes, overlapping
from .rates_from_aws import replace_from_price_list

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = [
    "Line", "PricedTarget", "Written", "as_rate", "check_day", "end_line", "holds_on", "lines_of",
    "replace_from_price_list", "restore_line", "set_line", "take_back",
]  # fmt: skip

# Days further away than this are mistyped years; each day in between would be reckoned.
FURTHEST: Final = timedelta(days=3 * 366)
HOURS: Final = {PriceLine.Unit.HOUR: 1, PriceLine.Unit.MONTH: 730}


@dataclass(frozen=True, slots=True)
class PricedTarget:
    """What a target costs in an environment, billed to one account: lines as the rules reckon with them."""

    target_number: int
    account_id: int | None
    rates: tuple[costs.Rate, ...]


def lines_of(*, environments: Iterable[int], first: date, last: date) -> dict[int, list[PricedTarget]]:
    """The price lines in force on any of the dates `first` to `last` (both included), by the environment's id.

    They begin and end with midnights of the environment's time zone. Every environment asked for is in the answer.
    Targets that were removed are there on the days on which they were priced, and one that went to another account is
    there once for each. Two queries, whatever the number of environments. Changes nothing.
    """
    ids = set(environments)
    found: dict[int, dict[tuple[int, int | None], list[costs.Rate]]] = {pk: defaultdict(list) for pk in ids}
    if not ids:
        return {}
    zones = zone_names(ids)
    rows = Rate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=first), valid_from__lte=last)
    rows = rows.exclude(valid_until=F("valid_from"))
    if len(ids) <= MOST_IDS:
        rows = rows.filter(environment__in=ids)
    for row in rows.order_by("target_number", "valid_from").iterator():
        if row.environment_id in zones:
            places = found[row.environment_id]
            places[row.target_number, row.account_id].append(as_rate(row, zones[row.environment_id]))
    return {
        pk: [PricedTarget(number, account, tuple(rates)) for (number, account), rates in places.items()]
        for pk, places in found.items()
    }


def as_rate(row: Rate, zone_name: str) -> costs.Rate:
    """The line as the rules reckon with it."""
    return costs.Rate(
        label=row.label,
        unit_price=row.unit_price,
        currency=row.currency,
        begin=_midnight(zone_name, row.valid_from),
        quantity=row.quantity,
        always=row.always,
        hours=HOURS[PriceLine.Unit(row.unit)],
        end=_midnight(zone_name, row.valid_until) if row.valid_until else None,
        absent=absences(row),
    )


@lru_cache(maxsize=4096)
def _midnight(zone_name: str, day: date) -> datetime:
    return moment(WallClock(known_zone(zone_name)).instant(day.toordinal(), 0))


def set_line(
    *,
    target: Target,
    label: str,
    unit_price: Decimal,
    quantity: Decimal = Decimal(1),
    unit: str = PriceLine.Unit.HOUR,
    currency: str = "USD",
    always: bool = False,
    valid_from: date,
    source: str = Rate.Source.HAND,
    actor: User | None,
    now: datetime,
) -> Written:
    """A price of a label from a date on: the one before it ends there, and one of the same date is replaced.

    It holds until a later one of its label begins. The first price that people enter for a target of which nothing was
    looked up switches looking up off for it: both would count. `actor` None: the portal itself. Raises
    PermissionDenied, and ValidationError naming the field; nothing is written then. Side effect: the days concerned are
    reckoned anew.
    """
    line = Line(label.strip(), unit_price, currency, unit, quantity, always)
    with changing(actor, [target.environment]):
        check(target, line, valid_from, now)
        Target.objects.select_for_update().get(pk=target.pk)
        sheet = Sheet([target.pk])
        first = not any(_goes_on(row, target, now) for row in sheet.rows(target.pk))
        sheet.put(target, line, valid_from, source)
        done = sheet.write(now=now)
        return replace(done, kept_from_looks=pricings.keep_from_looks([target.pk])) if first else done


def _goes_on(row: Rate, target: Target, now: datetime) -> bool:
    """Whether it counts where the target is, today or later."""
    until, today = row.valid_until, plans.today(target.environment.zone_name, now)
    return row.environment_id == target.environment_id and (until is None or until > max(today, row.valid_from))


def check(target: Target, line: Line, valid_from: date, now: datetime) -> None:
    """ValidationError, by field, for what is no price, or none that can be counted, and for days that nobody means."""
    row = Rate(target_number=target.pk, valid_from=valid_from, **{name: getattr(line, name) for name in SAID})
    row.clean_fields(exclude=["environment", "target", "account"])
    check_size(unit_price=row.unit_price, quantity=row.quantity, unit=row.unit)
    check_day(target.environment, valid_from, now)


def check_day(environment: Environment, valid_from: date, now: datetime) -> None:
    """ValidationError for a first day that nobody means."""
    if abs(valid_from - plans.today(environment.zone_name, now)) > FURTHEST:
        raise ValidationError({"valid_from": _("This is more than three years away.")})


def end_line(*, line: Rate, day: date, actor: User | None, now: datetime) -> Written:
    """Let a line end: `day` is the first without it. Its own first day takes it from every day, and gives these back to
    the line whose place it had taken.

    Raises PermissionDenied, and ValidationError for a day before it begins or after it ends; nothing is written then.
    """
    with changing(actor, [line.environment]):
        sheet = Sheet([line.target_number])
        row = sheet.find(line.pk)
        if row is None or day < row.valid_from or (row.valid_until is not None and day > row.valid_until):
            raise ValidationError({"day": _("Choose a day between its first one and its end.")})
        if day == row.valid_from != row.valid_until:
            sheet.give_back(row)
        sheet.end(row, day)
        return sheet.write(now=now)


def restore_line(*, line: Rate, actor: User | None, now: datetime) -> Written:
    """Bring a line that was ended back: until the next one of its label begins, or without an end.

    Nothing comes when it goes on already. Raises PermissionDenied, and ValidationError where its target is not a part
    of that environment any more; nothing is written then.
    """
    with changing(actor, [line.environment]):
        there = Target.objects.select_for_update().filter(pk=line.target_number, environment=line.environment_id)
        sheet = Sheet([line.target_number])
        row = sheet.find(line.pk)
        if row is None or not there.exists():
            raise ValidationError(_("It cannot come back: its target is not a part of this environment any more."))
        sheet.resume(row)
        return sheet.write(now=now)


def take_back(
    *, environment: Environment, changes: Collection[int], looks: Collection[int] = (), actor: User, now: datetime
) -> int:
    """Undo what was written a moment ago, by what `Written.changes` said, and have the prices of the targets `looks`
    (`Written.kept_from_looks`) looked up again; how many lines, and targets where there are no lines, that was about.

    0 where any of them has changed since or is none of this environment, or where another line of its label has come in
    its place: nothing is done then.
    """
    with changing(actor, [environment]):
        found = {change.id: change for change in changes_of(Rate).filter(pk__in=changes, environment_id=environment.pk)}
        rows = Rate.objects.select_for_update(of=("self",)).order_by("pk").in_bulk(list(found))
        if rows.keys() != found.keys() or set(last_changes(rows.values())) != set(changes):
            return 0
        for pk, change in found.items():
            _undo(rows[pk], change, now)
        if overlapping(rows):
            transaction.set_rollback(True)
            return 0
        again = pricings.leave_to_looks(environment=environment, numbers=looks, now=now) if looks else 0
    return len(found) or again


def _undo(row: Rate, change: Any, now: datetime) -> None:
    """What was made goes; what was changed is as it was before, in the fields that were changed and no others."""
    if change.history_type == MADE:
        mark_change(row, None, now)
        row.delete()
        return
    stood = changes_of(Rate).filter(id=row.pk, history_id__lt=change.history_id).order_by("-history_id").first()
    before = copy(row)
    for difference in Change(Rate, change, stood, latest=True).differences():
        setattr(row, difference.field, difference.old)
    row.save()
    mark_change(before, row, now)
