"""From what somebody types to AWS and back: stacks that are created and deleted, and what is told when that ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from environments.models import Environment, State
from environments.targets.client import forget_clients
from tests import factories
from tests.commands.talking import Talk
from tests.support.journey import Journey
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat_aws(aws: Any) -> Iterator[Any]:
    """The simulated AWS with the chat application's templates and images; a stack takes twenty seconds."""
    forget_clients()
    aws.seed_reference()
    aws.set_seconds(20)
    yield aws
    forget_clients()


def test_by_chat_a_stack_is_created_and_deleted_and_both_ends_are_told(chat_aws: Any) -> None:
    factories.chat_app("ChatApp", slug="chatapp")
    day, who = Journey(chat_aws, monday("19:00")), Talk(factories.manager())
    day.settle()
    assert who.reads("status", day.now).startswith("⚪ ChatApp: Stopped")

    begun = who.asks("force_start until 22:00", day.now)
    assert who.is_told(begun.follows, day.now) is None
    day.work()
    assert "Under way: step " in who.reads("status", day.now)
    day.settle()
    told = who.is_told(begun.follows, day.now)
    assert told is not None
    assert told.startswith("ChatApp is up\nReporting: done in ")
    assert "Running until 22:00 (Asia/Seoul): hold by manager" in who.reads("status", day.now)

    assert who.asks("force_stop", day.now).confirm
    assert Environment.objects.get().state == State.RUNNING
    begun = who.asks("force_stop", day.now, confirmed=True)
    day.settle()
    told = who.is_told(begun.follows, day.now)
    assert told is not None
    assert told.startswith("ChatApp is stopped\n")
    assert who.reads("status", day.now) == (
        "⚪ ChatApp: Stopped\nStopped until Tue 09:00 (Asia/Seoul): hold by manager"
    )
