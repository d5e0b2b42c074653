"""Instants and states in the words of a person: "18:00", "Mon 09:00", "until released"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.reasons import WEEKDAYS_EN, WEEKDAYS_KO, Desired

_MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

STATE_EN: Final[Mapping[Desired, str]] = {
    Desired.RUNNING: "Running",
    Desired.STOPPED: "Stopped",
    Desired.ANY: "Left as it is",
}
STATE_KO: Final[Mapping[Desired, str]] = {
    Desired.RUNNING: "실행",
    Desired.STOPPED: "중지",
    Desired.ANY: "현재 상태 유지",
}


# What `when` says, and where a plan's answer (`Explanation.text`) says it: before all that people have written.
_TIME: Final = r"\d\d:\d\d(?::\d\d)?"
_WHEN_EN: Final = rf"(?:[A-Z][a-z]{{2}} (?:\d{{1,2}} [A-Z][a-z]{{2}} (?:\d{{4}} )?)?)?{_TIME}"
_WHEN_KO: Final = rf"(?:(?:{'|'.join(WEEKDAYS_KO)}) |(?:\d{{4}}년 )?\d{{1,2}}월 \d{{1,2}}일\(.\) )?{_TIME}"
_SAID_EN: Final = re.compile(
    rf"(?:{'|'.join(STATE_EN.values())})"
    rf"(?: until {_WHEN_EN}(?=:)|, no change ahead: hold.* until {_WHEN_EN}(?=, then ))",
    re.DOTALL,
)
_SAID_KO: Final = re.compile(rf"(?:계속 (?:{'|'.join(STATE_KO.values())}): )?{_WHEN_KO}(?=까지 )")


def is_korean(lang: str) -> bool:
    return lang.startswith("ko")


def when(instant: datetime, now: datetime, timezone: str, lang: str = "en") -> str:
    """The wall time of `instant` in `timezone`, with the day when it is not that of `now`.

    "18:00" the same day, "Mon 09:00" within six days, "Mon 30 Nov 09:00" further on, with the year when it is another.
    """
    zone = ZoneInfo(timezone)
    local, today = instant.astimezone(zone), now.astimezone(zone)
    clock = f"{local.hour:02}:{local.minute:02}"
    if local.second:
        clock += f":{local.second:02}"
    distance = local.toordinal() - today.toordinal()
    if distance == 0:
        return clock
    weekday = local.weekday()
    if is_korean(lang):
        if abs(distance) < 7:
            return f"{WEEKDAYS_KO[weekday]} {clock}"
        year = f"{local.year}년 " if local.year != today.year else ""
        return f"{year}{local.month}월 {local.day}일({WEEKDAYS_KO[weekday][0]}) {clock}"
    if abs(distance) < 7:
        return f"{WEEKDAYS_EN[weekday][:3]} {clock}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{WEEKDAYS_EN[weekday][:3]} {local.day} {_MONTHS_EN[local.month - 1]}{year} {clock}"


def with_zone(said: str, zone: str, lang: str = "en") -> str:
    """A plan's answer with the zone of its first time: “Running until 20:00 (Asia/Seoul): hold by Kim”. For what is
    read elsewhere than beside the environment: chats and mails. Whatever else is said stays as it is."""
    found = (_SAID_KO if is_korean(lang) else _SAID_EN).match(said)
    return f"{found[0]} ({zone}){said[found.end() :]}" if found else said


def state(desired: Desired, lang: str = "en") -> str:
    """The word for a wish, as it begins a sentence."""
    return (STATE_KO if is_korean(lang) else STATE_EN)[desired]
