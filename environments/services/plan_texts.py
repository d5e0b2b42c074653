"""A plan as text: bars of characters for a terminal, plain data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from environments import rules
from environments.models import Environment
from environments.rules.reasons import WEEKDAYS_EN, WEEKDAYS_KO

from . import plans

CELLS: Final = 48
LANGUAGES: Final = ("en", "ko")
# running · asked for by a person, running · the same, stopped · day off · left as it is · stopped
BLOCKS: Final = {"running": "█", "asked": "▓", "kept off": "─", "day off": "░", "any": "·", "stopped": " "}
PLAIN: Final = {"running": "#", "asked": "+", "kept off": "-", "day off": "/", "any": ".", "stopped": " "}
LEGEND: Final = {
    "running": {"en": "running", "ko": "실행"},
    "asked": {"en": "running by exception or hold", "ko": "예외·유지로 실행"},
    "kept off": {"en": "stopped by exception, hold or its last day", "ko": "예외·유지·만료로 중지"},
    "day off": {"en": "day off", "ko": "휴일"},
    "any": {"en": "left as it is", "ko": "현재 상태 유지"},
}


def can_say(encoding: str) -> bool:
    """Whether a terminal of this encoding has the blocks."""
    try:
        "".join(BLOCKS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def lines(
    environment: Environment,
    spec: rules.EnvironmentSpec,
    days: Sequence[plans.Day],
    now: datetime,
    *,
    language: str = "en",
    plain: bool = False,
) -> Iterator[str]:
    """The days of the plan's zone as bars of half hours, with the reasons; first, what is wished for now and why."""
    signs = PLAIN if plain else BLOCKS
    edge = "|" if plain else "│"
    yield f"{environment.name}  ({spec.zone_name})"
    yield rules.explain(spec, now).text(language)
    yield ""
    yield f"{'':14}{_ruler()}"
    drawn = set()
    for day in days:
        kinds = _cells(day)
        drawn |= set(kinds)
        bar = "".join(signs[kind] for kind in kinds)
        said = _said(day, language)
        yield f"{_named(day, language)} {edge}{bar}{edge}  {said.replace('–', '-') if plain else said}".rstrip()
    yield ""
    shown = [f"{signs[kind]} {words[language]}" for kind, words in LEGEND.items() if kind in drawn]
    if shown:
        yield "   ".join(shown)


def as_data(
    environment: Environment, spec: rules.EnvironmentSpec, days: Sequence[plans.Day], now: datetime
) -> dict[str, Any]:
    """The same for programs: instants as ISO 8601 with the offset of the plan's zone, reasons in both languages."""
    zone = ZoneInfo(spec.zone_name)

    def at(instant: datetime) -> str:
        return instant.astimezone(zone).isoformat()

    found = rules.explain(spec, now)
    segments = rules.plan(spec, days[0].start, days[-1].end)
    return {
        "environment": environment.slug,
        "name": environment.name,
        "timezone": spec.zone_name,
        "from": days[0].day.isoformat(),
        "to": days[-1].day.isoformat(),
        "now": {
            "at": at(now),
            "desired": found.desired.value,
            "until": at(found.until) if found.until else None,
            "then": found.then.value if found.then else None,
            "explanation": {language: found.text(language) for language in LANGUAGES},
        },
        "segments": [
            {
                "start": at(segment.start),
                "end": at(segment.end),
                "desired": segment.desired.value,
                "reason": {language: segment.reason.text(language) for language in LANGUAGES},
                "source": {"kind": segment.source.kind.value, "id": segment.source.id},
            }
            for segment in segments
        ],
        "changes": [
            {
                "at": at(change.at),
                "desired": change.desired.value,
                "why": {language: change.why(language) for language in LANGUAGES},
                "who": change.who,
            }
            for change in plans.changes(segments)
        ],
    }


def _ruler() -> str:
    hours = "".join(f"{hour:02}".ljust(CELLS // 4) for hour in (0, 6, 12, 18))
    return f" {hours}".rstrip()


def _named(day: plans.Day, language: str) -> str:
    if language == "ko":
        return f"{WEEKDAYS_KO[day.day.weekday()][0]}  {day.day}"  # a letter as wide as two
    return f"{WEEKDAYS_EN[day.day.weekday()][:3]} {day.day}"


def _cells(day: plans.Day) -> list[str]:
    """A cell for each half hour of the wall clock: what holds in its middle. Where the clock was changed, an hour that
    does not exist shows what follows it, and one that comes twice what its first shows."""
    cells = []
    place = 0
    for cell in range(CELLS):
        middle = plans.at_wall(day, cell * 30 + 15)
        while place + 1 < len(day.segments) and day.segments[place].end <= middle:
            place += 1
        cells.append(_kind(day.segments[place]))
    return cells


def _kind(segment: rules.Segment) -> str:
    asked = segment.reason.code in {"hold", "exception", "expired"}
    if segment.desired is rules.Desired.RUNNING:
        return "asked" if asked else "running"
    if asked:
        return "kept off"
    if segment.desired is rules.Desired.ANY:
        return "any"
    return "day off" if segment.reason.code == "day_off" else "stopped"


def _said(day: plans.Day, language: str) -> str:
    """“09:00–22:00 schedule Office hours; hold by Kim (client demo)”: when it runs, and every reason once."""
    spans = [f"{_clock(s, day)}–{_clock(e, day)}" for s, e, _segments in plans.running(day.segments)]
    reasons = [
        segment.reason.text(language)
        for segment in day.segments
        if segment.desired is not rules.Desired.STOPPED or segment.source.kind in plans.WORTH_SAYING
    ]
    return "  ".join(part for part in (", ".join(spans), "; ".join(dict.fromkeys(reasons))) if part)


def _clock(at: datetime, day: plans.Day) -> str:
    return "24:00" if at >= day.end else f"{at.astimezone(ZoneInfo(day.zone_name)):%H:%M}"
