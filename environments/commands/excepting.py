"""Other hours on a day, by chat: the verbs exception set and exception del. What would stop soon is asked for first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from environments import rules
from environments.models import DayException, Environment, Hold, Schedule, Wish
from environments.rules.verb_lexicon import typed
from environments.services import exception_checks, exceptions, permissions, plans, schedules
from environments.services.exception_reasons import NOT_GIVEN
from environments.services.exceptions import Wanted
from environments.services.specs import schedule_spec, spec_of
from notifications.chat.spoken import Answer

from . import texts
from .days import day_lines, exception_lines, exceptions_from, in_force, kind_words
from .looking import names_of
from .orders import environments_of, named, page_of
from .switching import RUNS

if TYPE_CHECKING:
    from .orders import Order

Scope = Environment | Schedule
Specs = Mapping[int, rules.EnvironmentSpec]
SOON: Final = timedelta(minutes=60)
"""What runs now, and an exception would stop within this time and sooner than its plan does, is stopped by whoever sets
it: that is asked for first."""


def set_exception(order: Order, scope: Scope) -> Answer:
    """Sets it in place of one of the same kind. Raises what `exceptions.place` raises."""
    permissions.require_override(order.user, scope)
    day = order.day(order.command.day, exceptions.zones(scope)[0])
    reason = order.command.reason or NOT_GIVEN
    wanted = [Wanted(kind, day, day, minute, reason) for kind, minute in order.command.times]
    exceptions.check(scope=scope, wanted=wanted, now=order.now)
    before = _readable(exceptions.concerned(scope, order.now), order.now)
    stopping = _stopping(before, {one.pk: exceptions.preview(one, scope, wanted, order.now) for one in before}, order)
    if stopping and not order.asked.confirmed:
        resolved = typed(replace(order.command, day=day), named(scope))
        return replace(_asks(order, before, stopping), resolved=resolved)
    exceptions.place(scope=scope, wanted=wanted, author=order.user, origin=Hold.Origin.BOT, now=order.now)
    return _done(order, scope, day, stopping, texts.EXCEPTION_SET, texts.EXCEPTION_SET_WORDS)


def delete_exception(order: Order, scope: Scope) -> Answer:
    """Takes it out; where there is none, says what there is. Raises what `exceptions.remove` raises."""
    permissions.require_override(order.user, scope)
    day = order.day(order.command.day, exceptions.zones(scope)[0])
    kinds = [kind for kind, _minute in order.command.times]
    owned = {exception_checks.FIELD[type(scope)]: scope}
    rows = list(DayException.objects.in_force().filter(day=day, kind__in=kinds, **owned))
    if len(rows) < len(kinds):
        return _there_is_none(order, scope, day)
    before = _readable(exceptions.concerned(scope, order.now), order.now)
    stopping = _stopping(before, _without(scope, {row.pk for row in rows}, order.now), order)
    if stopping and not order.asked.confirmed:
        resolved = typed(replace(order.command, day=day), named(scope))
        return replace(_asks(order, before, stopping), resolved=resolved)
    if not exceptions.remove(exceptions=rows, author=order.user, now=order.now):
        return _there_is_none(order, scope, day)
    return _done(order, scope, day, stopping, texts.EXCEPTION_GONE, texts.EXCEPTION_GONE_WORDS)


def _done(
    order: Order, scope: Scope, day: date, stopping: Mapping[int, datetime], title: texts.Said, body: texts.Said
) -> Answer:
    """What was done, and the day as it is now."""
    what = ", ".join(kind_words(order, kind, minute) for kind, minute in order.command.times)
    lines = [body(order.language)]
    if any(stop <= order.now for stop in stopping.values()):
        lines.append(texts.SOON(order.language))
    elif isinstance(scope, Environment) and _starts(order, scope):
        lines.append(texts.STARTS_SOON(order.language))
    return Answer(
        title=title(order.language, name=scope.name, day=order.day_words(day), what=what),
        body="\n".join(lines),
        fields=((texts.THAT_DAY(order.language), "\n".join(_that_day(order, scope, day))),),
        severity="success",
        link=page_of(scope) if isinstance(scope, Environment) else "",
    )


def _starts(order: Order, environment: Environment) -> bool:
    """Whether its plan, as it is now, starts it within seconds."""
    fresh = environments_of(order).get(pk=environment.pk)
    if fresh.state in RUNS:
        return False
    found = rules.explain(spec_of(fresh, order.now), order.now)
    return schedules.asked_at_once(fresh, found, now=order.now) == Wish.RUNNING


def _that_day(order: Order, scope: Scope, day: date) -> Iterator[str]:
    if isinstance(scope, Environment):
        spec = spec_of(environments_of(order).get(pk=scope.pk), order.now)
    else:
        spec = schedule_spec(scope, order.now)
    for one in plans.days_of(spec, day, 1):
        yield from day_lines(order, one)
    yield texts.DAY_ZONE(order.language, zone=spec.zone_name)


def _there_is_none(order: Order, scope: Scope, day: date) -> Answer:
    """Soberly that there is none, and what there is from today on, however wide."""
    what = ", ".join(kind_words(order, kind, None) for kind, _minute in order.command.times)
    none = texts.NO_SUCH_EXCEPTION(order.language, name=scope.name, what=what, day=order.day_words(day))
    today = plans.today(exceptions.zones(scope)[0], order.now)
    rows = exceptions_from(in_force(scope), today)
    there = exception_lines(order, rows, scope.name)
    said = texts.THERE_IS(order.language, those=there) if rows else texts.THERE_IS_NONE(order.language)
    return order.refusal(f"{none}\n{said}", link=page_of(scope) if isinstance(scope, Environment) else "")


def _asks(order: Order, before: Sequence[Environment], stopping: Mapping[int, datetime]) -> Answer:
    """What would stop soon that would not otherwise, and when."""
    those = [one for one in before if one.pk in stopping]
    first = min(stopping.values())
    zone = those[0].zone_name
    at_once = first <= order.now
    when = texts.AT_ONCE(order.language) if at_once else texts.AT_TIME(order.language, time=order.at(first, zone))
    found = rules.explain(spec_of(those[0], order.now), order.now)
    planned = ""
    if len(those) == 1 and found.desired is rules.Desired.RUNNING and found.until:
        until, why = order.until(found.until, zone), found.reason.text(order.language)
        planned = texts.WAS_PLANNED(order.language, until=until, why=why)
    names = names_of(those, order)
    return Answer(
        title=texts.ASK_EXCEPTION(order.language, name=names, when=when),
        body=texts.ASK_EXCEPTION_WORDS(order.language, names=names, when=when, planned=planned).strip(),
        severity="warning",
        link=page_of(those[0]) if len(those) == 1 else "",
        confirm=True,
    )


def _stopping(before: Sequence[Environment], after: Specs, order: Order) -> dict[int, datetime]:
    """When each of what runs would stop by the other plan, where that is soon and sooner than by its own."""
    now = order.now
    running = [one for one in before if one.state in RUNS and one.pk in after]
    then = {one.pk: rules.explain(after[one.pk], now) for one in running}
    at_once = schedules.asked_at_once_of_each([(one, then[one.pk]) for one in running], now=now)
    found: dict[int, datetime] = {}
    for one in running:
        stop = _stop_of(then[one.pk])
        own = _stop_of(rules.explain(spec_of(one, now), now))
        left_alone = stop == now and at_once.get(one.pk) != Wish.STOPPED
        if stop is not None and stop <= now + SOON and not left_alone and (own is None or stop < own):
            found[one.pk] = stop
    return found


def _stop_of(found: rules.Explanation) -> datetime | None:
    if found.desired is rules.Desired.STOPPED:
        return found.at
    return found.until if found.then is rules.Desired.STOPPED else None


def _without(scope: Scope, ids: Collection[int], now: datetime) -> dict[int, rules.EnvironmentSpec]:
    """The plans of all that it concerns as they would be without these exceptions."""
    rows = _readable(exceptions.concerned(scope, now), now)
    return {one.pk: spec_of(exception_checks.leave_out(one, ids), now) for one in rows}


def _readable(environments: Sequence[Environment], now: datetime) -> list[Environment]:
    """Those of which the schedule can be read: of the others no exception changes anything."""
    found = []
    for one in environments:
        try:
            spec_of(one, now)
        except rules.RuleError:
            continue
        found.append(one)
    return found
