"""What it cost and what it saved: groups and bars of a span, by estimate, as pages and files show it.

Facts (how long it ran), estimates (from prices) and actuals (`cost_bills`) are read apart and never added. So are
currencies: each has groups and bars of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from environments.models import Account, Environment, Team

from . import cost_sums
from .cost_scope import Scope
from .cost_sums import (
    DAY,
    ENVIRONMENT,
    REMOVED,
    Bar,
    Bars,
    Key,
    Since,
    Span,
    Sums,
    Totals,
    first_of_month,
    monday_of,
    next_month,
    since_counted,
)

DAYS, WEEKS, MONTHS = "day", "week", "month"
STEPS: Final = (DAYS, WEEKS, MONTHS)
# So many groups have a colour of their own; the others share one.
COLOURED: Final = 8
OTHERS: Key = ("others", 0)
_ALL: Key = ("", 0)
# Beyond, bars are wider: what is finer takes too long to read, and is too narrow to be seen.
MOST_DAYS: Final = {DAYS: 92, WEEKS: 26 * 7}
# The same of a few named environments; a year has 54 weeks at the most.
MOST_DAYS_OF_FEW: Final = {DAYS: 2 * 92, WEEKS: 54 * 7}
LONGEST: Final = 3 * 366
_BAR: Final[dict[str, Bar]] = {DAYS: lambda day: day, WEEKS: monday_of, MONTHS: first_of_month}


@dataclass(frozen=True, slots=True)
class Shown:
    """A bar: the days `first` to `last` of the span. `parts` has a key of `History.coloured` each, and OTHERS."""

    first: date
    last: date
    sums: Sums
    parts: dict[Key, Sums]


@dataclass(frozen=True, slots=True)
class Named:
    """A group's name; `slug` where it is an environment that is there, `pk` of a team or an account."""

    name: str
    slug: str = ""
    pk: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """`currencies` are those of the scope and the span with their sums; groups and bars are of `currency` only.

    `groups` are in descending order of their estimate, `coloured` the first of them. `since` is what was added to the
    days as they were last counted: it is in all of the sums.
    """

    span: Span
    kind: str
    step: str
    currency: str
    currencies: dict[str, Sums]
    groups: list[tuple[Key, Sums]]
    coloured: list[Key]
    bars: list[Shown]
    since: list[Since] = field(default_factory=list)

    @property
    def whole(self) -> Sums:
        return self.currencies.get(self.currency, Sums())


def look(*, scope: Scope, span: Span, kind: str, step: str, now: datetime, currency: str = "") -> History:
    """The costs of a scope over a span by estimate, up to `now`.

    `currency`: which one is wanted; else the one that most groups have. A fixed number of queries, whatever the
    number of environments and days.
    """
    since = since_counted(scope, span, now)
    bars: Bars = {}
    if kind == ENVIRONMENT or step == MONTHS:
        totals = cost_sums.totals(scope, span, kind)
    else:  # what bars are made of anyway
        bars = cost_sums.by_day(scope, span, kind, _BAR[step], None)
        totals = _together(bars)
    for one in since:
        of_currency, key = totals.setdefault(one.currency, {}), one.key(kind)
        if key in of_currency:
            of_currency[key].add(one.estimate, one.always_on)
        else:
            of_currency[key] = Sums(one.estimate, one.always_on)
    # AWS's own prices are in dollars: of two that as many groups have, these.
    usual = max(sorted(totals), key=lambda code: (len(totals[code]), code == "USD"), default="")
    chosen = currency if currency in totals else usual
    groups = sorted(totals.get(chosen, {}).items(), key=lambda item: (-item[1].estimate, item[0]))
    coloured = [key for key, sums in groups[:COLOURED] if sums.estimate or sums.always_on]
    if len(groups) == COLOURED + 1:  # one colour for a single other says less than its own name
        coloured = [key for key, _ in groups]
    if not bars:
        bars = _bars(scope, span, kind, step, coloured)
    return History(
        span=span,
        kind=kind,
        step=step,
        currency=chosen,
        currencies={code: _sum(found.values()) for code, found in sorted(totals.items())},
        groups=groups,
        coloured=coloured,
        bars=_shown(bars.get(chosen, {}), span, step, kind, coloured, [one for one in since if one.currency == chosen]),
        since=since,
    )


