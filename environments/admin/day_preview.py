"""The days that an exception would make, before anything is saved: before and after, as bars and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments import rules
from environments.models import DayException, Environment
from environments.rules.durations import spoken
from environments.services import exceptions, plans
from environments.services.exception_checks import FIELD, distinct_plans, environments_of
from environments.services.exceptions import Scope, Wanted
from environments.services.specs import planned, spec_of

from .board_costs import Prices
from .day_bar import DayBar, day_bar
from .displays import language
from .exception_lines import Line, days_words, lines
from .planned_days import PlannedDays

DAY = timedelta(days=1)
SHOWN = 7
NAMED = 8


@dataclass(frozen=True, slots=True)
class DayChange:
    """A date before and after: `was` and `becomes` are hours in words, equal where nothing changes; `also` is what it
    becomes by the reader's own clock; `planned` says whether it was to run at all."""

    day: str
    was: str
    becomes: str
    also: str
    planned: bool
    before: DayBar
    after: DayBar


@dataclass(frozen=True, slots=True)
class Preview:
    """What the exception makes of `name`'s plan, and what else is to know of it. `zone`: whose wall times these are."""

    name: str
    zone: str
    days: list[DayChange]
    at_once: str
    more: int
    difference: str
    replaced: list[Line]
    count: int
    names: list[str]
    unnamed: int


def preview(
    user: User | AnonymousUser, scope: Scope, wanted: Sequence[Wanted], now: datetime, shown: Environment | None = None
) -> Preview:
    """The preview for `shown`, or for the first environment concerned that it fits. Raises RuleError for what no plan
    can be made of.

    Its queries do not grow with the number of days or environments.
    """
    names, count = _concerned(user, scope)
    environment = planned(shown, now) if shown else _example(scope, wanted, now)
    replaced = lines(_replaced(scope, wanted), environment.zone_name if environment else zone_of(scope), now)
    first, last = min(one.first for one in wanted), max(one.last for one in wanted)
    total = (last - first).days + 1
    days: list[DayChange] = []
    difference = at_once = ""
    if environment:
        before, after = spec_of(environment, now), exceptions.preview(environment, scope, wanted, now)
        was, becomes = PlannedDays(before, first, last), PlannedDays(after, first, last)
        days = _days(was, becomes, first, min(total, SHOWN), now)
        difference = _difference(was, becomes, Prices(user, [environment], now), now)
        at_once = _at_once(before, after, now)
    return Preview(
        name=environment.name if environment else "",
        zone=before.zone_name if environment else zone_of(scope),
        days=days,
        at_once=at_once,
        more=max(0, total - SHOWN),
        difference=difference,
        replaced=replaced,
        count=count,
        names=names,
        unnamed=count - len(names),
    )


def _at_once(before: rules.EnvironmentSpec, after: rules.EnvironmentSpec, now: datetime) -> str:
    """What follows the moment it is saved, where its time has come already; empty where nothing does."""
    then = rules.desired_at(after, now)
    if then is rules.desired_at(before, now):
        return ""
    if then is rules.Desired.ANY:
        return _("From now on it is left as it is.")
    return (
        _("It starts now, as soon as this is saved.")
        if then is rules.Desired.RUNNING
        else _("It stops now, as soon as this is saved.")
    )


def zone_of(scope: Scope) -> str:
    """The zones of its wall times, in words."""
    return ", ".join(exceptions.zones(scope))


def _days(before: PlannedDays, after: PlannedDays, first: date, count: int, now: datetime) -> list[DayChange]:
    zone = before.zone_name
    today = plans.today(zone, now)
    found = []
    for day in (first + ahead * DAY for ahead in range(count)):
        was, becomes = before.day(day), after.day(day)
        if was.start == was.end:  # the zone has leapt over it
            continue
        found.append(
            DayChange(
                day=days_words([day], today),
                was=before.hours(day),
                becomes=after.hours(day),
                also=after.also(day),
                planned=any(segment.desired is rules.Desired.RUNNING for segment in was.segments),
                before=day_bar(was.segments, day, zone, now),
                after=day_bar(becomes.segments, day, zone, now),
            )
        )
    return found


def _difference(before: PlannedDays, after: PlannedDays, prices: Prices, now: datetime) -> str:
    """How much longer or shorter it will run, and what that costs; what has passed of today is as it was."""
    change = after.running_time(now) - before.running_time(now)
    return difference_words(change, prices.of(abs(change)))


def difference_words(change: timedelta, price: str) -> str:
    """“9 h less ($2.17)”; without brackets where there is no price."""
    if abs(change) < timedelta(minutes=1):
        return _("It runs for as long as planned.")
    hours, minutes = divmod(round(abs(change) / timedelta(minutes=1)), 60)
    # Running hours are counted in hours, however many days they are of.
    text = spoken(abs(change), language()) if minutes or hours < 24 else _("%(hours)s h") % {"hours": hours}
    said = (_("%(time)s more") if change > timedelta(0) else _("%(time)s less")) % {"time": text}
    return f"{said} ({price})" if price else said


def _example(scope: Scope, wanted: Sequence[Wanted], now: datetime) -> Environment | None:
    """The first environment that it fits, else the first."""
    first: Environment | None = None
    for environment in distinct_plans(scope, wanted, now):
        if exceptions.fits(environment, scope, wanted, now):
            return environment
        first = first or environment
    return first


def _replaced(scope: Scope, wanted: Sequence[Wanted]) -> list[DayException]:
    rows = DayException.objects.in_force().filter(**{FIELD[type(scope)]: scope})
    rows = rows.filter(day__range=(min(w.first for w in wanted), max(w.last for w in wanted)))
    return list(rows.filter(kind__in=[w.kind for w in wanted]).select_related("author", *FIELD.values()))


def _concerned(user: User | AnonymousUser, scope: Scope) -> tuple[list[str], int]:
    """Names of the environments it works on, as far as the reader may see them and they are not too many; and how many
    there are."""
    if isinstance(scope, Environment):
        return [scope.name], 1
    rows = environments_of(scope)
    return list(rows.visible_to(user).order_by("name").values_list("name", flat=True)[:NAMED]), rows.count()


def concerned_words(count: int) -> str:
    return ngettext("Concerns %(count)s environment", "Concerns %(count)s environments", count) % {"count": count}
