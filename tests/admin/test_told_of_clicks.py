"""A click is one event, however many environments it is about; and its undo is another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from environments.models import Environment, Hold
from notifications.models import Event
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(monday("17:00"), tick=False) as moved:
        yield moved


def running(name: str) -> Environment:
    return factories.environment(name, state="running", wish="running", judged_at=monday("09:00"))


def told() -> list[tuple[str, str]]:
    rows = Event.objects.exclude(kind__startswith="environment.").order_by("pk")
    return [(event.kind, event.title["en"]) for event in rows]


def test_keeping_several_on_at_once_is_one_event_and_so_is_taking_it_back(as_manager: Client) -> None:
    chosen = [running(name) for name in ("chat-dev", "chat-qa", "chat-demo")]
    ids = [str(one.pk) for one in chosen]
    as_manager.post("/board/many/", {"do": "keep", "env": ids, "until": "+1"}, headers={"HX-Request": "true"})
    assert Hold.objects.count() == 3
    assert told() == [("hold.placed", "chat-dev: kept running until 19:00 (Asia/Seoul), and 2 more")]
    event = Event.objects.get(kind="hold.placed")
    assert event.body["en"].splitlines() == [f"{one.name}: kept running until 19:00 (Asia/Seoul)" for one in chosen]
    assert (event.actor, event.labels) == ("manager", {"environment": "", "team": "Chat"})

    holds = [str(Hold.objects.get(environment=one).pk) for one in chosen]
    as_manager.post("/board/many/undo/", {"env": ids, "hold": holds}, headers={"HX-Request": "true"})
    assert told()[1:] == [("hold.released", "chat-dev: the hold was released, and 2 more")]


def test_a_day_off_for_several_is_one_event(as_manager: Client) -> None:
    ids = [str(running(name).pk) for name in ("chat-dev", "chat-qa")]
    form = {"do": "off", "env": ids, "day": "2026-11-25", "reason": "offsite"}
    as_manager.post("/board/many/", form, headers={"HX-Request": "true"})
    assert told() == [("exception.made", "chat-dev: exception of 2026-11-25, off all day, and 1 more")]


def test_keeping_one_on_is_told_with_its_own_words(as_manager: Client) -> None:
    chat = running("chat-dev")
    as_manager.post(f"/env/{chat.slug}/ask/keep/", {"choice": "+1"}, headers={"HX-Request": "true"})
    assert told() == [("hold.placed", "chat-dev: kept running until 19:00 (Asia/Seoul)")]
