"""At which moment an environment takes new versions that wait for a set hour."""

from __future__ import annotations

from datetime import datetime, time

from environments.rules.zones import WallClock, known_zone, moment


def next_hour(hour: time, zone_name: str, now: datetime) -> datetime:
    """The next moment, `now` itself or later, at which the wall clock of the zone shows this hour.

    Once a day, also where clocks change: an hour that a day has not is the first instant after the gap, and of one that
    comes twice it is the first.
    """
    zone = known_zone(zone_name)
    clock, today, minute = WallClock(zone), now.astimezone(zone).toordinal(), hour.hour * 60 + hour.minute
    return next(at for ahead in range(3) if (at := moment(clock.instant(today + ahead, minute))) >= now)
