"""What the words beside a verb are: days, times, lengths of time, kinds of exceptions; and what is left for a name.
Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from environments.rules.verb_lexicon import KINDS, UNTIL, WITH_DAY, WITH_END, Problem, Verb
from environments.rules.verb_words import Day, Word, Wrong, day_of, length_of, minute_of

Read = TypeVar("Read")


@dataclass(slots=True)
class Parts:
    """What the words beside a verb are."""

    days: list[Day]
    kinds: list[str]
    minutes: list[tuple[int, str]]
    lengths: list[timedelta]
    names: list[list[Word]]


class Unreadable(Exception):
    """A word that looks like a date, a time or a length, and is none."""

    def __init__(self, problem: Problem, what: str) -> None:
        super().__init__(what)
        self.problem, self.what = problem, what


def sort(before: Sequence[Word], after: Sequence[Word], verb: Verb) -> Parts:
    """Sorts the words. Raises `Unreadable` for a date, time or length that is none."""
    parts = Parts([], [], [], [], [])
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
    if word.quoted:
        return False
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
    """What the word is. Raises `Unreadable` for what only looks like it."""
    try:
        return read(word)
    except Wrong as error:
        raise Unreadable(problem, str(error)) from error
