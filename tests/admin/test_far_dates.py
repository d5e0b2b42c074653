"""Dates that nobody means: the ends of the calendar, and years that no plan reaches, are refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from environments.models import DayException, Environment, Hold, Pause
from tests import factories

from .filling import filled, refusal
from .overriding import LIST, PAGE, in_force, made, named, send, told, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app()


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0001-01-01T00:00", "This time has passed. Choose one in the future."),
        ("1899-12-31T23:59", "This time has passed. Choose one in the future."),
        ("9999-12-31T23:59", "This is more than 10 years away."),
        ("2200-01-01T00:00", "This is more than 10 years away."),
    ],
)
def test_no_hold_ends_there(typed: str, said: str, zone: str, as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(timezone=zone)
    answer = as_manager.post(f"{PAGE}ask/start/", {"until": "time", "until_time": typed})
    assert told(answer) == said
    assert not Hold.objects.exists()


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
@pytest.mark.parametrize(("typed", "said"), [("0001-01-01", "This time has passed."), ("9999-12-31", "10 years away")])
def test_no_pause_ends_there(typed: str, said: str, zone: str, as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(timezone=zone)
    assert said in told(as_manager.post(f"{PAGE}pause/", {"until": typed}))
    assert not Pause.objects.exists()


def test_no_environment_has_its_last_day_there(as_operator: Client, chat: Environment) -> None:
    address = f"/environments/environment/{chat.pk}/change/"
    for day, said in (("9999-12-31", "This is more than 10 years away."), ("0001-01-01", "This day has passed.")):
        answer = as_operator.post(address, filled(as_operator.get(address)) | {"expires_on": day})
        assert said in refusal(answer)["expires_on"]
    chat.refresh_from_db()
    assert chat.expires_on is None


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("9999-12-31", "9999-12-31 is more than two years ahead; choose 2028-11-23 or earlier"),
        ("2200-01-01", "2200-01-01 is more than two years ahead; choose 2028-11-23 or earlier"),
        ("0001-01-01", "0001-01-01 has passed; choose 2026-11-23 or later"),
    ],
)
def test_an_exception_there_is_refused_at_its_date_while_it_is_filled_in_and_when_it_is_saved(
    day: str, said: str, as_manager: Client, chat: Environment
) -> None:
    for kind in ({"kind": "off"}, {"kind": "hours", "stop": "20:00"}):
        asked = {"first": day, "scope": named(chat), "reason": "demo"} | kind
        answer = as_manager.get(f"{PAGE}exceptions/preview/", asked)
        assert answer.status_code == 200
        assert said in words(answer.content.decode())
        refused = as_manager.post(f"{PAGE}exceptions/place/", asked)
        assert said in words(refused.content.decode())
    assert not DayException.objects.exists()


@pytest.mark.parametrize(
    "stamp",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:00", "2026-11-23T10:00:00", "x"],
)
@pytest.mark.filterwarnings("error:.*naive")
def test_an_end_that_no_exception_has_is_one_that_is_not_there(
    stamp: str, as_manager: Client, chat: Environment
) -> None:
    (row,) = made(chat)
    before = in_force()
    sent: dict[str, Any] = {"batch": str(row.batch), "ended": stamp}
    for verb in ("remove", "restore", "undo"):
        assert as_manager.post(f"{PAGE}exceptions/{verb}/", sent).status_code == 404
    for verb in ("restore", "undo"):
        assert as_manager.post(f"{LIST}{verb}/", sent).status_code == 404
    assert in_force() == before


def test_a_date_within_reach_is_still_taken(as_manager: Client, chat: Environment) -> None:
    assert send(as_manager, chat, first="2028-11-23").status_code == 302