def steps_of(span: Span, *, is_narrow: bool = False) -> list[str]:
    """The steps in which a span can be shown; the finest one first. `is_narrow`: of a few named environments, whose
    days are read at once."""
    most = MOST_DAYS_OF_FEW if is_narrow else MOST_DAYS
    return [step for step in STEPS if step not in most or span.days <= most[step]]


def slots(span: Span, step: str) -> list[Span]:
    """The bars of a span, each within it."""
    found: list[Span] = []
    begin = span.first
    while begin <= span.last:
        after = {DAYS: begin + DAY, WEEKS: monday_of(begin) + 7 * DAY, MONTHS: next_month(begin)}[step]
        found.append(Span(begin, min(after - DAY, span.last)))
        begin = after
    return found


def names(keys: Iterable[Key]) -> dict[Key, Named]:
    """What groups are called: one query for each kind. Those that are nothing more are missing, but the removed."""
    wanted = set(keys)
    found = {key: Named(str(key[1])) for key in wanted if key[0] == REMOVED}
    ids = {kind: [pk for one, pk in wanted if one == kind and pk] for kind in cost_sums.KINDS}
    if ids[ENVIRONMENT]:
        living = Environment.objects.filter(pk__in=ids[ENVIRONMENT]).order_by().values_list("pk", "name", "slug")
        found |= {(ENVIRONMENT, pk): Named(name, slug, pk) for pk, name, slug in living}
    for kind, rows in ((cost_sums.TEAM, Team.objects.order_by()), (cost_sums.ACCOUNT, Account.objects.order_by())):
        if ids[kind]:
            named = rows.filter(pk__in=ids[kind]).values_list("pk", "name")
            found |= {(kind, pk): Named(name, pk=pk) for pk, name in named}
    return found


def _bars(scope: Scope, span: Span, kind: str, step: str, coloured: list[Key]) -> Bars:
    """The bars of the coloured groups, and under `_ALL` those of all environments together."""

    def read(among: list[Key] | None) -> Bars:
        if step == MONTHS:
            return cost_sums.by_month(scope, span, kind, among)
        return cost_sums.by_day(scope, span, kind, _BAR[step], among)

    whole = read(None)
    if kind == ENVIRONMENT:
        for currency, found in read(coloured).items():
            for first, parts in found.items():
                whole.setdefault(currency, {}).setdefault(first, {}).update(parts)
    return whole


def _shown(
    bars: dict[date, dict[Key, Sums]], span: Span, step: str, kind: str, coloured: list[Key], since: list[Since]
) -> list[Shown]:
    added, found = _added(since, step, kind, set(coloured)), []
    for slot in slots(span, step):
        day = _BAR[step](slot.first)
        read = bars.get(day, {})
        whole = read[_ALL] if _ALL in read else _sum(read.values())
        sums = Sums(whole.estimate, whole.always_on)
        parts = {key: Sums(read[key].estimate, read[key].always_on) for key in coloured if key in read}
        for key, more in added.get(day, {}).items():
            (sums if key == _ALL else parts.setdefault(key, Sums())).add(more.estimate, more.always_on)
        rest = _sum(parts.values())
        if (sums.estimate, sums.always_on) != (rest.estimate, rest.always_on):
            parts[OTHERS] = Sums(sums.estimate - rest.estimate, sums.always_on - rest.always_on)
        found.append(Shown(slot.first, slot.last, sums, parts))
    return found


def _added(since: Iterable[Since], step: str, kind: str, own: set[Key]) -> dict[date, dict[Key, Sums]]:
    """What was added to each bar: of these groups, and of all under `_ALL`."""
    found: dict[date, dict[Key, Sums]] = {}
    by_day: dict[date, dict[Key, Sums]] = {}
    for one in since:
        if one.day not in by_day:
            by_day[one.day] = found.setdefault(_BAR[step](one.day), {_ALL: Sums()})
        parts, key = by_day[one.day], one.key(kind)
        parts[_ALL].add(one.estimate, one.always_on)
        if key in own:
            parts.setdefault(key, Sums()).add(one.estimate, one.always_on)
    return found


def _together(bars: Bars) -> Totals:
    found: Totals = {}
    for currency, days in bars.items():
        for parts in days.values():
            for key, sums in parts.items():
                found.setdefault(currency, {}).setdefault(key, Sums()).add(sums.estimate, sums.always_on)
    return found


def _sum(parts: Iterable[Sums]) -> Sums:
    whole = Sums()
    for part in parts:
        whole.add(part.estimate, part.always_on)
    return whole
