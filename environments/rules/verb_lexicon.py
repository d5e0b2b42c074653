"""The words of the bot: what can be asked, how it is typed, and what a text turns out to ask. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from environments.rules.verb_words import DAYS, Day, Relative

ENVIRONMENT: Final = "environment"
SCHEDULE: Final = "schedule"
START: Final = "start"
STOP: Final = "stop"


class Verb(StrEnum):
    """What can be asked. The value is how it is typed, in the words of the first bot."""

    HELP = "help"
    LIST = "list"
    STATUS = "status"
    INFO = "info"
    WHY = "why"
    COST = "cost"
    EXCEPTION_INFO = "exception info"
    EXCEPTION_SET = "exception set"
    EXCEPTION_DEL = "exception del"
    FORCE_START = "force_start"
    FORCE_STOP = "force_stop"
    EXTEND = "extend"


_OTHER_WORDS: Final = {
    Verb.HELP: ("?", "도움말", "도움", "명령어"),
    Verb.LIST: ("ls", "environments", "목록", "전체", "환경 목록"),
    Verb.STATUS: ("state", "상태"),
    Verb.INFO: ("plan", "정보", "계획"),
    Verb.WHY: ("왜", "why?", "왜?"),
    Verb.COST: ("costs", "비용", "요금"),
    Verb.EXCEPTION_INFO: ("exception", "exceptions", "exception list", "예외", "예외 정보", "예외 조회", "예외 목록"),
    Verb.EXCEPTION_SET: ("exception add", "예외 설정", "예외 등록", "예외 추가"),
    Verb.EXCEPTION_DEL: ("exception delete", "exception remove", "예외 삭제", "예외 취소", "예외 해제"),
    Verb.FORCE_START: ("force start", "start", "시작", "강제 시작", "강제시작", "켜기"),
    Verb.FORCE_STOP: ("force stop", "stop", "중지", "강제 중지", "강제중지", "끄기"),
    Verb.EXTEND: ("연장",),
}
PHRASES: Final = {tuple(phrase.split()): verb for verb in Verb for phrase in (verb.value, *_OTHER_WORDS[verb])}
LONGEST_PHRASE: Final = max(map(len, PHRASES))
KINDS: Final = {"start": START, "시작": START, "stop": STOP, "중지": STOP, "종료": STOP}
REASONS: Final = frozenset({"reason", "reason:", "because", "because:", "이유", "이유:", "사유", "사유:"})
UNTIL: Final = frozenset({"until", "till", "까지"})
THE: Final = "the"
SCHEDULES: Final = frozenset({"schedule", "일정"})
"""Said beside a name, it means the schedule of this name."""
ASKS_WHEN: Final = frozenset({"when", "time", "times", "언제", "시간", "시각", "몇", "몇시", "몇시에", *SCHEDULES})
ASKS: Final = ASKS_WHEN | {
    *("?", "why", "what", "what's", "whats", "who", "how", "is", "does", "did", "will", "of", "tell", "show"),
    *("왜", "뭐", "뭐야", "무엇", "어떻게", "누가", "알려줘", "알려주세요", "알려줘요", "보여줘", "보여주세요"),
}
"""With one of these a verb that changes something is talked about, and not meant."""
SAYS_NOTHING: Final = frozenset(
    {"?", "please", THE, "for", "on", "of", "now", "environment", "by", *SCHEDULES}
    | {"환경", "좀", "지금", "해줘", "해주세요", "알려줘", "알려주세요", "주세요"}
)
WITH_DAY: Final = {Verb.INFO, Verb.EXCEPTION_INFO, Verb.EXCEPTION_SET, Verb.EXCEPTION_DEL}
WITH_END: Final = {Verb.FORCE_START, Verb.FORCE_STOP, Verb.EXTEND}
WITH_REASON: Final = {Verb.EXCEPTION_SET, *WITH_END}
CHANGES: Final = frozenset({Verb.EXCEPTION_SET, Verb.EXCEPTION_DEL, *WITH_END})
OF_ENVIRONMENTS_ALONE: Final = frozenset({Verb.WHY, Verb.COST, Verb.EXTEND})
"""Verbs that no schedule can be the object of."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that has names: an environment (its short name first, which no other has, and its name) or a
    schedule."""

    kind: str
    pk: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked. `found`: what the name can mean (none typed: nothing; several: it began like several).

    `times` are kinds and minutes of the day, of an exception to be set; without minutes, of one to be removed. `until`
    is a minute of the day, of `day` if there is one, `lasts` a length: one of both at most.
    """

    verb: Verb
    name: str = ""
    found: tuple[Named, ...] = ()
    day: Day | None = None
    times: tuple[tuple[str, int | None], ...] = ()
    until: int | None = None
    lasts: timedelta | None = None
    reason: str = ""


class Problem(StrEnum):
    """Why a text is not understood."""

    VERB = "verb"
    QUESTION = "question"
    NAME = "name"
    WORDS = "words"
    DATE = "date"
    TIME = "time"
    LENGTH = "length"
    SCHEDULE = "schedule"
    NO_DAY = "no day"
    NO_KIND = "no kind"
    NO_TIME = "no time"
    NO_LENGTH = "no length"


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """`what` was not understood, as typed. `verb`: the one that was typed, or else the nearest. `near`: names that are
    written like the one that nobody has."""

    problem: Problem
    what: str
    verb: Verb | None = None
    name: str = ""
    near: tuple[Named, ...] = ()


def typed(command: Command, whose: Named | str) -> str:
    """The command as somebody would type it for one thing, or for a name: parsed again it means the same, whatever
    else gets a name like it meanwhile."""
    name = whose if isinstance(whose, str) else whose.names[0]
    said = [_quoted(name)] if name else []
    if isinstance(whose, Named) and whose.kind == SCHEDULE:
        said = [SCHEDULE, _in_quotes(name)]
    said.append(command.verb.value)
    if command.until is not None:
        said.append("until")
    if command.day is not None:
        day = command.day
        said.append(day.name.lower() if isinstance(day, Relative) and day <= Relative.TOMORROW else iso(day))
    for kind, minute in command.times:
        said += [kind] if minute is None else [kind, clock(minute)]
    if command.until is not None:
        said.append(clock(command.until))
    if command.lasts is not None:
        said.append(spoken_minutes(command.lasts))
    if command.reason:
        said += ["reason", command.reason]
    return " ".join(said)


def clock(minute: int) -> str:
    """“09:05”; “24:00” for the midnight that ends the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def iso(day: Day) -> str:
    return day.isoformat() if isinstance(day, date) else "모레"


def _quoted(name: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9-]*", name):
        words = REASONS | UNTIL | SAYS_NOTHING | ASKS | KINDS.keys() | DAYS.keys()
        taken = any(name in phrase for phrase in PHRASES) or name in words
        return _in_quotes(name) if taken else name
    return _in_quotes(name)


def _in_quotes(name: str) -> str:
    for opening, closing in (('"', '"'), ("「", "」"), ("`", "`"), ("'", "'")):
        if opening not in name and closing not in name:
            return f"{opening}{name}{closing}"
    return name


def spoken_minutes(length: timedelta) -> str:
    """A length of time as it is typed: “2h”, “1h30m”, “45m”."""
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    return "".join((f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""))
