"""Buttons under warnings in Slack: done once, on time, by who presses and with their rights."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connections

from environments.models import Environment, Hold
from notifications.chat import buttons_pressed, following
from notifications.chat.answering import Both, Turn
from notifications.messages import compose
from notifications.models import Channel, ChatApp, ChatRequest, Contact, Delivery, Event, OfferUse
from notifications.senders.slack_blocks import payload
from portal.history import changes_of
from tests import factories
from tests.notifications.receivers import slack
from tests.notifications.receivers.chats import (
    NOW,
    USER,
    link,
    named,
    press_slack,
    running,
    slack_app,
    warning,
)
from tests.notifications.receivers.slack import SlackApi
from tests.support.times import monday
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(there: SlackApi) -> ChatApp:
    return slack_app(there)


@pytest.fixture
def chat() -> Environment:
    return running()


@pytest.fixture
def room() -> Channel:
    config = {"token": slack.TOKEN, "channel": "C012AB3CD"}
    return Channel.objects.create(name="Team room", kind="slack_bot", config=config, event_kinds=["nothing"])


@pytest.fixture
def told(app: ChatApp, room: Channel, chat: Environment) -> Delivery:
    return warning(room, chat)


def shown(delivery: Delivery) -> dict[str, Any]:
    return payload(compose(Delivery.objects.get(pk=delivery.pk)))


def press(app: ChatApp, there: SlackApi, told: Delivery, choice: str = "2h", **more: Any) -> None:
    answer = press_slack(app, there, f"offer:{told.pk}:{choice}", shown(told), **more)
    assert (answer.status_code, answer.content) == (200, b"")


def test_it_is_done_in_the_name_of_who_presses_and_the_message_says_so(
    app: ChatApp, there: SlackApi, told: Delivery
) -> None:
    manager = named(link(app, factories.manager()))
    press(app, there, told)
    hold = Hold.objects.get()
    assert (hold.author, hold.until) == (manager, monday("20:00"))
    assert changes_of(Hold).get().history_user_id == manager.pk
    (said,) = there.responses
    assert said["replace_original"]
    assert "chat-dev is kept running until 20:00 (Asia/Seoul). – Minseo Kim" in str(said)
    assert "offer:" not in str(said)


def test_it_is_theirs_also_where_the_message_was_for_somebody_else(
    app: ChatApp, there: SlackApi, chat: Environment
) -> None:
    operator = link(app, factories.operator())
    channel = Channel.objects.create(name="Direct", kind="slack_person", config={"token": slack.TOKEN})
    other = Contact(name="Jihun", user=factories.manager(), language="ko")
    other.set_addresses({"slack": "U012AB3CD"})
    other.save()
    link(app, factories.manager(), "T0001/U8")
    press(app, there, warning(channel, chat, other))
    assert Hold.objects.get().author == operator
    assert "켜 둬요" in str(there.responses[0]), "in the language of its reader"


def test_of_somebody_unknown_nothing_is_done_and_they_alone_read_how_to_be_known(
    app: ChatApp, there: SlackApi, told: Delivery
) -> None:
    press(app, there, told)
    assert not Hold.objects.exists()
    assert not OfferUse.objects.exists()
    (said,) = there.responses
    assert (said["response_type"], said["replace_original"]) == ("ephemeral", False)
    assert "/env link" in str(said)


@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_of_somebody_without_the_right_nothing_is_done_and_the_buttons_stay(
    app: ChatApp, there: SlackApi, told: Delivery, who: str
) -> None:
    link(app, getattr(factories, who)())
    press(app, there, told)
    assert not Hold.objects.exists()
    assert not OfferUse.objects.exists()
    (said,) = there.responses
    assert (said["response_type"], said["text"]) == ("ephemeral", "Nothing was changed")


def test_of_an_account_that_is_switched_off_nothing_is_done(app: ChatApp, there: SlackApi, told: Delivery) -> None:
    manager = link(app, factories.manager())
    User.objects.filter(pk=manager.pk).update(is_active=False)
    press(app, there, told)
    assert not Hold.objects.exists()


def test_pressed_twice_it_says_what_was_done_and_changes_nothing(app: ChatApp, there: SlackApi, told: Delivery) -> None:
    link(app, factories.manager())
    link(app, factories.operator(), "T0001/U9")
    press(app, there, told, "1h")
    press(app, there, told, "2h", user="U9")
    assert Hold.objects.get().until == monday("19:00")
    assert there.responses[1]["text"] == "That was done before"
    assert "kept running until 19:00" in str(there.responses[1])
    assert there.responses[1]["response_type"] == "ephemeral"


def test_the_same_press_delivered_twice_is_passed_over(app: ChatApp, there: SlackApi, told: Delivery) -> None:
    link(app, factories.manager())
    for _time in range(2):
        press(app, there, told, trigger="1.2.3")
    assert len(there.responses) == 1
    assert ChatRequest.objects.count() == 1


def test_too_late_it_says_so_and_changes_nothing(
    app: ChatApp, there: SlackApi, told: Delivery, clock: time_machine.Traveller
) -> None:
    link(app, factories.manager())
    message = shown(told)
    clock.move_to(monday("18:00"))
    press_slack(app, there, f"offer:{told.pk}:1h", message)
    assert not Hold.objects.exists()
    assert there.responses[0]["text"] == "Too late: nothing was changed"


@pytest.mark.parametrize("why", ["another bot's message", "gone", "reader switched off", "no such choice"])
def test_a_button_of_what_is_not_there_leads_nowhere(
    app: ChatApp, there: SlackApi, told: Delivery, room: Channel, why: str
) -> None:
    link(app, factories.operator())
    message, choice = shown(told), "1h"
    match why:
        case "another bot's message":
            Channel.objects.filter(pk=room.pk).update(config={"token": "xoxb-another"})
        case "gone":
            Event.objects.all().delete()
        case "reader switched off":
            contact = Contact.objects.create(name="Jihun", is_on=False)
            Delivery.objects.update(contact=contact, recipient=f"contact-{contact.pk}")
        case "no such choice":
            choice = "9h"
    press_slack(app, there, f"offer:{told.pk}:{choice}", message)
    assert not Hold.objects.exists()
    assert there.responses[0]["text"] == "This button leads nowhere any more"


def test_each_press_is_in_the_log_with_who_and_what(app: ChatApp, there: SlackApi, told: Delivery) -> None:
    manager = link(app, factories.manager())
    press(app, there, told, "1h")
    row = ChatRequest.objects.get()
    assert (row.user, row.state, row.text, row.next_at) == (
        manager,
        "answered",
        "Keep on 1 h: chat-dev stops at 18:00",
        None,
    )
    assert "response_url" not in str(row.answer)


def test_what_breaks_is_said_soberly(
    app: ChatApp, there: SlackApi, told: Delivery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link(app, factories.manager())

    def broken(**_values: object) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr("notifications.offer_use.take", broken)
    press(app, there, told)
    assert there.responses[0]["text"] == "Something broke on my side"
    assert "RuntimeError" in caplog.text


def test_a_press_amid_which_the_process_died_is_told_of_by_the_sweep(
    app: ChatApp, there: SlackApi, told: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(app, factories.manager())
    # As if it never came to it.
    monkeypatch.setattr(buttons_pressed, "both_within", lambda _seconds, begin, _go_on: Both(True, begin()))
    press(app, there, told)
    assert [one["text"] for one in there.responses] == ["I am at it"]
    following.sweep(NOW + timedelta(minutes=3))
    assert [one["text"] for one in there.responses[1:]] == ["I was interrupted"]
    assert not Hold.objects.exists()


def test_a_press_that_was_told_to_be_interrupted_is_not_done_afterwards(
    app: ChatApp, there: SlackApi, told: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(app, factories.manager())

    def after_a_long_wait(_seconds: float, begin: Callable[[], Any], go_on: Callable[[Any, Turn], Any]) -> Any:
        begun = begin()
        following.sweep(NOW + timedelta(minutes=3))
        return Both(True, begun, go_on(begun, Turn()))

    monkeypatch.setattr(buttons_pressed, "both_within", after_a_long_wait)
    press(app, there, told)
    assert [one["text"] for one in there.responses] == ["I was interrupted"]
    assert not Hold.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_does_it_and_the_other_is_told(
    app: ChatApp, there: SlackApi, told: Delivery
) -> None:
    link(app, factories.manager())
    link(app, factories.operator(), "T0001/U9")
    message, together = shown(told), threading.Barrier(2)

    def at_once(user: str, choice: str) -> int:
        together.wait(10)
        try:
            return press_slack(app, there, f"offer:{told.pk}:{choice}", message, user=user).status_code  # type: ignore[no-any-return]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(at_once, [USER, "U9"], ["1h", "2h"]))
    assert answers == [200, 200]
    assert Hold.objects.count() == OfferUse.objects.count() == 1
    assert sorted(one["replace_original"] for one in there.responses) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_slack_has_its_answer_in_time_however_long_it_takes(
    app: ChatApp, there: SlackApi, told: Delivery, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(app, factories.manager())
    message, go_on = shown(told), threading.Event()
    real = buttons_pressed._did
    settings.CHAT_ANSWER_SECONDS = 0.2

    def slow(*given: Any) -> Any:
        assert go_on.wait(30)
        return real(*given)

    monkeypatch.setattr(buttons_pressed, "_did", slow)
    answer = press_slack(app, there, f"offer:{told.pk}:2h", message)
    assert answer.status_code == 200
    wait_until(lambda: there.responses)
    (at_it,) = there.responses
    assert (at_it["text"], at_it["response_type"], at_it["replace_original"]) == ("I am at it", "ephemeral", False)
    go_on.set()
    waiting = threading.Event()
    for _try in range(200):
        if len(there.responses) == 2:
            break
        waiting.wait(0.05)
    assert "kept running until 20:00" in str(there.responses)
    assert Hold.objects.count() == 1
