"""What everybody may read of an environment: its state in a word, and when it is back, in English and Korean. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from environments.rules.reasons import WEEKDAYS_EN, WEEKDAYS_KO
from environments.rules.wording import is_korean

LANGUAGES: Final = ("en", "ko")
_MONTHS_EN: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MINUTE: Final = timedelta(minutes=1)


class PublicState(StrEnum):
    """What it does, for those who only want to use it. Programs read these words: they stay as they are."""

    UP = "up"
    STARTING = "starting"
    UPDATING = "updating"
    STOPPING = "stopping"
    ASLEEP = "asleep"
    NOT_STOPPED = "not_stopped"
    DOWN = "down"
    UNKNOWN = "unknown"


Texts = Mapping[str, str]

WORDS: Final[Mapping[PublicState, Texts]] = {
    PublicState.UP: {"en": "Up", "ko": "정상"},
    PublicState.STARTING: {"en": "Coming up", "ko": "올라오는 중"},
    PublicState.UPDATING: {"en": "Being updated", "ko": "업데이트 중"},
    PublicState.STOPPING: {"en": "Stopping", "ko": "중지 중"},
    PublicState.ASLEEP: {"en": "Asleep", "ko": "자는 중"},
    PublicState.NOT_STOPPED: {"en": "Not switched off", "ko": "끄지 못함"},
    PublicState.DOWN: {"en": "Down", "ko": "응답 없음"},
    PublicState.UNKNOWN: {"en": "Not known yet", "ko": "아직 알 수 없음"},
}
SAID: Final[Mapping[PublicState, Texts]] = {
    PublicState.UP: {"en": "It is up and can be used.", "ko": "정상이에요. 지금 쓸 수 있어요."},
    PublicState.STARTING: {"en": "It is being started.", "ko": "지금 시작하고 있어요."},
    PublicState.UPDATING: {
        "en": "It is being updated, and may be away for a moment.",
        "ko": "새 버전으로 바꾸고 있어요. 잠깐 끊길 수 있어요.",
    },
    PublicState.STOPPING: {
        "en": "It is being switched off until it is needed again.",
        "ko": "다시 필요해질 때까지 끄고 있어요.",
    },
    PublicState.ASLEEP: {
        "en": "It is switched off while nobody needs it. Nothing is broken.",
        "ko": "쓰지 않는 시간이라 꺼 두었어요. 고장이 아니에요.",
    },
    PublicState.NOT_STOPPED: {
        "en": "Switching it off did not work. It may still be up.",
        "ko": "끄려고 했지만 잘되지 않았어요. 아직 켜져 있을 수 있어요.",
    },
    PublicState.DOWN: {"en": "It should be up, but it is not.", "ko": "켜져 있어야 하는데 응답하지 않아요."},
    PublicState.UNKNOWN: {
        "en": "It is not known yet whether it is up.",
        "ko": "켜져 있는지 아직 알 수 없어요.",
    },
}


class Back(StrEnum):
    """When it is back. HERE: it is not away. PLANNED: at a time of its plan. ESTIMATED: at a time by its past starts.
    LATER: a start takes longer than its past ones. SOON: it starts, and nothing is known of past ones. BY_HAND: when
    somebody starts it. ENDED: its last day has passed. UNPLANNED: it is down, and nobody can say."""

    HERE = "here"
    PLANNED = "planned"
    ESTIMATED = "estimated"
    LATER = "later"
    SOON = "soon"
    BY_HAND = "by_hand"
    ENDED = "ended"
    UNPLANNED = "unplanned"


@dataclass(frozen=True, slots=True)
class Resuming:
    """When it is back, and at which time, where that is known."""

    back: Back
    at: datetime | None = None


def public_state(*, state: str, wish: str, checks: Collection[str]) -> PublicState:
    """By what the portal last saw of it, what its plan wishes for, and the states of its web address checks.

    What jobs, devices and alarms say is nobody else's business: it may be up all the same.
    """
    match state:
        case "starting":
            return PublicState.STARTING
        case "redeploying":
            return PublicState.UPDATING
        case "stopping":
            return PublicState.STOPPING
        case "stopped":
            return PublicState.DOWN if wish == "running" else PublicState.ASLEEP
    if "down" in checks:
        return PublicState.DOWN
    match state:
        case "running":
            return PublicState.STARTING if "starting" in checks else PublicState.UP
        case "failed_to_start":
            return PublicState.UP if checks and set(checks) == {"up"} else PublicState.DOWN
    if "up" in checks:
        return PublicState.UP
    if state == "failed_to_stop":
        return PublicState.NOT_STOPPED
    return PublicState.ASLEEP if wish == "stopped" else PublicState.UNKNOWN


def coming_up(*, since: datetime | None, lead: timedelta, planned: datetime | None, now: datetime) -> Resuming:
    """When an environment that is being started `since` then is ready: at the time of its plan that it was started
    early for, else after as long as its past starts took (`lead`; zero: not enough is known)."""
    if planned is not None:
        return Resuming(Back.PLANNED, planned)
    if since is None or not lead:
        return Resuming(Back.SOON)
    return Resuming(Back.ESTIMATED, since + lead) if since + lead > now else Resuming(Back.LATER)


def resuming_text(resuming: Resuming, now: datetime, zone: str, lang: str) -> str:
    """“Resumes on Monday at 9:00 AM (Asia/Seoul).”, “월요일 오전 9시에 재개해요 (Asia/Seoul).”; empty while it is
    there, and where nobody can say."""
    korean = is_korean(lang)
    match resuming:
        case Resuming(Back.PLANNED, datetime() as at):
            words = day_and_clock(at, now, zone, lang)
            return f"{words}에 재개해요 ({zone})." if korean else f"Resumes {words} ({zone})."
        case Resuming(Back.ESTIMATED, datetime() as at):
            minutes = -(-(at - now) // _MINUTE)
            many = "minute" if minutes == 1 else "minutes"
            return f"약 {minutes}분 뒤에 쓸 수 있어요." if korean else f"Ready in about {minutes} {many}."
    said = {
        Back.LATER: ("It takes longer than usual.", "평소보다 오래 걸리고 있어요."),
        Back.SOON: ("Ready in a few minutes.", "몇 분 뒤에 쓸 수 있어요."),
        Back.BY_HAND: ("It comes back when somebody starts it.", "누군가 시작하면 재개해요."),
        Back.ENDED: ("It is not planned to come back.", "다시 켤 계획이 없어요."),
    }
    return said.get(resuming.back, ("", ""))[korean]


def since_text(since: datetime | None, now: datetime, zone: str, lang: str) -> str:
    """“Since yesterday at 6:00 PM (Asia/Seoul)”, “어제 오후 6시부터 (Asia/Seoul)”."""
    if since is None:
        return ""
    words = day_and_clock(since, now, zone, lang)
    if is_korean(lang):
        return f"{words}부터 ({zone})"
    return f"Since {words.removeprefix('on ').removeprefix('at ')} ({zone})"


def until_text(until: datetime, now: datetime, zone: str, lang: str) -> str:
    """“until 6:00 PM (Asia/Seoul)”, “오후 6시까지 (Asia/Seoul)”."""
    words = day_and_clock(until, now, zone, lang)
    if is_korean(lang):
        return f"{words}까지 ({zone})"
    return f"until {words.removeprefix('on ').removeprefix('at ')} ({zone})"


def day_and_clock(at: datetime, now: datetime, zone: str, lang: str) -> str:
    """A time by the clock of `zone`: “at 9:00 AM” today, “tomorrow at …”, “on Monday at …” within a week, else with its
    date; “오전 9시”, “내일 오전 9시 30분”, “월요일 …”, “11월 30일(월) …”."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    days, weekday = local.toordinal() - today.toordinal(), local.weekday()
    if is_korean(lang):
        near = {0: "", 1: "내일 ", -1: "어제 "}
        year = f"{local.year}년 " if local.year != today.year else ""
        far = f"{year}{local.month}월 {local.day}일({WEEKDAYS_KO[weekday][0]}) "
        day = near.get(days, f"{WEEKDAYS_KO[weekday]} " if abs(days) < 7 else far)
        minute = f" {local.minute}분" if local.minute else ""
        return f"{day}{'오전' if local.hour < 12 else '오후'} {local.hour % 12 if local.hour != 12 else 12}시{minute}"
    near = {0: "", 1: "tomorrow ", -1: "yesterday "}
    year = f", {local.year}" if local.year != today.year else ""
    far = f"on {WEEKDAYS_EN[weekday]}, {_MONTHS_EN[local.month - 1]} {local.day}{year} "
    day = near.get(days, f"on {WEEKDAYS_EN[weekday]} " if abs(days) < 7 else far)
    return f"{day}at {local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}"
