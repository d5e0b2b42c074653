"""The week of an advice as a drawing: how often each hour was used, and below it when it runs now and would run.

How often is told by height as well as by colour; the same stands beside it in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from environments import rules
from environments.services import plans
from environments.services.advice_reading import schedule_of

from .costs_words import weekdays

HOURS: Final = 24
HEIGHT, CELLS, LEAST = 32, 20, 3
"""In pixels: of a day, of its hours, of the least use that is seen."""
LABELS: Final = ("00", "06", "12", "18")
Week = Sequence[Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A weekday: its drawing, and the same in words."""

    name: str
    svg: SafeString
    words: str


def rows(evidence: Mapping[str, Any], proposal: Mapping[str, Any], now: datetime) -> list[Row]:
    """Monday to Sunday. Plans are those of next week by the schedules alone."""
    here = proposal["timezone"]
    today = plans.today(here, now)
    monday = today + timedelta(days=7 - today.weekday())
    stands, new = (_days(one, here, monday) for one in (proposal["present"], proposal))
    made = zip(weekdays(), evidence["week"], stands, new, strict=True)
    return [Row(name, _drawing(name, hours, old, then), _words(hours)) for name, hours, old, then in made]


def _days(schedule: Mapping[str, Any], zone: str, monday: Any) -> list[list[tuple[float, float]]]:
    """When it runs on each day, as parts of the day. Without a schedule nothing stops it."""
    if "schedule" in schedule and schedule["schedule"] is None:
        return [[(0.0, 1.0)]] * 7
    spec = rules.EnvironmentSpec(schedule_of(schedule), zone)
    return [
        [
            ((one.start - day.start) / (day.end - day.start), (one.end - day.start) / (day.end - day.start))
            for one in day.segments
            if one.desired is rules.Desired.RUNNING
        ]
        for day in plans.days_of(spec, monday, 7)
    ]


def _drawing(
    name: str, hours: Sequence[Sequence[int]], old: Sequence[tuple[float, float]], new: Sequence[tuple[float, float]]
) -> SafeString:
    parts = [f'<svg class="adv-day" width="100%" height="{HEIGHT}" aria-hidden="true" focusable="false">']
    for hour, (busy, ran) in enumerate(hours):
        if not ran:
            continue
        x, width = _percent(hour / HOURS), _percent(1 / HOURS)
        said = _("%(day)s %(hour)s:00: used on %(busy)s of %(ran)s days")
        title = escape(said % {"day": name, "hour": f"{hour:02}", "busy": busy, "ran": ran})
        height = max(LEAST, round(CELLS * busy / ran)) if busy else 0
        parts.append(
            f'<g><title>{title}</title><rect class="adv-ran" x="{x}" y="0" width="{width}" height="{CELLS}"/>'
            f'<rect class="adv-used" x="{x}" y="{CELLS - height}" width="{width}" height="{height}"/></g>'
        )
    parts += [_bar("now", 22, *span) for span in old] + [_bar("then", 27, *span) for span in new]
    return mark_safe("".join([*parts, "</svg>"]))  # noqa: S308 - the only text in it is escaped


def _bar(kind: str, y: int, begin: float, end: float) -> str:
    return f'<rect class="adv-{kind}" x="{_percent(begin)}" y="{y}" width="{_percent(end - begin)}" height="4" rx="1"/>'


def _words(hours: Sequence[Sequence[int]]) -> str:
    """“used 09:00–18:00”, “idle all the time it ran”, “did not run”."""
    if not any(ran for _busy, ran in hours):
        return _("did not run")
    spans: list[list[int]] = []
    for hour, (busy, _ran) in enumerate(hours):
        if busy and spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        elif busy:
            spans.append([hour, hour + 1])
    if not spans:
        return _("idle all the time it ran")
    return _("used %(spans)s") % {"spans": ", ".join(f"{a:02}:00–{b:02}:00" for a, b in spans)}


def _percent(value: float) -> str:
    """Written with a point in every language: it is read by browsers."""
    return f"{100 * value:.3f}".rstrip("0").rstrip(".") + "%"
