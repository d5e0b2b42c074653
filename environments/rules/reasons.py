"""Why something is desired, kept as data and said in English and Korean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

WEEKDAYS_EN: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS_KO: Final = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")


class Desired(StrEnum):
    """What an environment should be; ANY leaves it as it is."""

    RUNNING = "running"
    STOPPED = "stopped"
    ANY = "any"


class SourceKind(StrEnum):
    EXPIRY = "expiry"
    HOLD = "hold"
    EXCEPTION = "exception"
    CALENDAR = "calendar"
    PAUSE = "pause"
    MAINTENANCE = "maintenance"
    SCHEDULE = "schedule"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from: the kind of row, and its id as the caller stores it."""

    kind: SourceKind
    id: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as data: a code of this module and its params. It can be stored, and said in either language later."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict, hash=False)

    def text(self, lang: str = "en") -> str:
        """A phrase without state and time: "exception of 2026-11-21 by Kim (demo)"."""
        return _say(_PHRASES, self, lang)

    def short(self, lang: str = "en") -> str:
        """A few words for a list: "Office hours Seoul", "QA lead: client demo", the name of a holiday."""
        return _say(_LABELS, self, lang)


_Params = Mapping[str, str]
_Words = tuple[Callable[[_Params], str], Callable[[_Params], str]]


def _say(words: Mapping[str, _Words], reason: Reason, lang: str) -> str:
    en, ko = words[reason.code]
    return (ko if lang.startswith("ko") else en)(reason.params)


def _by_en(params: _Params) -> str:
    by = f" by {params['author']}" if params.get("author") else ""
    return by + _why(params)


def _by_ko(params: _Params) -> str:
    by = f", {params['author']}" if params.get("author") else ""
    return by + _why(params)


def _why(params: _Params) -> str:
    return f" ({params['reason']})" if params.get("reason") else ""


def _person(params: _Params, fallback: str) -> str:
    return ": ".join(word for word in (params.get("author"), params.get("reason")) if word) or fallback


def _dates(params: _Params, to: str) -> str:
    first, last = params["first"], params["last"]
    return first if first == last else f"{first}{to}{last}"


def _name_ko(params: _Params) -> str:
    return params.get("name_ko") or params["name_en"]


def _as_weekday(params: _Params, names: tuple[str, ...]) -> str:
    return names[int(params["as_weekday"])]


_PHRASES: Final[Mapping[str, _Words]] = {
    "schedule": (lambda p: f"schedule {p['schedule']}", lambda p: f"일정 {p['schedule']}"),
    "override": (
        lambda p: f"schedule {p['schedule']}, set to always {p['desired']}",
        lambda p: f"일정 {p['schedule']}, 항상 {'실행' if p['desired'] == 'running' else '중지'}",
    ),
    "day_off": (
        lambda p: f"day off, {p['name_en']} (calendar {p['calendar']})",
        lambda p: f"휴일, {_name_ko(p)} (달력 {p['calendar']})",
    ),
    "working_day": (
        lambda p: f"working day as {_as_weekday(p, WEEKDAYS_EN)}, {p['name_en']} (calendar {p['calendar']})",
        lambda p: f"{_as_weekday(p, WEEKDAYS_KO)} 기준 근무일, {_name_ko(p)} (달력 {p['calendar']})",
    ),
    "exception": (
        lambda p: f"exception of {_dates(p, ' to ')}{_by_en(p)}",
        lambda p: f"{_dates(p, '~')} 예외{_by_ko(p)}",
    ),
    "after_exception": (
        lambda p: f"end of the exception of {_dates(p, ' to ')}{_by_en(p)}",
        lambda p: f"{_dates(p, '~')} 예외 종료{_by_ko(p)}",
    ),
    "hold": (lambda p: f"hold{_by_en(p)}", lambda p: f"유지{_by_ko(p)}"),
    "after_hold": (lambda p: f"end of the hold{_by_en(p)}", lambda p: f"유지 종료{_by_ko(p)}"),
    "early_start": (
        lambda p: f"{p['why_en']}, started early to be ready at {p['ready']}",
        lambda p: f"{p['why_ko']}, {p['ready']}에 준비되도록 미리 시작",
    ),
    "paused": (lambda p: f"schedule paused{_by_en(p)}", lambda p: f"일정 일시 중지{_by_ko(p)}"),
    "maintenance": (
        lambda p: f"maintenance window of {p['name']}",
        lambda p: f"{p['name']} 유지 관리 기간",
    ),
    "after_maintenance": (
        lambda p: f"end of the maintenance window of {p['name']}",
        lambda p: f"{p['name']} 유지 관리 기간 종료",
    ),
    "expired": (lambda p: f"expired after {p['date']}", lambda p: f"마지막 날({p['date']}) 지남"),
    "none": (lambda p: "no schedule", lambda p: "일정 없음"),
}
"""What each code says in a sentence, in English and Korean."""

_LABELS: Final[Mapping[str, _Words]] = {
    "schedule": (lambda p: p["schedule"], lambda p: p["schedule"]),
    "override": (lambda p: p["schedule"], lambda p: p["schedule"]),
    "day_off": (lambda p: p["name_en"], _name_ko),
    "working_day": (lambda p: p["name_en"], _name_ko),
    "exception": (lambda p: _person(p, "exception"), lambda p: _person(p, "예외")),
    "after_exception": (lambda p: _person(p, "exception ended"), lambda p: _person(p, "예외 종료")),
    "hold": (lambda p: _person(p, "hold"), lambda p: _person(p, "유지")),
    "after_hold": (lambda p: _person(p, "hold ended"), lambda p: _person(p, "유지 종료")),
    "early_start": (lambda p: p["label_en"], lambda p: p["label_ko"]),
    "paused": (lambda p: _person(p, "schedule paused"), lambda p: _person(p, "일정 일시 중지")),
    "maintenance": (lambda p: f"maintenance of {p['name']}", lambda p: f"{p['name']} 유지 관리"),
    "after_maintenance": (lambda p: f"end of the maintenance of {p['name']}", lambda p: f"{p['name']} 유지 관리 종료"),
    "expired": (lambda p: f"expired after {p['date']}", lambda p: f"마지막 날({p['date']}) 지남"),
    "none": (lambda p: "no schedule", lambda p: "일정 없음"),
}
"""What each code says in a list."""
