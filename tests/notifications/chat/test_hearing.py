"""A request in a chat: done once, by the rights of who asks, confirmed where it stops something, never in a flood."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.chat import codes, people
from notifications.chat.typed import marked
from notifications.models import ChatRequest

from .conftest import JIHUN, MINSEO, MONDAY, PlainBot, jandi_app, later, minseo, people_read, say, title

pytestmark = pytest.mark.django_db


def jihun(app: Any) -> None:
    """Somebody else, linked with an account of their own."""
    from tests import factories

    people.link(app, JIHUN, "Jihun", factories.operator(), MONDAY)


def code_of(reply: Any) -> str:
    found: str = reply.answer.buttons[0].says
    assert len(found) == 4
    return found


def test_a_request_that_comes_again_is_done_once(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    first, second = say(app, "start chat-dev", key="k" * 500), say(app, "start chat-dev", key="k" * 500)
    assert not first.again
    assert second.again
    assert second.answer is None
    assert bot.done == ["start chat-dev"]
    assert ChatRequest.objects.count() == 1


def test_the_same_name_of_a_request_in_another_app_is_another_request(bot: PlainBot) -> None:
    for name in ("one", "two"):
        app = jandi_app(name)
        minseo(app)
        say(app, "start chat-dev", key="k")
    assert len(bot.done) == 2


def test_what_is_done_is_done_by_the_chat_in_the_name_of_who_asks(bot: PlainBot) -> None:
    app = jandi_app()
    user = minseo(app)
    say(app, "start chat-dev")
    assert bot.asked[-1].user == user
    assert (bot.sources[-1].origin, bot.sources[-1].person()) == ("bot", user)
    row = ChatRequest.objects.get()
    assert (row.user, row.text, row.state) == (user, "start chat-dev", "answered")


def test_what_stops_something_is_asked_back_and_done_when_the_code_is_typed(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    asked = say(app, "stop chat-dev")
    assert title(asked) == "Stop chat-dev?"
    assert bot.done == []
    code = code_of(asked)
    assert asked.answer is not None
    assert f"type within two minutes: {marked(code)}" in people_read(asked.answer.body)
    assert title(say(app, code, now=later(seconds=119))) == "Done: stop chat-dev"
    assert bot.done == ["stop chat-dev"]
    assert bot.asked[-1].confirmed
    assert bot.asked[-1].text == "stop chat-dev"


@pytest.mark.parametrize(
    "typed", ["확인 {code}", "confirm {code}", "stop chat-dev {code}", "  STOP   chat-dev   {code} ", "{code}"]
)
def test_it_is_confirmed_by_the_command_with_the_code_or_by_the_code_alone(bot: PlainBot, typed: str) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    assert title(say(app, typed.format(code=code))) == "Done: stop chat-dev"


def test_a_code_in_full_width_digits_is_the_same_code(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)
    assert title(say(app, wide)) == "Done: stop chat-dev"


def test_confirmed_twice_it_is_done_once(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    say(app, code)
    assert title(say(app, code)) == "That was confirmed before"
    assert title(say(app, f"stop chat-dev {code}")) == "That was confirmed before"
    assert bot.done == ["stop chat-dev"]


def test_confirmed_too_late_nothing_is_done(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    assert title(say(app, code, now=later(minutes=2))) == "Too late: nothing was changed"
    assert title(say(app, code, now=later(minutes=2))) == "Too late: nothing was changed"
    assert bot.done == []
    assert ChatRequest.objects.order_by("pk")[0].state == "expired"


def test_nobody_else_confirms_and_the_same_person_not_in_another_app(bot: PlainBot) -> None:
    app, other = jandi_app(), jandi_app("other")
    minseo(app)
    minseo(other)
    jihun(app)
    code = code_of(say(app, "stop chat-dev"))
    assert title(say(app, code, who=JIHUN)) == "Nothing waits for this code"
    assert title(say(other, code)) == "Nothing waits for this code"
    assert bot.done == []
    assert title(say(app, code)) == "Done: stop chat-dev"


def test_who_was_linked_with_another_account_meanwhile_does_not_confirm(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    from tests import factories

    people.link(app, MINSEO, "Minseo", factories.operator(), MONDAY)
    assert title(say(app, code)) == "Too late: nothing was changed"
    assert bot.done == []


def test_who_was_unlinked_meanwhile_does_not_confirm(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    people.unlink(app, MINSEO)
    assert "do not know you" in title(say(app, code))
    assert bot.done == []


def test_two_people_each_confirm_their_own(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    jihun(app)
    first, second = code_of(say(app, "stop chat-dev")), code_of(say(app, "stop chat-prod", who=JIHUN))
    say(app, second, who=JIHUN)
    assert bot.done == ["stop chat-prod"]
    say(app, first)
    assert bot.done == ["stop chat-prod", "stop chat-dev"]


def test_a_code_does_not_confirm_another_command(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    code = code_of(say(app, "stop chat-dev"))
    assert title(say(app, f"stop chat-prod {code}")) == "This code is for something else"
    assert bot.done == []


def test_digits_behind_a_command_that_are_nobodys_code_belong_to_the_command(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    assert title(say(app, "info 2026")) == "Done: info 2026"
    assert title(say(app, "4821")) == "Nothing waits for this code"


def test_cancelled_it_is_not_done_any_more(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    asked = say(app, "stop chat-dev")
    assert asked.answer is not None
    assert title(say(app, asked.answer.buttons[1].says)) == "Cancelled: nothing was changed"
    assert title(say(app, code_of(asked))) == "That was cancelled: nothing was changed"
    assert title(say(app, "취소")) == "Nothing waits for this code"
    assert bot.done == []


def test_what_broke_is_said_soberly_and_stands_in_the_log(bot: PlainBot, caplog: pytest.LogCaptureFixture) -> None:
    app = jandi_app()
    minseo(app)
    assert title(say(app, "break")) == "Something broke on my side"
    assert "RuntimeError" in caplog.text
    assert ChatRequest.objects.get().state == "refused"


def test_after_thirty_requests_in_a_minute_one_is_refused_and_then_none_is_heard(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    jihun(app)
    for _request in range(30):
        say(app, "status")
    assert title(say(app, "status")) == "One moment, please"
    for _request in range(3):
        assert say(app, "status").again
    assert ChatRequest.objects.count() == 31
    assert title(say(app, "status", who=JIHUN)) == "Done: status"
    assert title(say(app, "status", now=later(minutes=1))) == "Done: status"
    assert len(bot.done) == 32


def test_a_request_costs_the_same_queries_however_many_there_were() -> None:
    app = jandi_app()
    minseo(app)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            say(app, "status")
        return len(queries)

    first = cost()
    for number in range(20):
        say(app, f"link WRONG{number}", who=f"somebody {number}")
    assert cost() == first <= 7


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "가" * 5000, "link", "연결 해제", "1234", "cancel", "?" * 900])
def test_whatever_is_typed_gets_an_answer(text: str) -> None:
    app = jandi_app()
    minseo(app)
    assert say(app, text, name="\x00\ud800" * 200).answer is not None
    assert codes.take(text, MONDAY) is None
