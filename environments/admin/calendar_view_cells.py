"""A date of an environment as a cell of the calendar: its form, a figure, and the whole of it in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import formats
from django.utils.translation import gettext as _

from environments import rules
from environments.rules.durations import spoken
from environments.rules.intervals import Span
from environments.services import day_plans, plans

from .day_bar import DayBar, Note, day_bar, kind_of, ran_words, with_ran
from .day_scale import ReadersClock, Scale, scale_of
from .displays import language
from .exception_lines import days_words

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SATURDAY = 5
# What a day is drawn as when several things are true of it: the first of these that is.
FORMS = ("planned", "paused", "any", "expired", "off")


@dataclass(frozen=True, slots=True)
class Column:
    """A date as the head of a column; `iso` names it in addresses."""

    day: date
    iso: str
    number: str
    weekday: str
    words: str
    is_weekend: bool
    is_today: bool


class Cell(NamedTuple):
    """A date of an environment; `form` is what it is drawn as.

    `asked`: people made it another day. `is_maintained`: it runs for AWS's own maintenance. `short` is its hours as a
    figure, those that it ran once the day is over (`did_run`); `missed` says why it did not where it was planned to
    (`is_before`: it was not in the portal yet). `spans` is when it runs, `also` the same by the reader's own clock,
    `title` everything in words. `bar` is for where there is room for one: else it is that of the plan alone.
    """

    column: Column
    form: str
    asked: bool
    is_maintained: bool
    short: str
    spans: str
    also: str
    title: str
    is_today: bool
    did_run: bool
    missed: str
    is_before: bool
    notes: tuple[Note, ...]
    bar: DayBar

    @property
    def classes(self) -> str:
        said = [
            (True, "calv-cell"),
            (bool(self.form), f"calv-f-{self.form}"),
            (self.asked, "calv-f-asked"),
            (self.is_maintained, "calv-f-maintenance"),
            (self.did_run, "calv-f-ran"),
            (self.is_before, "calv-before"),
            (self.column.is_weekend, "calv-weekend"),
            (self.is_today, "calv-today"),
        ]
        return " ".join([name for is_so, name in said if is_so])


@dataclass(frozen=True, slots=True)
class _Look:
    """What a cell has in common with those of other dates on which the same happens at the same times."""

    form: str
    asked: bool
    is_maintained: bool
    short: str
    spans: str
    also: str
    said: tuple[str, ...]
    notes: tuple[Note, ...]
    bar: DayBar


@dataclass(frozen=True, slots=True)
class _Planned:
    """A date of a plan, and its cell where it did not run: `before` it was in the portal, and since."""

    day: plans.Day
    look: _Look
    scale: Scale
    reader: ReadersClock | None
    before: Cell
    since: Cell


class Cells:
    """Makes cells, with room for bars or not. What many environments have in common is worked out once: a plan, a day
    like others."""

    def __init__(self, days: Sequence[date], today: date, now: datetime, *, has_bars: bool = True) -> None:
        self.now, self.has_bars = now, has_bars
        self._ran_phrase = _("ran %(span)s")
        self.columns = {day: _column(day, today) for day in days}
        self._looks: dict[Hashable, _Look] = {}
        # By the day's identity, for equal plans share their days; each is kept here, so that no other has its number.
        self._planned: dict[int, _Planned] = {}

    def row(self, one: day_plans.DayPlans, ran: Sequence[Span] = ()) -> tuple[Cell, ...]:
        """The cells of an environment. `ran` is when it really ran, oldest first, and may reach beyond its days."""
        cells, place = [], 0
        for day in one.days:
            while place < len(ran) and ran[place][1] <= day.start:
                place += 1
            end = place
            while end < len(ran) and ran[end][0] < day.end:
                end += 1
            planned = self._planned.get(id(day))
            if planned is None:
                planned = self._planned[id(day)] = self._plan(day, one.without)
            if end > place:
                cells.append(self._with_ran(planned, ran[place:end]))
            else:
                cells.append(planned.before if day.end <= one.environment.created_at else planned.since)
        return tuple(cells)

    def _plan(self, day: plans.Day, without: Sequence[rules.Segment]) -> _Planned:
        look, column, scale = self._look(day, without), self.columns[day.day], scale_of(day.day, day.zone_name)
        zone_name, also = look.bar.zone_name if look.bar.has_times else "", look.bar.also
        cell = Cell(
            column=column,
            form=look.form,
            asked=look.asked,
            is_maintained=look.is_maintained,
            short=look.short,
            spans=look.spans,
            also=look.also,
            title=_title(column, look.said, zone_name, also),
            is_today=day.start <= self.now < day.end,
            did_run=False,
            missed="",
            is_before=False,
            notes=look.notes,
            bar=look.bar,
        )
        before = since = cell
        if day.end <= self.now and look.spans:
            before, since = (
                cell._replace(title=_title(column, (*look.said, why), zone_name, also), missed=why)
                for why in (_("not in the portal yet"), _("did not run"))
            )
            before, since = before._replace(is_before=True), since._replace(short="0")
        return _Planned(day, look, scale, ReadersClock.beside(scale), before, since)

    def _with_ran(self, planned: _Planned, ran: Sequence[Span]) -> Cell:
        day, look, cell, reader = planned.day, planned.look, planned.since, planned.reader
        has_passed = day.end <= self.now
        spans = [(max(since, day.start), min(until, day.end)) for since, until in ran]
        total = sum((until - since for since, until in spans), timedelta())
        said = [*(look.said if look.bar.marks else ()), *ran_words(self._ran_phrase, planned.scale, spans, self.now)]
        if len(spans) > 1:
            said.append(_("ran for %(time)s in all") % {"time": _hours(total)})
        also = ""
        if reader:
            ran_mine = ran_words(self._ran_phrase, reader, spans, self.now)
            also = reader.line(", ".join([*([look.bar.mine] if look.bar.mine else []), *ran_mine]))
        return cell._replace(
            short=_figure(total) if has_passed else cell.short,
            title=_title(cell.column, said, day.zone_name, also),
            did_run=has_passed,
            missed="",
            bar=with_ran(look.bar, day.day, spans, self.now) if self.has_bars else cell.bar,
        )

    def _look(self, day: plans.Day, without: Sequence[rules.Segment]) -> _Look:
        if day.start <= self.now < day.end:
            return _look(day, self.now, without)
        asked = bool(without) and any(segment.reason.code in {"hold", "exception"} for segment in day.segments)
        parts = tuple((s.start - day.start, s.end - day.start, s.desired, s.reason, s.source) for s in day.segments)
        # Days are each their own by the reader's clock, and where what would be without exceptions and holds is shown.
        own = day.day if asked or ReadersClock.beside(scale_of(day.day, day.zone_name)) else None
        key = day.zone_name, day.end - day.start, parts, own
        found = self._looks.get(key)
        if found is None:
            found = self._looks[key] = _look(day, self.now, without if asked else ())
        return found


def weekday(day: date) -> str:
    """“Mon”, “월”: Django's short form in Korean is the whole word, and wider than a column of a month."""
    said = formats.date_format(day, "D")
    return said[:1] if language() == "ko" else said


