"""What an environment needs starts first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import retries
from environments.targets.base import Done, Wait
from tests import factories
from tests.support.portal import Portal, fail, made, place, state_of, story
from tests.support.times import monday, on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scripted")]
SAID = {"en": "so it is", "ko": "그래요"}
MINUTE = timedelta(minutes=1)


def test_who_needs_another_starts_when_that_one_runs(scripted: Any) -> None:
    db = made("db", "09:00", "20:00")
    made("app", "09:00", "18:00", needs=db)
    scripted.script["db: act"] = [Wait(7 * MINUTE, SAID), Done(SAID)]
    Portal(monday("08:00")).go_to(monday("10:00"))
    assert scripted.done == ["db: look", "db: act", "db: act", "app: look", "app: act"]
    ended = Operation.objects.get(environment__name="app").finished_at
    assert ended is not None
    assert monday("09:07") <= ended <= monday("09:07") + timedelta(seconds=10)


def test_while_it_waits_it_says_for_what(scripted: Any) -> None:
    db = made("db", "09:00", "20:00")
    app = made("app", "09:00", "18:00", needs=db)
    scripted.script["db: act"] = [Wait(7 * MINUTE, SAID), Done(SAID)]
    Portal(monday("08:00")).go_to(monday("09:03"))
    step = Operation.objects.get(environment=app).steps.get(name="needs")
    assert step.detail == {"en": "Waiting for db: starting", "ko": "기다리는 중: db: 시작 중"}
    assert state_of(app) == State.STARTING


def test_what_its_own_plan_wants_stopped_is_started_because_it_is_needed_and_says_so() -> None:
    db = made("db", "12:00", "13:00")
    app = made("app", "09:00", "18:00", needs=db)
    Portal(monday("08:00")).go_to(monday("10:00"))
    assert (state_of(db), state_of(app)) == (State.RUNNING, State.RUNNING)
    start = Operation.objects.get(environment=db)
    assert (start.kind, start.trigger, start.actor) == ("start", "schedule", None)
    assert (start.reason["en"], start.reason["ko"]) == ("Needed by app", "필요로 하는 환경: app")


def test_it_is_stopped_by_its_own_plan_when_nobody_needs_it_any_more() -> None:
    db = made("db", "12:00", "13:00")
    made("app", "09:00", "18:00", needs=db)
    Portal(monday("08:00")).go_to(monday("23:00"))
    assert story(db) == [("start", "schedule", "Mon 09:00"), ("stop", "schedule", "Mon 18:00")]


def test_without_a_plan_of_its_own_it_runs_as_long_as_it_is_needed() -> None:
    db = made("db")
    made("app", "09:00", "18:00", needs=db)
    made("late", "10:00", "20:00", needs=db)
    Portal(monday("08:00")).go_to(monday("23:00"))
    assert story(db) == [("start", "schedule", "Mon 09:00"), ("stop", "schedule", "Mon 20:00")]
    assert Operation.objects.get(environment=db, kind="stop").reason["en"] == "Nobody needs it any more"


def test_without_a_plan_what_people_had_started_is_left_running() -> None:
    db = made("db", state=State.RUNNING)
    made("app", "09:00", "18:00", needs=db)
    Portal(monday("08:00")).go_to(monday("23:00"))
    assert state_of(db) == State.RUNNING


def test_a_chain_starts_from_its_end(scripted: Any) -> None:
    net = made("net")
    db = made("db", needs=net)
    made("app", "09:00", "18:00", needs=db)
    Portal(monday("08:00")).go_to(monday("09:30"))
    assert [line for line in scripted.done if "act" in line] == ["net: act", "db: act", "app: act"]


def test_a_failure_of_what_is_needed_fails_the_start_in_words_and_trying_again_tries_both(scripted: Any) -> None:
    db = made("db", "09:00", "20:00")
    app = made("app", "09:00", "18:00", needs=db)
    fail(scripted, "db: act")
    portal = Portal(monday("08:00"))
    portal.go_to(monday("09:30"))
    failed = Operation.objects.get(environment=app)
    assert (failed.status, state_of(app)) == ("failed", State.FAILED_TO_START)
    assert failed.error["en"] == "db, which app needs, failed to start: No capacity."
    assert failed.error["ko"] == "app에 필요한 db 시작 실패: 용량이 부족해요."
    retries.retry(environment=app, actor=factories.manager(), now=portal.now)
    portal.go_to(monday("09:40"))
    assert (state_of(db), state_of(app)) == (State.RUNNING, State.RUNNING)


def test_what_never_comes_up_is_waited_for_three_hours(scripted: Any) -> None:
    db = made("db", next_transition_at=None)
    app = made("app", "09:00", "18:00", needs=db)
    Operation.objects.create(
        environment=db,
        kind="redeploy",
        trigger="deploy",
        created_at=monday("07:00"),
        not_before=monday("23:00"),
        deadline_at=monday("23:30"),
    )
    Environment.objects.filter(pk=db.pk).update(state=State.REDEPLOYING)
    portal = Portal(monday("08:59"))
    portal.go_to(monday("09:00"))
    portal.now = monday("12:00")
    portal.work()
    failed = Operation.objects.get(environment=app)
    assert failed.error["en"] == "What app needs does not run after 3 hours: db: being redeployed."


def test_what_somebody_holds_stopped_is_not_started_and_the_start_says_who_holds_it() -> None:
    db = made("db", "12:00", "13:00")
    app = made("app", "09:00", "18:00", needs=db)
    portal = Portal(monday("08:00"))
    portal.work()
    place(db, Wish.STOPPED, factories.manager(), portal.now, until=monday("17:00"), reason="migration")
    portal.go_to(monday("10:00"))
    failed = Operation.objects.get(environment=app)
    assert failed.error["en"] == (
        "app needs db, which is not to run. "
        "Stopped until Tue 12:00: hold by manager (migration) until 17:00, then schedule 12:00-13:00"
    )
    assert story(db) == []


def test_what_has_expired_is_not_started() -> None:
    db = made("db", expires_on=on("monday", "00:00").date() - timedelta(days=3))
    app = made("app", "09:00", "18:00", needs=db)
    Portal(monday("08:00")).go_to(monday("10:00"))
    error = Operation.objects.get(environment=app).error["en"]
    assert error.startswith("app needs db, which is not to run.")
    assert "expired" in error
    assert story(db) == []


def test_a_manager_may_not_start_what_belongs_to_another_team_and_nothing_is_written() -> None:
    db = made("db", team=factories.team("Data"))
    app = made("app", "09:00", "18:00", needs=db)
    portal = Portal(monday("07:00"))
    portal.work()
    with pytest.raises(ValidationError) as refused:
        place(app, Wish.RUNNING, factories.manager(), portal.now)
    assert refused.value.messages == [
        "app needs an environment of another team, which does not run, and you may not start it."
        " A manager of its team can."
    ]
    assert not Hold.objects.exists()
    assert not Operation.objects.exists()


def test_its_schedule_may_start_what_belongs_to_another_team() -> None:
    db = made("db", team=factories.team("Data"))
    app = made("app", "09:00", "18:00", needs=db)
    Portal(monday("08:00")).go_to(monday("10:00"))
    assert (state_of(db), state_of(app)) == (State.RUNNING, State.RUNNING)


def test_by_hand_it_is_started_in_the_name_of_who_asked() -> None:
    db = made("db")
    app = made("app", "09:00", "18:00", needs=db)
    portal = Portal(monday("07:00"))
    portal.work()
    manager = factories.manager()
    place(app, Wish.RUNNING, manager, portal.now)
    portal.go_to(monday("07:30"))
    start = Operation.objects.get(environment=db)
    assert (start.trigger, start.actor, state_of(app)) == ("hold", manager, State.RUNNING)


def test_what_is_just_stopping_is_started_again(scripted: Any) -> None:
    db = made("db", "05:00", "09:00")
    app = made("app", "09:01", "18:00", needs=db)
    portal = Portal(monday("04:00"))
    portal.go_to(monday("08:59"))
    scripted.script["db: act"] = [Wait(5 * MINUTE, SAID), Done(SAID), Done(SAID)]
    portal.go_to(monday("09:30"))
    assert [kind for kind, *_ in story(db)] == ["start", "stop", "start"]
    assert (state_of(db), state_of(app)) == (State.RUNNING, State.RUNNING)


def test_a_cycle_that_exists_all_the_same_holds_up_nobody() -> None:
    db = made("db", "09:00", "18:00")
    app = made("app", "09:00", "18:00", needs=db)
    db.needs.add(app)
    Portal(monday("08:00")).go_to(monday("23:00"))
    both = [("start", "schedule", "Mon 09:00"), ("stop", "schedule", "Mon 18:00")]
    assert (story(db), story(app)) == (both, both)
