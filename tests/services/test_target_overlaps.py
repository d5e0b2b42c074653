"""No thing of AWS is switched by two targets, however it is written."""

from __future__ import annotations

from typing import Any

import pytest

from environments.models import Environment, Target
from environments.services import target_overlaps
from environments.services.target_overlaps import Naming
from environments.targets.client import forget_clients
from environments.targets.discovery import STACK_TAG
from tests import factories
from tests.targets.worlds import world

pytestmark = pytest.mark.django_db
ONE, TWO = "i-0123456789abcdef0", "i-0123456789abcdef1"
ARN = "arn:aws:apprunner:ap-northeast-2:123456789012:service/web/0a1b"


def stands(kind: str, identifier: str, **options: Any) -> Target:
    return Target.objects.create(
        environment=Environment.objects.filter(slug="other").first() or factories.environment("other"),
        kind=kind,
        identifier=identifier,
        account=factories.account(),
        region=factories.REGION,
        options=options,
    )


def naming(kind: str, identifier: str, **options: Any) -> Naming:
    return Naming(factories.account(), factories.REGION, kind, identifier, options)


@pytest.mark.parametrize(
    ("kind", "stood", "added", "thing"),
    [
        ("ec2", f"{ONE},{TWO}", ONE, ONE),
        ("ec2", f"{ONE},{TWO}", f"{TWO}, {ONE}", ONE),
        ("ec2", ONE, TWO, None),
        ("ec2", "tag:env=dev", "tag: env = dev", "tag: env = dev"),
        ("ec2", "tag:env=dev,tier=web", "tag:tier=web,env=dev", "tag:tier=web,env=dev"),
        ("ec2", "tag:env=dev", "tag:env=dev,tier=web", "tag:env=dev,tier=web"),
        ("ec2", "tag:env=dev,tier=web", "tag:env=*", "tag:env=*"),
        ("ec2", "tag:env=dev", "tag:env=qa", None),
        ("ec2", "tag:env=dev", ONE, None),  # only AWS can tell
        ("rds_instance", "db1", "DB1", "DB1"),
        ("cloudformation", "Chat", "chat", None),
        ("ecs_service", "chat/api,chat/web", "chat/web", "chat/web"),
        ("app_runner", ARN, "web", "web"),
    ],
)
def test_what_is_written_in_another_way_is_seen_to_be_the_same(
    kind: str, stood: str, added: str, thing: str | None
) -> None:
    other = stands(kind, stood)
    overlap = target_overlaps.written(naming(kind, added))
    assert (overlap and overlap.thing) == thing
    assert overlap is None or overlap.other == other
    itself = Naming(factories.account(), factories.REGION, kind, added, {}, other.pk)
    assert target_overlaps.written(itself) is None


def test_filters_of_two_clusters_find_different_services() -> None:
    stands("ecs_service", "tag:env=dev", cluster="chat")
    assert target_overlaps.written(naming("ecs_service", "tag:env=dev", cluster="shop")) is None
    assert target_overlaps.written(naming("ecs_service", "tag:env=dev")) is not None


def test_who_may_not_see_the_other_environment_does_not_learn_its_name() -> None:
    stands("ec2", ONE)
    overlap = target_overlaps.written(naming("ec2", ONE))
    assert overlap is not None
    assert "“other”" in target_overlaps.in_words(overlap, factories.operator())["en"]
    assert "another environment" in target_overlaps.in_words(overlap, factories.outsider())["en"]


def test_a_part_of_anothers_stack_is_its_own_whichever_comes_second(aws: Any) -> None:
    forget_clients()
    factories.account(role_arn="", external_id="")
    machines: Any = world("ec2", aws)
    machine = machines.launch("web", {})
    aws.client("ec2").create_tags(Resources=[machine], Tags=[{"Key": STACK_TAG, "Value": "Shop"}])
    stood = stands("cloudformation", "Shop")
    found = target_overlaps.in_aws(naming("ec2", machine)).overlap
    assert found is not None
    assert (found.thing, found.through) == (machine, "Shop")
    stood.delete()
    stands("ec2", machine)
    found = target_overlaps.in_aws(naming("cloudformation", "Shop")).overlap
    assert found is not None
    assert (found.thing, found.through) == (machine, "Shop")


def test_aws_is_asked_only_where_it_could_tell_something_more(aws: Any) -> None:
    forget_clients()
    factories.account(role_arn="", external_id="")
    stands("ec2", ONE)
    aws.forget_requests()
    assert target_overlaps.in_aws(naming("ec2", TWO)) == target_overlaps.Answer()
    assert target_overlaps.in_aws(naming("rds_instance", "tag:env=dev")) == target_overlaps.Answer()
    assert aws.requests() == []
