"""The next seven days as bars and the next ten changes, each with why and who."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment
from environments.services import plans
from environments.services.specs import spec_of

from .cards import unreadable
from .day_bar import DayBar, day_bar
from .displays import at_words, language

DAYS = 7
CHANGES = 10


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A row of the week."""

    name: str
    is_today: bool
    bar: DayBar


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A row of the changes; `tone` is the colour of the state that it leads to."""

    when: str
    what: str
    tone: str
    why: str


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_week.html` on the environment's page: one query beyond the plan's own."""
    zone = environment.zone_name
    try:
        spec = spec_of(environment, now)
        days = plans.days_of(spec, plans.today(zone, now), DAYS, zone)
        changes = plans.next_changes(spec, now, CHANGES)
    except rules.RuleError as error:
        return {"week": {"problem": unreadable(error)}}
    ran = plans.really_ran(environment, days[0].start)
    without = rules.plan(spec.without_overrides(), days[0].start, days[-1].end)
    shown = [_day(day, now, ran, without) for day in days]
    return {
        "week": {
            "days": shown,
            "zone": zone,
            # Dates of exceptions and days off are those of the schedule's zone.
            "plan_zone": spec.zone_name if spec.zone_name != zone else "",
            "kinds": {mark.kind.removesuffix("-off") for day in shown for mark in day.bar.marks},
            "changes": [_change(change, zone, now) for change in changes],
            "never": "" if changes else _never(spec, now),
        }
    }


def _day(
    day: plans.Day, now: datetime, ran: list[tuple[datetime, datetime | None]], without: list[rules.Segment]
) -> ShownDay:
    is_today = day.start <= now < day.end
    bar = day_bar(day.segments, day.day, day.zone_name, now, ran if is_today else (), without)
    name = _("%(weekday)s %(day)d") % {"weekday": formats.date_format(day.day, "D"), "day": day.day.day}
    return ShownDay(name, is_today, bar)


def _change(change: plans.Change, zone: str, now: datetime) -> ShownChange:
    words = {
        rules.Desired.RUNNING: (_("starts"), "running"),
        rules.Desired.STOPPED: (_("stops"), "stopped"),
        rules.Desired.ANY: (_("left as it is"), "unknown"),
    }
    what, tone = words[change.desired]
    return ShownChange(at_words(change.at, zone, now), what, tone, change.short(language()))


def _never(spec: rules.EnvironmentSpec, now: datetime) -> str:
    """Why there is no change ahead."""
    found = rules.explain(spec, now)
    if found.source.kind is rules.SourceKind.NONE:
        return _("Nothing planned: it is started and stopped by hand.")
    return _("No change ahead. %(why)s") % {"why": found.text(language())}
