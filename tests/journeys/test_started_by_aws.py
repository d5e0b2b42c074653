"""AWS starts what was stopped for seven days: it is seen by a scan, told from people, put back and counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from environments.models import Environment, Operation, State, Target
from notifications.models import Event
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday
from tests.targets.worlds.rds_instance import Instances

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
WHY = "AWS itself started chat-db after seven days: stopping it again"


def environment(*databases: str, **fields: Any) -> Environment:
    """One that is off all the time, of these databases."""
    schedule = factories.schedule("Off", begin_time="03:00", end_time="04:00", weekdays="mon#5", months="feb")
    made = factories.environment("db", schedule=schedule, state="running", next_transition_at=monday("09:00"), **fields)
    for name in databases:
        Target.objects.create(
            environment=made,
            kind="rds_instance",
            identifier=name,
            account=factories.account(),
            region=factories.REGION,
        )
    return made


@pytest.fixture
def day(chat_aws: Any) -> Journey:
    """Monday, nine o'clock; chat-db runs, and each change of a database takes twenty seconds."""
    journey = Journey(chat_aws, monday("09:00"))
    chat_aws.set_transition_seconds(20)
    Instances(chat_aws).make("chat-db")
    journey.now = chat_aws.now()
    return journey


def stop(of: Environment, day: Journey) -> None:
    operation = factories.operation(of, "stop", "pending", at=day.now)
    Environment.objects.filter(pk=of.pk).update(
        state=State.STOPPING, wish="stopped", judged_at=day.now, next_transition_at=day.now + 60 * WEEK
    )
    day.settle()
    operation.refresh_from_db()
    assert operation.status == "succeeded"


def scans(day: Journey, until: datetime) -> None:
    """Jump there without scans on the way, then as beat does for ten minutes."""
    day._move(until)
    for _ in range(10):
        day._move(day.now + timedelta(minutes=1))
        day.work()
    day.settle()


def status(day: Journey, name: str = "chat-db") -> str:
    found = day.aws.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    return str(found["DBInstances"][0]["DBInstanceStatus"])


def put_back() -> list[str]:
    return [one.reason["en"] for one in Operation.objects.filter(trigger="drift").order_by("pk")]


def told() -> list[str]:
    found = Event.objects.filter(kind="environment.changed_outside").order_by("pk")
    return list(found.values_list("body__en", flat=True))


def test_it_is_stopped_again_though_the_schedule_is_not_enforced_told_and_counted(day: Journey, client: Client) -> None:
    made = environment("chat-db")
    stop(made, day)
    for _ in range(3):
        scans(day, day.now + WEEK)
    assert status(day) == "stopped"
    assert put_back() == [f"{WHY} (once so far)", f"{WHY} (2 times so far)", f"{WHY} (3 times so far)"]
    assert told() == put_back()
    made.refresh_from_db()
    assert (made.state, made.state_reason["ko"]) == (
        State.STOPPED,
        "7일이 지나 AWS가 스스로 chat-db을(를) 시작해서 다시 중지해요 (지금까지 3번)",
    )
    with time_machine.travel(day.now, tick=False):
        client.force_login(factories.manager())
        page = client.get("/env/db/").content.decode()
    assert "AWS itself started it 3 times so far, after seven days (last " in page


def test_one_that_a_person_started_is_left_as_ever(day: Journey) -> None:
    made = environment("chat-db")
    stop(made, day)
    day._move(day.now + timedelta(days=2))
    day.aws.client("rds").start_db_instance(DBInstanceIdentifier="chat-db")
    scans(day, day.now + WEEK)
    assert status(day) == "available"
    assert put_back() == []
    assert [words.startswith("Started outside the portal: left alone") for words in told()] == [True]


def test_what_aws_started_beside_what_a_person_started_is_left(day: Journey) -> None:
    Instances(day.aws).make("other-db")
    day.now = day.aws.now()
    stop(environment("chat-db", "other-db"), day)
    day._move(day.now + timedelta(days=1))
    day.aws.client("rds").start_db_instance(DBInstanceIdentifier="other-db")
    scans(day, day.now + WEEK)
    assert (status(day), status(day, "other-db")) == ("available", "available")
    assert put_back() == []


