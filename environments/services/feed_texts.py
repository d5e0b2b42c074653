"""A calendar feed as calendar programs read it: iCalendar (RFC 5545), an event for each stretch of running.

Written line by line: a team of 500 environments has some 15,000 events, for which the library that reads calendars took
ten seconds. That library is what the tests read it with.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from environments import rules
from environments.models import Environment, PlanFeed

from . import plans
from .specs import same_plan, spec_of

AHEAD = timedelta(days=36)
OCTETS = 75
NEW_LINE = "\n"
CONTROLS = dict.fromkeys([*range(9), *range(11, 32), 127])
DAY = timedelta(days=1)


class _Run(NamedTuple):
    """A stretch of running: `is_cut` says that it began before the feed does."""

    start: datetime
    end: datetime
    reasons: list[rules.Reason]
    is_cut: bool


def ics(feed: PlanFeed, environments: Sequence[Environment], now: datetime) -> bytes:
    """The feed's text: from today to five weeks ahead, whole UTC days, so that it stays the same through a day while no
    plan changes. What runs longer is cut there. Plans that cannot be read are named in the description.

    Days that have passed are left out: the plan as it stands now does not say what was so then.
    """
    first = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    events: list[str] = []
    runs: dict[Hashable, list[_Run]] = {}
    unread = []
    for environment in environments:
        try:
            # Environments of one schedule share its plan, until holds or exceptions of their own tell them apart.
            key = same_plan(environment)
            if key not in runs:
                runs[key] = list(_runs(spec_of(environment, now), first, first + AHEAD))
        except rules.RuleError as error:
            unread.append(f"{environment.name}: {error.text(feed.language)}")
            continue
        events += _events(environment, runs[key], feed.language, first)
    head = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Daybreak//Plans//EN", "METHOD:PUBLISH"),
        f"X-WR-CALNAME:{escaped(_title(feed))}",
        *([f"X-WR-CALDESC:{escaped(NEW_LINE.join(unread))}"] if unread else []),
        *("REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"),
    ]
    return "".join(f"{folded(line)}\r\n" for line in [*head, *events, "END:VCALENDAR"]).encode()


def escaped(text: str) -> str:
    """A text as a value of iCalendar (RFC 5545, 3.3.11); signs that no calendar may hold are left out."""
    text = text.translate(CONTROLS)
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def folded(line: str) -> str:
    """A line in pieces of at most 75 octets, none of which cuts a letter in two (RFC 5545, 3.1)."""
    if len(line) * 4 <= OCTETS or (line.isascii() and len(line) <= OCTETS):
        return line
    pieces, piece, size = [], "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece += letter
        size += width
    return "\r\n".join([*pieces, piece])


def _runs(spec: rules.EnvironmentSpec, start: datetime, end: datetime) -> Iterator[_Run]:
    # A day more at the begin, to see whether the first one began before.
    for since, until, segments in plans.running(rules.plan(spec, start - DAY, end)):
        if until > start:
            reasons = {segment.reason.text(): segment.reason for segment in segments if segment.end > start}
            yield _Run(max(since, start), until, list(reasons.values()), since < start)


def _events(environment: Environment, runs: Sequence[_Run], language: str, stamp: datetime) -> Iterator[str]:
    address = settings.BASE_URL + reverse("environments:page", args=[environment.slug])
    host = urlsplit(settings.BASE_URL).hostname
    summary = escaped(f"{environment.name} 실행" if language == "ko" else f"{environment.name} running")
    for run in runs:
        begin = "before" if run.is_cut else _utc(run.start)
        why = [reason.text(language) for reason in run.reasons]
        yield from (
            "BEGIN:VEVENT",
            f"UID:{environment.pk}-{begin}@{host}",
            f"DTSTAMP:{_utc(stamp)}",
            f"DTSTART:{_utc(run.start)}",
            f"DTEND:{_utc(run.end)}",
            f"SUMMARY:{summary}",
            f"DESCRIPTION:{escaped(NEW_LINE.join([*why, address]))}",
            f"URL:{address}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        )


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _title(feed: PlanFeed) -> str:
    name = str(feed.environment or feed.team)
    return f"{name} 실행 계획" if feed.language == "ko" else f"{name}: running hours"
