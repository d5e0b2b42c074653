"""Prices are looked up for what targets really have, through AWS's own APIs: written as lines, kept, tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.aws import inventory_texts as texts
from environments.aws.price_list import forget_answers
from environments.models import Target
from environments.models.rate import Pricing, Rate
from environments.services import operations, price_looks, price_wishes, rates, workflow
from environments.services.price_looks import look_due
from environments.targets.client import forget_clients
from tests import factories
from tests.support.priced import NOW, create, instance, lines, wanted

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    forget_answers()
    aws.seed_reference()
    aws.freeze(NOW)
    yield aws
    forget_clients()
    forget_answers()


@pytest.fixture
def chat(cloud: Any) -> Pricing:
    """The reference case, running, its prices wanted."""
    create(cloud)
    return wanted(factories.chat_app())


def again(of: Pricing, after: timedelta = timedelta(days=7)) -> None:
    Pricing.objects.filter(pk=of.pk).update(wanted_at=NOW + after)
    look_due(now=NOW + after)
    of.refresh_from_db()


# -- what is written ---------------------------------------------------------------------------------------------------


def test_the_reference_case_costs_what_its_owners_reckon_with(chat: Pricing) -> None:
    assert look_due(now=NOW) == 1
    found = lines(chat)
    assert found["EC2 t3.small"] == ("0.0230", "2", False)
    assert found["DocumentDB db.t3.medium"] == ("0.1780", "1", False)
    assert found["ElastiCache cache.t2.micro"] == ("0.0170", "1", False)
    reckoned = rates.lines_of(environments=[chat.target.environment_id], first=TODAY, last=TODAY)
    (target,) = reckoned[chat.target.environment_id]
    own = {"EC2 t3.small", "DocumentDB db.t3.medium", "ElastiCache cache.t2.micro"}
    assert sum(rate.an_hour for rate in target.rates if rate.label in own) == Decimal("0.241")


def test_what_else_is_billed_is_priced_or_listed_with_why(chat: Pricing) -> None:
    look_due(now=NOW)
    chat.refresh_from_db()
    assert lines(chat).keys() >= {"Application Load Balancer", "Public IPv4 address"}
    said = {one["what"]["en"]: one["why"]["en"] for one in chat.unpriced}
    assert texts.LCU["en"] in said.values()
    assert texts.CLUSTER_STORAGE["en"] in said.values()
    assert all(one["what"]["ko"] and one["why"]["ko"] for one in chat.unpriced)


def test_lines_say_what_they_were_found_for(cloud: Any) -> None:
    of = instance(cloud)
    look_due(now=NOW)
    row = Rate.objects.get(label="EC2 t3.small")
    assert row.source == Rate.Source.PRICE_LIST
    assert row.details["instances"] == [of.target.identifier]
    assert row.details["filters"]["instanceType"] == "t3.small"
    assert row.details["sku"]


def test_volumes_are_billed_while_the_machine_is_stopped(cloud: Any) -> None:
    of = instance(cloud)
    look_due(now=NOW)
    found = lines(of)
    assert found["EC2 t3.small"] == ("0.0230", "1", False)
    assert found["EBS gp3 (GB)"] == ("0.0912", "30", True)
    assert Rate.objects.get(label="EBS gp3 (GB)").unit == Rate.Unit.MONTH


def test_a_type_that_the_list_does_not_have_is_listed_and_never_counted_as_nothing(cloud: Any) -> None:
    of = instance(cloud, InstanceType="c5.large")
    look_due(now=NOW)
    of.refresh_from_db()
    assert "EC2 c5.large" not in lines(of)
    assert {one["what"]["en"]: one["why"]["en"] for one in of.unpriced} == {"EC2 c5.large": texts.NOT_IN_LIST["en"]}


def test_looked_up_again_with_nothing_changed_nothing_is_written(chat: Pricing) -> None:
    look_due(now=NOW)
    before = list(Rate.objects.order_by("pk").values())
    changes = Rate.history.count()
    again(chat)
    assert list(Rate.objects.order_by("pk").values()) == before
    assert Rate.history.count() == changes


# -- when --------------------------------------------------------------------------------------------------------------


def test_prices_are_looked_up_each_week_and_only_where_that_is_wanted(chat: Pricing) -> None:
    look_due(now=NOW)
    chat.refresh_from_db()
    assert (chat.looked_at, chat.wanted_at, chat.attempts) == (NOW, NOW + timedelta(days=7), 0)
    assert look_due(now=NOW + timedelta(days=6)) == 0
    Pricing.objects.update(automatic=False)
    assert look_due(now=NOW + timedelta(days=8)) == 0


def test_a_stopped_stack_keeps_the_lines_of_the_time_when_it_ran(chat: Pricing, cloud: Any) -> None:
    look_due(now=NOW)
    before = lines(chat)
    cloud.client("cloudformation").delete_stack(StackName="ChatAppMasterStack")
    again(chat)
    assert lines(chat) == before
    assert (chat.problem, chat.wanted_at) == ({}, NOW + timedelta(days=8))


def test_a_stack_that_never_ran_says_that_prices_come_with_its_first_start(cloud: Any) -> None:
    of = wanted(factories.chat_app())
    look_due(now=NOW)
    of.refresh_from_db()
    assert (of.problem, of.looked_at, lines(of)) == (texts.FIRST_START, None, {})
    create(cloud)
    price_wishes.started(target_id=of.target_id, now=NOW)
    look_due(now=NOW)
    of.refresh_from_db()
    assert of.problem == {}
    assert "EC2 t3.small" in lines(of)


def test_a_successful_start_wants_a_look(scripted: Any) -> None:
    chat = factories.environment(schedule=None)
    Target.objects.create(environment=chat, kind="scripted", identifier="t", account=factories.account(),
                          region=factories.REGION)  # fmt: skip
    of, week = wanted(chat), NOW + timedelta(days=7)
    Pricing.objects.update(wanted_at=week)
    made = operations.request(environment=chat, kind="start", trigger="hold", reason={"en": "-"}, now=NOW)
    for _ in range(5):
        workflow.advance(operation_id=made.pk, now=NOW)
    of.refresh_from_db()
    assert of.wanted_at == NOW


def test_what_is_just_being_switched_is_looked_at_later(chat: Pricing) -> None:
    factories.operation(chat.target.environment, status="running", at=NOW)
    assert look_due(now=NOW) == 0


def test_new_targets_are_looked_at_by_themselves(cloud: Any) -> None:
    create(cloud)
    chat = factories.chat_app()
    Pricing.objects.all().delete()
    assert look_due(now=NOW) == 1
    assert "EC2 t3.small" in lines(chat.targets.get().pricing)


def test_two_turns_at_once_look_once(chat: Pricing, monkeypatch: pytest.MonkeyPatch) -> None:
    look, counts = price_looks._look, []

    def meanwhile(row: Pricing, now: Any) -> str:
        counts.append(look_due(now=now))
        return look(row, now)

    monkeypatch.setattr(price_looks, "_look", meanwhile)
    assert look_due(now=NOW) == 1
    assert counts == [0]


def test_a_worker_that_was_killed_delays_a_look_by_half_an_hour(chat: Pricing) -> None:
    price_looks._claim(chat, NOW)
    assert look_due(now=NOW + timedelta(minutes=29)) == 0
    assert look_due(now=NOW + timedelta(minutes=31)) == 1


def test_what_was_found_is_dropped_when_another_look_is_wanted_meanwhile(
    chat: Pricing, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = price_looks._found

    def started_meanwhile(*looked: Any, **how: Any) -> Any:
        price_wishes.started(target_id=chat.target_id, now=NOW + timedelta(minutes=1))
        return found(*looked, **how)

    monkeypatch.setattr(price_looks, "_found", started_meanwhile)
    look_due(now=NOW)
    chat.refresh_from_db()
    assert (chat.wanted_at, chat.looked_at, lines(chat)) == (NOW + timedelta(minutes=1), None, {})
