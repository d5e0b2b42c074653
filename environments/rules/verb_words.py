"""What people type to the bot, word by word: quotes, dates, times of day and lengths of time. Pure.

Full-width letters, digits and colons are read as their plain forms (Unicode NFKC); so is Korean that a phone sends in
parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

LONGEST: Final = timedelta(days=31)
"""More than anybody extends by in a chat."""

_WORD: Final = re.compile(
    r"""(?<!\S)(?:["“”„]([^"“”„]+)["“”]|['‘’]([^'‘’]+)['‘’]|`([^`]+)`|[「『]([^」』]+)[」』])(?!\S)|(\S+)"""
)
_DATE: Final = re.compile(r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})")
_LIKE_A_DATE: Final = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}(?:[-./][0-9]{1,4})?")
_TIME: Final = re.compile(r"(?:([0-9]{1,2}):([0-9]{1,2})|([0-9]{1,2})시(?:([0-9]{1,2})분)?)(?:까지|에)?")
_LIKE_A_TIME: Final = re.compile(r"[0-9]*:[0-9:]*(?:까지|에)?|[0-9]+시(?:[0-9]+분)?(?:까지|에)?")
_HOURS, _MINUTES = r"(?:h|hrs?|hours?|시간)", r"(?:m|mins?|minutes?|분)"
_LENGTH: Final = re.compile(rf"\+?(?:([0-9]+){_HOURS})?(?:([0-9]+){_MINUTES})?(?:동안)?")
_LIKE_A_LENGTH: Final = re.compile(rf"[+-]?[0-9]+(?:[.,][0-9]+)?(?:{_HOURS}|{_MINUTES}|d|days?|s|일|초)")
_MEANT_AS_ONE: Final = tuple(
    (re.compile(first), re.compile(second))
    for first, second in (
        (r"[0-9]{1,2}시", r"[0-9]{1,2}분(?:까지|에)?"),
        (rf"\+?[0-9]+{_HOURS}", rf"[0-9]+{_MINUTES}"),
        (r"\+?[0-9]+", rf"(?:{_HOURS}|{_MINUTES})"),
        (_TIME.pattern, r"까지"),
    )
)


class Relative(IntEnum):
    """A day by its distance from today, whosever today it is."""

    TODAY = 0
    TOMORROW = 1
    THE_DAY_AFTER = 2


Day = date | Relative

DAYS: Final = {
    "today": Relative.TODAY,
    "tomorrow": Relative.TOMORROW,
    "오늘": Relative.TODAY,
    "내일": Relative.TOMORROW,
    "모레": Relative.THE_DAY_AFTER,
}


# Marks that a text is shown apart from what is around it: copied with it, and no part of it.
_ISOLATES: Final = dict.fromkeys(range(0x2066, 0x206A))


@dataclass(frozen=True, slots=True)
class Word:
    """A word as typed; what stood in quotes is one word, and only ever a name: of a thing of this `kind`, if one was
    said. `asks`: a question mark stood behind it."""

    text: str
    quoted: bool = False
    asks: bool = False
    kind: str = ""

    @property
    def key(self) -> str:
        """What it is compared by; nothing where it was quoted."""
        return "" if self.quoted else self.text.casefold()


class Wrong(ValueError):
    """It looks like a date, a time or a length of time, and is none."""


def folded(name: str) -> str:
    """A name as names are compared: without regard to capital letters, to how often a space was hit, and to width."""
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name).translate(_ISOLATES)
    return " ".join(plain.casefold().split())


def tokens(text: str) -> list[Word]:
    """What stands between spaces, or in quotes. A question mark behind a word is no part of it."""
    found: list[Word] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).translate(_ISOLATES)):
        *quoted, plain = match.groups()
        if plain is not None:
            bare = plain.rstrip("?") or plain
            found.append(Word(bare, asks=bare != plain))
        elif inner := " ".join(next(part for part in quoted if part is not None).split()):
            found.append(Word(inner, quoted=True))
    return found


def joined(those: Sequence[Word]) -> list[Word]:
    """“18시 30분”, “1h 30m” and “2 h” are one word each."""
    found: list[Word] = []
    for word in those:
        before = found[-1] if found else None
        if before and any(one.fullmatch(before.key) and two.fullmatch(word.key) for one, two in _MEANT_AS_ONE):
            found[-1] = Word(before.text + word.text, asks=word.asks)
        else:
            found.append(word)
    return found


def day_of(word: Word) -> Day | None:
    """The date that a word is; None where it does not look like one. Raises `Wrong` for what is in no calendar."""
    key = word.key
    if key in DAYS:
        return DAYS[key]
    found = _DATE.fullmatch(key)
    if found is None:
        if _LIKE_A_DATE.fullmatch(key):
            raise Wrong(word.text)
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Wrong(word.text) from None


def minute_of(word: Word) -> int | None:
    """The minute of the day, 1440 for 24:00; None where it does not look like a time. Raises `Wrong`."""
    key = word.key
    found = _TIME.fullmatch(key)
    if found is None:
        if key and key != ":" and _LIKE_A_TIME.fullmatch(key):
            raise Wrong(word.text)
        return None
    hour, minute = int(found[1] or found[3]), int(found[2] or found[4] or 0)
    if (hour < 24 and minute < 60) or (hour, minute) == (24, 0):
        return hour * 60 + minute
    raise Wrong(word.text)


def length_of(word: Word) -> timedelta | None:
    """The length of time, in whole minutes; None where it does not look like one. Raises `Wrong` for none at all, and
    for more than a month."""
    key = word.key
    found = _LENGTH.fullmatch(key) if key else None
    if found is None or not (found[1] or found[2]):
        if key and _LIKE_A_LENGTH.fullmatch(key):
            raise Wrong(word.text)
        return None
    if max(len(found[1] or ""), len(found[2] or "")) > 6:
        raise Wrong(word.text)
    length = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))
    if not timedelta() < length <= LONGEST:
        raise Wrong(word.text)
    return length
