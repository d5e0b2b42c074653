"""An environment whose status page is switched on, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from environments.models import Environment, StatusPage
from environments.services import public_status
from tests import factories
from tests.support.times import MONDAY, monday

NOW = monday("07:30")
TODAY = MONDAY.date()
PAGE, DATA = "/status/chat-dev/", "/status/chat-dev.json"


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """Before office hours; and what was kept for another test is forgotten."""
    public_status.forget("chat-dev")
    with time_machine.travel(NOW, tick=False):
        yield
    public_status.forget("chat-dev")


def published(
    state: str = "stopped", *, wish: str = "stopped", since: datetime | None = None, **fields: Any
) -> Environment:
    """An environment in office hours, whose page is switched on."""
    made = factories.environment(state=state, wish=wish, state_since=since or NOW - timedelta(hours=1), **fields)
    StatusPage.objects.create(environment=made, is_public=True, title="Chat (test)", contact="dev-team@example.com")
    return made
