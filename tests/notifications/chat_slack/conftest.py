"""What the tests of Slack share: its API, a bot with few words, and the clock, which stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from notifications.chat import spoken
from tests.notifications.receivers import slack
from tests.notifications.receivers.chats import NOW, ScriptedBot


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def bot(monkeypatch: pytest.MonkeyPatch) -> ScriptedBot:
    made = ScriptedBot()
    monkeypatch.setattr(spoken, "_bots", [made])
    return made


@pytest.fixture
def there() -> Iterator[slack.SlackApi]:
    with slack.SlackApi() as found:
        yield found
