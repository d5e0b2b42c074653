"""Whether what an address answered is good, and what follows: pure functions, every verdict with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from environments.rules.errors import RuleError
from environments.rules.http_answers import LARGEST, Answer, Texts, trouble_texts

HEALTH_OF_SPRING: Final = "/actuator/health"
LONGEST_SHOWN: Final = 60
MOST_FAILURES: Final = 1000
"""More in a row are not counted."""
CERTIFICATE_PAUSE: Final = timedelta(days=1)
"""Between two warnings of certificates of one check."""

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be: a status, and a text in it or a value in its JSON where these are given."""

    statuses: Ranges
    contains: str = ""
    path: tuple[str, ...] = ()
    value: str = ""

    def takes(self, status: int) -> bool:
        return any(first <= status <= last for first, last in self.statuses)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is part of a sentence: what came, and beside it what was expected."""

    is_good: bool
    reason: Texts


@dataclass(frozen=True, slots=True)
class Pace:
    every_s: int
    retries: int
    retry_every_s: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from a verdict: the state to move to (None: as it is for now), bad answers in a row, next look."""

    state: str | None
    reason: Texts
    failures: int
    look_in: timedelta


def expected(
    *, url: str, method: str, expected_status: str, contains: str = "", json_path: str = "", json_value: str = ""
) -> Expected:
    """As people typed it. Addresses of Spring's health are UP by their JSON unless something else is asked for.

    Raises RuleError for a status list or a JSON path that does not parse.
    """
    statuses = parse_statuses(expected_status)
    path = parse_path(json_path)
    if not contains and not path and method != "HEAD" and _path_of(url).endswith(HEALTH_OF_SPRING):
        return Expected(statuses, path=("status",), value="UP")
    return Expected(statuses, contains, path, json_value.strip())


def parse_statuses(text: str) -> Ranges:
    """“200-299, 401”. Raises RuleError naming the part that is no status."""
    found = []
    for part in (part.strip() for part in text.split(",")):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        numbers = [_status(number, part) for number in ([first, last] if dash else [first])]
        if numbers[0] > numbers[-1]:
            raise RuleError(
                "expected_status",
                part,
                f"“{part}” ends before it begins; write the smaller number first, for example 200-299.",
                f"“{part}”은(는) 끝이 시작보다 작아요. 200-299처럼 작은 수를 먼저 쓰세요.",
            )
        found.append((numbers[0], numbers[-1]))
    return tuple(found)


def _status(number: str, part: str) -> int:
    if number.isascii() and number.isdecimal() and 100 <= int(number) <= 599:
        return int(number)
    raise RuleError(
        "expected_status",
        part,
        f"“{part}” is no status; write numbers from 100 to 599, for example 200-299, 401.",
        f"“{part}”은(는) 상태 코드가 아니에요. 200-299, 401처럼 100~599의 수를 쓰세요.",
    )


def parse_path(text: str) -> tuple[str, ...]:
    """“components.db.status”, “items.0.state”; empty for none. Raises RuleError for an empty part."""
    if not text.strip():
        return ()
    parts = tuple(part.strip() for part in text.strip().split("."))
    if all(parts):
        return parts
    raise RuleError(
        "json_path",
        text,
        f"“{text.strip()}” has an empty part; write names with single dots between, for example components.db.status.",
        f"“{text.strip()}”에 빈 부분이 있어요. components.db.status처럼 점 하나로 이어 쓰세요.",
    )


