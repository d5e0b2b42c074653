"""Codes for linking: typed alone they are meant, kept they are never, and what is no code is for the verbs."""

from __future__ import annotations

import pytest

from notifications.chat import codes, linking
from notifications.models import ChatRequest

from .conftest import MONDAY, PlainBot, jandi_app, minseo, say, title

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["{}", "{0}", " {} "])
@pytest.mark.parametrize(
    "change", [str, str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ")]
)
def test_a_code_typed_alone_links_and_is_not_kept(bot: PlainBot, form: str, change: object) -> None:
    app, user = jandi_app(), minseo()
    code = codes.make(user, MONDAY)
    assert title(say(app, form.format(change(code)))) == "Linked with manager"  # type: ignore[operator]
    assert ChatRequest.objects.get().text == "link …"


def test_each_code_has_a_digit_so_that_no_word_is_taken_for_one() -> None:
    user = minseo()
    assert all(set(codes.make(user, MONDAY)) & set(codes.DIGITS) for _time in range(50))


@pytest.mark.parametrize("text", ["status {}", "please link me: {}.", "link me {} now", "({})"])
def test_a_code_within_something_else_is_kept_neither_in_what_was_asked_nor_in_the_answer(
    bot: PlainBot, text: str
) -> None:
    app = jandi_app()
    minseo(app)
    say(app, text.format("K7QM-3XRD"))
    row = ChatRequest.objects.get()
    assert "K7QM" not in row.text
    assert "K7QM-3XRD" not in str(row.answer)
    assert bot.asked[-1].text == text.format("K7QM-3XRD"), "who does the verbs reads what was typed"


@pytest.mark.parametrize(
    "text", ["exchange status", "data-team status", "chat-dev info 2026-11-24", "team-2222", "stop chat-dev 4821"]
)
def test_what_only_looks_like_one_is_kept(text: str) -> None:
    assert linking.kept(text) == text


@pytest.mark.parametrize("text", ["연결 서버 상태", "link the servers", "연결 상태"])
def test_what_is_typed_behind_link_and_has_no_shape_of_a_code_is_for_the_verbs(bot: PlainBot, text: str) -> None:
    app = jandi_app()
    minseo(app)
    say(app, text)
    assert bot.done == [text]
    assert ChatRequest.objects.get().text == text
