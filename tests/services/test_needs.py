"""What others still need is not stopped; environments that would need each other in a circle are refused."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import drift, holds, needs, pauses, retries, schedules, workflow
from environments.targets.base import Done, Seen, Wait
from tests import factories
from tests.support.portal import Portal, fail, made, place, state_of, story
from tests.support.times import monday, on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scripted")]
SAID = {"en": "so it is", "ko": "그래요"}
MINUTE = timedelta(minutes=1)


class TestStop:
    def test_a_stop_of_what_is_needed_happens_when_who_needs_it_has_stopped(self, scripted: Any) -> None:
        db = made("db", "09:00", "18:00")
        app = made("app", "08:00", "20:00", needs=db)
        scripted.script["app: act"] = [Done(SAID), Wait(6 * MINUTE, SAID), Done(SAID)]
        Portal(monday("07:00")).go_to(monday("23:00"))
        assert story(db) == [("start", "schedule", "Mon 08:00"), ("stop", "schedule", "Mon 20:06")]
        assert story(app) == [("start", "schedule", "Mon 08:00"), ("stop", "schedule", "Mon 20:00")]

    def test_who_needs_another_stops_when_its_own_plan_says_so(self) -> None:
        db = made("db", "08:00", "20:00")
        app = made("app", "09:00", "18:00", needs=db)
        Portal(monday("07:00")).go_to(monday("23:00"))
        assert story(app) == [("start", "schedule", "Mon 09:00"), ("stop", "schedule", "Mon 18:00")]
        assert story(db) == [("start", "schedule", "Mon 08:00"), ("stop", "schedule", "Mon 20:00")]

    def test_both_due_in_the_same_tick_stop_one_after_the_other(self, scripted: Any) -> None:
        db = made("db", "09:00", "18:00")
        made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.go_to(monday("12:00"))
        scripted.done.clear()
        portal.go_to(monday("23:00"))
        assert scripted.done == ["app: look", "app: act", "db: look", "db: act"]

    def test_a_stop_and_the_start_that_needs_it_in_the_same_tick_stop_nothing(self) -> None:
        db = made("db", "05:00", "09:00")
        made("app", "09:00", "18:00", needs=db)
        Portal(monday("04:00")).go_to(monday("23:00"))
        assert story(db) == [("start", "schedule", "Mon 05:00"), ("stop", "schedule", "Mon 18:00")]

    def test_the_end_of_a_chain_stops_last(self, scripted: Any) -> None:
        net = made("net", "09:00", "17:00")
        db = made("db", "09:00", "17:30", needs=net)
        made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.go_to(monday("12:00"))
        scripted.done.clear()
        portal.go_to(monday("23:00"))
        assert [line for line in scripted.done if "act" in line] == ["app: act", "db: act", "net: act"]

    def test_when_a_hold_is_released_what_is_needed_runs_on(self) -> None:
        db = made("db", "12:00", "13:00")
        made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.work()
        place(db, Wish.RUNNING, factories.manager(), portal.now, until=holds.Until.RELEASED)
        portal.go_to(monday("15:00"))
        holds.release(environment=db, author=factories.manager(), now=portal.now)
        portal.go_to(monday("23:00"))
        assert story(db)[1:] == [("stop", "schedule", "Mon 18:00")]

    def test_the_end_of_a_hold_and_a_pause_are_postponed_alike(self) -> None:
        db = made("db", "12:00", "13:00")
        app = made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.work()
        place(db, Wish.RUNNING, factories.manager(), portal.now, until=monday("16:00"))
        portal.go_to(monday("17:00"))
        assert Hold.objects.get(environment=db).ended_at == monday("16:00")
        assert (state_of(db), state_of(app)) == (State.RUNNING, State.RUNNING)

    def test_the_last_day_is_postponed_alike(self) -> None:
        db = made("db", "09:00", "18:00", expires_on=monday("12:00").date())
        made("app", "09:00", "24:00", needs=db)
        made("late", "22:00", "02:00", needs=db)
        Portal(monday("08:00")).go_to(on("tuesday", "06:00"))
        assert story(db)[1:] == [("stop", "schedule", "Tue 02:00")]

    def test_what_failed_to_stop_still_needs(self, scripted: Any) -> None:
        db = made("db", "09:00", "18:00")
        app = made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.go_to(monday("12:00"))
        fail(scripted, "app: act")
        portal.go_to(monday("19:00"))
        assert (state_of(app), state_of(db)) == (State.FAILED_TO_STOP, State.RUNNING)
        retries.retry(environment=app, actor=factories.manager(), now=portal.now)
        portal.go_to(monday("19:05"))
        assert (state_of(app), state_of(db)) == (State.STOPPED, State.STOPPED)

    def test_by_hand_it_is_refused_and_says_who_needs_it_until_when(self) -> None:
        db = made("db", "09:00", "20:00")
        made("app", "09:00", "18:00", needs=db)
        made("elsewhere", "09:00", "18:00", needs=db, team=factories.team("Payments"))
        portal = Portal(monday("08:00"))
        portal.go_to(monday("12:00"))
        with pytest.raises(ValidationError) as refused:
            place(db, Wish.STOPPED, factories.manager(), portal.now)
        assert refused.value.messages == [
            "db is not stopped, because others still need it: app until 18:00, 1 of another team. Stop these first."
        ]
        assert not Hold.objects.exists()
        assert state_of(db) == State.RUNNING

    def test_trying_a_failed_stop_again_is_refused_while_others_need_it(self, scripted: Any) -> None:
        db = made("db", "09:00", "12:00")
        portal = Portal(monday("08:00"))
        portal.go_to(monday("11:00"))
        fail(scripted, "db: act")
        portal.go_to(monday("13:00"))
        assert state_of(db) == State.FAILED_TO_STOP
        app = made("app", "09:00", "18:00", needs=db)
        Environment.objects.filter(pk=app.pk).update(state=State.RUNNING, wish=Wish.RUNNING)
        count = Operation.objects.count()
        with pytest.raises(ValidationError, match="db is not stopped, because others still need it: app until 18:00"):
            retries.retry(environment=db, actor=factories.manager(), now=portal.now)
        assert Operation.objects.count() == count

    def test_operators_stop_it_anyway_and_managers_do_not(self) -> None:
        db = made("db", "09:00", "20:00")
        app = made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.go_to(monday("12:00"))
        with pytest.raises(ValidationError):
            place(db, Wish.STOPPED, factories.manager(), portal.now, anyway=True)
        with pytest.raises(ValidationError):
            place(db, Wish.STOPPED, factories.operator(), portal.now)
        place(db, Wish.STOPPED, factories.operator(), portal.now, until=monday("14:00"), anyway=True)
        portal.go_to(monday("13:00"))
        assert (state_of(db), state_of(app)) == (State.STOPPED, State.RUNNING)

    def test_with_nobody_in_need_it_is_stopped_by_hand_as_ever(self) -> None:
        db = made("db", "09:00", "20:00")
        made("app", "18:30", "19:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.go_to(monday("12:00"))
        place(db, Wish.STOPPED, factories.manager(), portal.now)
        portal.work()
        assert state_of(db) == State.STOPPED

    def test_what_runs_when_it_is_added_is_left_alone_though_somebody_needs_it(self) -> None:
        db = made("db", "12:00", "13:00", state=State.RUNNING)
        made("app", "09:00", "11:00", needs=db)
        Portal(monday("08:00")).go_to(monday("11:30"))
        assert story(db) == []

    @pytest.mark.django_db(transaction=True)
    def test_the_stop_of_who_needed_it_wakes_the_tick(
        self, published: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        db = made("db", "09:00", "18:00")
        app = made("app", "09:00", "20:00", needs=db)
        portal = Portal(monday("08:00"))
        portal.go_to(monday("19:00"))
        schedules.plan_changed([app.pk], now=portal.now)
        portal.now = monday("20:00")
        schedules.enforce_due(now=portal.now)
        published.clear()
        for _ in range(4):
            workflow.advance(operation_id=Operation.objects.unfinished().get().pk, now=portal.now)
            if not Operation.objects.unfinished().exists():
                break
        assert published[-1] == "environments.tasks.tick"
        assert Environment.objects.get(pk=db.pk).next_transition_at == monday("20:00")


class TestDrift:
    def _enforced(self) -> tuple[Environment, Environment, Portal]:
        db = made("db", "05:00", "06:00")
        assert db.schedule is not None
        db.schedule.enforced = True
        db.schedule.save()
        app = made("app", "09:00", "18:00", needs=db)
        portal = Portal(monday("04:00"))
        portal.go_to(monday("08:00"))
        # Somebody starts both in AWS.
        Environment.objects.update(state=State.RUNNING)
        return db, app, portal

    def _look(self, db: Environment, now: datetime) -> None:
        drift.judge([Environment.objects.get(pk=db.pk)], {db.targets.get().pk: Seen.RUNNING}, now=now)

    def test_what_others_need_is_not_put_back(self) -> None:
        db, _app, portal = self._enforced()
        self._look(db, portal.now)
        assert not Operation.objects.unfinished().exists()
        assert Environment.objects.get(pk=db.pk).drift_since == portal.now

    def test_what_nobody_needs_any_more_is_put_back(self) -> None:
        db, app, portal = self._enforced()
        self._look(db, portal.now)
        Environment.objects.filter(pk=app.pk).update(state=State.STOPPED)
        self._look(db, portal.now + 5 * MINUTE)
        assert Operation.objects.unfinished().get().trigger == "drift"


class TestEntry:
    def test_a_cycle_is_refused_with_its_path(self) -> None:
        db = made("shared-db")
        app = made("chat-dev", needs=db)
        with transaction.atomic():
            said = needs.entry_problem(db, [app], factories.operator())
        assert said == "They would need each other in a circle: shared-db → chat-dev → shared-db"

    def test_what_the_editor_may_not_see_is_not_named(self) -> None:
        db = made("shared-db")
        pay = made("pay", needs=db, team=factories.team("Payments"))
        app = made("chat-dev", needs=pay)
        with transaction.atomic():
            said = needs.entry_problem(db, [app], factories.manager())
        assert said.endswith("shared-db → chat-dev → (another team's) → shared-db")

    def test_nothing_needs_itself(self) -> None:
        app = made("chat-dev")
        assert needs.entry_problem(app, [app], factories.operator()) == "An environment cannot need itself."

    def test_what_is_needed_twice_is_fine(self) -> None:
        net = made("net")
        db = made("db", needs=net)
        app = made("app", needs=net)
        assert needs.entry_problem(app, [db, net], factories.operator()) == ""

    @pytest.mark.django_db(transaction=True)
    def test_two_edits_at_the_same_time_do_not_make_a_cycle_together(self) -> None:
        db, app = made("shared-db"), made("chat-dev")
        ready = threading.Barrier(2)
        said: list[str] = []

        def edit(environment: Environment, needed: Environment) -> None:
            try:
                operator = factories.operator()
                ready.wait()
                with transaction.atomic():
                    problem = needs.entry_problem(environment, [needed], operator)
                    if not problem:
                        environment.needs.add(needed)
                said.append(problem)
            finally:
                connections.close_all()

        factories.operator()
        threads = [threading.Thread(target=edit, args=pair) for pair in ((db, app), (app, db))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(bool, said)) == [False, True]
        assert Environment.needs.through.objects.count() == 1


class TestCost:
    @staticmethod
    def _queries(now: datetime) -> int:
        with CaptureQueriesContext(connection) as sent:
            schedules.enforce_due(now=now)
        return len(sent)

    def test_stops_take_one_query_more_where_nobody_needs_anything_whatever_their_number(self) -> None:
        for n in range(40):
            made(f"env-{n}", "09:00", "18:00")
        portal = Portal(monday("08:00"))
        portal.go_to(monday("10:00"))
        with CaptureQueriesContext(connection) as sent:
            schedules.enforce_due(now=monday("18:00"))
        links = [query["sql"] for query in sent if "environment_needs" in query["sql"]]
        assert len(links) == 1
        assert Operation.objects.filter(kind="stop").count() == 40

    def test_stops_that_are_postponed_take_as_many_queries_for_thirty_as_for_two(self) -> None:
        counts = []
        for n, day in ((2, "monday"), (28, "tuesday")):
            needed = [made(f"{day}-{i}", "09:00", "18:00", next_transition_at=on(day, "05:00")) for i in range(n)]
            made(f"{day}-app", "09:00", "20:00", next_transition_at=on(day, "05:00")).needs.set(needed)
            Portal(on(day, "08:00")).go_to(on(day, "17:00"))
            counts.append(self._queries(on(day, "18:00")))
            assert Operation.objects.unfinished().count() == 0
            assert Environment.objects.filter(name__startswith=day, state=State.RUNNING).count() == n + 1
        assert counts[0] == counts[1]


def test_a_pause_of_what_is_needed_stops_nothing_while_it_is_needed() -> None:
    db = made("db", "09:00", "18:00")
    app = made("app", "09:00", "20:00", needs=db)
    portal = Portal(monday("08:00"))
    portal.go_to(monday("10:00"))
    pauses.place(environment=db, until=on("friday", "00:00"), author=factories.operator(), now=portal.now)
    portal.go_to(monday("19:00"))
    assert (state_of(db), state_of(app)) == (State.RUNNING, State.RUNNING)