def _column(day: date, today: date) -> Column:
    return Column(
        day=day,
        iso=day.isoformat(),
        number=str(day.day),
        weekday=weekday(day),
        words=days_words([day], today),
        is_weekend=day.weekday() >= SATURDAY,
        is_today=day == today,
    )


def _look(day: plans.Day, now: datetime, without: Sequence[rules.Segment]) -> _Look:
    kinds = {kind_of(segment) for segment in day.segments}
    runs = day_plans.running_time(day)
    bar = day_bar(day.segments, day.day, day.zone_name, now, (), without)
    if runs:
        kinds.add("planned")
    windows = [s.reason.text(language()) for s in day.segments if s.source.kind is rules.SourceKind.MAINTENANCE]
    said = [mark.title for mark in bar.marks if mark.title] or [_("not running")]
    if runs:
        said.append(_("%(time)s in all") % {"time": _hours(runs)})
    scale = scale_of(day.day, day.zone_name)
    reader = ReadersClock.beside(scale)
    spans = [(since, until) for since, until, _segments in plans.running(day.segments)]
    mine = ", ".join(reader.span(*span) for span in spans) if reader else ""
    return _Look(
        form=next((form for form in FORMS if form in kinds), ""),
        asked=bool(kinds & {"asked", "asked-off"}),
        short=_figure(runs) if runs or "asked-off" in kinds else "",
        spans=", ".join(_clocks(scale, *span) for span in spans),
        also=reader.line(mine) if reader else "",
        said=tuple(dict.fromkeys(said)),
        is_maintained=bool(windows),
        notes=(*bar.notes, *(Note(words) for words in dict.fromkeys(windows))),
        bar=bar,
    )


def _title(column: Column, said: Iterable[str], zone_name: str, also: str) -> str:
    """All of it in a line, with the zone of its times, if it has any, and the same by the reader's own clock."""
    words = f"{column.words}: {'; '.join(said)}"
    return " ".join(part for part in (words, zone_name and f"({zone_name})", also) if part)


def _clocks(scale: Scale, since: datetime, until: datetime) -> str:
    """“09:00–18:00”, and of a whole day “00:00–24:00”."""
    return f"{scale.clock(since)}–{scale.clock(until)}"


def _hours(time: timedelta) -> str:
    """Whole days are counted in hours here, and what ran in whole minutes: “24 h”, “8 h 57 min”."""
    if time == timedelta(days=1):
        return _("%(hours)s h") % {"hours": 24}
    return spoken(time // MINUTE * MINUTE if time >= MINUTE else time, language())


def _figure(time: timedelta) -> str:
    """“9”, “8.5”."""
    return f"{round(time / HOUR, 1):g}"
