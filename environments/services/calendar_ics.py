"""What an ICS file says about days off. A program of its own: `python -I calendar_ics.py FIRST LAST SECONDS < file`.

Nothing can stop a recurrence rule that never ends but the end of the process that follows it, so this one is started
for one file, limits its own processor time and memory, and knows neither Django nor the database. It prints JSON:
`{"days": {"2026-11-24": "Founding day"}, "left_out": {"timed": ["Stand-up", …]}}`, or `{"problem": code, …}`.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]

MOST_EVENTS = 5_000
MOST_OCCURRENCES = 20_000
MEMORY = 768 * 1024 * 1024
NAME_LENGTH = 120
# Years in which zones can still be computed with; the first is the one that Windows counts from.
EARLIEST, LATEST = 1601, 9000
DAY = timedelta(days=1)
# The shortest day: what is shorter can be no whole one, on whatever night clocks change.
SHORTEST = timedelta(hours=23)
DECIDING = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
WITHIN_A_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
# Google's public calendars mix holidays with days on which people work (Valentine's), and tell them apart only so.
OBSERVANCE = ("observance", "기념일")
# What the libraries raise over files that are wrong in ways that they did not think of, found by trying many.
STUMBLES = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError)
CONTENT_LINE = re.compile(r"[A-Za-z0-9-]+[;:]")


class Unreadable(Exception):
    """The file cannot be used; `details` are what the sentence about it names."""

    def __init__(self, problem: str, **details: Any) -> None:
        super().__init__(problem)
        self.problem, self.details = problem, details


@dataclass
class Found:
    """Names by day, and what was left out: names by the reason (timed, cancelled, observance, frequency)."""

    names: defaultdict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    left_out: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def leave_out(self, reason: str, event: Any) -> None:
        """Once for each event, however often it recurs."""
        self.left_out[reason][str(event.get("UID") or id(event))] = name_of(event)

    def days(self) -> dict[str, str]:
        """In order, so that the same events in another order are the same days."""
        joined = {day: ", ".join(sorted(name for name in names if name)) for day, names in sorted(self.names.items())}
        return {day.isoformat(): name[:NAME_LENGTH] for day, name in joined.items()}


def read(content: bytes, first: date, last: date) -> Found:
    """The days off from `first` to `last`. Raises Unreadable for a file of which nothing may be taken over."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("encoding" if b"BEGIN:VCALENDAR" in content.upper() else "not_ics") from None
    lines = scan(text)
    if not lines:
        raise Unreadable("no_events")
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except STUMBLES as error:
        raise Unreadable("broken", text=one_line(str(error))) from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    for event, known in zip(events, lines, strict=False):
        _check(event, known)
    found = Found()
    for calendar in calendars:
        _expand(calendar, first, last, found)
    return found


def scan(text: str) -> list[dict[str, int]]:
    """The lines on which each event's properties begin, `BEGIN` for the event itself.

    Raises Unreadable naming the line for what has not the form of an ICS file: the library passes over such lines.
    """
    events: list[dict[str, int]] = []
    open_parts: list[tuple[str, int]] = []
    begun = False
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not line.strip() or (line[0] in " \t" and open_parts):  # folded lines go on with the one before
            continue
        name, _, value = (part.strip().upper() for part in line.partition(":"))
        if not open_parts and (name, value) != ("BEGIN", "VCALENDAR"):
            raise _broken(number, line) if begun else Unreadable("not_ics")
        begun = True
        if name == "BEGIN":
            open_parts.append((value, number))
            if value == "VEVENT":
                events.append({"BEGIN": number})
        elif name == "END":
            if open_parts.pop()[0] != value:
                raise _broken(number, line)
        elif not CONTENT_LINE.match(line):
            raise _broken(number, line)
        elif open_parts[-1][0] == "VEVENT":
            events[-1].setdefault(re.split("[;:]", line, maxsplit=1)[0].upper(), number)
    _check_whole(open_parts, events, begun=begun)
    return events


def _check_whole(open_parts: list[tuple[str, int]], events: list[dict[str, int]], *, begun: bool) -> None:
    if not begun:
        raise Unreadable("not_ics")
    if open_parts:
        raise Unreadable("cut_off", line=open_parts[-1][1], text=one_line(open_parts[-1][0]))
    if len(events) > MOST_EVENTS:
        raise Unreadable("too_many", most=MOST_EVENTS)


def _broken(number: int, line: str) -> Unreadable:
    return Unreadable("broken_line", line=number, text=one_line(line)[:80])