def test_in_an_environment_of_more_it_is_put_back_though_the_rest_never_ran(day: Journey) -> None:
    made = environment("chat-db")
    factories.stack(made, "never", parameters={})
    stop(made, day)
    scans(day, day.now + WEEK)
    assert put_back() == [f"{WHY} (once so far)"]
    assert status(day) == "stopped"


def test_what_the_plan_wants_running_by_then_is_no_business_of_aws(day: Journey) -> None:
    made = environment("chat-db")
    stop(made, day)
    Environment.objects.update(schedule=None, wish="any")
    scans(day, day.now + WEEK)
    assert status(day) == "available"
    assert put_back() == []


def test_where_events_may_not_be_read_it_counts_as_somebody_elses(day: Journey) -> None:
    stop(environment("chat-db"), day)
    day.aws.fault("denied", service="rds", action="DescribeEvents", times=None)
    scans(day, day.now + WEEK)
    assert put_back() == []
    assert len(told()) == 1


def test_aws_is_asked_for_events_only_when_a_stopped_database_is_seen_up_after_its_time(day: Journey) -> None:
    stop(environment("chat-db"), day)
    day.aws.forget_requests()
    scans(day, day.now + timedelta(days=6))
    assert day.aws.requests("rds", "DescribeEvents") == []
    scans(day, day.now + timedelta(days=1))
    # One by the scan, one by the look of the stop that it asks for.
    assert len(day.aws.requests("rds", "DescribeEvents")) == 2


class TestFacts:
    """Windows and announced maintenance, which a page shows without asking AWS."""

    def test_they_are_looked_up_once_a_day_with_two_requests_for_all(self, day: Journey) -> None:
        for name in ("two", "three"):
            Instances(day.aws).make(name)
        day.now = day.aws.now()
        stop(environment("chat-db", "two", "three"), day)
        scans(day, day.now)
        day.aws.forget_requests()
        scans(day, day.now + timedelta(hours=20))
        assert day.aws.requests("rds", "DescribePendingMaintenanceActions") == []
        scans(day, day.now + timedelta(hours=5))
        assert len(day.aws.requests("rds", "DescribePendingMaintenanceActions")) == 1

    def test_they_stand_on_the_page_in_its_time_zone(self, day: Journey, client: Client) -> None:
        arn = day.aws.client("rds").describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
        tags = [{"Key": "simulator:maintenance", "Value": "system-update"}]
        day.aws.client("rds").add_tags_to_resource(ResourceName=arn, Tags=tags)
        made = environment("chat-db")
        stop(made, day)
        scans(day, day.now)
        client.force_login(factories.manager())
        day.aws.forget_requests()
        with time_machine.travel(day.now, tick=False):
            page = client.get("/env/db/").content.decode()
        # wed:06:38-wed:07:08 UTC
        assert "chat-db: maintenance window Wed 15:38 to 16:08, each week" in page
        assert "chat-db: system-update is announced by AWS" in page
        assert day.aws.requests() == []

    def test_what_may_not_be_asked_is_left_out_and_stops_no_scan(self, day: Journey) -> None:
        day.aws.fault("denied", service="rds", action="DescribePendingMaintenanceActions", times=None)
        stop(environment("chat-db"), day)
        scans(day, day.now)
        (row,) = Target.objects.get().memory["facts"]["databases"]
        assert (row["window"], row["pending"]) == ("wed:06:38-wed:07:08", [])

    def test_what_an_operation_remembers_is_not_written_over(self, day: Journey) -> None:
        made = environment("chat-db")
        factories.operation(made, "stop", "running", not_before=day.now + timedelta(hours=1))
        scan_once(day)
        assert "facts" not in Target.objects.get().memory
        Operation.objects.all().delete()
        stop(made, day)
        scans(day, day.now)
        assert set(Target.objects.get().memory) == {"restarts", "facts"}


def scan_once(day: Journey) -> None:
    day._move(day.now + timedelta(minutes=6))
    day.work()
