"""Two weeks of an environment's costs, and how pages and files of them are read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from environments.models import Environment
from tests import factories

PAGE = "/costs/"
MONDAY = date(2026, 11, 23)


@pytest.fixture
def chat() -> Environment:
    """Two weeks of nine hours a day, at a dollar an hour."""
    one = factories.chat_app()
    factories.price(one.targets.get(), "1")
    for ahead in range(1, 15):
        day = MONDAY - timedelta(days=ahead)
        if day.weekday() < 5:
            factories.daily_run(one, day)
            factories.daily_cost(one, day, "9", "24")
    return one


def html_of(browser: Client, address: str = PAGE, **asked: Any) -> str:
    answer = browser.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def body_of(answer: Any) -> bytes:
    """What was sent, at once or piece by piece."""
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)
