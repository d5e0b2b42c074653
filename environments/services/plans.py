"""A plan as people read it: day by day, and change by change, each with why and who."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from environments import rules
from environments.rules.zones import WallClock, moment, zone

# How far ahead changes are looked for, step by step; most plans have ten of them within two weeks.
LOOK_AHEAD = (timedelta(days=15), timedelta(days=60), timedelta(days=400))

MADE_BY_PEOPLE = frozenset({rules.SourceKind.HOLD, rules.SourceKind.EXCEPTION, rules.SourceKind.PAUSE})
PASSING = MADE_BY_PEOPLE | {rules.SourceKind.MAINTENANCE}
"""Sources whose end is itself why the wish changes."""
WORTH_SAYING = MADE_BY_PEOPLE | {rules.SourceKind.CALENDAR, rules.SourceKind.EXPIRY}
"""Sources that make a day another than the schedule has it."""

KINDS = {
    "hold": {"en": "hold", "ko": "유지"},
    "exception": {"en": "exception", "ko": "예외"},
    "paused": {"en": "schedule paused", "ko": "일정 일시 중지"},
    "day_off": {"en": "day off", "ko": "휴일"},
    "working_day": {"en": "working day", "ko": "근무일"},
}
ENDS = {
    "hold": {"en": "end of the hold", "ko": "유지 종료"},
    "exception": {"en": "end of the exception", "ko": "예외 종료"},
    "paused": {"en": "end of the pause", "ko": "일시 중지 종료"},
}
EARLY = {"en": "started early to be ready at {ready}", "ko": "{ready}에 준비되도록 미리 시작"}


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a zone: from its first instant to the first of the next (23 or 25 hours where the clock changes)."""

    day: date
    zone_name: str
    start: datetime
    end: datetime
    segments: tuple[rules.Segment, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` the wish becomes `desired`, because of `cause`; `ended`: because what `cause` names is over."""

    at: datetime
    desired: rules.Desired
    cause: rules.Segment
    ended: bool

    @property
    def who(self) -> str:
        """The person behind it; empty where a schedule or a calendar decides."""
        return self.cause.reason.params.get("author", "")

    def why(self, language: str) -> str:
        """A phrase: “schedule Office hours Seoul”, “end of the hold by Kim (client demo)”."""
        reason = self.cause.reason
        if not self.ended:
            return reason.text(language)
        if reason.code in {"hold", "exception", "maintenance"}:
            return rules.Reason(f"after_{reason.code}", reason.params).text(language)
        return f"종료: {reason.text(language)}" if language.startswith("ko") else f"end of: {reason.text(language)}"

    def short(self, language: str) -> str:
        """The same for a list: “Office hours Seoul”, “end of the hold · Kim: client demo”, “day off · Chuseok”."""
        reason = self.cause.reason
        code = reason.code.removeprefix("after_")
        if code == "early_start":
            early = EARLY["ko" if language.startswith("ko") else "en"]
            return f"{reason.short(language)}, {early.format(ready=reason.params['ready'])}"
        if code not in KINDS:
            return self.why(language) if self.ended else reason.short(language)
        lang = "ko" if language.startswith("ko") else "en"
        kind = (ENDS if self.ended or code != reason.code else KINDS)[code][lang]
        who_and_why = ": ".join(word for word in (self.who, reason.params.get("reason", "")) if word)
        named = who_and_why if self.cause.source.kind in MADE_BY_PEOPLE else reason.short(language)
        return f"{kind} · {named}" if named else kind


def bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """The first instant of a date in a zone, and the first of the next. Raises RuleError when there is no such zone."""
    clock = WallClock(zone(zone_name))
    return moment(clock.instant(day.toordinal(), 0)), moment(clock.instant(day.toordinal() + 1, 0))


def at_wall(day: Day, minute: int) -> datetime:
    """The instant of a wall minute of the day; gaps and repeated hours by the rules of clock changes."""
    return moment(WallClock(zone(day.zone_name)).instant(day.day.toordinal(), minute))


def today(zone_name: str, now: datetime) -> date:
    return now.astimezone(zone(zone_name)).date()


def days_of(spec: rules.EnvironmentSpec, first: date, count: int, zone_name: str = "") -> list[Day]:
    """`count` dates from `first` on, in `zone_name` (by default that of the plan), with what is wished for on each.

    A date that the zone has leapt over (Apia, 30 December 2011) is left out.
    """
    zone_name = zone_name or spec.zone_name
    edges = [bounds(first + timedelta(days=ahead), zone_name) for ahead in range(count)]
    if not edges:
        return []
    planned = rules.plan(spec, edges[0][0], edges[-1][1])
    return [
        Day(first + timedelta(days=ahead), zone_name, start, end, clipped(planned, start, end))
        for ahead, (start, end) in enumerate(edges)
        if start < end
    ]


def clipped(segments: Sequence[rules.Segment], start: datetime, end: datetime) -> tuple[rules.Segment, ...]:
    """The parts of segments that lie in [start, end)."""
    return tuple(
        rules.Segment(max(s.start, start), min(s.end, end), s.desired, s.reason, s.source)
        for s in segments
        if s.start < end and s.end > start
    )


def next_changes(spec: rules.EnvironmentSpec, now: datetime, count: int = 10) -> list[Change]:
    """The next changes of the wish after `now`: at most `count`, those of 400 days; one that is later, when it is the
    only one. Empty when the wish never changes."""
    found: list[Change] = []
    for ahead in LOOK_AHEAD:
        found = list(changes(rules.plan(spec, now, now + ahead)))
        if len(found) >= count:
            return found[:count]
    if not found and (later := rules.explain(spec, now).until):
        around = timedelta(days=1)
        return list(changes(rules.plan(spec, later - around, later + around)))[:1]
    return found


def changes(segments: Sequence[rules.Segment]) -> Iterator[Change]:
    """Where the wish itself becomes another, in the order of time."""
    for before, after in pairwise(segments):
        if before.desired is after.desired:
            continue
        takes_over = after.source.kind in PASSING or after.source.kind is rules.SourceKind.EXPIRY
        ended = before.source.kind in PASSING and not takes_over
        yield Change(after.start, after.desired, before if ended else after, ended)


def running(segments: Sequence[rules.Segment]) -> Iterator[tuple[datetime, datetime, list[rules.Segment]]]:
    """Whole stretches of running, however many reasons follow each other in one: begin, end and these."""
    stretch: list[rules.Segment] = []
    for segment in segments:
        if segment.desired is rules.Desired.RUNNING:
            stretch.append(segment)
        elif stretch:
            yield stretch[0].start, stretch[-1].end, stretch
            stretch = []
    if stretch:
        yield stretch[0].start, stretch[-1].end, stretch
