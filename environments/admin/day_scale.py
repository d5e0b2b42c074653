"""The hours of a date in a zone: from instants to places on a bar, and to what wall clocks show then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from environments.rules.zones import WallClock, moment, zone
from environments.services.plans import bounds
from portal.moments import reader_zone

HOURS = (0, 6, 12, 18)
FULL_DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CLOCKS = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))
"""What the clock shows in each minute of a day in which it is not changed."""


class Scale:
    """A date in a zone, with real instants: 23 or 25 hours where the clock changes."""

    def __init__(self, day: date, zone_name: str) -> None:
        self.day, self.zone_name, self.zone = day, zone_name, zone(zone_name)
        self.start, self.end = bounds(day, zone_name)
        offsets = {at.astimezone(self.zone).utcoffset() for at in (self.start, self.end)}
        self._is_even = len(offsets) == 1 and self.end - self.start == FULL_DAY
        wall = WallClock(self.zone)
        hours = [(hour, moment(wall.instant(day.toordinal(), hour * 60))) for hour in HOURS]
        self.hours = [(f"{hour:02}", self.place(at)) for hour, at in hours]
        self.ends = (self.start, max(self.start, self.end - timedelta(microseconds=1)))

    def place(self, at: datetime) -> float:
        """In per cent of the day."""
        if self.start == self.end:  # a date that the zone has leapt over
            return 0.0
        return 100 * (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)

    def clock(self, at: datetime) -> str:
        if at >= self.end:
            return "24:00"
        if self._is_even and at >= self.start:
            return CLOCKS[(at - self.start) // MINUTE]
        return f"{at.astimezone(self.zone):%H:%M}"

    def span(self, since: datetime, until: datetime, *, goes_on: bool = False) -> str:
        """“09:00–18:00”, “all day”, and of what goes on “09:03–now”."""
        if (since, until) == (self.start, self.end):
            return _("all day")
        return f"{self.clock(since)}–{_('now') if goes_on else self.clock(until)}"


@lru_cache(maxsize=512)
def scale_of(day: date, zone_name: str) -> Scale:
    """Raises RuleError when there is no such zone."""
    return Scale(day, zone_name)


class ReadersClock:
    """The same spans by the clock of the reader, for a second line."""

    def __init__(self, day: date, zone_name: str) -> None:
        self.day, self.name = day, zone_name
        self.zone = ZoneInfo(zone_name)

    @classmethod
    def beside(cls, scale: Scale) -> ReadersClock | None:
        """None when they chose no zone of their own, or their clock shows the same all that day."""
        name = reader_zone()
        if not name or name == scale.zone_name:
            return None
        mine = ZoneInfo(name)
        same = all(at.astimezone(mine).utcoffset() == at.astimezone(scale.zone).utcoffset() for at in scale.ends)
        return None if same else cls(scale.day, name)

    def span(self, since: datetime, until: datetime, *, goes_on: bool = False) -> str:
        """“01:00–10:00”; with weekdays where it is another date for them: “Sun 19:00–Mon 04:00”."""
        begin, end = since.astimezone(self.zone), until.astimezone(self.zone)
        # The midnight that ends a day belongs to it.
        last = (end - timedelta(microseconds=1)).date() if until > since else end.date()
        named = {begin.date(), last} != {self.day}
        ends = "24:00" if last != end.date() else f"{end:%H:%M}"
        said = [f"{begin:%H:%M}", _("now") if goes_on else ends]
        if named:
            said[0] = f"{formats.date_format(begin, 'D')} {said[0]}"
            if not goes_on and last != begin.date():
                said[1] = f"{formats.date_format(last, 'D')} {ends}"
        return "–".join(said)

    def line(self, words: str) -> str:
        """“= planned 01:00–10:00 Europe/Berlin”, empty without words."""
        return f"= {words} {self.name}" if words else ""
