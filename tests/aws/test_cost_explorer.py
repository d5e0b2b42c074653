"""Cost Explorer: amounts exactly as AWS tells them, page by page, and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.aws import cost_explorer
from environments.aws.cost_explorer import Bill, endpoint, pages
from environments.targets.base import AccountRef, TargetError
from environments.targets.client import forget_clients

ACCOUNT = AccountRef("123456789012", "development")
SEOUL = ["ap-northeast-2"]
DAY = date(2026, 11, 10)


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.freeze(datetime(2026, 11, 20, tzinfo=UTC))
    yield aws
    forget_clients()


def ran(aws: Any, *, hours: int = 10, an_hour: str = "0.023", value: str = "chat-dev", day: date = DAY) -> None:
    began = datetime.combine(day, datetime.min.time(), UTC)
    span = {"key": f"{value}/{day}", "account": ACCOUNT.account_id, "tags": {"Environment": value} if value else {}}
    times = {"began": began.isoformat(), "ended": (began + timedelta(hours=hours)).isoformat()}
    aws.control("POST", "ran", spans=[span | times | {"an_hour": an_hour}])


def asked(first: date = DAY, end: date = date(2026, 11, 12), **how: Any) -> list[Bill]:
    found = pages(ACCOUNT, how.get("regions", SEOUL), "Environment", first, end)
    return [one for page in found for one in page]


def test_a_day_has_an_amount_for_each_value_of_the_tag_and_for_what_has_none(cloud: Any) -> None:
    ran(cloud)
    ran(cloud, value="", an_hour="1.5")
    assert asked() == [
        Bill(DAY, "", "USD", Decimal("15.000000"), is_final=False),
        Bill(DAY, "chat-dev", "USD", Decimal("0.230000"), is_final=False),
    ]


@pytest.mark.parametrize(("told", "kept"), [("0.0000025", "0.000002"), ("0.0000035", "0.000004")])
def test_amounts_are_rounded_to_a_millionth_half_to_even(cloud: Any, told: str, kept: str) -> None:
    ran(cloud, hours=1, an_hour=told)
    assert [one.amount for one in asked()] == [Decimal(kept)]


def test_values_keep_the_dollar_signs_they_have(cloud: Any) -> None:
    ran(cloud, value="a$b")
    assert [one.tagged for one in asked()] == ["a$b"]


def test_days_of_a_month_whose_bill_is_made_are_final(cloud: Any) -> None:
    ran(cloud, day=date(2026, 10, 31))
    assert [one.is_final for one in asked(date(2026, 10, 31))] == [True]


def test_a_year_is_read_page_by_page_and_each_is_asked_once(cloud: Any) -> None:
    ran(cloud, day=date(2026, 1, 5))
    ran(cloud)
    found = list(pages(ACCOUNT, SEOUL, "Environment", date(2026, 1, 1), date(2026, 11, 20)))
    assert [len(page) for page in found] == [1, 0, 0, 1]
    assert len(cloud.requests("ce", "GetCostAndUsage")) == 4


def test_an_answer_that_never_ends_costs_no_more_than_its_bound(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_explorer, "MOST_PAGES", 2)
    with pytest.raises(TargetError, match="more pages"):
        asked(date(2026, 1, 1), date(2026, 11, 20))
    assert len(cloud.requests("ce")) == 2


@pytest.mark.parametrize(
    ("regions", "where"), [(SEOUL, "us-east-1"), (["eu-west-1"], "us-east-1"), (["cn-north-1"], "cn-northwest-1")]
)
def test_it_is_asked_where_the_partition_has_it(cloud: Any, regions: list[str], where: str) -> None:
    assert endpoint(regions) == where
    asked(regions=regions)
    assert [call["region"] for call in cloud.requests("ce")] == [where]


def test_partitions_that_have_none_are_not_asked(cloud: Any) -> None:
    with pytest.raises(TargetError, match="no Cost Explorer"):
        asked(regions=["us-gov-west-1"])
    assert cloud.requests("ce") == []


@pytest.mark.parametrize(
    ("code", "message", "said", "can_help"),
    [
        ("AccessDeniedException", "not authorized", "ce:GetCostAndUsage", False),
        ("AccessDeniedException", "User not enabled for cost explorer access", "is not turned on", False),
        ("DataUnavailableException", "Data is not available.", "no data for these days yet", False),
        ("LimitExceededException", "Rate limit exceeded", "asked too often", True),
        ("RequestChangedException", "Input changed", "changed while it was read", True),
        ("ValidationException", "Tag keys are wrong", "Tag keys are wrong", False),
    ],
)
def test_errors_say_what_to_do_and_keep_aws_own_words(
    cloud: Any, code: str, message: str, said: str, can_help: bool
) -> None:
    cloud.fault("error", code=code, message=message, status=400, service="ce")
    with pytest.raises(TargetError) as raised:
        asked()
    assert said in raised.value.texts["en"]
    assert message in raised.value.raw
    assert raised.value.texts["ko"]
    assert raised.value.retryable is can_help


@pytest.mark.parametrize("kind", ["throttle", "lost", "garbled"])
def test_a_request_is_never_sent_a_second_time_by_itself(cloud: Any, kind: str) -> None:
    cloud.fault(kind, service="ce")
    with pytest.raises(TargetError) as raised:
        asked()
    assert raised.value.retryable
    assert len(cloud.requests("ce")) == 1
