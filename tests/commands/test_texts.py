"""The sentences of the bot: both languages say the same things."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

import pytest

from environments.commands import help_texts, texts
from environments.commands.texts import Said
from environments.rules.verbs import Problem, Verb


def sentences() -> Iterator[tuple[str, Said]]:
    for module in (texts, help_texts):
        for name, value in vars(module).items():
            if isinstance(value, Said):
                yield name, value
            elif isinstance(value, dict) and name.isupper():
                yield from ((f"{name} {key}", one) for key, one in value.items() if isinstance(one, Said))


def places(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name}


@pytest.mark.parametrize("said", [pytest.param(said, id=name) for name, said in sentences()])
def test_both_languages_have_the_same_places_to_fill(said: Said) -> None:
    assert places(said.en) == places(said.ko)
    assert said.en.strip()
    assert said.ko.strip()


def test_every_verb_has_its_line_of_help_and_an_example_and_every_problem_its_words() -> None:
    assert set(help_texts.LINES) == set(help_texts.EXAMPLES) == set(Verb)
    assert set(help_texts.PROBLEMS) == set(Problem)


def test_what_people_call_things_cannot_break_a_sentence() -> None:
    assert texts.STARTS("en", name="{name} %s {0}") == "{name} %s {0} starts now"
