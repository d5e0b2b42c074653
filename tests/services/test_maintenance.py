"""Maintenance windows in plans: read from what was looked up, honoured where wished, read anew when they move."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from environments.models import Environment, Target
from environments.services import maintenance_looks, plans, schedules, specs, whatif
from environments.services.workflow_steps import target_reference
from environments.targets import ec2_events, rds_facts
from environments.targets.base import AccountRef, TargetRef
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NIGHT = "sun:17:00-sun:17:30"  # Monday 02:00 to 02:30 in Seoul
LATER = monday("12:00") + timedelta(weeks=1)


def target(of: Environment, kind: str = "rds_instance", identifier: str = "chat-db", **facts: Any) -> Target:
    memory = {"facts": {"at": monday("00:00").isoformat(), **facts}} if facts else {}
    fields = {"account": factories.account(), "region": factories.REGION, "memory": memory}
    return Target.objects.create(environment=of, kind=kind, identifier=identifier, **fields)


def database(name: str = "chat-db", window: str = NIGHT) -> dict[str, Any]:
    return {"id": name, "window": window, "pending": []}


def spec(of: Environment, now: datetime = monday("00:00")) -> Any:  # noqa: B008  (a constant)
    return specs.spec_of(Environment.objects.with_plan(now).get(pk=of.pk), now)


def test_a_plan_has_the_windows_of_its_own_targets_where_it_honours_them() -> None:
    chat, deaf = factories.environment(honour_windows=True), factories.environment("deaf")
    mine = target(chat, databases=[database(), database("whenever", "")])
    target(deaf, identifier="other", databases=[database("other")])
    assert [(one.id, one.name, one.weekly) for one in spec(chat).windows] == [(str(mine.pk), "chat-db", True)]
    assert spec(deaf).windows == ()
    found = plans.next_changes(spec(chat), monday("00:00"), 2)
    assert [(one.at, one.desired.value, one.short("en")) for one in found] == [
        (monday("01:45"), "running", "maintenance of chat-db"),
        (monday("02:30"), "stopped", "end of the maintenance window of chat-db"),
    ]
    assert found[1].short("ko") == "chat-db 유지 관리 기간 종료"


def test_of_what_is_scheduled_for_instances_only_what_is_best_met_running_is_honoured() -> None:
    chat = factories.environment(honour_windows=True)
    begins, ends = monday("20:00").isoformat(), monday("22:00").isoformat()
    events = [
        {"id": "i-1", "code": "system-reboot", "begins": begins, "ends": ends},
        {"id": "i-2", "code": "instance-retirement", "begins": begins, "ends": ends},
        {"id": "i-3", "code": "instance-reboot", "begins": begins, "ends": ""},
    ]
    target(chat, "ec2", "tag:env=dev", events=events)
    (window,) = spec(chat).windows
    assert (window.name, window.start, window.end, window.weekly) == ("i-1", monday("20:00"), monday("22:00"), False)


def test_a_tick_starts_for_a_window_says_why_and_stops_afterwards() -> None:
    chat = factories.environment(
        honour_windows=True, state="stopped", wish="stopped", judged_at=monday("00:00"),
        next_transition_at=monday("01:45"),
    )  # fmt: skip
    target(chat, databases=[database()])
    assert schedules.enforce_due(now=monday("01:45")) == 1
    start = chat.operations.get()
    assert (start.kind, start.trigger) == ("start", "schedule")
    assert start.reason["en"] == "Running until 02:30: maintenance window of chat-db"
    chat.refresh_from_db()
    assert chat.next_transition_at == monday("02:30")
    start.delete()
    Environment.objects.update(state="running")
    assert schedules.enforce_due(now=monday("02:30")) == 1
    assert chat.operations.get().kind == "stop"


@pytest.mark.parametrize(
    ("honours", "before", "due"),
    [(True, "", True), (True, "tue:03:00-tue:03:30", True), (True, NIGHT, False), (False, "", False)],
)
def test_a_plan_is_read_anew_when_a_window_that_it_honours_has_moved_and_only_then(
    monkeypatch: pytest.MonkeyPatch, honours: bool, before: str, due: bool
) -> None:
    chat = factories.environment(honour_windows=honours, next_transition_at=LATER)
    mine = target(chat, databases=[database(window=before)] if before else [])
    monkeypatch.setattr(rds_facts, "overview", lambda *_: {"chat-db": [database()]})
    now = monday("12:00") + timedelta(days=2)
    reference = target_reference(mine)
    maintenance_looks.refresh([mine], reference.account, reference.region, now)
    chat.refresh_from_db()
    assert chat.next_transition_at == (now if due else LATER)


def test_when_aws_starts_a_database_that_somebody_else_has_stopped_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = target(factories.environment())
    due = monday("09:00") + timedelta(days=7)
    row = database() | {"restarts_at": due.isoformat()}
    monkeypatch.setattr(rds_facts, "overview", lambda *_: {"chat-db": [row]})
    reference = target_reference(mine)
    maintenance_looks.refresh([mine], reference.account, reference.region, monday("12:00"))
    mine.refresh_from_db()
    assert mine.memory["restarts"] == {"chat-db": due.isoformat()}


def test_events_of_instances_are_looked_up_once_a_day_and_kept_beside_what_was_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[TargetRef]] = []

    def overview(_account: AccountRef, _region: str, refs: list[TargetRef]) -> dict[str, list[Any]]:
        asked.append(refs)
        return {"i-1": []}

    monkeypatch.setattr(ec2_events, "overview", overview)
    mine = target(factories.environment(), "ec2", "i-1")
    Target.objects.update(memory={"ran": ["i-1"]})
    account = target_reference(mine).account
    for hours in (0, 1, 25):
        maintenance_looks.refresh(
            [Target.objects.get()], account, mine.region, monday("00:00") + timedelta(hours=hours)
        )
    assert len(asked) == 2
    assert Target.objects.get().memory["ran"] == ["i-1"]


def test_windows_cost_one_query_whatever_the_number_of_environments(django_assert_num_queries: Any) -> None:
    def read() -> None:
        for one in Environment.objects.with_plan(monday("00:00")):
            specs.same_plan(one)
            specs.spec_of(one, monday("00:00"))

    target(factories.environment("first", honour_windows=True), databases=[database()])
    with django_assert_num_queries(11):
        read()
    for number in range(5):
        here = factories.environment(f"more-{number}", honour_windows=True)
        target(here, identifier=f"db-{number}", databases=[database(f"db-{number}")])
    with django_assert_num_queries(11):
        read()


def test_what_a_changed_schedule_would_do_at_once_heeds_the_window_that_lasts() -> None:
    office = factories.schedule()
    here = factories.environment(
        schedule=office, honour_windows=True, state="running", wish="running", judged_at=monday("00:00")
    )
    factories.environment("deaf", schedule=office, state="running", wish="running", judged_at=monday("00:00"))
    target(here, databases=[database(window="mon:03:00-mon:04:00")])  # 12:00 in Seoul
    user = factories.operator()
    found = whatif.what_if(schedule=office, proposed=office, periods=(), now=monday("12:10"), user=user)
    assert [one.name for one in found.stopping.named] == ["deaf"]


@pytest.mark.parametrize(
    ("change", "kept"),
    [({"order": 2}, True), ({"identifier": "other"}, False), ({"region": "us-east-1"}, False)],
)
def test_what_was_remembered_is_forgotten_once_a_target_names_something_else(
    change: dict[str, Any], kept: bool
) -> None:
    mine = target(factories.environment(), databases=[database()])
    Target.objects.update(seen="running")
    mine.refresh_from_db()
    for name, value in change.items():
        setattr(mine, name, value)
    mine.save()
    mine.refresh_from_db()
    assert (bool(mine.memory), mine.seen) == (kept, "running" if kept else "")


def test_an_environment_on_its_way_through_the_week_is_due_at_its_next_window() -> None:
    chat = factories.environment(honour_windows=True, state="stopped", wish="stopped", judged_at=monday("00:00"))
    target(chat, databases=[database(window="sat:01:00-sat:01:30")])
    schedules.plan_changed([chat.pk], now=on("friday", "18:00"))
    schedules.enforce_due(now=on("friday", "18:00"))
    chat.refresh_from_db()
    assert chat.next_transition_at == on("saturday", "09:45")
