"""An address is tried while somebody waits: once, for five seconds at the most, and nobody else waits for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from environments.models import HttpCheck
from environments.services import http_tries
from environments.services.http_tries import BusyError, try_out

from .asking import only_this_machine as only_this_machine
from .asking import served as served

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanging() -> Iterator[str]:
    """It takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=5) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def test_trying_it_out_writes_nothing(served: Any) -> None:
    draft = HttpCheck(url=f"{served[0]}/actuator/health", expected_status="401", timeout_s=2)
    found = try_out(draft)
    assert found.verdict is not None
    assert (found.answer.status, found.verdict.is_good) == (200, False)
    assert not HttpCheck.objects.exists()


def test_a_hanging_address_is_asked_once_for_some_seconds_and_not_called_bad_by_less_than_its_own_time(
    hanging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_tries, "LONGEST_S", 0.3)
    began = time.monotonic()
    found = try_out(HttpCheck(url=hanging, timeout_s=30, retries=10))
    assert time.monotonic() - began < 0.3 + http_tries.MARGIN_S
    assert (found.answer.trouble, found.verdict) == ("time_out", None)


def test_one_that_may_take_no_longer_itself_is_judged(hanging: str) -> None:
    found = try_out(HttpCheck(url=hanging, timeout_s=1))
    assert found.verdict is not None
    assert found.verdict.reason["en"] == "no answer within 1 s"


def test_while_one_is_tried_another_is_turned_away_at_once_and_let_in_when_that_is_over(hanging: str) -> None:
    began = time.monotonic()
    with http_tries._trying, pytest.raises(BusyError):
        try_out(HttpCheck(url=hanging, timeout_s=1))
    assert time.monotonic() - began < 0.5
    assert [try_out(HttpCheck(url="http://127.0.0.1:9")).answer.trouble for _ in range(2)] == ["refused"] * 2
