"""What the words beside a verb are: days, times, lengths of time, kinds of exceptions; and what is left for a name.
Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from environments.rules.verb_lexicon import KINDS, UNTIL, WITH_DAY, WITH_END, Problem, Verb
from environments.rules.verb_words import Day, Word, Wrong, day_of, length_of, minute_of

Read = TypeVar("Read")


@dataclass(slots=True)
class Parts:
    """What the words beside a verb are. `unreadable`: what looks like a date, a time or a length, and is none."""

    days: list[Day] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    minutes: list[tuple[int, str]] = field(default_factory=list)
    lengths: list[timedelta] = field(default_factory=list)
    names: list[list[Word]] = field(default_factory=list)
    unreadable: list[tuple[Problem, str]] = field(default_factory=list)


class _Unreadable(Exception):
    """A word that looks like a date, a time or a length, and is none."""


def sort(before: Sequence[Word], after: Sequence[Word], verb: Verb) -> Parts:
    """Sorts the words."""
    parts = Parts()
    for side in (before, after):
        fragment: list[Word] = []
        for word in side:
            if _is_argument(word, verb, parts):
                fragment = []
                continue
            if not fragment or word.quoted or fragment[-1].quoted:
                fragment = []
                parts.names.append(fragment)
            fragment.append(word)
    return parts


def _is_argument(word: Word, verb: Verb, parts: Parts) -> bool:
    """Puts the word where it belongs, if it is no part of a name."""
    try:
        return not word.quoted and _is_readable(word, verb, parts)
    except _Unreadable as error:
        problem, what = error.args
        parts.unreadable.append((problem, what))
        return True


def _is_readable(word: Word, verb: Verb, parts: Parts) -> bool:
    """The same. Raises `_Unreadable` for what only looks like an argument."""
    of_exception = verb in {Verb.EXCEPTION_SET, Verb.EXCEPTION_DEL}
    if of_exception and word.key in KINDS:
        parts.kinds.append(KINDS[word.key])
        return True
    if verb in WITH_END and word.key in UNTIL:
        return True
    if verb in WITH_DAY or verb in WITH_END:
        day = _tried(Problem.DATE, day_of, word) if verb in WITH_DAY else _day_if_any(word)
        if day is not None:
            parts.days.append(day)
            return True
    if verb in WITH_END and (length := _tried(Problem.LENGTH, length_of, word)) is not None:
        parts.lengths.append(length)
        return True
    timed = verb in WITH_END or verb is Verb.EXCEPTION_SET
    if timed and (minute := _tried(Problem.TIME, minute_of, word)) is not None:
        parts.minutes.append((minute, word.text))
        return True
    return False


def _day_if_any(word: Word) -> Day | None:
    """The day that a word is, where days are rare: what only looks like one may be part of a name."""
    try:
        return day_of(word)
    except Wrong:
        return None


def _tried(problem: Problem, read: Callable[[Word], Read], word: Word) -> Read:
    """What the word is. Raises `_Unreadable` for what only looks like it."""
    try:
        return read(word)
    except Wrong as error:
        raise _Unreadable(problem, str(error)) from error