def _check(event: Any, lines: dict[str, int]) -> None:
    for name, said in event.errors:
        if name in DECIDING:
            raise Unreadable("broken_line", line=lines.get(name, lines["BEGIN"]), text=one_line(f"{name}: {said}"))
    if "DTSTART" not in event:
        raise Unreadable("no_start", line=lines["BEGIN"], text=name_of(event))
    try:
        start, end = event.start, event.end
        backwards = end < start
    except (icalendar.InvalidCalendar, TypeError, ValueError, OverflowError) as error:
        raise Unreadable("broken_line", line=lines["BEGIN"], text=one_line(str(error))) from error
    if backwards:
        raise Unreadable("backwards", line=lines["BEGIN"], text=name_of(event))
    if start.year < EARLIEST or end.year > LATEST:
        raise Unreadable("broken_line", line=lines["BEGIN"], text=f"{start} – {end}")


def _expand(calendar: Any, first: date, last: date, found: Found) -> None:
    refused: set[str] = set()
    for event in calendar.walk("VEVENT"):
        reason = "frequency" if _is_too_frequent(event) else "timed" if _is_short(event) else ""
        if reason:
            found.leave_out(reason, event)
            refused.add(str(id(event)))
    kept = [part for part in calendar.subcomponents if str(id(part)) not in refused]
    # A series whose own event is out keeps those of its occurrences that were moved and are long enough.
    calendar.subcomponents = kept
    if "X-WR-TIMEZONE" in calendar and not _is_zone(str(calendar["X-WR-TIMEZONE"])):
        del calendar["X-WR-TIMEZONE"]  # of Windows, or made up: times in UTC are then taken as they are
    count = 0
    try:
        for occurrence in recurring_ical_events.of(calendar).between(first, last + DAY):
            count += 1
            if count > MOST_OCCURRENCES:
                raise Unreadable("too_many", most=MOST_OCCURRENCES)
            _take_over(occurrence, first, last, found)
    except STUMBLES as e:
        raise Unreadable("broken", text=one_line(f"{type(e).__name__}: {e}")) from e


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _take_over(occurrence: Any, first: date, last: date, found: Found) -> None:
    if str(occurrence.get("STATUS", "")).upper() == "CANCELLED":
        found.leave_out("cancelled", occurrence)
        return
    if str(occurrence.get("DESCRIPTION", "")).strip().lower().partition("\n")[0] in OBSERVANCE:
        found.leave_out("observance", occurrence)
        return
    days = list(whole_days(occurrence.start, occurrence.end, first, last))
    for day in days:
        found.names[day].add(name_of(occurrence))
    if not days and isinstance(occurrence.start, datetime) and first <= occurrence.start.date() <= last:
        found.leave_out("timed", occurrence)


def whole_days(start: date, end: date, first: date, last: date) -> Iterator[date]:
    """Days that an event covers from midnight to midnight of its own zone; 23:59 is as good as midnight."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        begins, ends = start.replace(tzinfo=None), end.replace(tzinfo=None) + timedelta(minutes=1)
        day = begins.date() if begins.time() == datetime.min.time() else begins.date() + DAY
        stop = ends.date()
    else:
        day, stop = start, max(end, start + DAY)  # an end on the day of the start means that day
    day, stop = max(day, first), min(stop, last + DAY)
    while day < stop:
        yield day
        day += DAY


def _is_too_frequent(event: Any) -> bool:
    for rule in _all(event, "RRULE"):
        frequencies = {str(value).upper() for value in rule.get("FREQ", [])}
        if not frequencies <= FREQUENCIES or WITHIN_A_DAY & {name.upper() for name in rule}:
            return True
    return False


def _is_short(event: Any) -> bool:
    """Meetings: left out before they are expanded, for people have thousands."""
    if not isinstance(event.start, datetime):
        return False
    return bool(event.end - event.start < SHORTEST)


def _all(event: Any, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]


def name_of(event: Any) -> str:
    summary = event.get("SUMMARY", "")
    return one_line(str(summary[0] if isinstance(summary, list) and summary else summary))


def one_line(text: str) -> str:
    """Without what a database or a terminal would stumble over."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:NAME_LENGTH]


def main() -> None:
    first, last = (date.fromisoformat(text) for text in sys.argv[1:3])
    seconds = int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        found = read(sys.stdin.buffer.read(), first, last)
        left_out = {reason: sorted(events.values()) for reason, events in found.left_out.items()}
        answer: dict[str, Any] = {"days": found.days(), "left_out": left_out}
    except Unreadable as error:
        answer = {"problem": error.problem, **error.details}
    except (MemoryError, RecursionError):
        answer = {"problem": "too_long"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
