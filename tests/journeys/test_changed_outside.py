"""Somebody starts and stops stacks in AWS, past the portal: what it sees, says and does, with the simulated AWS."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from environments.models import Environment, Operation, Scan, Schedule, State
from notifications.models import Event
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
SMALL = "Resources: {Topic: {Type: AWS::SNS::Topic}}"
STATEFUL = "Resources: {Table: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: t}}}"
STACK = "small"


@pytest.fixture
def small(chat_aws: Any) -> Environment:
    """An environment of one small stack with office hours; its plan was never read yet."""
    made = factories.environment("small", next_transition_at=monday("08:00"))
    target = factories.stack(made, STACK, parameters={})
    target.options = {"template_body": SMALL}
    target.save()
    return made


def _policy(**fields: bool) -> None:
    Schedule.objects.update(**fields)


def _in_aws(day: Journey, what: str, template: str = SMALL) -> None:
    cfn = day.aws.client("cloudformation")
    if what == "create":
        cfn.create_stack(StackName=STACK, TemplateBody=template)
    else:
        cfn.delete_stack(StackName=STACK)


def _wait(day: Journey, moment: datetime) -> None:
    """Go on in steps of a minute, as beat does between the scans."""
    while day.now < moment:
        day.go_to(min(moment, day.now + timedelta(minutes=1)))


def _state(of: Environment) -> str:
    return Environment.objects.get(pk=of.pk).state


def _page(client: Client, day: Journey, address: str = "/env/small/") -> str:
    client.force_login(factories.manager())
    with time_machine.travel(day.now, tick=False):
        return client.get(address).content.decode()


def _told() -> list[str]:
    return list(Event.objects.filter(kind="environment.changed_outside").values_list("body__en", flat=True))


def _day(aws: Any) -> Journey:
    day = Journey(aws, monday("08:59"))
    day.go_to(monday("18:05"))
    return day


def test_what_is_started_at_eight_in_the_evening_runs_until_the_plan_stops_it_the_next_evening(
    chat_aws: Any, small: Environment, client: Client
) -> None:
    day = _day(chat_aws)
    assert _state(small) == State.STOPPED
    day.go_to(monday("20:00"))
    _in_aws(day, "create")
    _wait(day, monday("20:07"))
    assert _state(small) == State.RUNNING
    assert _told() == ["Started outside the portal: left alone until Tue 09:00 (Asia/Seoul)"]
    for address in ("/env/small/", "/"):
        html = _page(client, day, address)
        assert "Changed outside" in html
        assert "Started outside the portal: left alone until tomorrow 09:00" in html

    day.go_to(on("tuesday", "08:55"))
    assert _state(small) == State.RUNNING
    day.go_to(on("tuesday", "12:00"))
    assert "Changed outside" not in _page(client, day)
    assert len(chat_aws.requests(action="CreateStack")) == 2, "the portal's on Monday, and somebody's"
    day.go_to(on("tuesday", "18:05"))
    assert _state(small) == State.STOPPED
    assert len(_told()) == 1


def test_what_is_deleted_at_noon_stays_so_until_the_next_morning(chat_aws: Any, small: Environment) -> None:
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("12:00"))
    _in_aws(day, "delete")
    _wait(day, monday("12:07"))
    assert _state(small) == State.STOPPED
    assert _told() == ["Stopped outside the portal: left alone until 18:00 (Asia/Seoul)"]
    day.go_to(on("tuesday", "09:05"))
    assert _state(small) == State.RUNNING


@pytest.mark.parametrize(
    ("clock", "what", "kind", "then"), [("20:00", "create", "stop", "stopped"), ("12:00", "delete", "start", "running")]
)
def test_an_enforced_schedule_puts_it_back_within_minutes(
    chat_aws: Any, small: Environment, clock: str, what: str, kind: str, then: str
) -> None:
    _policy(enforced=True)
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday(clock))
    _in_aws(day, what)
    # The stack itself takes twenty seconds to come up, and ten to go.
    _wait(day, monday(clock) + timedelta(minutes=6))
    asked = Operation.objects.first()
    assert asked is not None
    assert (asked.kind, asked.trigger) == (kind, "drift")
    assert asked.created_at - monday(clock) <= timedelta(minutes=6)
    day.settle()
    assert _state(small) == then
    assert len(_told()) == 1


def test_an_enforced_stop_of_a_stack_with_data_in_it_ends_at_the_guard(chat_aws: Any, small: Environment) -> None:
    _policy(enforced=True)
    day = _day(chat_aws)
    day.go_to(monday("20:00"))
    _in_aws(day, "create", STATEFUL)
    chat_aws.forget_requests()
    _wait(day, monday("20:30"))
    assert _state(small) == State.FAILED_TO_STOP
    assert chat_aws.requests(action="DeleteStack") == []
    left = chat_aws.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    assert [(r["LogicalResourceId"], r["ResourceStatus"]) for r in left] == [("Table", "CREATE_COMPLETE")]
    assert Operation.objects.filter(trigger="drift").count() == 1, "and it is not tried again and again"


def test_what_ran_before_its_period_survives_six_o_clock_and_the_page_says_why(
    chat_aws: Any, small: Environment, client: Client
) -> None:
    _policy(retain_running=True)
    day = Journey(chat_aws, on("monday", "00:01"))
    small.next_transition_at = day.now
    small.save()
    day.work()
    day.go_to(monday("08:00"))
    _in_aws(day, "create")
    _wait(day, monday("08:07"))
    day.go_to(monday("12:00"))
    page = _page(client, day)
    assert "Left running at the end: it ran before 09:00." in page
    assert "left as it is from 18:00" in page
    day.go_to(monday("18:30"))
    assert _state(small) == State.RUNNING
    assert "Left running: it ran before 09:00." in _page(client, day)
    assert chat_aws.requests(action="DeleteStack") == []

    client.post(reverse("environments:ask_stop", args=["small"]), {"until": "released"})
    Operation.objects.unfinished().update(not_before=day.now, deadline_at=day.now + timedelta(hours=1))
    day.settle()
    assert _state(small) == State.STOPPED
    assert not Environment.objects.get().retained


def test_what_was_gone_again_when_its_period_began_the_portal_has_started_and_stops(
    chat_aws: Any, small: Environment
) -> None:
    _policy(retain_running=True)
    day = Journey(chat_aws, on("monday", "00:01"))
    small.next_transition_at = day.now
    small.save()
    day.work()
    day.go_to(monday("08:00"))
    _in_aws(day, "create")
    _wait(day, monday("08:57"))
    _in_aws(day, "delete")
    day.go_to(monday("09:05"))
    assert _state(small) == State.RUNNING
    assert not Environment.objects.get().retained
    day.go_to(monday("18:05"))
    assert _state(small) == State.STOPPED


def test_an_account_that_denies_is_said_on_its_page_and_holds_up_no_other(
    chat_aws: Any, small: Environment, client: Client
) -> None:
    denied = factories.account(
        account_id="222222222222", name="second", role_arn="arn:aws:iam::222222222222:role/Nobody", external_id=""
    )
    other = factories.environment("other", schedule=None)
    factories.stack(other, "other", parameters={}, account=denied)
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("09:05"))
    assert _state(small) == State.RUNNING
    assert "cannot be assumed" in _page(client, day, "/")
    client.force_login(factories.administrator())
    address = reverse("admin:environments_account_change", args=[denied.pk])
    with time_machine.travel(day.now, tick=False):
        page = client.get(address).content.decode()
    assert "The role arn:aws:iam::222222222222:role/Nobody of account second" in page
    assert "(never seen yet)" in page

    chat_aws.register_role("arn:aws:iam::222222222222:role/Nobody")
    _wait(day, monday("09:12"))
    assert _state(other) == State.STOPPED
    assert not Scan.objects.exclude(error={}).exists()
    with time_machine.travel(day.now, tick=False):
        assert "Cannot be seen" not in client.get(address).content.decode()


@pytest.mark.parametrize(("stacks", "pages"), [(5, 1), (150, 2)])
def test_a_scan_of_many_environments_asks_aws_once_a_page(chat_aws: Any, stacks: int, pages: int) -> None:
    chat_aws.set_seconds(0)
    for n in range(stacks):
        factories.stack(factories.environment(f"env-{n}", schedule=None), f"env-{n}", parameters={})
        chat_aws.client("cloudformation").create_stack(StackName=f"env-{n}", TemplateBody=SMALL)
    chat_aws.forget_requests()
    Journey(chat_aws, monday("10:00")).work()
    assert [request["action"] for request in chat_aws.requests("cloudformation")] == ["DescribeStacks"] * pages
    assert set(Environment.objects.values_list("state", flat=True)) == {State.RUNNING}