def judge(wanted: Expected, answer: Answer) -> Verdict:
    """Whether the answer is as it should be: its status first, then what is in it."""
    if answer.trouble or answer.status is None:
        return Verdict(is_good=False, reason=trouble_texts(answer))
    if not wanted.takes(answer.status):
        span = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in wanted.statuses)
        return _bad(f"it answered {answer.status}, expected was {span}", f"{answer.status} 응답(기대값 {span})")
    if wanted.contains and wanted.contains not in answer.body:
        first = (f" in the first {LARGEST // 1024} KB", f" 앞 {LARGEST // 1024}KB에") if answer.is_cut else ("", "")
        return _bad(
            f"it answered {answer.status}, but “{wanted.contains}” is not in the answer{first[0]}",
            f"{answer.status} 응답이지만{first[1]} “{wanted.contains}”이(가) 없어요",
        )
    if wanted.path:
        return _judge_json(wanted, answer, answer.status)
    return _good(f"it answered {answer.status}", f"{answer.status} 응답")


def _judge_json(wanted: Expected, answer: Answer, status: int) -> Verdict:
    path = ".".join(wanted.path)
    try:
        found = _at(json.loads(answer.body), wanted.path)
    except (ValueError, RecursionError):
        if answer.is_cut:
            kb = LARGEST // 1024
            return _bad(f"its JSON is longer than {kb} KB and not read", f"JSON이 {kb}KB보다 길어 읽지 않았어요")
        return _bad(f"it answered {status}, but no JSON", f"{status} 응답이지만 JSON이 아니에요")
    except LookupError:
        want = f"; expected was {wanted.value}" if wanted.value else ""
        want_ko = f"(기대값 {wanted.value})" if wanted.value else ""
        return _bad(f"its JSON has no “{path}”{want}", f"JSON에 “{path}”이(가) 없어요{want_ko}")
    came = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    came = came if len(came) <= LONGEST_SHOWN else came[:LONGEST_SHOWN] + "…"
    if wanted.value and _as_text(found) != wanted.value:
        return _bad(f"“{path}” is {came}, expected was {wanted.value}", f"“{path}” 값 {came}(기대값 {wanted.value})")
    return _good(f"it answered {status}, “{path}” is {came}", f"{status} 응답, “{path}” 값 {came}")


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path; raises LookupError where there is none."""
    for part in path:
        if isinstance(value, dict):
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdecimal():
            value = value[int(part)]
        else:
            raise LookupError(part)
    return value


def _as_text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _good(en: str, ko: str) -> Verdict:
    return Verdict(is_good=True, reason={"en": en, "ko": ko})


def _bad(en: str, ko: str) -> Verdict:
    return Verdict(is_good=False, reason={"en": en, "ko": ko})


def follows(verdict: Verdict, *, pace: Pace, failures: int, comes_up: bool) -> Turn:
    """What a verdict means for the check. One bad answer is tried again soon; so many more in a row are “down”.

    While it `comes_up` after a start no answer is “down”, and it is asked as often as when it is tried again.
    """
    every, again = timedelta(seconds=pace.every_s), timedelta(seconds=min(pace.retry_every_s, pace.every_s))
    if verdict.is_good:
        return Turn("up", _sentence(verdict.reason), 0, every)
    failures = min(failures + 1, MOST_FAILURES)
    if comes_up:
        said = _sentence(verdict.reason)
        return Turn(
            "starting", {"en": f"Coming up. {said['en']}", "ko": f"올라오는 중이에요. {said['ko']}"}, failures, again
        )
    if failures <= pace.retries:
        return Turn(None, verdict.reason, failures, again)
    return Turn("down", _sentence(verdict.reason), failures, every)


def _sentence(reason: Texts) -> Texts:
    en = reason["en"]
    return {"en": en[:1].upper() + en[1:] + ".", "ko": reason["ko"] + "."}


def must_warn(
    *, until: datetime | None, warned: datetime | None, days: int, now: datetime, told_at: datetime | None = None
) -> bool:
    """Whether people are to be told that this certificate ends soon: of another one than the `warned`, and no sooner
    than a day after they were last told. Behind one name there may be several, which take turns."""
    if until is None or days <= 0 or until == warned or until - now > timedelta(days=days):
        return False
    return told_at is None or now - told_at >= CERTIFICATE_PAUSE


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
