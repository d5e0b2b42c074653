"""What is signed and odd is answered 400 and counted, never 500; presses count like what is typed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import ChatApp, ChatPerson, ChatRequest
from tests import factories
from tests.notifications.receivers import chats, slack
from tests.notifications.receivers.chats import (
    asked,
    call_discord,
    call_slack,
    command,
    discord_app,
    interaction,
    link,
    press_slack,
    slack_app,
)

from .conftest import MINSEO, PlainBot, jandi_app, minseo
from .test_jandi import WHOLE, call

pytestmark = pytest.mark.django_db
ODD: tuple[Any, ...] = (
    None,
    0,
    -1,
    1e400,
    True,
    "",
    "x",
    "\x00",
    "\ud800",
    "9" * 400,
    [],
    [[]],
    ["x"],
    {},
    {"id": {}},
    {"x": [1]},
)


def varied(said: Any) -> Iterator[Any]:
    """The same with one part after another, however deep, replaced by something odd."""
    if not isinstance(said, dict | list):
        return
    for name in said if isinstance(said, dict) else range(len(said)):
        for odd in ODD:
            other = copy.copy(said)
            other[name] = odd
            yield other
        for inner in varied(said[name]):
            other = copy.copy(said)
            other[name] = inner
            yield other


@pytest.fixture(autouse=True)
def errors_are_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production: what a view raises is a 500."""
    real = Client.__init__

    def quiet(self: Client, *given: Any, **options: Any) -> None:
        real(self, *given, **options)
        self.raise_request_exception = False

    monkeypatch.setattr(Client, "__init__", quiet)


def _all_counted(app: ChatApp, statuses: list[int]) -> None:
    assert set(statuses) <= {200, 400, 401, 403}, statuses
    assert ChatApp.objects.get(pk=app.pk).refused == sum(status != 200 for status in statuses)
    assert 400 in statuses


MESSAGE = {"embeds": [{"title": "x", "fields": [{"name": "a", "value": "b"}]}], "components": [{"components": [{}]}]}


@pytest.mark.parametrize(
    "said",
    [
        interaction(2, asked("exception", "set", name="chat-dev", date="2026-11-25"), locale="ko"),
        interaction(3, {"custom_id": "say:status", "component_type": 2}, message={"flags": 64, **MESSAGE}),
        interaction(4, asked("status", name="chat")),
    ],
    ids=["command", "press", "name"],
)
def test_whatever_discord_signs_is_answered(bot: PlainBot, said: dict[str, Any]) -> None:
    app = discord_app()
    _all_counted(app, [_discord(app, odd) for odd in varied(said)])


def _discord(app: ChatApp, said: Any) -> int:
    body = json.dumps(said).encode()
    stamp = str(int(timezone.now().timestamp()))
    headers = {
        "X-Signature-Ed25519": chats.PRIVATE.sign(stamp.encode() + body).hex(),
        "X-Signature-Timestamp": stamp,
    }
    return Client(headers=headers).post(chats.path(app), body, content_type="application/json").status_code


def test_whatever_slack_signs_is_answered(bot: PlainBot) -> None:
    app = slack_app()
    payload = {
        "type": "block_actions",
        "team": {"id": "T0001"},
        "user": {"id": "U1", "username": "minseo", "team_id": "T0001"},
        "enterprise": {"id": "E1"},
        "is_enterprise_install": True,
        "container": {"is_ephemeral": False},
        "trigger_id": "1.2.3",
        "channel": {"id": "C1"},
        "message": {"text": "x", "attachments": [{"blocks": [{"type": "actions", "elements": [{}]}]}]},
        "response_url": "https://hooks.slack.invalid/x",
        "actions": [{"value": "say:status"}],
    }
    _all_counted(app, [call_slack(app, {"payload": json.dumps(odd)}).status_code for odd in varied(payload)])
    fields = command("status")
    for name in fields:
        for odd in ("", "\x00", "x" * 5000, "\ud7ff"):
            assert call_slack(app, {**fields, name: odd}).status_code in (200, 400)


def test_whatever_jandi_sends_is_answered(bot: PlainBot) -> None:
    app = jandi_app()
    _all_counted(app, [call(app, json.dumps(odd)).status_code for odd in varied(WHOLE)])


def test_presses_count_for_the_thirty_a_minute(bot: PlainBot, monkeypatch: pytest.MonkeyPatch) -> None:
    with slack.SlackApi() as there:
        app = slack_app(there)
        link(app, factories.manager())
        for _time in range(30):
            call_slack(app, command("status", there))
        press_slack(app, there, "ack:12", {})
        assert there.responses[-1]["text"] == "One moment, please"
        said = len(there.responses)
        press_slack(app, there, "ack:12", {})
        assert len(there.responses) == said
        assert ChatRequest.objects.count() == 31


def test_in_an_app_of_a_whole_organisation_a_command_and_a_press_are_of_the_same_person(bot: PlainBot) -> None:
    with slack.SlackApi() as there:
        app = slack_app(there)
        shared = command("status", there, is_enterprise_install="true", enterprise_id="E0001")
        call_slack(app, shared)
        whole = {"is_enterprise_install": True, "enterprise": {"id": "E0001"}, "team": None}
        press_slack(app, there, "say:status", {}, payload=whole)
        alone = {"team": None}
        press_slack(app, there, "say:status", {}, payload=alone)
        known = list(ChatRequest.objects.order_by("pk").values_list("external_id", flat=True))
        assert known == [f"E0001/{chats.USER}", f"E0001/{chats.USER}", f"{chats.TEAM}/{chats.USER}"]


def test_a_call_of_nobody_links_nobody(bot: PlainBot) -> None:
    app = jandi_app(by_email="on")
    minseo()
    call(app, WHOLE, writerEmail=MINSEO.upper())
    assert ChatPerson.objects.get().external_id == MINSEO
    assert call_discord(discord_app(), {"type": 1}).status_code == 200
