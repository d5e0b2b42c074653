"""Exceptions as lines that people read: what was made together and has the same fate is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from environments.models import DayException, Environment
from environments.rules.zones import WallClock, moment
from environments.services import exceptions, plans

from .displays import also, at_words, language, name_of
from .own_clock import also_span

DAY = timedelta(days=1)
FATES = {
    "in force": gettext_lazy("in force"),
    "over": gettext_lazy("over"),
    "removed": pgettext_lazy("an exception", "removed"),
    "replaced": pgettext_lazy("an exception", "replaced"),
}
"""What became of an exception."""

# One day; the first and the last of a range within a month; each end of one beyond it.
FORMATS = {"en": ("D j M", "j", "j M", "j M"), "ko": ("n월 j일 l", "n월 j일", "j일", "n월 j일")}


@dataclass(frozen=True, slots=True)
class Line:
    """Rows of one batch: their days, what is wished for, for whom, why, by whom and where, and what became of it.

    `ended` is empty for what is in force; `stamp` names the end exactly, for bringing back what ended then. What is
    called `…_also` is by the reader's own clock, where that is another one: the hours on the first of the days.
    """

    rows: tuple[DayException, ...]
    days: str
    kind: str
    scope: str
    reason: str
    author: str
    made: str
    ended: str
    hours_also: str
    made_also: str
    ended_also: str
    stamp: str

    @property
    def batch(self) -> str:
        return str(self.rows[0].batch)

    @property
    def has_several_days(self) -> bool:
        return len({row.day for row in self.rows}) > 1


def lines(rows: Iterable[DayException], zone: str, now: datetime) -> list[Line]:
    """A line for what was made together and ended together, in the order of the days."""
    together: dict[object, list[DayException]] = {}
    for row in sorted(rows, key=lambda row: (row.day, row.pk)):
        together.setdefault((row.batch, row.ended_at, row.ended_by_id), []).append(row)
    return [_line(same, zone, now) for same in together.values()]


def replaced_among(rows: Sequence[DayException]) -> set[int]:
    """The ids of those that ended because a newer one took their place (`rows` has both)."""
    made = {(_place(row), row.created_at) for row in rows}
    return {row.pk for row in rows if row.ended_at and (_place(row), row.ended_at) in made}


def fates(rows: Sequence[DayException], now: datetime) -> dict[int, str]:
    """What became of each, by its id, as a key of FATES; two queries, however many there are. A day is over when it is
    over in the zone of its plan."""
    ended = [row for row in rows if row.ended_at]
    newer = DayException.objects.filter(day__in={row.day for row in ended}, created_at__in={r.ended_at for r in ended})
    replaced = replaced_among([*ended, *newer]) if ended else set()
    over = exceptions.has_passed(rows, now)
    return {
        row.pk: ("replaced" if row.pk in replaced else "removed")
        if row.ended_at
        else ("over" if row.pk in over else "in force")
        for row in rows
    }


def days_words(days: Sequence[date], today: date) -> str:
    """Dates as people say them: “Mon 23 Nov”, “23–25 Nov”, “23–25 Nov, 30 Nov – 2 Dec”; the year when it is another."""
    spans: list[list[date]] = []
    for day in sorted(set(days)):
        if spans and day == spans[-1][1] + DAY:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return ", ".join(_span(first, last, today) for first, last in spans)


def hours_words(start: int | None, stop: int | None) -> str:
    if start is not None and stop is not None:
        return _("%(start)s–%(stop)s instead of its hours") % {"start": clock(start), "stop": clock(stop)}
    if start is not None:
        return _("Start at %(time)s") % {"time": clock(start)}
    return _("Stop at %(time)s") % {"time": clock(stop or 0)}


def kind_words(rows: Sequence[DayException]) -> str:
    """What one day of them is to be."""
    minutes = {row.kind: row.minute for row in rows}
    if DayException.Kind.OFF in minutes:
        return _("Off all day")
    if DayException.Kind.ON in minutes:
        return _("On all day")
    return hours_words(minutes.get("start"), minutes.get("stop"))


def scope_words(row: DayException) -> str:
    scope = exceptions.scope_of(row)
    if isinstance(scope, Environment):
        return scope.name
    words = _("team %(name)s") if row.scope == "team" else _("schedule %(name)s")
    return words % {"name": scope.name}


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _line(rows: Sequence[DayException], zone: str, now: datetime) -> Line:
    row = rows[0]
    made = _("%(origin)s, %(time)s") % {"origin": row.get_origin_display(), "time": at_words(row.created_at, zone, now)}
    ended = ""
    if row.ended_at:
        who = name_of(row.ended_by) if row.ended_by else ""
        time = at_words(row.ended_at, zone, now)
        ended = _("%(name)s, %(time)s") % {"name": who, "time": time} if who else time
    return Line(
        rows=tuple(rows),
        days=days_words([row.day for row in rows], plans.today(zone, now)),
        kind=kind_words(rows),
        scope=scope_words(row),
        reason=row.reason,
        author=row.author_name,
        made=made,
        ended=ended,
        hours_also=_hours_also(rows, zone, now),
        made_also=also(row.created_at, zone, now),
        ended_also=also(row.ended_at, zone, now),
        stamp=row.ended_at.isoformat() if row.ended_at else "",
    )


def _hours_also(rows: Sequence[DayException], zone: str, now: datetime) -> str:
    """The hours of the first day, which are those of `zone`; empty for whole days."""
    clock, day = WallClock(ZoneInfo(zone)), min(row.day for row in rows)
    times = [
        moment(clock.instant(day.toordinal(), row.minute))
        for kind in (DayException.Kind.START, DayException.Kind.STOP)
        for row in rows
        if row.day == day and row.kind == kind and row.minute is not None
    ]
    return also_span(times[0], times[1], zone, now) if len(times) == 2 else also(times[0], zone, now) if times else ""


def _span(first: date, last: date, today: date) -> str:
    single, begin, end, each = FORMATS.get(language(), FORMATS["en"])
    if first == last:
        return _dated(first, single, today)
    if (first.year, first.month) == (last.year, last.month):
        if language() == "ko":
            return f"{_dated(first, begin, today)}–{formats.date_format(last, end)}"
        return f"{formats.date_format(first, begin)}–{_dated(last, end, today)}"
    return f"{_dated(first, each, today)} – {_dated(last, each, today)}"


def _dated(day: date, form: str, today: date) -> str:
    """With the year when it is not this one; in Korean it stands first."""
    if day.year != today.year:
        form = f"Y년 {form}" if language() == "ko" else f"{form} Y"
    return formats.date_format(day, form)


def _place(row: DayException) -> object:
    return row.environment_id, row.team_id, row.schedule_id, row.day, row.kind
