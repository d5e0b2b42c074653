"""A date of an environment as a cell of the calendar: its form, a figure, and the whole of it in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.template.loader import render_to_string
from django.utils import formats
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from environments import rules
from environments.rules.durations import spoken
from environments.rules.intervals import Span
from environments.rules.zones import zone
from environments.services import day_plans, plans

from .day_bar import DayBar, day_bar, kind_of
from .displays import language
from .exception_lines import days_words

HOUR = timedelta(hours=1)
SATURDAY = 5
# What a day is drawn as when several things are true of it: the first of these that is.
FORMS = ("planned", "paused", "any", "expired", "off")
# A month of forty environments has 1,240 cells: as a template each costs ten times as much.
FIGURE = (
    '<td class="{}"><button type="button" data-day="{}" title="{}"><i aria-hidden="true"><em>{} </em>{}</i>'
    '<b aria-hidden="true">{}</b></button></td>'
)
WIDE = '<td class="{}"><button type="button" data-day="{}" title="{}"><i aria-hidden="true">{} {}</i>{}</button></td>'


@dataclass(frozen=True, slots=True)
class Column:
    """A date as the head of a column."""

    day: date
    number: str
    weekday: str
    words: str
    is_weekend: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """`form` is what it is drawn as, `asked` whether people made it another day, `is_maintained`
    whether it runs for AWS's own maintenance; `short` is its hours as a figure,
    `spans` as times, `title` everything in words. `bar` only where there is room for one."""

    column: Column
    form: str
    asked: bool
    is_maintained: bool
    short: str
    spans: str
    title: str
    is_today: bool
    notes: tuple[str, ...]
    bar: DayBar

    @property
    def classes(self) -> str:
        said = ["calv-cell", f"calv-f-{self.form}" if self.form else "", "calv-f-asked" if self.asked else ""]
        said += ["calv-f-maintenance" if self.is_maintained else ""]
        said += ["calv-weekend" if self.column.is_weekend else "", "calv-today" if self.is_today else ""]
        return " ".join(filter(None, said))


@dataclass(frozen=True, slots=True)
class _Look:
    """What a cell has in common with those of other dates on which the same happens at the same times."""

    form: str
    asked: bool
    is_maintained: bool
    short: str
    spans: str
    text: str
    notes: tuple[str, ...]
    bar: DayBar


class Cells:
    """Makes cells; days that look alike are worked out once."""

    def __init__(self, days: Sequence[date], today: date, now: datetime) -> None:
        self.now = now
        self.columns = {day: _column(day, today) for day in days}
        self._looks: dict[Hashable, _Look] = {}

    def row(
        self, days: Iterable[plans.Day], ran: Sequence[Span] = (), without: Sequence[rules.Segment] = ()
    ) -> tuple[Cell, ...]:
        return tuple(self.cell(day, ran, without) for day in days)

    def cell(self, day: plans.Day, ran: Sequence[Span] = (), without: Sequence[rules.Segment] = ()) -> Cell:
        """`ran` and `without` are those of `day_bar`, and may reach beyond the day; only bars show them."""
        is_today = day.start <= self.now < day.end
        really = [span for span in ran if span[0] < day.end and span[1] > day.start]
        asked = without and any(segment.reason.code in {"hold", "exception"} for segment in day.segments)
        is_own = is_today or really or asked
        look = _look(day, self.now, really, without) if is_own else self._look(day)
        column = self.columns[day.day]
        return Cell(
            column=column,
            form=look.form,
            asked=look.asked,
            is_maintained=look.is_maintained,
            short=look.short,
            spans=look.spans,
            title=f"{column.words}: {look.text}",
            is_today=is_today,
            notes=look.notes,
            bar=look.bar,
        )

    def _look(self, day: plans.Day) -> _Look:
        parts = tuple((s.start - day.start, s.end - day.start, s.desired, s.reason, s.source) for s in day.segments)
        key = day.zone_name, day.end - day.start, parts
        found = self._looks.get(key)
        if found is None:
            found = self._looks[key] = _look(day, self.now, (), ())
        return found


def figures(cells: Iterable[Cell]) -> SafeString:
    """The cells of a month's row: a figure each."""
    rows = ((c.classes, c.column.day.isoformat(), c.title, c.column.weekday, c.column.number, c.short) for c in cells)
    return format_html_join("", FIGURE, rows)


def bars(cells: Iterable[Cell], known: dict[int, SafeString], *, labels: bool) -> SafeString:
    """The cells of a row that has room for a bar each, hours below them (`labels`) or not; `known` keeps bars that
    several cells share, by their `id`."""
    rows = []
    for cell in cells:
        if id(cell.bar) not in known:
            context = {"cell": cell, "labels": labels}
            known[id(cell.bar)] = render_to_string("environments/_calendar_view_bar.html", context)
        column = cell.column
        bar = known[id(cell.bar)]
        rows.append((cell.classes, column.day.isoformat(), cell.title, column.weekday, column.number, bar))
    return format_html_join("", WIDE, rows)


def weekday(day: date) -> str:
    """“Mon”, “월”: Django's short form in Korean is the whole word, and wider than a column of a month."""
    said = formats.date_format(day, "D")
    return said[:1] if language() == "ko" else said


def _column(day: date, today: date) -> Column:
    return Column(
        day=day,
        number=str(day.day),
        weekday=weekday(day),
        words=days_words([day], today),
        is_weekend=day.weekday() >= SATURDAY,
        is_today=day == today,
    )


def _look(day: plans.Day, now: datetime, ran: Sequence[Span], without: Sequence[rules.Segment]) -> _Look:
    kinds = {kind_of(segment) for segment in day.segments}
    runs = day_plans.running_time(day)
    bar = day_bar(day.segments, day.day, day.zone_name, now, ran, without)
    if runs:
        kinds.add("planned")
    windows = [s.reason.text(language()) for s in day.segments if s.source.kind is rules.SourceKind.MAINTENANCE]
    said = [mark.title for mark in (*bar.marks, *bar.ran) if mark.title] or [_("not running")]
    if runs:
        said.append(_("%(time)s in all") % {"time": _hours(runs)})
    return _Look(
        form=next((form for form in FORMS if form in kinds), ""),
        asked=bool(kinds & {"asked", "asked-off"}),
        short=f"{round(runs / HOUR, 1):g}" if runs or "asked-off" in kinds else "",
        spans=_spans(day),
        text="; ".join(dict.fromkeys(said)),
        is_maintained=bool(windows),
        notes=(*bar.words, *dict.fromkeys(windows)),
        bar=bar,
    )


def _hours(time: timedelta) -> str:
    """Whole days are counted in hours here: “24 h”."""
    return _("%(hours)s h") % {"hours": 24} if time == timedelta(days=1) else spoken(time, language())


def _spans(day: plans.Day) -> str:
    """“09:00–18:00”; empty when it does not run."""
    found = []
    for since, until, _segments in plans.running(day.segments):
        ends = "24:00" if until >= day.end else f"{_clock(until, day):%H:%M}"
        found.append(f"{_clock(since, day):%H:%M}–{ends}")
    return ", ".join(found)


def _clock(at: datetime, day: plans.Day) -> datetime:
    return at.astimezone(zone(day.zone_name))
