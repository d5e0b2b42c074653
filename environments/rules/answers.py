"""What the planner answers with. Instants are aware UTC datetimes, spans half-open: [start, end)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.wording import is_korean, state, when


@dataclass(frozen=True, slots=True)
class Segment:
    """A span in which one thing is desired for one reason."""

    start: datetime
    end: datetime
    desired: Desired
    reason: Reason
    source: Source


@dataclass(frozen=True, slots=True)
class Transition:
    """At `at` the wish or its source becomes this; `changes` says whether the wish itself becomes another."""

    at: datetime
    desired: Desired
    reason: Reason
    source: Source
    changes: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is desired at `at` and why.

    `since`: where this wish with this reason began, None when that is more than a week ago. `until`: when the wish
    itself next changes, to `then`; None when it does not within the planner's horizon. `timezone`: whose wall times
    count. `reason_until`: where the reason gives way to `then_reason` while the wish stays; None when it lasts as long.
    """

    at: datetime
    desired: Desired
    reason: Reason
    source: Source
    since: datetime | None
    until: datetime | None
    then: Desired | None
    timezone: str
    reason_until: datetime | None = None
    then_reason: Reason | None = None

    def text(self, lang: str = "en", timezone: str | None = None) -> str:
        """The whole answer: "Running until 20:00: exception of 2026-11-21 by Kim (demo)".

        A hold that ends before the wish does says so: "Running until Tue 18:00: hold by Kim (demo) until Tue 09:00,
        then schedule Office hours". Times are those of `timezone`, by default of the plan's zone, with the day when it
        is not that of `at`.
        """
        word, why = state(self.desired, lang), self._why(lang, timezone)
        time = self._until(lang, timezone)
        if is_korean(lang):
            return f"{time} {word}: {why}" if time else f"계속 {word}: {why}"
        return f"{word} {time}: {why}" if time else f"{word}, no change ahead: {why}"

    def short(self, lang: str = "en", timezone: str | None = None, until: str = "") -> str:
        """The line under the state: "until 18:00 · Office hours Seoul", "until Mon 09:00 · weekend", "until Tue 18:00 ·
        Kim: demo, then Office hours".

        `until` is how the page says its end elsewhere, in `lang`: "tomorrow 09:00".
        """
        why = self.reason.short(lang)
        if self._is_weekend():
            why = "주말" if is_korean(lang) else "weekend"
        if following := self._following():
            why += f", {'이후' if is_korean(lang) else 'then'} {following.short(lang)}"
        time = self._until(lang, timezone, until)
        return f"{time} · {why}" if time else why

    def _why(self, lang: str, timezone: str | None) -> str:
        """The reason, and where it is a hold that ends before the wish does: until when, and what decides then."""
        why, following = self.reason.text(lang), self._following()
        if following is None or self.reason_until is None:
            return why
        end = when(self.reason_until, self.at, timezone or self.timezone, lang)
        then = following.text(lang)
        return f"{end}까지 {why}, 이후 {then}" if is_korean(lang) else f"{why} until {end}, then {then}"

    def _following(self) -> Reason | None:
        """What takes over from a hold while the wish stays. Only a hold has an end that somebody chose: a schedule and
        the days off and exceptions of a date say in their own words for when they are."""
        ends = self.reason_until
        is_earlier = ends is not None and (self.until is None or ends < self.until)
        return self.then_reason if is_earlier and self.reason.code == "hold" else None

    def _until(self, lang: str, timezone: str | None, said: str = "") -> str:
        if self.until is not None:
            time = said or when(self.until, self.at, timezone or self.timezone, lang)
            return f"{time}까지" if is_korean(lang) else f"until {time}"
        if self.reason.code == "hold" and self.reason_until is None:
            return "해제할 때까지" if is_korean(lang) else "until released"
        return ""

    def _is_weekend(self) -> bool:
        """Whether a person would say so: stopped by the schedule on Saturday or Sunday, into the week."""
        if self.desired is not Desired.STOPPED or self.source.kind is not SourceKind.SCHEDULE or self.until is None:
            return False
        zone = ZoneInfo(self.timezone)
        local, until = self.at.astimezone(zone), self.until.astimezone(zone)
        return local.weekday() >= 5 > until.weekday() and until.toordinal() - local.toordinal() < 4
