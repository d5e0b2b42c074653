"""Second lines: what a page says in an environment's zone, once more by the reader's own clock (`displays.also`)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html

from portal.moments import reader_zone

from .displays import also, at_place, at_words


def also_span(begin: datetime, end: datetime, zone: str, now: datetime) -> str:
    """“= Wed 02:00–11:00 Europe/Berlin”; the end's day where it is another one. Empty where `also` is."""
    if not also(begin, zone, now):
        return ""
    mine = reader_zone()
    clock = ZoneInfo(mine)
    first, last = begin.astimezone(clock), end.astimezone(clock)
    if first.date() == last.date():
        return f"= {at_words(begin, mine, now, beside=zone)}–{last:%H:%M} {mine}"
    return f"= {at_words(begin, mine, now, beside=zone)} – {at_words(end, mine, now, beside=zone)} {mine}"


def also_clock(at: datetime, zone: str) -> str:
    """“= 02:00:11”, beside a clock with seconds, where the reader's zone is named already. Empty where `also` is."""
    return f"= {at.astimezone(ZoneInfo(reader_zone())):%H:%M:%S}" if also(at, zone, at) else ""


def at_places(at: datetime | None, zone: str, now: datetime) -> str:
    """A cell of a list: `at_place`, with the second line below it."""
    mine = also(at, zone, now)
    if not mine:
        return at_place(at, zone, now)
    return format_html('{} <span class="db-also">{}</span>', at_place(at, zone, now), mine)


def at_place_words(at: datetime | None, zone: str, now: datetime) -> str:
    """The same in one line, for sentences: “09:55 (Asia/Seoul) = 01:55 Europe/Berlin”."""
    return " ".join(part for part in (at_place(at, zone, now), also(at, zone, now)) if part)
