"""What comes first: order groups of one environment, and environments that need others, with real stacks."""

from __future__ import annotations

from typing import Any

import pytest

from environments.models import Environment, Operation
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday

pytestmark = pytest.mark.django_db


def _statuses(aws: Any, *names: str) -> list[str]:
    """The status of each of these stacks; "" where there is none."""
    found = {s["StackName"]: s["StackStatus"] for s in aws.client("cloudformation").describe_stacks()["Stacks"]}
    return [found.get(name, "") for name in names]


def _two_groups() -> Environment:
    chat = factories.environment(next_transition_at=monday("08:00"))
    factories.stack(chat, "App", order=2)
    factories.stack(chat, "Data", order=1)
    return chat


def test_the_second_group_is_created_when_the_first_really_runs_and_deleted_before_it(chat_aws: Any) -> None:
    _two_groups()
    chat_aws.set_seconds(300)
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("09:04"))
    assert _statuses(chat_aws, "Data", "App") == ["CREATE_IN_PROGRESS", ""]
    day.go_to(monday("09:07"))
    assert _statuses(chat_aws, "Data", "App") == ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]
    day.go_to(monday("09:20"))
    assert _statuses(chat_aws, "Data", "App") == ["CREATE_COMPLETE", "CREATE_COMPLETE"]

    day.go_to(monday("18:01"))
    assert _statuses(chat_aws, "Data", "App") == ["CREATE_COMPLETE", "DELETE_IN_PROGRESS"]
    day.go_to(monday("18:04"))
    assert _statuses(chat_aws, "Data", "App") == ["DELETE_IN_PROGRESS", ""]
    day.go_to(monday("18:20"))
    assert _statuses(chat_aws, "Data", "App") == ["", ""]


def test_what_does_not_come_up_lets_nothing_after_it_begin(chat_aws: Any) -> None:
    _two_groups()
    chat_aws.fail_resource("Network", stack="Data")
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("09:10"))
    assert Operation.objects.get().status == "failed"
    assert _statuses(chat_aws, "App") == [""]


def test_a_day_of_an_application_and_the_database_that_it_shares(chat_aws: Any) -> None:
    """The database's own plan ends at 18:00; the application, which needs it, runs from 08:00 to 20:00."""
    shared = factories.chat_app("shared-db", "SharedDatabase", next_transition_at=monday("07:00"))
    late = factories.schedule("Long days", begin_time="08:00", end_time="20:00", weekdays="mon-fri")
    chat = factories.chat_app(schedule=late, next_transition_at=monday("07:00"))
    chat.needs.add(shared)
    chat_aws.set_seconds(120)
    both = ("SharedDatabase", "ChatAppMasterStack")
    day = Journey(chat_aws, monday("07:30"))
    day.go_to(monday("08:01"))
    assert _statuses(chat_aws, *both) == ["CREATE_IN_PROGRESS", ""]
    day.go_to(monday("08:10"))
    assert _statuses(chat_aws, *both) == ["CREATE_COMPLETE", "CREATE_COMPLETE"]
    day.go_to(monday("19:59"))
    assert _statuses(chat_aws, *both) == ["CREATE_COMPLETE", "CREATE_COMPLETE"]
    day.go_to(monday("20:02"))
    assert _statuses(chat_aws, *both) == ["DELETE_IN_PROGRESS", ""]
    day.go_to(monday("20:10"))
    assert _statuses(chat_aws, *both) == ["", ""]
    asked = Operation.objects.filter(environment=shared).order_by("created_at").values_list("kind", "reason__en")
    assert list(asked) == [
        ("start", "Needed by chat-dev"),
        ("stop", "Stopped until Tue 09:00: schedule Office hours Seoul"),
    ]
