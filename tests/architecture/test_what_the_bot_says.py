"""The bot's sentences: each side has one place for them, and in Korean all of them are in one voice."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from environments.commands import help_texts, texts
from notifications.chat import words
from notifications.chat.spoken import Answer, Asked
from notifications.inbound.discord_commands import COMMANDS
from notifications.texts import Text
from tests.architecture.sources import SOURCES, name
from tests.support.times import monday

SIDES: Final = ("notifications/chat/", "notifications/inbound/", "environments/commands/")
PLACES: Final = {"notifications/chat/words.py", "environments/commands/texts.py", "environments/commands/help_texts.py"}
KOREAN_ELSEWHERE: Final = {
    "notifications/chat/confirming.py": "what people type to confirm or cancel",
    "notifications/chat/hearing.py": "what people type to ask for help",
    "notifications/chat/jandi.py": "the keyword that JANDI listens for",
    "notifications/chat/linking.py": "what people type to link, to unlink, or to ask who they are",
    "notifications/chat/looking_after.py": "what people type to take something on",
    "notifications/inbound/discord_commands.py": "what Discord registers and shows before anything is said",
    "notifications/inbound/discord_typed.py": "what people type, as the slash command that says the same",
}
SAYS: Final = {"Said", "said", "refusal", "Answer"}
NOUNS: Final = {"필요", "주요", "중요", "개요"}
"""They end as sentences in another voice do."""
AROUND: Final = ".,:;!?…·“”()\u2068\u2069"
ENDINGS: Final = ("니다", "니까", "십시오", "충성", "}", "\u2069")
"""Of a private; what is filled in, and commands, end as they end."""
ASKED: Final = Asked("status", None, "Mina", "ko", "/서버", monday("09:00"))
CALLED: Final[Mapping[str, object]] = {
    "linked": words.linked("mina"),
    "linked_by_email": words.linked_by_email("mina"),
    "how_to_link": words.how_to_link(),
    "unlinked": words.unlinked(),
    "whoami": words.whoami(ASKED),
    "to_confirm": words.to_confirm("4821"),
    "yes": words.yes("status"),
    "not_done": words.not_done({}),
    "pressed_late": words.pressed_late({}),
    "pressed_before": words.pressed_before({}),
    "said": "",
    "refusal": "",
}
"""What each function of the bot's words says; `said` and `refusal` say what they are given."""


def of_the_bot() -> list[Path]:
    return [path for path in SOURCES if name(path).startswith(SIDES) and name(path) not in PLACES]


def sentences_in(tree: ast.AST) -> Iterator[int]:
    """Lines with a sentence in two languages: a mapping of both codes, or words that are said as they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if keys >= {"en", "ko"}:
                yield node.lineno
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            values = [*node.args[:2], *(one.value for one in node.keywords if one.arg in {"title", "body", "en", "ko"})]
            if called in SAYS and any(map(is_worded, values)):
                yield node.lineno


def is_worded(node: ast.expr) -> bool:
    """Whether it is a literal with words in it; one that only joins what is said elsewhere has none."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    literals = [one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return any(letter.isalpha() for letter in "".join(literals))


def korean_in(tree: ast.AST) -> Iterator[int]:
    """Lines with Korean in a string that the program uses: docstrings aside."""
    aside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    literals = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    for one in literals:
        if id(one) not in aside and any("가" <= letter <= "힣" for letter in str(one.value)):
            yield one.lineno


def korean_of(value: object) -> Iterator[str]:
    """The Korean texts within what a module of sentences holds."""
    if isinstance(value, texts.Said):
        yield value.ko
    elif isinstance(value, Answer):
        yield from korean_of((value.title, value.body, *value.fields, *(one.label for one in value.buttons)))
    elif isinstance(value, Mapping):
        yield from [value["ko"]] if isinstance(value.get("ko"), str) else korean_of(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from korean_of(part)


def spoken() -> list[str]:
    """All that the bot says in Korean."""
    held = [value for module in (words, texts, help_texts) for key, value in vars(module).items() if key[:2] != "__"]
    return sorted({text for text in korean_of((held, CALLED, described(COMMANDS))) if text})


def described(commands: object) -> list[Text]:
    """What Discord registers, beside the names of what is typed."""
    if isinstance(commands, Mapping):
        own = commands.get("description_localizations")
        return [*([own] if own else []), *(text for part in commands.values() for text in described(part))]
    return [text for part in commands for text in described(part)] if isinstance(commands, tuple | list) else []


@pytest.mark.parametrize("path", of_the_bot(), ids=name)
def test_a_sentence_of_the_bot_stands_where_its_sentences_are(path: Path) -> None:
    assert list(sentences_in(ast.parse(path.read_text()))) == []


def test_korean_elsewhere_is_what_people_type_and_what_discord_registers() -> None:
    found = {name(path) for path in of_the_bot() if any(korean_in(ast.parse(path.read_text())))}

    assert found == set(KOREAN_ELSEWHERE)


@pytest.mark.parametrize(
    "source",
    [
        'A = {"en": "Hi", "ko": "충성"}',
        'said("Hi")',
        'Answer(body="Hi")',
        'words.refusal(title, f"No {name}")',
        'Said("a", "b")',
    ],
)
def test_a_sentence_is_seen_in_each_of_its_forms(source: str) -> None:
    assert list(sentences_in(ast.parse(source))) == [1]


def test_all_that_the_bot_can_say_is_looked_at() -> None:
    own = {key: one for key, one in vars(words).items() if getattr(one, "__module__", "") == words.__name__}
    said = "\n".join(spoken())

    assert {key for key, one in own.items() if inspect.isfunction(one)} == set(CALLED)
    assert [part for part in ("이미 처리했습니다", "4821", "지금 끄기", "서버병", "둡니다") if part not in said] == []


def test_in_korean_no_sentence_of_the_bot_is_in_another_voice_than_the_formal_one() -> None:
    """Nor is a part of one: each word is looked at, wherever it stands."""
    bare = {word.strip(AROUND) for text in spoken() for word in text.split()}

    assert {word for word in bare if word.endswith(("요", "죠")) and word not in NOUNS} == set()


def test_in_korean_each_sentence_of_the_bot_that_is_closed_ends_as_a_private_ends_it() -> None:
    words_at_ends = {word for text in spoken() for word in text.split() if word.endswith((".", "!", "?"))}

    assert {word for word in words_at_ends if not word.rstrip(".!?)").endswith(ENDINGS)} == set()
