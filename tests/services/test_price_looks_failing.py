"""Looking prices up when AWS is busy, away, or does not allow it: said, tried again, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from environments.aws.price_list import forget_answers
from environments.models import Target
from environments.models.rate import Pricing
from environments.services import price_looks
from environments.services.price_looks import look_due
from environments.targets.client import forget_clients
from environments.targets.lanes import lanes
from tests import factories
from tests.support.hasty import hasten
from tests.support.priced import IMAGE, NOW, create, instance, lines, wanted

pytestmark = pytest.mark.django_db


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


def test_a_throttled_look_is_tried_again_later_and_later_and_the_lines_stay(
    chat: Pricing, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_due(now=NOW)
    before = lines(chat)
    forget_answers()
    forget_clients()
    hasten(monkeypatch)
    cloud.fault("throttle", service="pricing", times=None)
    at, pauses = NOW + timedelta(days=7), []
    for _ in range(7):
        look_due(now=at)
        chat.refresh_from_db()
        assert chat.wanted_at
        pauses.append((chat.wanted_at - at) / timedelta(hours=1))
        at = chat.wanted_at
    assert pauses == [1, 2, 4, 8, 16, 24, 24]
    assert "could not answer GetProducts" in chat.problem["en"]
    assert "ThrottlingException" in chat.problem["raw"]
    assert lines(chat) == before
    cloud.clear_faults()
    look_due(now=at)
    chat.refresh_from_db()
    assert (chat.problem, chat.attempts) == ({}, 0)


@pytest.mark.parametrize(
    ("service", "said"), [("pricing", "pricing:GetProducts"), ("elasticache", "elasticache:DescribeCacheClusters")]
)
def test_a_denied_look_names_the_permission_that_lacks(chat: Pricing, cloud: Any, service: str, said: str) -> None:
    cloud.fault("denied", service=service, times=None)
    look_due(now=NOW)
    chat.refresh_from_db()
    assert said in chat.problem["en"]
    assert said in chat.problem["ko"]
    assert (lines(chat), chat.looked_at) == ({}, None)


def test_an_account_whose_threads_are_all_busy_is_come_back_to_in_minutes(
    chat: Pricing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "threads", 1)
    with lanes.lane(factories.account().account_id):
        look_due(now=NOW)
    chat.refresh_from_db()
    assert (chat.wanted_at, chat.attempts, chat.problem) == (NOW + timedelta(minutes=5), 0, {})


def test_an_account_that_cannot_be_reached_is_asked_once_a_turn(chat: Pricing, cloud: Any) -> None:
    instance(cloud)
    forget_clients()
    cloud.fault("reset", service="sts", times=None)
    assert look_due(now=NOW) == 1


def test_a_mistake_of_ours_with_one_target_does_not_keep_the_others_from_their_turn(
    chat: Pricing, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, found = instance(cloud), price_looks._found

    def broken(ref: Any, **how: Any) -> Any:
        if ref.kind == "cloudformation":
            raise KeyError("Size")
        return found(ref, **how)

    monkeypatch.setattr(price_looks, "_found", broken)
    assert look_due(now=NOW) == 2
    chat.refresh_from_db()
    assert "made a mistake" in chat.problem["en"]
    assert "EC2 t3.small" in lines(other)


def test_targets_of_one_turn_share_the_answers_of_the_list(cloud: Any) -> None:
    first = instance(cloud)
    second = Target.objects.create(
        environment=factories.environment("wiki-2"), kind="ec2", account=factories.account(), region=factories.REGION,
        identifier=cloud.client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, InstanceType="t3.small")
        ["Instances"][0]["InstanceId"],
    )  # fmt: skip
    Pricing.objects.update_or_create(target=second, defaults={"wanted_at": NOW})
    assert look_due(now=NOW) == 2
    asked = [str(call["parameters"]) for call in cloud.requests("pricing")]
    assert len(asked) == len(set(asked))
    assert lines(first)["EC2 t3.small"] == lines(second.pricing)["EC2 t3.small"]
