"""An incident about a failed start, stop or redeploy is over when that has come about, and by nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from environments.models import Environment, Operation, State, Target, Ticket
from environments.services import drift, operation_tickets
from environments.targets.base import Seen
from tests import factories

from .ticketing import NOW, WHY

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def chat() -> Environment:
    return factories.environment(state="stopped", wish="stopped", state_since=NOW - HOUR)


def ends(of: Environment, kind: str, status: str, hours: int) -> Operation:
    """An operation, and what follows from its end."""
    at = NOW + hours * HOUR
    made = factories.operation(of, kind, status, at=at - HOUR / 2, finished_at=at)
    if status == "failed":
        operation_tickets.failed(made, WHY, at)
    else:
        operation_tickets.succeeded(made, at)
    return made


def progress() -> list[str]:
    return list(Ticket.objects.order_by("pk").values_list("progress", flat=True))


@pytest.mark.parametrize(
    ("failed", "succeeds", "is_over"),
    [
        ("start", "start", True),
        ("start", "redeploy", True),
        ("start", "stop", False),
        ("stop", "stop", True),
        ("stop", "start", False),
        ("redeploy", "redeploy", True),
        ("redeploy", "start", True),
        ("redeploy", "stop", False),
    ],
)
def test_only_what_makes_the_failure_good_ends_it(chat: Environment, failed: str, succeeds: str, is_over: bool) -> None:
    ends(chat, failed, "failed", 0)
    ends(chat, succeeds, "succeeded", 1)
    assert progress() == (["done"] if is_over else ["open"])


def test_the_evenings_stop_leaves_a_failed_start_open_until_it_has_started(chat: Environment) -> None:
    ends(chat, "start", "failed", 0)
    ends(chat, "stop", "failed", 10)
    ends(chat, "stop", "succeeded", 11)
    assert progress() == ["open"]
    ends(chat, "start", "succeeded", 24)
    assert progress() == ["done"]
    assert str(Ticket.objects.get().comments.latest("pk")) == "It has started since."


def test_what_failed_before_an_incident_that_is_closed_already_holds_up_none(chat: Environment) -> None:
    ends(chat, "start", "failed", 0)
    Ticket.objects.update(progress="done", done_at=NOW)
    ends(chat, "stop", "failed", 10)
    ends(chat, "stop", "succeeded", 11)
    assert progress() == ["done", "done"]


def look(of: Environment, seen: Seen, hours: int = 2) -> None:
    """What a look at AWS leads to."""
    there = Environment.objects.get(pk=of.pk)
    drift.judge([there], {Target.objects.get().pk: seen}, now=NOW + hours * HOUR)


def failing(of: Environment, kind: str, state: str, **fields: Any) -> None:
    account = factories.account()
    Target.objects.create(environment=of, kind="scripted", identifier="chat", account=account, region="eu-west-1")
    Environment.objects.filter(pk=of.pk).update(state=state, state_since=NOW, **fields)
    ends(of, kind, "failed", 0)


@pytest.mark.parametrize(
    ("kind", "state", "seen", "said"),
    [
        ("start", State.FAILED_TO_START, Seen.RUNNING, "AWS shows it running since"),
        ("stop", State.FAILED_TO_STOP, Seen.STOPPED, "AWS shows it stopped since"),
    ],
)
def test_what_was_put_right_outside_of_the_portal_ends_it_and_says_so(
    chat: Environment, scripted: Any, kind: str, state: str, seen: Seen, said: str
) -> None:
    failing(chat, kind, state)
    look(chat, seen)
    assert progress() == ["done"]
    text = Ticket.objects.get().comments.get().text
    assert text["en"] == f"{said}: it was put right outside of the portal."
    assert "포털 밖에서" in text["ko"]


@pytest.mark.parametrize(
    ("kind", "state", "seen"),
    [
        ("start", State.FAILED_TO_START, Seen.STOPPED),
        ("stop", State.FAILED_TO_STOP, Seen.RUNNING),
        ("redeploy", State.UNKNOWN, Seen.RUNNING),
    ],
)
def test_what_aws_shows_otherwise_ends_nothing(
    chat: Environment, scripted: Any, kind: str, state: str, seen: Seen
) -> None:
    failing(chat, kind, state)
    look(chat, seen)
    assert progress() == ["open"]
