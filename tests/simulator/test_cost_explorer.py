"""The simulated Cost Explorer: what stacks ran, by their tags, a day behind; and kept when the stack is forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.simulator import ACCOUNT, Simulator

SMALL = {"Resources": {"Machine": {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": "t3.small"}}}}
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def bill(
    aws: Simulator, first: str = "2026-11-09", end: str = "2026-11-12", tag: str = "Environment", **rest: Any
) -> dict[str, Any]:
    answer = aws.client("ce", "us-east-1").get_cost_and_usage(
        TimePeriod={"Start": first, "End": end},
        Granularity="DAILY",
        Metrics=["UnblendedCost"],
        GroupBy=[{"Type": "TAG", "Key": tag}],
        Filter={"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [ACCOUNT]}},
        **rest,
    )
    return dict(answer)


def amounts(answer: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    return {
        (span["TimePeriod"]["Start"], group["Keys"][0]): Decimal(group["Metrics"]["UnblendedCost"]["Amount"])
        for span in answer["ResultsByTime"]
        for group in span["Groups"]
    }


def create(aws: Simulator, name: str = "web", **tags: str) -> None:
    wanted = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(SMALL), Tags=wanted)


def delete(aws: Simulator, name: str = "web") -> None:
    aws.client("cloudformation").delete_stack(StackName=name)


def ran_ten_hours(aws: Simulator, **tags: str) -> None:
    aws.freeze(NOON)
    create(aws, **tags)
    aws.advance(10 * 3600)
    delete(aws)


def test_a_stacks_machines_are_billed_by_the_hour_under_the_value_of_its_tag(aws: Simulator) -> None:
    ran_ten_hours(aws, Environment="chat-dev")
    aws.freeze(NOON + timedelta(days=3))
    assert amounts(bill(aws)) == {("2026-11-10", "Environment$chat-dev"): Decimal("0.23")}


def test_a_night_is_divided_between_its_days(aws: Simulator) -> None:
    aws.freeze(NOON)
    create(aws, Environment="chat-dev")
    aws.advance(20 * 3600)
    delete(aws)
    aws.freeze(NOON + timedelta(days=4))
    assert list(amounts(bill(aws)).values()) == [Decimal("0.276"), Decimal("0.184")]


def test_what_has_no_such_tag_is_billed_without_a_value(aws: Simulator) -> None:
    ran_ten_hours(aws, environment="chat-dev")
    aws.freeze(NOON + timedelta(days=3))
    assert list(amounts(bill(aws))) == [("2026-11-10", "Environment$")]


def test_a_day_is_on_the_bill_a_day_after_it_has_ended_and_not_before(aws: Simulator) -> None:
    ran_ten_hours(aws, Environment="chat-dev")
    midnight = datetime(2026, 11, 12, tzinfo=UTC)
    aws.freeze(midnight - timedelta(seconds=1))
    assert amounts(bill(aws)) == {}
    aws.freeze(midnight)
    assert len(amounts(bill(aws))) == 1


def test_days_are_estimated_until_the_bill_of_their_month_is_made(aws: Simulator) -> None:
    aws.freeze(datetime(2026, 12, 4, 23, tzinfo=UTC))
    assert {span["Estimated"] for span in bill(aws)["ResultsByTime"]} == {True}
    aws.freeze(datetime(2026, 12, 5, tzinfo=UTC))
    assert {span["Estimated"] for span in bill(aws)["ResultsByTime"]} == {False}


def test_a_long_bill_comes_in_pages(aws: Simulator) -> None:
    first = bill(aws, "2026-01-01", "2026-12-01")
    second = bill(aws, "2026-01-01", "2026-12-01", NextPageToken=first["NextPageToken"])
    days = [span["TimePeriod"]["Start"] for page in (first, second) for span in page["ResultsByTime"]]
    assert (len(days), len(set(days)), days[100]) == (200, 200, "2026-04-11")


@pytest.mark.parametrize(("end", "tag"), [("2026-11-09", "Environment"), ("2026-11-08", "Environment")])
def test_a_span_without_days_is_refused_as_aws_does(aws: Simulator, end: str, tag: str) -> None:
    with pytest.raises(ClientError, match="should be before end date"):
        bill(aws, "2026-11-09", end, tag)


def test_another_accounts_stacks_are_not_on_the_bill(aws: Simulator) -> None:
    ran_ten_hours(aws, Environment="chat-dev")
    aws.freeze(NOON + timedelta(days=3))
    other = aws.client("ce", "us-east-1", "222222222222").get_cost_and_usage(
        TimePeriod={"Start": "2026-11-09", "End": "2026-11-12"}, Granularity="DAILY", Metrics=["UnblendedCost"],
        GroupBy=[{"Type": "TAG", "Key": "Environment"}],
    )  # fmt: skip
    assert amounts(other) == {}


def test_a_simulator_that_is_started_again_bills_what_ran_before_a_stack_was_made_anew(tmp_path: Path) -> None:
    journal = str(tmp_path / "aws.jsonl")
    before = Simulator("--journal", journal)
    ran_ten_hours(before, Environment="chat-dev")
    before.freeze(NOON + timedelta(days=1))
    create(before, Environment="chat-dev")
    before.advance(3600)
    delete(before)
    before.freeze(NOON + timedelta(days=4))
    billed = amounts(bill(before))
    before.stop()
    again = Simulator("--journal", journal)
    try:
        assert amounts(bill(again)) == billed
        assert list(billed.values()) == [Decimal("0.23"), Decimal("0.023")]
    finally:
        again.stop()


def test_the_demo_has_a_bill_from_its_first_day(aws: Simulator) -> None:
    aws.freeze(NOON)
    aws.control("POST", "seed", name="demo")
    found = amounts(bill(aws, "2026-10-01", "2026-11-10", "environment"))
    assert found["2026-10-05", "environment$chat-dev"] == Decimal("0.2635") * 9
    assert max(day for day, _value in found) == "2026-11-08"  # the 9th is not billed yet
    aws.control("POST", "seed", name="demo")
    assert amounts(bill(aws, "2026-10-01", "2026-11-10", "environment")) == found
