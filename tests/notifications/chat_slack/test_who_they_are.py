"""Who somebody in Slack is here, and in which language they are answered, as far as Slack tells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse

from notifications.chat.slack import Slack
from notifications.models import ChatPerson
from notifications.senders.base import TransportError
from tests import factories
from tests.notifications.receivers import server
from tests.notifications.receivers.chats import (
    SLACK_PERSON,
    USER,
    ScriptedBot,
    call_slack,
    command,
    link,
    slack_app,
)
from tests.notifications.receivers.slack import SlackApi, wrong

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    assert wrong(found) == ""
    return found


def test_somebody_is_found_by_the_address_that_slack_has_confirmed(bot: ScriptedBot, there: SlackApi) -> None:
    app, manager = slack_app(there), factories.manager()
    User.objects.filter(pk=manager.pk).update(email="steve@example.com")
    there.users[USER] = {"profile": {"email": "Steve@example.com"}, "is_email_confirmed": True}
    said(call_slack(app, command("status", there)))
    assert bot.asked[0].user == manager
    assert ChatPerson.objects.get().how == "email"


@pytest.mark.parametrize(
    "user",
    [
        {"is_email_confirmed": False},
        {"deleted": True},
        {"is_bot": True},
        {"is_stranger": True},
        {"profile": {}},
    ],
)
def test_nobody_is_by_one_that_slack_does_not_vouch_for(
    bot: ScriptedBot, there: SlackApi, user: dict[str, Any]
) -> None:
    manager = factories.manager()
    User.objects.filter(pk=manager.pk).update(email="steve@example.com")
    there.users[USER] = {"profile": {"email": "steve@example.com"}} | user
    said(call_slack(slack_app(there), command("status", there)))
    assert bot.asked == []


def test_without_a_bot_token_slack_is_not_asked(there: SlackApi) -> None:
    assert Slack().email_of(slack_app(), SLACK_PERSON) == ""
    assert there.requests == []


def test_without_the_scope_nobody_is_found_and_nothing_breaks(there: SlackApi) -> None:
    there.next.append(server.refuse(200, {"ok": False, "error": "missing_scope", "needed": "users:read"}))
    assert Slack().email_of(slack_app(there), SLACK_PERSON) == ""


def test_a_slack_that_hangs_is_not_waited_for(there: SlackApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.chat.slack.LOOK_UP_S", 0.2)
    there.next.append(server.hang)
    with pytest.raises(TransportError):
        Slack().email_of(slack_app(there), SLACK_PERSON)


def test_from_the_second_time_on_they_are_answered_in_the_language_of_their_slack(
    bot: ScriptedBot, there: SlackApi
) -> None:
    app = slack_app(there)
    link(app, factories.manager())
    there.users[USER] = {"locale": "ko-KR"}
    first, second = (said(call_slack(app, command("status", there)))["text"] for _time in range(2))
    assert (first, second) == ("Done: status", "했어요: status")
    asked = [path for path, _headers, _body in there.requests if path.startswith("/users.info")]
    assert len(asked) == 1, "and asked once"
