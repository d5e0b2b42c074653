"""The reference case on a Monday: ChatApp runs since 09:00, is planned to stop at 18:00, and has its prices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from environments.models import Environment, Operation, State, Wish
from environments.services import cost_days, intervals
from tests import factories
from tests.services import costing
from tests.support.times import monday


@pytest.fixture
def chat() -> Environment:
    return running()


@pytest.fixture
def priced(chat: Environment) -> Environment:
    """With the prices of design section 7, and what it has cost since 09:00."""
    target = chat.targets.get()
    costing.chat(target, valid_from=date(2026, 11, 1))
    intervals.begun(target_id=target.pk, now=monday("09:00"))
    cost_days.rebuild_due(now=monday("09:00"))
    return chat


def running(name: str = "ChatApp", **fields: Any) -> Environment:
    """As its plan wishes on a Monday between 09:00 and 18:00."""
    values: dict[str, Any] = {
        "slug": name.lower(),
        "state": State.RUNNING,
        "wish": Wish.RUNNING,
        "judged_at": monday("09:00"),
        "next_transition_at": monday("18:00"),
    }
    return factories.chat_app(name, f"{name}MasterStack", **(values | fields))


def stopped(name: str = "ChatApp", **fields: Any) -> Environment:
    """As its plan wishes before 09:00 and after 18:00."""
    return running(name, **({"state": State.STOPPED, "wish": Wish.STOPPED} | fields))


def finish(kind: str, now: datetime, status: str = "succeeded", **error: Any) -> Operation:
    """The operation that is under way ends."""
    operation = Operation.objects.unfinished().get(kind=kind)
    Operation.objects.filter(pk=operation.pk).update(status=status, started_at=now, finished_at=now, **error)
    good = {"start": State.RUNNING, "stop": State.STOPPED}
    bad = {"start": State.FAILED_TO_START, "stop": State.FAILED_TO_STOP}
    state = (good if status == "succeeded" else bad)[kind]
    Environment.objects.filter(pk=operation.environment_id).update(state=state, state_since=now)
    return operation
