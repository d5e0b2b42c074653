"""Dates of one plan in words: planned once for all of them, and asked for each."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from environments import rules
from environments.services import plans

from .day_scale import ReadersClock, scale_of

DAY = timedelta(days=1)


class PlannedDays:
    """The dates from `first` to `last` of a spec, in its own zone; windows of the last one may run into the next.

    Raises RuleError where there is no such zone.
    """

    def __init__(self, spec: rules.EnvironmentSpec, first: date, last: date) -> None:
        self.zone_name = spec.zone_name
        self.start = plans.bounds(first, self.zone_name)[0]
        self.end = plans.bounds(last, self.zone_name)[1] + DAY
        self._segments = rules.plan(spec, self.start, self.end)
        self._ends = [segment.end for segment in self._segments]

    def day(self, day: date) -> plans.Day:
        start, end = plans.bounds(day, self.zone_name)
        return plans.Day(day, self.zone_name, start, end, self._between(start, end))

    def hours(self, day: date) -> str:
        """When it runs on a date, in words: “09:00–18:00”, “22:00–06:00 the next day”, “not planned”."""
        scale = scale_of(day, self.zone_name)
        spans = []
        for since, until in self._spans(day):
            # Cut off at the end of what was planned: it goes on, and nobody asks for how long.
            if until <= scale.end or until >= scale.end + DAY:
                spans.append(f"{scale.clock(since)}–{scale.clock(until)}")
            else:
                said = {"since": scale.clock(since), "until": scale_of(day + DAY, self.zone_name).clock(until)}
                spans.append(_("%(since)s–%(until)s the next day") % said)
        free = self._between(scale.start, scale.end)
        if any(segment.desired is rules.Desired.ANY for segment in free):
            spans.append(_("otherwise left as it is") if spans else _("left as it is"))
        return ", ".join(spans) or _("not planned")

    def also(self, day: date) -> str:
        """The same by the reader's own clock, for a second line; empty where it shows the same or nothing runs."""
        scale = scale_of(day, self.zone_name)
        reader = ReadersClock.beside(scale)
        if reader is None:
            return ""
        spans = [
            (since, until if until < scale.end + DAY else min(until, scale.end)) for since, until in self._spans(day)
        ]
        return reader.line(", ".join(reader.span(*span) for span in spans))

    def running_time(self, since: datetime) -> timedelta:
        """For how long it is to run, from an instant until the end of what was planned."""
        running = plans.running(self._between(max(since, self.start), self.end))
        return sum((until - begin for begin, until, _segments in running), timedelta(0))

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Stretches of running that begin on the date or run into it, each until its end within the next date."""
        start, end = plans.bounds(day, self.zone_name)
        found = plans.running(self._between(start, end + DAY))
        return [(since, until) for since, until, _segments in found if since < end]

    def _between(self, start: datetime, end: datetime) -> tuple[rules.Segment, ...]:
        first = last = bisect_right(self._ends, start)
        while last < len(self._segments) and self._segments[last].start < end:
            last += 1
        return plans.clipped(self._segments[first:last], start, end)
