"""The AWS Price List: one price for one thing, or the reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.aws import inventory_texts as texts
from environments.aws.inventory_machines import address, machine, volume
from environments.aws.inventory_network import balancer
from environments.aws.inventory_parts import Thing, Unit
from environments.aws.price_list import Price, agreed, endpoint, forget_answers, price_of, read
from environments.targets.base import AccountRef, TargetError
from environments.targets.client import forget_clients
from tests.support.times import monday

ACCOUNT = AccountRef("123456789012", "development")
SEOUL, VIRGINIA, FRANKFURT = "ap-northeast-2", "us-east-1", "eu-central-1"
NOW = monday("09:10")


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    forget_answers()
    yield aws
    forget_clients()
    forget_answers()


def instance(kind: str, region: str, **told: Any) -> Thing:
    (thing,) = machine({"InstanceId": "i-1", "InstanceType": kind, **told}, region).things
    return thing


def price(thing: Thing, region: str = SEOUL) -> Price:
    found = price_of(thing, ACCOUNT, region, NOW)
    assert isinstance(found, Price), found
    return found


def why(thing: Thing, region: str = SEOUL) -> str:
    found = price_of(thing, ACCOUNT, region, NOW)
    assert not isinstance(found, Price)
    assert found["ko"]
    return found["en"]


@pytest.mark.parametrize(
    ("region", "asked_in"),
    [(SEOUL, "ap-south-1"), (VIRGINIA, VIRGINIA), ("eu-west-1", FRANKFURT), ("sa-east-1", VIRGINIA),
     ("cn-north-1", "cn-northwest-1"), ("me-south-1", FRANKFURT)],
)  # fmt: skip
def test_the_list_is_asked_where_aws_has_it(cloud: Any, region: str, asked_in: str) -> None:
    assert endpoint(region) == asked_in
    price_of(instance("t3.small", region), ACCOUNT, region, NOW)
    assert [call["region"] for call in cloud.requests("pricing")] == [asked_in]


@pytest.mark.parametrize(("region", "amount"), [(SEOUL, "0.0230"), (VIRGINIA, "0.0208"), (FRANKFURT, "0.0240")])
def test_an_instance_costs_what_its_region_asks_and_not_what_reserving_it_costs(
    cloud: Any, region: str, amount: str
) -> None:
    found = price(instance("t3.small", region), region)
    assert (found.amount, found.currency, found.unit) == (Decimal(amount), "USD", "Hrs")


def test_what_runs_on_an_instance_counts(cloud: Any) -> None:
    windows = instance("t3.small", SEOUL, UsageOperation="RunInstances:0002", PlatformDetails="Windows")
    assert price(windows).amount == Decimal("0.0414")
    assert windows.label == "EC2 t3.small (Windows)"


def test_prices_of_china_keep_their_currency(cloud: Any) -> None:
    found = price(instance("t3.small", "cn-north-1"), "cn-north-1")
    assert (found.amount, found.currency) == (Decimal("0.1509"), "CNY")


def test_a_gigabyte_has_the_price_of_a_month(cloud: Any) -> None:
    told = {"VolumeId": "vol-1", "VolumeType": "gp3", "Size": 100, "Iops": 4000, "Throughput": 125}
    size, iops = volume(told, SEOUL).things
    assert (size.quantity, size.unit, price(size).amount) == (Decimal(100), Unit.MONTH, Decimal("0.0912"))
    assert (iops.quantity, price(iops).amount) == (Decimal(1000), Decimal("0.0057"))


@pytest.mark.parametrize("region", [SEOUL, VIRGINIA])
def test_the_hour_of_a_load_balancer_is_told_apart_from_its_traffic_and_its_trust_store(
    cloud: Any, region: str
) -> None:
    (thing,) = balancer({"Type": "application", "Scheme": "internal"}, region).things
    assert price(thing, region).amount == Decimal("0.0225")


def test_a_public_address_costs_the_same_used_or_not(cloud: Any) -> None:
    (thing,) = address(SEOUL, 3, {}).things
    assert (thing.quantity, price(thing).amount) == (Decimal(3), Decimal("0.0050"))


def test_what_the_list_does_not_have_is_said_not_to_be_there(cloud: Any) -> None:
    assert why(instance("u-24tb1.metal", SEOUL)) == texts.NOT_IN_LIST["en"]


def test_of_several_prices_none_is_taken_and_they_are_named(cloud: Any) -> None:
    any_type = Thing("EC2", "AmazonEC2", (("regionCode", SEOUL), ("instanceType", "t3.small")))
    assert "0.0230000000 USD, 0.0414000000 USD" in why(any_type)


def test_several_products_of_one_price_are_one_price(cloud: Any) -> None:
    storage = Thing("RDS storage", "AmazonRDS", (("regionCode", SEOUL), ("productFamily", "Database Storage")),
                    "RDS:GP2-Storage", unit=Unit.MONTH)  # fmt: skip
    assert price(storage).amount == Decimal("0.1310")


def test_where_accounts_cannot_ask_nobody_is_asked(cloud: Any) -> None:
    assert "us-gov-west-1" in why(instance("t3.small", "us-gov-west-1"), "us-gov-west-1")
    assert cloud.requests("pricing") == []


def test_the_same_question_is_asked_once_a_day(cloud: Any) -> None:
    asked = instance("t3.small", SEOUL)
    for later in (timedelta(), timedelta(hours=23), timedelta(hours=25)):
        price_of(asked, ACCOUNT, SEOUL, NOW + later)
        price_of(asked, AccountRef("123456789012", "another"), SEOUL, NOW + later)
    assert len(cloud.requests("pricing", "GetProducts")) == 2


def test_a_missing_permission_is_named_as_policies_name_it(cloud: Any) -> None:
    cloud.fault("denied", service="pricing")
    with pytest.raises(TargetError, match="pricing:GetProducts") as raised:
        price(instance("t3.small", SEOUL))
    assert not raised.value.retryable


def test_an_answer_that_failed_is_not_kept(cloud: Any) -> None:
    cloud.fault("throttle", service="pricing", times=3)
    with pytest.raises(TargetError) as raised:
        price(instance("t3.small", SEOUL))
    assert raised.value.retryable
    assert price(instance("t3.small", SEOUL)).amount == Decimal("0.0230")


def test_tiers_of_different_prices_are_no_price() -> None:
    tiers = [{"unit": "GB-Mo", "pricePerUnit": {"USD": amount}} for amount in ("0.1", "0.05")]
    terms = {"OnDemand": {"term": {"priceDimensions": dict(enumerate(tiers))}}}
    told = {"product": {"sku": "S", "attributes": {}}, "terms": terms}
    found = agreed(Thing("S3", "AmazonS3", (), unit=Unit.MONTH), [read(json.dumps(told))])
    assert not isinstance(found, Price)
    assert "0.05 USD, 0.1 USD" in found["en"]
