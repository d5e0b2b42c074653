"""What the bot says of itself, of what it did not understand, and of names that mean several things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings

from environments.rules.verb_lexicon import (
    ENVIRONMENT,
    OF_ENVIRONMENTS_ALONE,
    SCHEDULE,
    WITH_DAY,
    Command,
    Named,
    Verb,
    typed,
)
from environments.rules.verb_names import Names
from environments.rules.verbs import Misunderstood, Problem
from environments.services import plans
from notifications.chat.spoken import Answer, Button

from . import help_texts, texts
from .orders import as_typed

if TYPE_CHECKING:
    from notifications.chat.spoken import Asked

BUTTONS: Final = 5
NAMED: Final = 15
A_NAME: Final = "chat-dev"
DANGEROUS: Final = frozenset({Verb.FORCE_STOP})
ONLY_LOOKING: Final = frozenset({Verb.STATUS, Verb.INFO, Verb.WHY, Verb.COST, Verb.EXCEPTION_INFO})
WITHOUT_NAME: Final = frozenset({Verb.HELP, Verb.LIST})


def help_for(asked: Asked) -> Answer:
    """What can be typed, with examples. Without a keyword it is the portal's own page, which knows who they are."""
    language = asked.language
    lines = [line(language) for line in help_texts.LINES.values()]
    if asked.keyword:
        lines.append(help_texts.LINK(language))
    shown = [_example(asked, verb) for verb in (Verb.STATUS, Verb.EXTEND, Verb.EXCEPTION_SET)]
    body = "\n".join(
        [
            help_texts.INTRODUCTION(language),
            help_texts.TYPE(language, keyword=asked.keyword) if asked.keyword else help_texts.VERBS(language),
            "",
            *(f"• {line}" for line in lines),
            "",
            *(help_texts.EXAMPLE(language, command=command) for command in shown),
        ]
    )
    return Answer(help_texts.TITLE(language), body, private=True)


def not_understood(asked: Asked, problem: Misunderstood, known: Sequence[Named]) -> Answer:
    """What was not understood, the nearest verb, and an example that works."""
    language = asked.language
    lines = [help_texts.PROBLEMS[problem.problem](language, what=problem.what)]
    verb = problem.verb
    if problem.problem is Problem.VERB and verb:
        lines.append(help_texts.NEAREST(language, verb=verb.value))
    if problem.near:
        lines.append(help_texts.NEAR(language, names=", ".join(shown(one) for one in problem.near)))
    if verb:
        lines.append(help_texts.EXAMPLE(language, command=_example(asked, verb, _named_for(problem, known))))
    else:
        lines.append(help_texts.NO_IDEA(language, command=as_typed(Verb.HELP)))
    return Answer(
        help_texts.NOT_UNDERSTOOD(language),
        "\n".join(lines),
        severity="warning",
        buttons=_instead(problem, known),
        private=True,
        refused=True,
    )


def which(asked: Asked, command: Command, candidates: Sequence[Named]) -> Answer:
    """Asks which of several is meant; each button says the whole command."""
    language = asked.language
    names = ", ".join(_labels(candidates[:NAMED]))
    if len(candidates) > NAMED:
        names = f"{names} {texts.MORE(language, count=len(candidates) - NAMED)}"
    of_name = help_texts.WHICH_OF_THESE(language, name=command.name, names=names)
    body = of_name if command.name else help_texts.WHICH_OF_ALL(language, names=names)
    return Answer(
        help_texts.WHICH(language),
        f"{body}\n{help_texts.EXAMPLE(language, command=as_typed(typed(command, candidates[0])))}",
        buttons=_buttons(command, candidates),
        private=True,
        refused=True,
    )


def shown(one: Named) -> str:
    """The name by which people call it."""
    return one.names[-1]


def _labels(candidates: Sequence[Named]) -> list[str]:
    """Their names; of those that share one, which is which."""
    often = Counter(shown(one) for one in candidates)
    return [
        shown(one) if often[shown(one)] == 1 else f"{shown(one)} ({SCHEDULE if one.kind == SCHEDULE else one.names[0]})"
        for one in candidates
    ]


def _instead(problem: Misunderstood, known: Sequence[Named]) -> tuple[Button, ...]:
    """The same for what is written like it, where a name alone was wrong; or what answers a question. Nothing is lost
    by pressing."""
    if problem.verb not in ONLY_LOOKING:
        return ()
    if problem.problem is Problem.QUESTION and problem.name:
        return _buttons(Command(problem.verb), Names(known).match(problem.name))
    return _buttons(Command(problem.verb), problem.near) if problem.problem is Problem.NAME else ()


def _buttons(command: Command, candidates: Sequence[Named]) -> tuple[Button, ...]:
    style = "danger" if command.verb in DANGEROUS else ""
    whole, those = replace(command, found=()), candidates[:BUTTONS]
    return tuple(
        Button(label, typed(whole, one), style) for one, label in zip(those, _labels(candidates), strict=False)
    )


def _named_for(problem: Misunderstood, known: Sequence[Named]) -> Named | None:
    """What an example can be made with: what was typed, else an environment that is written like it, else any."""
    own = Names(known).match(problem.name) if problem.name else ()
    if own and problem.verb not in OF_ENVIRONMENTS_ALONE:
        return own[0]
    return next((one for one in (*own, *problem.near, *known) if one.kind == ENVIRONMENT), None)


def _example(asked: Asked, verb: Verb, one: Named | None = None) -> str:
    day = plans.today(settings.TIME_ZONE, asked.now) + timedelta(days=1)
    example = help_texts.EXAMPLES[verb]
    whose = "" if verb in WITHOUT_NAME else one or A_NAME
    return as_typed(typed(replace(example, day=day) if verb in WITH_DAY else example, whose))
