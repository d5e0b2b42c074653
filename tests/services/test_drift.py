"""What was changed outside of the portal: seen by a scan of each account and region, shown, left or put back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Account, Environment, Operation, Scan, Schedule, State, Target, Wish
from environments.services import drift, operations, status
from environments.targets.base import Seen, TargetError
from notifications.models import Event
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW = monday("20:00")
DENIED = TargetError({"en": "AWS does not allow DescribeStacks.", "ko": "AWS가 허용하지 않아요."})
MINUTES = timedelta(minutes=5)


def target(of: Environment, name: str, account: Account | None = None, region: str = factories.REGION) -> Target:
    return Target.objects.create(
        environment=of, kind="scripted", identifier=name, account=account or factories.account(), region=region
    )


def environment(name: str = "chat", state: str = "stopped", wish: str = "stopped", **fields: Any) -> Environment:
    """One that the portal has switched before, whose plan was read; with a target of its name."""
    made = factories.environment(
        name, state=state, wish=wish, judged_at=monday("18:00"), state_since=monday("18:01"), **fields
    )
    factories.operation(made, "stop", at=monday("18:00"))
    target(made, name)
    return made


def other_account() -> Account:
    return factories.account(account_id="222222222222", name="second", role_arn="", external_id="")


def look(now: datetime = NOW) -> int:
    """What the sweep and the workers it wakes do; the number of scans."""
    begun = status.scan_due(now=now)
    for scan in Scan.objects.filter(started_at=now):
        status.scan(scan_id=scan.pk, now=now)
    return begun


def fresh(of: Environment) -> Environment:
    return Environment.objects.get(pk=of.pk)


class TestScans:
    def test_there_is_one_for_each_account_and_region_with_targets_every_five_minutes(self, scripted: Any) -> None:
        one = environment()
        target(one, "elsewhere", region="us-east-1")
        target(one, "of another account", other_account())
        factories.account(account_id="333333333333", name="without targets", role_arn="", external_id="")
        assert [look(NOW), look(NOW + MINUTES / 2), look(NOW + MINUTES)] == [3, 0, 3]
        assert sorted(scripted.scanned[:3]) == [
            ("development", "ap-northeast-2", 1),
            ("development", "us-east-1", 1),
            ("second", "ap-northeast-2", 1),
        ]

    def test_a_region_whose_last_target_is_gone_is_looked_at_no_more(self, scripted: Any) -> None:
        environment()
        look()
        Target.objects.all().delete()
        assert look(NOW + MINUTES) == 0
        assert not Scan.objects.exists()

    def test_two_sweeps_at_once_begin_it_once(self, scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        environment()
        read = status._keep_rows

        def while_another_sweep_runs() -> None:
            read()
            monkeypatch.setattr(status, "_keep_rows", lambda: None)
            assert status.scan_due(now=NOW) == 1

        monkeypatch.setattr(status, "_keep_rows", while_another_sweep_runs)
        assert status.scan_due(now=NOW) == 0

    def test_one_that_a_killed_worker_left_is_begun_again_at_the_next_turn(self, scripted: Any) -> None:
        environment()
        assert status.scan_due(now=NOW) == 1
        assert Scan.objects.get().finished_at is None
        assert look(NOW + MINUTES) == 1
        assert Scan.objects.get().finished_at == NOW + MINUTES

    def test_one_that_took_so_long_that_it_was_begun_anew_says_nothing_more(self, scripted: Any) -> None:
        chat = environment()
        status.scan_due(now=NOW)
        scan = Scan.objects.get()
        scripted.scan = lambda *asked: Scan.objects.update(started_at=NOW + MINUTES) and {"chat": Seen.RUNNING}
        status.scan(scan_id=scan.pk, now=NOW)
        assert fresh(chat).state == State.STOPPED
        assert Scan.objects.get().finished_at is None

    def test_it_wakes_one_worker_for_each(
        self, scripted: Any, published: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        target(environment(), "elsewhere", region="us-east-1")
        with django_capture_on_commit_callbacks(execute=True):
            status.scan_due(now=NOW)
        assert published == ["environments.tasks.scan"] * 2

    def test_an_account_that_denies_holds_up_nobody_and_says_why_until_it_can_be_seen(self, scripted: Any) -> None:
        new, known = environment("new", "unknown"), environment("known", "stopped")
        other = factories.environment("other")
        target(other, "other", other_account())
        scripted.denied["development"] = DENIED
        scripted.seen["other"] = Seen.RUNNING
        look()
        assert fresh(other).state == State.RUNNING
        assert (fresh(known).state, fresh(known).state_reason) == (State.STOPPED, {})
        assert fresh(new).state_reason["en"] == "AWS does not allow DescribeStacks."
        denied, fine = Scan.objects.order_by("account__name")
        assert (denied.finished_at, denied.error["ko"]) == (None, "AWS가 허용하지 않아요.")
        assert (fine.finished_at, fine.error) == (NOW, {})

        scripted.denied.clear()
        look(NOW + MINUTES)
        denied.refresh_from_db()
        assert (denied.finished_at, denied.error) == (NOW + MINUTES, {})
        assert (fresh(new).state, fresh(new).state_reason) == (State.STOPPED, {})

    def test_a_defect_of_one_kind_hides_no_other_kind(self, scripted: Any) -> None:
        chat = environment("chat", "unknown")
        broken = factories.environment("broken")
        Target.objects.create(
            environment=broken, kind="gone", identifier="x", account=factories.account(), region=factories.REGION
        )
        look()
        assert fresh(chat).state == State.STOPPED
        assert "Daybreak itself" in fresh(broken).state_reason["en"]

    @pytest.mark.parametrize("there", [Seen.STOPPED, Seen.RUNNING])
    def test_it_takes_as_many_queries_for_a_thousand_environments_as_for_ten(self, scripted: Any, there: Seen) -> None:
        """What is as it was known costs the same, and so does what is seen for the first time."""

        def add(first: int, last: int) -> None:
            new = [
                Environment(name=f"e{n}", slug=f"e{n}", team=factories.team(), schedule=factories.schedule())
                for n in range(first, last)
            ]
            made = Environment.objects.bulk_create(new)
            account = factories.account()
            Target.objects.bulk_create(
                Target(environment=e, kind="scripted", identifier=e.name, account=account, region=factories.REGION)
                for e in made
            )

        def cost(now: datetime) -> int:
            scripted.seen = dict.fromkeys(Target.objects.values_list("identifier", flat=True), there)
            status.scan_due(now=now)
            with CaptureQueriesContext(connection) as queries:
                status.scan(scan_id=Scan.objects.get().pk, now=now)
            # SQLite takes a hundred rows at once.
            many = ('INSERT INTO "environments_interval"', 'INSERT INTO "environments_staledays"')
            return sum(not query["sql"].startswith(many) for query in queries)

        add(0, 10)
        first_ten, known_ten = cost(NOW), cost(NOW + MINUTES)
        Environment.objects.update(state=State.UNKNOWN)
        Target.objects.update(seen="")
        add(10, 1000)
        assert cost(NOW + 2 * MINUTES) == first_ten
        assert cost(NOW + 3 * MINUTES) == known_ten
        assert Environment.objects.filter(state=there.value).count() == 1000
        assert len(scripted.scanned) == 4

    def test_environments_of_one_plan_are_compared_with_it_at_the_price_of_one(self, scripted: Any) -> None:
        def cost(now: datetime) -> int:
            status.scan_due(now=now)
            with CaptureQueriesContext(connection) as queries:
                status.scan(scan_id=Scan.objects.get().pk, now=now)
            assert not Environment.objects.filter(drift_since__isnull=False).exists()
            return len(queries)

        environment("e0", drift_since=NOW)
        one = cost(NOW)
        for n in range(1, 40):
            environment(f"e{n}", drift_since=NOW)
        Target.objects.update(seen="stopped")
        assert cost(NOW + MINUTES) == one - 1, "what was seen is written once only"


class TestStates:
    def test_an_environment_in_two_accounts_is_running_when_both_are_seen_running(self, scripted: Any) -> None:
        chat = environment()
        target(chat, "second", other_account())
        scripted.seen = {"chat": Seen.RUNNING, "second": Seen.STOPPED}
        look()
        assert fresh(chat).state == State.STOPPED
        scripted.seen["second"] = Seen.RUNNING
        look(NOW + MINUTES)
        assert fresh(chat).state == State.RUNNING

    def test_what_was_seen_before_an_operation_says_nothing_after_it(self, scripted: Any) -> None:
        chat = environment("chat", "running", "running")
        target(chat, "second", other_account())
        scripted.seen = {"chat": Seen.RUNNING, "second": Seen.RUNNING}
        look()
        operations.request(environment=chat, kind="stop", trigger="hold", reason={"en": "-"}, now=NOW)
        assert set(chat.targets.values_list("seen", flat=True)) == {""}

    def test_an_operation_that_ended_while_aws_was_asked_knows_better(self, scripted: Any) -> None:
        chat = environment("chat", "running", "running")
        status.scan_due(now=NOW)

        def meanwhile(*asked: Any) -> dict[str, Seen]:
            Environment.objects.update(state=State.STOPPED, state_since=NOW)
            return {"chat": Seen.RUNNING}

        scripted.scan = meanwhile
        status.scan(scan_id=Scan.objects.get().pk, now=NOW)
        assert (fresh(chat).state, chat.targets.get().seen) == (State.STOPPED, "")

    def test_an_operation_under_way_is_left_alone(self, scripted: Any) -> None:
        chat = environment()
        operations.request(environment=chat, kind="start", trigger="hold", reason={"en": "-"}, now=NOW)
        look()
        assert fresh(chat).state == State.STARTING

    @pytest.mark.parametrize(
        ("state", "seen", "then"),
        [
            (State.FAILED_TO_START, Seen.STOPPED, State.FAILED_TO_START),
            (State.FAILED_TO_START, Seen.RUNNING, State.RUNNING),
            (State.FAILED_TO_STOP, Seen.RUNNING, State.FAILED_TO_STOP),
            (State.FAILED_TO_STOP, Seen.PARTLY, State.FAILED_TO_STOP),
            (State.FAILED_TO_STOP, Seen.STOPPED, State.STOPPED),
        ],
    )
    def test_a_failure_stays_until_aws_has_what_was_wanted(
        self, scripted: Any, state: State, seen: Seen, then: State
    ) -> None:
        chat = environment("chat", state, Wish.ANY, schedule=None)
        scripted.seen = {"chat": seen}
        look()
        assert fresh(chat).state == then


class TestLeaving:
    def test_what_was_started_outside_is_shown_told_once_and_left_alone(self, scripted: Any) -> None:
        chat = environment()
        scripted.seen["chat"] = Seen.RUNNING
        for turn in range(3):
            look(NOW + turn * MINUTES)
        seen = fresh(chat)
        assert (seen.state, seen.state_since, seen.drift_since) == (State.RUNNING, NOW, NOW)
        assert seen.state_reason["en"] == "Started outside the portal: left alone until Tue 09:00 (Asia/Seoul)"
        told = Event.objects.get()
        assert (told.kind, told.severity) == ("environment.changed_outside", "warning")
        assert told.title["en"] == "chat was changed outside"
        assert told.body["ko"] == "외부에서 시작됨: 화요일 09:00(Asia/Seoul)까지 그대로 둬요"
        assert not Operation.objects.unfinished().exists()

    def test_once_it_is_as_planned_again_nothing_is_shown_and_the_next_time_is_told_anew(self, scripted: Any) -> None:
        chat = environment()
        for turn, there in enumerate([Seen.RUNNING, Seen.PARTLY, Seen.STOPPED, Seen.RUNNING]):
            scripted.seen["chat"] = there
            look(NOW + turn * MINUTES)
            assert bool(fresh(chat).drift_since) == (there != Seen.STOPPED)
        assert Event.objects.count() == 2

    def test_where_the_plan_wishes_for_nothing_it_is_noted_and_no_drift(self, scripted: Any) -> None:
        chat = environment(wish="any", schedule=None)
        scripted.seen["chat"] = Seen.RUNNING
        look()
        assert (fresh(chat).state, fresh(chat).drift_since) == (State.RUNNING, None)
        assert fresh(chat).state_reason == drift.OUTSIDE
        assert not Event.objects.exists()

    def test_a_boundary_that_the_tick_has_not_followed_yet_is_no_drift(self, scripted: Any) -> None:
        chat = environment("chat", "running", "running")
        scripted.seen["chat"] = Seen.RUNNING
        Schedule.objects.update(enforced=True)
        look(monday("18:00"))
        assert fresh(chat).drift_since is None
        assert not Operation.objects.unfinished().exists()

    def test_an_operation_ends_it(self, scripted: Any) -> None:
        chat = environment()
        scripted.seen["chat"] = Seen.RUNNING
        look()
        operations.request(environment=chat, kind="stop", trigger="hold", reason={"en": "-"}, now=NOW)
        assert fresh(chat).drift_since is None

    def test_a_schedule_that_cannot_be_read_stops_nobody_else(
        self, scripted: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = environment("broken", schedule=factories.schedule("Broken", weekdays="someday"))
        fine = environment("fine")
        scripted.seen = {"broken": Seen.RUNNING, "fine": Seen.RUNNING}
        look()
        assert (fresh(broken).state, fresh(broken).drift_since) == (State.RUNNING, None)
        assert fresh(fine).drift_since == NOW
        assert "The plan of broken cannot be read" in caplog.text


class TestPuttingBack:
    @pytest.fixture(autouse=True)
    def enforced(self, db: None) -> None:
        factories.schedule()
        Schedule.objects.update(enforced=True)

    @pytest.mark.parametrize(
        ("wish", "there", "now", "kind", "says"),
        [
            ("stopped", Seen.RUNNING, on("monday", "20:00"), "stop", "Started outside the portal: stopping it again"),
            ("running", Seen.STOPPED, on("monday", "10:00"), "start", "Stopped outside the portal: starting it again"),
        ],
    )
    def test_an_enforced_schedule_puts_back_what_was_changed(
        self, scripted: Any, wish: str, there: Seen, now: datetime, kind: str, says: str
    ) -> None:
        chat = environment("chat", wish, wish)
        scripted.seen["chat"] = there
        look(now)
        asked = Operation.objects.unfinished().get()
        assert (asked.kind, asked.trigger, asked.actor) == (kind, "drift", None)
        assert asked.reason["en"] == f"{says} (enforced schedule)"
        assert "일정 강제" in asked.reason["ko"]
        assert fresh(chat).state in {State.STARTING, State.STOPPING}
        assert Event.objects.get().body == asked.reason
        look(now + MINUTES)
        assert Operation.objects.unfinished().get() == asked

    def test_what_failed_is_not_tried_for_ever(self, scripted: Any) -> None:
        environment("chat", "failed_to_stop")
        environment("other", "failed_to_start", "running")
        scripted.seen["chat"] = Seen.RUNNING
        look()
        assert not Operation.objects.unfinished().exists()
        assert not Event.objects.exists()

    def test_what_runs_when_it_is_added_is_left_alone_until_its_next_stop(self, scripted: Any) -> None:
        chat = environment("chat", "unknown")
        Operation.objects.all().delete()
        scripted.seen["chat"] = Seen.RUNNING
        look()
        assert not Operation.objects.exists()
        assert fresh(chat).drift_since == NOW

    def test_a_schedule_that_becomes_enforced_puts_back_what_was_left_and_says_so_once(self, scripted: Any) -> None:
        Schedule.objects.update(enforced=False)
        environment()
        scripted.seen["chat"] = Seen.RUNNING
        look()
        Schedule.objects.update(enforced=True)
        look(NOW + MINUTES)
        assert Operation.objects.unfinished().get().trigger == "drift"
        assert Event.objects.count() == 1
