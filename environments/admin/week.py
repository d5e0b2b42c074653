"""Seven days as bars, those to come or those that were, and the next ten changes, each with why and who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments import rules
from environments.models import Environment
from environments.rules.durations import spoken
from environments.services import day_plans, intervals, plans
from environments.services.specs import spec_of

from .cards import Explained, explain, unreadable
from .day_bar import DayBar, day_bar
from .displays import also, at_words, language

DAYS = 7
CHANGES = 10
NEXT, LAST = "next", "last"

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A row of the week; `ran` is for how long it ran, on days that began already."""

    name: str
    is_today: bool
    bar: DayBar
    ran: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A row of the changes; `tone` is the colour of the state that it leads to, `also` when it is by the reader's own
    clock."""

    when: str
    also: str
    what: str
    tone: str
    why: str


def section(
    request: HttpRequest, environment: Environment, now: datetime, explained: Explained | None = None
) -> dict[str, Any]:
    """The context of `environments/_week.html`: one query beyond the plan's own.

    The last seven days (`?days=last`) are those of the plan as it was then, which is read for these.
    `explained` is what `cards.explain` said of the plan, where the page asked already.
    """
    which = LAST if request.GET.get("days") == LAST else NEXT
    found, problem = explained or explain(environment, now)
    shown: dict[str, Any] = {
        "which": which,
        "zone": environment.zone_name,
        "url": reverse("environments:week", args=[environment.slug]),
    }
    if found is None:
        return {"week": shown | {"problem": problem}}
    try:
        days, without = _planned(environment, which, now)
        changes = plans.next_changes(spec_of(environment, now), now, CHANGES) if found.until else []
    except rules.RuleError as error:
        return {"week": shown | {"problem": unreadable(error)}}
    zone, plan_zone = environment.zone_name, spec_of(environment, now).zone_name
    ran = intervals.ran(environments=[environment], begin=days[0].start, end=days[-1].end, now=now)[environment.pk]
    rows = [_day(day, now, ran, without) for day in days]
    return {
        "week": shown
        | {
            "days": rows,
            # Dates of exceptions and days off are those of the schedule's zone.
            "plan_zone": plan_zone if plan_zone != zone else "",
            "kinds": {mark.kind.removesuffix("-off") for day in rows for mark in day.bar.marks},
            "changes": [_change(change, zone, now) for change in changes],
            "never": "" if changes else _never(found),
        }
    }


@require_GET
def part(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The section by itself, for the page that is open."""
    context = {"env": environment, **section(request, environment, timezone.now())}
    return TemplateResponse(request, "environments/_week.html", context)


def _planned(environment: Environment, which: str, now: datetime) -> tuple[list[plans.Day], list[rules.Segment]]:
    """The days, and the plan of them without exceptions and holds. Raises RuleError.

    Those that were are as they were, by what was in force then.
    """
    zone = environment.zone_name
    first = plans.today(zone, now)
    if which == LAST:
        first -= timedelta(days=DAYS - 1)
        # Exceptions that are long past are not read for what is to come.
        those = day_plans.with_plans(Environment.objects.filter(pk=environment.pk), first)
        (found,) = day_plans.over(those, first, DAYS, now, zone_name=zone)
        if found.problem:
            raise found.problem
        return list(found.days), list(found.without)
    spec = spec_of(environment, now)
    days = plans.days_of(spec, first, DAYS, zone)
    asked = any(one.reason.code in {"hold", "exception"} for day in days for one in day.segments)
    return days, rules.plan(spec.without_overrides(), days[0].start, days[-1].end) if asked else []


def _day(day: plans.Day, now: datetime, ran: Sequence[Span], without: list[rules.Segment]) -> ShownDay:
    spans = [(max(begin, day.start), min(end, day.end)) for begin, end in ran if begin < day.end and end > day.start]
    total = sum((end - begin for begin, end in spans), timedelta())
    bar = day_bar(
        day.segments,
        day.day,
        day.zone_name,
        now,
        [(begin, None if end >= now else end) for begin, end in spans],
        without,
    )
    name = _("%(weekday)s %(day)d") % {"weekday": formats.date_format(day.day, "D"), "day": day.day.day}
    said = _("ran %(time)s") % {"time": spoken(_whole_minutes(total), language())} if total else ""
    return ShownDay(name, day.start <= now < day.end, bar, said)


def _whole_minutes(total: timedelta) -> timedelta:
    return max(timedelta(minutes=total // timedelta(minutes=1)), min(total, timedelta(seconds=59)))


def _change(change: plans.Change, zone: str, now: datetime) -> ShownChange:
    words = {
        rules.Desired.RUNNING: (_("starts"), "running"),
        rules.Desired.STOPPED: (_("stops"), "stopped"),
        rules.Desired.ANY: (_("left as it is"), "unknown"),
    }
    what, tone = words[change.desired]
    return ShownChange(at_words(change.at, zone, now), also(change.at, zone, now), what, tone, change.short(language()))


def _never(found: rules.Explanation) -> str:
    """Why there is no change ahead."""
    if found.source.kind is rules.SourceKind.NONE:
        return _("Nothing planned: it is started and stopped by hand.")
    return _("No change ahead. %(why)s") % {"why": found.text(language())}
