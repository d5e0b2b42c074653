"""The plan of a day, and the exceptions that are in force: the verbs info and exception info."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from environments import rules
from environments.models import DayException, Environment, Schedule
from environments.rules.verb_lexicon import clock
from environments.services import day_plans, exceptions, permissions, plans
from environments.services.exception_reasons import given
from environments.services.specs import schedule_spec
from notifications.chat.spoken import Answer

from . import texts
from .orders import page_of

if TYPE_CHECKING:
    from .orders import Order

SHOWN: Final = 15


def info_of(order: Order, environment: Environment) -> Answer:
    """The plan of a date: today's where none was said; of a date that has passed, as it was."""
    zone = exceptions.zones(environment)[0]
    day = order.day(order.command.day, zone)
    found = day_plans.over([day_plans.read_back(environment, day, order.now)], day, 1, order.now, zone_name=zone)[0]
    if found.problem is not None:
        raise found.problem
    return _told(order, environment.name, found.days[0], page_of(environment))


def info_of_schedule(order: Order, schedule: Schedule) -> Answer:
    """The same of a schedule, with the calendars and exceptions that hang on it."""
    spec = schedule_spec(schedule, order.now)
    day = order.day(order.command.day, spec.zone_name)
    days = plans.days_of(spec, day, 1)
    if not days:  # a date that the zone has leapt over
        return order.refusal(texts.NO_SUCH_DAY(order.language, day=day))
    return _told(order, schedule.name, days[0])


def day_lines(order: Order, day: plans.Day) -> list[str]:
    """“09:00–18:00 schedule Office hours Seoul”: when it is to run, and what else is worth saying of the day."""
    language, lines = order.language, []
    said: set[str] = set()
    for begin, end, segments in plans.running(day.segments):
        reasons = list(dict.fromkeys(segment.reason.text(language) for segment in segments))
        said.update(reasons)
        lines.append(texts.RUNS(language, begin=_clock(begin, day), end=_clock(end, day), why="; ".join(reasons)))
    if not lines:
        left = all(segment.desired is rules.Desired.ANY for segment in day.segments)
        lines.append((texts.DAY_LEFT if left else texts.DAY_LONG)(language))
    return lines + [why for why in dict.fromkeys(_beside(order, day)) if why not in said]


def exceptions_of(order: Order, environment: Environment) -> Answer:
    """Those that are in force from today on, or on a date: of the environment, its team and its schedule."""
    return _listed(
        order, environment.name, in_force(environment), exceptions.zones(environment)[0], page_of(environment)
    )


def exceptions_of_schedule(order: Order, schedule: Schedule) -> Answer:
    """The same of a schedule."""
    return _listed(order, schedule.name, in_force(schedule), exceptions.zones(schedule)[0])


def exceptions_of_all(order: Order) -> Answer:
    """The same of everything that they see."""
    rows = permissions.exceptions_in_sight(order.user)
    return _listed(order, texts.EVERYTHING(order.language), rows, settings.TIME_ZONE)


def in_force(scope: Environment | Schedule) -> Q:
    """Exceptions that work on it: its own, and of an environment its team's and its schedule's."""
    if isinstance(scope, Schedule):
        return Q(schedule=scope)
    rows = Q(environment=scope) | Q(team=scope.team_id)
    return rows | Q(schedule=scope.schedule_id) if scope.schedule_id else rows


def exceptions_from(rows: Q, first: date, *, only: bool = False) -> list[DayException]:
    """Those in force from a date on, or of this date `only`; with whose they are."""
    found = DayException.objects.in_force().filter(rows)
    found = found.filter(day=first) if only else found.from_day(first)
    return list(found.select_related("environment", "team", "schedule", "author").order_by("day", "kind", "pk"))


def kind_words(order: Order, kind: str, minute: int | None) -> str:
    """“stop 22:00”, “off all day”."""
    return texts.KINDS[kind](order.language, time="" if minute is None else clock(minute)).strip()


def exception_line(order: Order, row: DayException, name: str) -> str:
    """“2026-11-25 (Wed) stop 22:00 · Mina Jung: client demo · for Chat”; whose it is where that is not `name`."""
    scope = row.environment or row.team or row.schedule
    whose = texts.FOR(order.language, name=scope.name) if scope and scope.name != name else ""
    who = ": ".join(part for part in (row.author_name, given(row.reason)) if part)
    what = f"{order.day_words(row.day)} {kind_words(order, row.kind, row.minute)}"
    return " · ".join(part for part in (what, who, whose) if part)


def exception_lines(order: Order, rows: Sequence[DayException], name: str) -> str:
    """A line each, at most `SHOWN`."""
    lines = [f"• {exception_line(order, row, name)}" for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        lines.append(texts.MORE(order.language, count=len(rows) - SHOWN))
    return "\n".join(lines)


def _listed(order: Order, name: str, rows: Q, zone: str, link: str = "") -> Answer:
    day = order.day(order.command.day, zone)
    one_day = order.command.day is not None
    found = exceptions_from(rows, day, only=one_day)
    of_day = texts.EXCEPTIONS_OF_DAY(order.language, day=order.day_words(day), name=name)
    title = of_day if one_day else texts.EXCEPTIONS(order.language, name=name)
    return Answer(title, exception_lines(order, found, name) or texts.NO_EXCEPTIONS(order.language), link=link)


def _told(order: Order, name: str, day: plans.Day, link: str = "") -> Answer:
    lines = [*day_lines(order, day), texts.DAY_ZONE(order.language, zone=day.zone_name)]
    return Answer(texts.DAY(order.language, name=name, day=order.day_words(day.day)), "\n".join(lines), link=link)


def _beside(order: Order, day: plans.Day) -> Iterator[str]:
    """Holidays, and what people have made of the day, where it does not run by that."""
    for segment in day.segments:
        if segment.desired is not rules.Desired.RUNNING and segment.source.kind in plans.WORTH_SAYING:
            yield segment.reason.text(order.language)


def _clock(at: datetime, day: plans.Day) -> str:
    return "24:00" if at >= day.end else f"{at.astimezone(ZoneInfo(day.zone_name)):%H:%M}"
