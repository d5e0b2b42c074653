"""New versions: told by whoever, written once, and taken as the environment wants them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from environments.models import Deployment, Environment, Operation, State
from environments.services import deployment_sweeps, operations
from environments.services.deployment_hours import next_hour
from environments.services.deployment_telling import tell
from environments.services.deployment_versions import Version
from environments.services.deployment_words import outlook
from tests import factories
from tests.support.deploying import (
    NOW,
    REPOSITORY,
    chat,
    ecr_has,
    redeploys,
    resolving,
    run,
    start,
    told,
)
from tests.support.times import monday

pytestmark = pytest.mark.django_db
PUSHED = NOW - timedelta(minutes=1)


@pytest.fixture(autouse=True)
def kind(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return resolving(scripted, monkeypatch)


def said(row: Deployment, now: Any = NOW) -> str:
    return outlook(row, Environment.objects.get(pk=row.environment_id), now)["en"]


# -- what becomes of it ------------------------------------------------------------------------------------------------


def test_what_runs_and_takes_new_versions_at_once_is_redeployed_by_who_told_and_says_so() -> None:
    manager = factories.manager()
    version = Version(tag="2.15.0", repository=REPOSITORY, author="Mina Jung")
    (row,) = tell(environment=chat(), versions=[version], origin=Deployment.Origin.API, user=manager, now=NOW)
    operation = Operation.objects.get()
    assert (row.status, row.operation, row.taken_at) == ("taken", operation, NOW)
    assert (operation.kind, operation.trigger, operation.actor) == ("redeploy", "deploy", manager)
    assert operation.reason["en"] == "Deployment of chat-chat-http 2.15.0 by Mina Jung"
    assert said(row) == "It is redeployed now."


@pytest.mark.parametrize("state", [State.STOPPED, State.STOPPING, State.FAILED_TO_START, State.UNKNOWN])
def test_what_does_not_run_takes_it_at_its_next_start_whatever_it_wants(state: State) -> None:
    for number, policy in enumerate(("at_once", "next_start", "at_hour")):
        row = told(chat(state, policy, f"chat-{number}", push_hour=time(12, 30)))
        assert (row.status, said(row)) == ("waiting", "It takes it at its next start.")
    assert not Operation.objects.exists()


def test_the_next_start_is_named_where_a_plan_knows_it() -> None:
    office = factories.schedule()
    stopped = told(chat(State.STOPPED, schedule=office), now=monday("20:00"))
    runs = told(chat(on_push="next_start", name="chat-qa", schedule=office))
    later = "It takes it at its next start, Tue 09:00 (Asia/Seoul)."
    assert (said(stopped, monday("20:00")), said(runs)) == (later, later)


def test_what_runs_and_waits_for_a_start_is_left_alone() -> None:
    assert told(chat(on_push="next_start")).status == "waiting"
    assert not Operation.objects.exists()


def test_of_what_cannot_be_redeployed_it_says_why_it_waits(scripted: Any) -> None:
    scripted.redeploys = False
    row = told(chat())
    assert said(row).startswith("Nothing that it is made of can be redeployed while it runs. It takes it at its next")


def test_while_it_starts_the_redeploy_follows_only_in_as_far_as_it_is_needed(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    reason = {"en": "by plan", "ko": "일정"}
    operations.request(environment=environment, kind="start", trigger="schedule", reason=reason, now=NOW)
    row = told(environment)
    assert "It is starting" in said(row)
    ecr_has(scripted, ("2.14.0", PUSHED - timedelta(days=1)))
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.operation and row.operation.kind) == ("done", "redeploy")


def test_a_version_that_a_start_has_taken_before_it_was_told_runs_already(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    ecr_has(scripted, ("2.15.0", PUSHED))
    start(environment)
    row = told(environment, now=NOW + timedelta(minutes=5))
    assert (row.status, row.ended_at) == ("done", NOW)
    assert redeploys() == 0


# -- at a set hour -----------------------------------------------------------------------------------------------------


def at_lunch(**fields: Any) -> Environment:
    return chat(on_push="at_hour", push_hour=time(12, 30), **fields)


def test_at_a_set_hour_it_waits_for_that_hour_of_its_own_clock_and_is_taken_then() -> None:
    row = told(at_lunch())
    assert (row.status, row.due_at) == ("scheduled", monday("12:30"))
    assert said(row) == "It is redeployed at 12:30 (Asia/Seoul)."
    assert deployment_sweeps.sweep(now=monday("12:29")) == 0
    assert deployment_sweeps.sweep(now=monday("12:30")) == 1
    row.refresh_from_db()
    assert (row.status, row.due_at, redeploys()) == ("taken", None, 1)
    assert Operation.objects.get().reason["en"] == "Deployment of chat-chat-http 2.15.0, at its hour"


def test_a_time_zone_that_nobody_knows_here_holds_up_nothing() -> None:
    row = told(at_lunch(timezone="Mars/Olympus"))
    assert said(row) == "It is redeployed at 12:30 (UTC)."


def test_an_hour_that_was_missed_is_due_at_the_next_look() -> None:
    row = told(at_lunch())
    deployment_sweeps.sweep(now=monday("17:00"))
    row.refresh_from_db()
    assert row.status == "taken"


def test_what_does_not_run_at_its_hour_takes_it_when_it_starts() -> None:
    row = told(at_lunch())
    Environment.objects.update(state=State.STOPPED)
    deployment_sweeps.sweep(now=monday("12:30"))
    row.refresh_from_db()
    assert (row.status, row.due_at, redeploys()) == ("waiting", None, 0)


def test_an_hour_that_was_changed_meanwhile_is_the_new_one() -> None:
    row = told(at_lunch())
    Environment.objects.update(push_hour=time(15, 0))
    deployment_sweeps.sweep(now=monday("12:30"))
    row.refresh_from_db()
    assert (row.status, row.due_at) == ("scheduled", monday("15:00"))
    deployment_sweeps.sweep(now=monday("15:00"))
    row.refresh_from_db()
    assert row.status == "taken"


def test_a_stop_makes_what_waits_for_an_hour_wait_for_the_start() -> None:
    environment = at_lunch()
    row = told(environment)
    why = {"en": "by hand", "ko": "수동"}
    operations.request(environment=environment, kind="stop", trigger="hold", reason=why, now=NOW)
    run(environment)
    row.refresh_from_db()
    assert row.status == "waiting"


@pytest.mark.parametrize(
    ("hour", "now", "at"),
    [
        # Berlin leaps from 2 to 3 on 29 March 2026: the first instant after the gap.
        (time(2, 30), "2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00+00:00"),
        # And has 2:30 twice on 25 October: the first.
        (time(2, 30), "2026-10-25T00:00:00+02:00", "2026-10-25T00:30:00+00:00"),
        (time(2, 30), "2026-10-25T02:31:00+02:00", "2026-10-26T01:30:00+00:00"),
        (time(12, 30), "2026-11-23T12:30:00+01:00", "2026-11-23T11:30:00+00:00"),
        (time(12, 30), "2026-11-23T12:30:01+01:00", "2026-11-24T11:30:00+00:00"),
    ],
)
def test_the_hour_comes_once_a_day_also_where_clocks_change(hour: time, now: str, at: str) -> None:
    assert next_hour(hour, "Europe/Berlin", datetime.fromisoformat(now)) == datetime.fromisoformat(at)


def test_a_set_hour_needs_its_hour() -> None:
    with pytest.raises(ValidationError) as error:
        chat(on_push="at_hour").clean()
    assert set(error.value.message_dict) == {"push_hour"}
