"""Looking at AWS without changing it: what was changed outside is seen, what failed stays shown until it is so."""

from __future__ import annotations

from typing import Any

import pytest

from environments.models import Environment, Operation, State, Target
from environments.services import drift, operations, status
from environments.targets.base import Seen, TargetError
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")


def _environment(state: State, *kinds: str) -> Environment:
    chat = factories.environment(schedule=None, state=state)
    for n, kind in enumerate(kinds or ("scripted",)):
        Target.objects.create(
            environment=chat, kind=kind, identifier=f"t{n}", account=factories.account(), region=factories.REGION
        )
    return chat


@pytest.mark.parametrize(
    ("state", "seen", "then"),
    [
        (State.UNKNOWN, Seen.RUNNING, State.RUNNING),
        (State.RUNNING, Seen.STOPPED, State.STOPPED),
        (State.STOPPED, Seen.RUNNING, State.RUNNING),
        (State.RUNNING, Seen.PARTLY, State.RUNNING),
        (State.FAILED_TO_START, Seen.STOPPED, State.FAILED_TO_START),
        (State.FAILED_TO_START, Seen.RUNNING, State.RUNNING),
        (State.FAILED_TO_STOP, Seen.RUNNING, State.FAILED_TO_STOP),
        (State.FAILED_TO_STOP, Seen.STOPPED, State.STOPPED),
    ],
)
def test_a_look_brings_the_state_to_what_is_there(scripted: Any, state: State, seen: Seen, then: State) -> None:
    chat = _environment(state)
    scripted.state = lambda ref: seen
    status.observe(environment_id=chat.pk, now=NOW)
    chat.refresh_from_db()
    assert chat.state == then


def test_what_was_changed_outside_says_so(scripted: Any) -> None:
    chat = _environment(State.RUNNING)
    status.observe(environment_id=chat.pk, now=NOW)
    chat.refresh_from_db()
    assert chat.state_reason["en"] == "changed outside of the portal"


def test_a_look_never_overrules_an_operation_under_way(scripted: Any) -> None:
    chat = _environment(State.STOPPED)
    operations.request(environment=chat, kind="start", trigger="hold", reason={"en": "-"}, now=NOW)
    status.observe(environment_id=chat.pk, now=NOW)
    chat.refresh_from_db()
    assert chat.state == State.STARTING
    assert Operation.objects.get().status == "pending"


def test_an_aws_that_cannot_be_asked_leaves_what_was_known_and_explains_what_was_not(scripted: Any) -> None:
    def away(ref: Any) -> Seen:
        raise TargetError({"en": "AWS cannot be reached.", "ko": "-"}, retryable=True)

    scripted.state = away
    known, unknown = _environment(State.RUNNING), factories.environment("other", schedule=None)
    Target.objects.create(
        environment=unknown, kind="scripted", identifier="u", account=factories.account(), region=factories.REGION
    )
    for chat in (known, unknown):
        status.observe(environment_id=chat.pk, now=NOW)
        chat.refresh_from_db()
    assert (known.state, known.state_reason) == (State.RUNNING, {})
    assert (unknown.state, unknown.state_reason["en"]) == (State.UNKNOWN, "AWS cannot be reached.")


@pytest.mark.parametrize("state", [State.UNKNOWN, State.RUNNING])
def test_what_is_there_in_part_is_not_a_state_and_said_where_nothing_is_known(scripted: Any, state: State) -> None:
    chat = _environment(state, "scripted", "scripted")
    scripted.state = lambda ref: Seen.RUNNING if ref.identifier == "t0" else Seen.STOPPED
    status.observe(environment_id=chat.pk, now=NOW)
    chat.refresh_from_db()
    assert chat.state == state
    assert chat.state_reason == ({} if state == State.RUNNING else drift.IN_PART)
    assert list(chat.targets.values_list("seen", flat=True)) == ["running", "stopped"]
