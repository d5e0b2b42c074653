"""The grammar of the bot: a text and the names that may be said -> what is asked, or what is not understood. Pure.

The words are those of docs/chat-verbs.md. A name stands before or after the verb; of several ways to read a text the
longest verb and the name that fits exactly win. Nothing that people type raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import islice, pairwise
from typing import Final

from environments.rules.verb_arguments import Parts, sort
from environments.rules.verb_lexicon import (
    ASKS,
    ASKS_WHEN,
    CHANGES,
    LONGEST_PHRASE,
    PHRASES,
    REASONS,
    START,
    THE,
    WITH_END,
    WITH_REASON,
    Command,
    Misunderstood,
    Named,
    Problem,
    Verb,
    iso,
    spoken_minutes,
)
from environments.rules.verb_names import LONGEST_NAME, LOOKED_AT, Names, Place, fitting, meant, places
from environments.rules.verb_words import Word, folded, joined, tokens

__all__ = ["Command", "Misunderstood", "Named", "Problem", "Verb", "parse"]

NO_START: Final = (START, 24 * 60)
NEAR_ENOUGH: Final = 0.6
CERTAINLY: Final = 0.8
LONGEST_LIKE_A_VERB: Final = 2 * max(len(" ".join(phrase)) for phrase in PHRASES)
READINGS: Final = 8
"""Places where a verb may stand that are tried."""


def parse(text: str, known: Sequence[Named]) -> Command | Misunderstood:
    """What a text asks of those whom its author knows by `known`. A name alone asks for its status, nothing at all for
    help.

    Words that are exactly a name are taken for it before anything else is looked for in them.
    """
    typed = tokens(text)
    if not typed:
        return Command(Verb.HELP)
    names = Names(known)
    if tuple(_key(word) for word in typed) in PHRASES:
        return _understood(joined(typed), names)
    firm: Place | None = None
    first: list[Word] | None = None
    for place in _named_places(typed, names):
        if firm and place.length < firm.length and place.begin < firm.end and firm.begin < place.end:
            continue
        rest = joined([*typed[: place.begin], place.word, *typed[place.end :]])
        if len(rest) == 1 or any(_verbs_in(rest)):
            found = _understood(rest, names)
            if isinstance(found, Command) and found.found:
                return found
        if place.firm and firm is None:
            firm, first = place, rest
    found = _understood(first or joined(typed), names)
    return found if isinstance(found, Command) else _with_hints(found, names)


def _named_places(typed: Sequence[Word], names: Names) -> list[Place]:
    """Where a name stands, but for what stands in the reason that somebody gives."""
    changing = {tuple(phrase) for phrase, verb in PHRASES.items() if verb in WITH_REASON}
    keys = [_key(word) for word in typed]
    reason = len(keys)
    for at, key in enumerate(keys):
        if key in REASONS and any(
            tuple(keys[begin : begin + length]) in changing
            for begin in range(at)
            for length in (1, 2)
            if begin + length <= at
        ):
            reason = at
            break
    found = places(typed[: reason + names.longest], names)
    return sorted((place for place in found if place.begin <= reason), key=lambda place: not place.firm)


def _understood(typed: Sequence[Word], names: Names) -> Command | Misunderstood:
    """What words ask: the best of the ways in which they can be read."""
    readings = [(_read(typed, begin, length, verb, names), length) for begin, length, verb in _verbs_in(typed)]
    if readings:
        return min(readings, key=lambda one: _rank(*one))[0]
    whole = " ".join(word.text for word in typed)
    if found := fitting(typed, names)[0] if len(typed) == 1 else None:
        return Command(Verb.STATUS, *found)
    if matched := names.match(whole):
        return Command(Verb.STATUS, whole, matched)
    fit, rest = fitting(typed, names)
    return Misunderstood(Problem.VERB, (rest or whole)[:LOOKED_AT], _nearest(typed), fit[0] if fit else "")


def _with_hints(found: Misunderstood, names: Names) -> Misunderstood:
    """With names that are written like the wrong one; and with the verb of two words that was meant, where one word of
    it alone is a verb as well (“exeption set … stop …” is no stop)."""
    if found.problem not in {Problem.NAME, Problem.WORDS}:
        return found
    pairs = [" ".join(pair) for pair in pairwise(word.key for word in tokens(found.what)[:LONGEST_NAME])]
    meant_verb = _most_like([pair for pair in pairs if tuple(pair.split()) not in PHRASES], CERTAINLY)
    near = names.near(found.what) if found.problem is Problem.NAME else ()
    return replace(found, verb=meant_verb or found.verb, near=near)


def _key(word: Word) -> str:
    return word.key if word.key == "?" else word.key.replace("-", "_")


def _verbs_in(typed: Sequence[Word]) -> Iterator[tuple[int, int, Verb]]:
    """Where verbs stand: begin, number of words, and which; the first `READINGS` of them. A question mark is one only
    where nothing else is."""
    keys = [_key(word) for word in typed]
    found = (
        (begin, length, PHRASES[phrase])
        for begin in range(len(keys))
        for length in range(1, min(LONGEST_PHRASE, len(keys) - begin) + 1)
        if (phrase := tuple(keys[begin : begin + length])) in PHRASES and (phrase != ("?",) or len(keys) == 1)
    )
    return islice(found, READINGS)


def _rank(reading: Command | Misunderstood, length: int) -> tuple[int, int, int]:
    """The less the better: what is understood and names nothing or something exactly; then the longer verb; then what
    was asked about a verb."""
    if isinstance(reading, Misunderstood):
        return 1, -length, 1 if reading.problem is Problem.QUESTION else 2
    exact = not reading.name or any(folded(reading.name) in map(folded, one.names) for one in reading.found)
    return 0 if exact and reading.verb is not Verb.HELP else 1, -length, 0


def _read(typed: Sequence[Word], begin: int, length: int, verb: Verb, names: Names) -> Command | Misunderstood:
    before, after, reason = list(typed[:begin]), list(typed[begin + length :]), ""
    if verb is Verb.HELP:
        return Command(verb)
    if verb in WITH_REASON:
        at = next((place for place, word in enumerate(after) if word.key in REASONS), None)
        if at is not None:
            reason = " ".join(f"{word.text}?" if word.asks else word.text for word in after[at + 1 :])
            after = after[:at]
    asked = _asked([*before, *typed[begin : begin + length], *after], before) if verb in CHANGES else ""
    if asked:
        before, after = ([word for word in side if word.key not in ASKS] for side in (before, after))
    parts = sort(before, after, verb)
    name, found, problem = meant(parts.names, verb, names)
    if parts.unreadable:
        return Misunderstood(*parts.unreadable[0], verb, name or (problem.name if problem else ""))
    if asked:
        return Misunderstood(Problem.QUESTION, asked, _about(verb, asked), name)
    if problem is not None:
        return problem
    return _command(verb, parts, name, found, reason)


def _asked(those: Sequence[Word], before: Sequence[Word]) -> str:
    """The word by which a verb is talked about, and not meant: “when”, “of”, a question mark; nothing where it is
    meant."""
    if before and before[-1].key == THE:
        return before[-1].text
    return next((word.text if word.key in ASKS else "?" for word in those if word.key in ASKS or word.asks), "")


def _about(verb: Verb, asked: str) -> Verb:
    """The verb that answers questions about another."""
    if verb in {Verb.EXCEPTION_SET, Verb.EXCEPTION_DEL}:
        return Verb.EXCEPTION_INFO
    return Verb.INFO if asked.casefold() in ASKS_WHEN else Verb.WHY


def _command(verb: Verb, parts: Parts, name: str, found: tuple[Named, ...], reason: str) -> Command | Misunderstood:
    def wrong(problem: Problem, what: str = "") -> Misunderstood:
        return Misunderstood(problem, what, verb, name)

    times: list[tuple[str, int | None]] = []
    if len(parts.days) > 1:
        return wrong(Problem.WORDS, str(iso(parts.days[1])))
    if verb in {Verb.EXCEPTION_SET, Verb.EXCEPTION_DEL}:
        if lacking := _lacking(verb, parts):
            return wrong(lacking)
        minutes: list[tuple[int | None, str]] = list(parts.minutes) or [(None, "")] * len(parts.kinds)
        if len(set(parts.kinds)) < len(parts.kinds) or len(minutes) > len(parts.kinds):
            return wrong(Problem.WORDS, minutes[-1][1] or parts.kinds[-1])
        times = [(kind, minute) for kind, (minute, _) in zip(parts.kinds, minutes, strict=True)]
        if wrongly := [
            text for kind, (minute, text) in zip(parts.kinds, minutes, strict=True) if (kind, minute) == NO_START
        ]:
            return wrong(Problem.TIME, wrongly[0])
    elif len(parts.minutes) + len(parts.lengths) > 1:
        return wrong(Problem.WORDS, parts.minutes[-1][1] if parts.minutes else spoken_minutes(parts.lengths[-1]))
    elif parts.days and verb in WITH_END and not parts.minutes:
        return wrong(Problem.NO_TIME)
    elif verb is Verb.EXTEND and not (parts.minutes or parts.lengths):
        return wrong(Problem.NO_LENGTH)
    return Command(
        verb=verb,
        name=name,
        found=found,
        day=parts.days[0] if parts.days else None,
        times=tuple(times),
        until=parts.minutes[0][0] if parts.minutes and not times else None,
        lasts=parts.lengths[0] if parts.lengths else None,
        reason=reason,
    )


def _lacking(verb: Verb, parts: Parts) -> Problem | None:
    """What an exception cannot do without."""
    if not parts.days:
        return Problem.NO_DAY
    if not parts.kinds:
        return Problem.NO_KIND
    return Problem.NO_TIME if verb is Verb.EXCEPTION_SET and len(parts.minutes) < len(parts.kinds) else None


def _nearest(those: Sequence[Word]) -> Verb | None:
    """The verb that is written most like one or two of the words."""
    keys = [word.key for word in those if word.key][:LONGEST_NAME]
    pairs = [" ".join(pair) for pair in pairwise(keys)]
    return _most_like([*keys, *pairs], NEAR_ENOUGH)


def _most_like(those: Sequence[str], enough: float) -> Verb | None:
    best, verb = enough, None
    for said in those:
        if len(said) > LONGEST_LIKE_A_VERB:
            continue
        for phrase, its_verb in PHRASES.items():
            like = SequenceMatcher(None, said, " ".join(phrase)).ratio()
            if like > best:
                best, verb = like, its_verb
    return verb
