"""What is said in Slack after it has had its answer: by the address of the request, else by the bot."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.http import HttpResponse

from notifications.chat import following
from notifications.chat.slack import Slack, learn_language
from notifications.chat.spoken import Answer
from notifications.senders.base import TransportError
from tests import factories
from tests.notifications.receivers import server
from tests.notifications.receivers.chats import (
    NOW,
    SLACK_PERSON,
    USER,
    ScriptedBot,
    call_slack,
    command,
    link,
    press_slack,
    slack_app,
)
from tests.notifications.receivers.slack import SlackApi, wrong

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    assert wrong(found) == ""
    return found


class TestLater:
    def test_a_private_answer_goes_to_who_asked_alone_and_another_to_the_channel(self, there: SlackApi) -> None:
        app = slack_app(there)
        for private, audience in ((True, "ephemeral"), (False, "in_channel")):
            Slack().say_later(app, self.reply_to(there), Answer("Done", private=private), "en")
            assert there.responses[-1]["response_type"] == audience
        assert there.taken == there.ephemeral == []

    @pytest.mark.parametrize("why", ["too long ago", "used up"])
    def test_by_the_bot_where_the_address_is_used_up_and_never_shown_to_others(
        self, there: SlackApi, why: str, clock: time_machine.Traveller
    ) -> None:
        app, reply_to = slack_app(there), self.reply_to(there)
        there.used_up = why == "used up"
        if why == "too long ago":
            clock.shift(timedelta(minutes=30))
        Slack().say_later(app, reply_to, Answer("Started"), "en")
        Slack().say_later(app, reply_to, Answer("Only you", private=True), "en")
        assert [(one["channel"], one["text"]) for one in there.taken] == [("C012AB3CD", "Started")]
        assert [(one["user"], one["text"]) for one in there.ephemeral] == [(USER, "Only you")]
        assert there.responses == []

    def test_without_a_bot_token_it_is_given_up(self, there: SlackApi) -> None:
        there.used_up = True
        with pytest.raises(TransportError) as caught:
            Slack().say_later(slack_app(), self.reply_to(there), Answer("Started"), "en")
        assert caught.value.permanent

    @pytest.mark.parametrize(
        ("behaviour", "kind"),
        [(server.refuse(429, "", Retry_After="7"), "later"), (server.refuse(503), "later"), (server.hang, "unknown")],
    )
    def test_what_goes_wrong_says_whether_to_try_again(
        self, there: SlackApi, behaviour: server.Behaviour, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notifications.senders.http.READ_SECONDS", 0.3)
        there.next.append(behaviour)
        with pytest.raises(TransportError) as caught:
            Slack().say_later(slack_app(there), self.reply_to(there), Answer("Started"), "en")
        assert (caught.value.unknown, caught.value.permanent) == (kind == "unknown", False)
        assert "SECRET" not in f"{caught.value} {caught.value!r}"

    def test_an_address_that_is_none_of_slacks_is_never_posted_to(self, there: SlackApi) -> None:
        app = slack_app(there)
        for url in ("https://evil.example/commands/1", "http://10.0.0.1/commands/1", "nonsense"):
            with pytest.raises(TransportError) as caught:
                Slack().say_later(app, {"response_url": url, "at": NOW.isoformat()}, Answer("x"), "en")
            assert caught.value.permanent

    def test_the_end_of_what_was_begun_is_told_in_the_same_place(self, bot: ScriptedBot, there: SlackApi) -> None:
        app = slack_app(there)
        link(app, factories.manager())
        bot.answers["force_start chat-dev"] = Answer("Starting", follows="operation 12")
        said(call_slack(app, command("force_start chat-dev", there)))
        bot.ended = Answer("chat-dev runs", severity="success")
        following.sweep(NOW + timedelta(seconds=10))
        following.sweep(NOW + timedelta(seconds=90))
        assert [one["text"] for one in there.responses] == ["chat-dev runs"]

    def test_an_answer_to_a_press_that_could_not_be_posted_is_posted_by_the_sweep(
        self, there: SlackApi, bot: ScriptedBot
    ) -> None:
        app = slack_app(there)
        link(app, factories.manager())
        learn_language(app, SLACK_PERSON)
        there.next.append(server.refuse(503))
        press_slack(app, there, "say:status", {})
        assert there.responses == []
        following.sweep(NOW + timedelta(seconds=1))
        following.sweep(NOW + timedelta(minutes=5))
        assert [one["text"] for one in there.responses] == ["Done: status"]
        assert bot.texts() == ["status"]

    @staticmethod
    def reply_to(there: SlackApi) -> dict[str, str]:
        return {"response_url": there.response_url, "channel": "C012AB3CD", "user": USER, "at": NOW.isoformat()}


@pytest.mark.django_db(transaction=True)
def test_what_takes_longer_than_slack_waits_is_acknowledged_and_told_later(
    bot: ScriptedBot, there: SlackApi, settings: LazySettings
) -> None:
    app = slack_app(there)
    link(app, factories.manager())
    settings.CHAT_ANSWER_SECONDS = 0.2
    bot.waits = threading.Event()
    try:
        found = said(call_slack(app, command("status", there)))
        assert (found["response_type"], found["text"]) == ("ephemeral", "I am at it")
    finally:
        bot.waits.set()
    waited = threading.Event()
    for _try in range(200):
        if there.responses:
            break
        waited.wait(0.05)
    assert [one["text"] for one in there.responses] == ["Done: status"]
