"""Which environment or schedule is meant by the words beside a verb. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from heapq import nsmallest
from itertools import islice, takewhile
from typing import Final

from environments.rules.verb_lexicon import (
    CHANGES,
    ENVIRONMENT,
    OF_ENVIRONMENTS_ALONE,
    PHRASES,
    SAYS_NOTHING,
    SCHEDULE,
    SCHEDULES,
    Misunderstood,
    Named,
    Problem,
    Verb,
)
from environments.rules.verb_words import Word, folded

LOOKED_AT: Final = 400
"""Characters of what was typed that are compared with what it could mean."""
LONGEST_NAME: Final = 12
"""Words among which a name is looked for."""
COMPARED: Final = 200
"""Names that are compared letter by letter with a wrong one."""
PLACES: Final = 5
"""Places of names in a text that are tried."""


class Names:
    """Everything that somebody may call by its name."""

    def __init__(self, known: Sequence[Named]) -> None:
        self._owners: dict[str, list[Named]] = {}
        for one in known:
            for name in {folded(name) for name in one.names}:
                self._owners.setdefault(name, []).append(one)

    def exact(self, typed: str, kind: str = "") -> tuple[Named, ...]:
        """Of an environment and a schedule of one name the environment is meant, unless the `kind` was said; of two
        environments the one whose short name it is."""
        key = folded(typed)
        found = [one for one in self._owners.get(key, []) if kind in {"", one.kind}]
        environments = [one for one in found if one.kind == ENVIRONMENT]
        return tuple([one for one in environments if folded(one.names[0]) == key] or environments or found)

    def match(self, typed: str) -> tuple[Named, ...]:
        """What has this name, else all of which a name begins so."""
        key = folded(typed)
        begin = takewhile(lambda name: name.startswith(key), islice(self._sorted, bisect_left(self._sorted, key), None))
        return self.exact(typed) or tuple(dict.fromkeys(one for name in begin for one in self._owners[name]))

    def near(self, typed: str) -> tuple[Named, ...]:
        """What is written like it, the most alike first."""
        close = get_close_matches(folded(typed)[:LOOKED_AT], self.alike(typed), n=5, cutoff=0.5)
        return tuple(dict.fromkeys(one for name in close for one in self._owners[name]))

    def alike(self, typed: str) -> list[str]:
        """The names worth comparing with it letter by letter: at a glance those that begin like it, and are as long."""
        key = folded(typed)[:LOOKED_AT]
        return nsmallest(COMPARED, self._owners, key=lambda one: (one[:1] != key[:1], abs(len(one) - len(key))))

    @cached_property
    def longest(self) -> int:
        """Words of the name that has most."""
        return max((name.count(" ") + 1 for name in self._owners), default=0)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._owners)


@dataclass(frozen=True, slots=True)
class Place:
    """Words of a text that are exactly a name. `firm`: they are taken for it even where the rest then means nothing;
    not so a single word, or the words of a verb, which may well be no name."""

    begin: int
    end: int
    word: Word
    firm: bool

    @property
    def length(self) -> int:
        return self.end - self.begin


def places(those: Sequence[Word], names: Names) -> list[Place]:
    """Where exactly a name stands, in as many words as possible; none where a name was put in quotes."""
    if any(word.quoted and names.exact(word.text) for word in those):
        return [_with_kind(those, at, names) for at, word in enumerate(those) if word.quoted and _says_kind(those, at)]
    keys = [folded(word.text) for word in those]
    phrases = _phrases(those)
    found: list[Place] = []
    for length in range(min(len(keys), names.longest), 0, -1):
        for begin in range(len(keys) - length + 1):
            end = begin + length
            if any(begin < one.end and one.begin < end and one.length > length for one in found):
                continue
            inside = any(first <= begin and end <= last and last - first > length for first, last in phrases)
            if not inside and (place := _place(those, begin, end, " ".join(keys[begin:end]), names)):
                found.append(place)
                if len(found) == PLACES:
                    return found
    return found


def _phrases(those: Sequence[Word]) -> list[tuple[int, int]]:
    """Where the verbs of several words stand."""
    keys = [word.key for word in those]
    return [
        (begin, begin + length)
        for length in {len(phrase) for phrase in PHRASES} - {1}
        for begin in range(len(keys) - length + 1)
        if tuple(keys[begin : begin + length]) in PHRASES
    ]


def _place(those: Sequence[Word], begin: int, end: int, key: str, names: Names) -> Place | None:
    words = those[begin:end]
    if any(word.quoted for word in words):
        return None
    text, asks = text_of(words), words[-1].asks
    if asks and names.exact(f"{key}?"):
        text, asks = f"{text}?", False
    elif not names.exact(key):
        return None
    firm = end - begin > 1 and tuple(word.key for word in words) not in PHRASES
    kind = SCHEDULE if begin and those[begin - 1].key in SCHEDULES and names.exact(text, SCHEDULE) else ""
    return Place(begin - bool(kind), end, Word(text, quoted=True, asks=asks, kind=kind), firm)


def _says_kind(those: Sequence[Word], at: int) -> bool:
    return at > 0 and those[at - 1].key in SCHEDULES


def _with_kind(those: Sequence[Word], at: int, names: Names) -> Place:
    kind = SCHEDULE if names.exact(those[at].text, SCHEDULE) else ""
    return Place(at - bool(kind), at + 1, Word(those[at].text, quoted=True, kind=kind), firm=True)


def meant(
    fragments: Sequence[Sequence[Word]], verb: Verb, names: Names
) -> tuple[str, tuple[Named, ...], Misunderstood | None]:
    """The name among the words that are nothing else, what it can mean, and why there is none."""
    fits: list[tuple[str, tuple[Named, ...]]] = []
    others: list[str] = []
    for fragment in fragments:
        fit, rest = fitting(fragment, names, verb)
        fits += [fit] if fit and fit[1] not in [known for _, known in fits] else []
        others += [rest] if rest else []
    what = " ".join(others)
    if verb is Verb.LIST and (fits or others):
        return "", (), Misunderstood(Problem.WORDS, " ".join([*(name for name, _ in fits), *others]), verb)
    if not fits:
        return "", (), Misunderstood(Problem.NAME, what, verb) if others else None
    name, found = fits[0]
    if others or len(fits) > 1:
        return "", (), Misunderstood(Problem.WORDS, what or fits[1][0], verb, name)
    if verb in OF_ENVIRONMENTS_ALONE:
        found = tuple(one for one in found if one.kind == ENVIRONMENT)
        if not found:
            return "", (), Misunderstood(Problem.SCHEDULE, name, verb)
    return name, found, None


def fitting(
    fragment: Sequence[Word], names: Names, verb: Verb | None = None
) -> tuple[tuple[str, tuple[Named, ...]] | None, str]:
    """The name in some words that stand together, with what it can mean; and the words that are left."""
    # No longer text can be a name, nor its beginning.
    whole = text_of(fragment[: names.longest + 1])
    if found := names.exact(whole, fragment[0].kind if len(fragment) == 1 else ""):
        return (whole, found), ""
    silent = SAYS_NOTHING - SCHEDULES if verb in CHANGES else SAYS_NOTHING
    telling = [word for word in fragment if word.key not in silent]
    if not telling:
        return None, ""
    if found := names.match(text_of(telling[: names.longest + 1])):
        return (text_of(telling), found), ""
    count = min(len(telling), LONGEST_NAME)
    for length in range(count - 1, 0, -1):
        for begin in range(count - length + 1):
            part = text_of(telling[begin : begin + length])
            if found := names.exact(part):
                return (part, found), text_of([*telling[:begin], *telling[begin + length :]])
    return None, text_of(telling)


def text_of(those: Sequence[Word]) -> str:
    return " ".join(word.text for word in those)
