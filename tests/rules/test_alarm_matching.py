"""Which check an alarm belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from environments.rules.alarm_matching import Claim, Thing, Watch, owner

HERE = ("123456789012", "ap-northeast-2")


def watch(name: str = "cpu", **dimensions: str) -> Watch:
    return Watch(name, *HERE, dimensions={key: (value,) for key, value in dimensions.items()})


def thing(kind: str, *names: str, account: str = HERE[0], region: str = HERE[1]) -> Thing:
    return Thing(kind, account, region, frozenset(names))


def of(*things: Thing) -> list[Claim]:
    return [Claim(1, things=things)]


@pytest.mark.parametrize(
    ("kind", "name", "dimensions"),
    [
        ("ec2", "i-1", {"InstanceId": "i-1"}),
        ("rds_instance", "chat-db", {"DBInstanceIdentifier": "chat-db"}),
        ("rds_cluster", "chat", {"DBClusterIdentifier": "chat"}),
        ("auto_scaling_group", "workers", {"AutoScalingGroupName": "workers"}),
        ("ecs_service", "chat/api", {"ClusterName": "chat", "ServiceName": "api"}),
        ("cloudformation", "ChatStack", {"StackName": "ChatStack"}),
        ("cloudformation", "ChatStack", {"DBInstanceIdentifier": "chatstack-database-1abc"}),
        ("cloudformation", "ChatStack", {"AutoScalingGroupName": "ChatStack-Server-1ABC-Group-2DEF"}),
    ],
)
def test_an_alarm_on_what_a_target_names_is_its_environments(kind: str, name: str, dimensions: dict[str, str]) -> None:
    assert owner(watch(**dimensions), of(thing(kind, name))) == 1


@pytest.mark.parametrize(
    ("target", "dimensions"),
    [
        (thing("ec2", "i-1"), {"InstanceId": "i-2"}),
        (thing("ec2", "i-1", account="999999999999"), {"InstanceId": "i-1"}),
        (thing("ec2", "i-1", region="us-east-1"), {"InstanceId": "i-1"}),
        (thing("rds_instance", "chat"), {"DBClusterIdentifier": "chat"}),
        (thing("ecs_service", "chat/api"), {"ClusterName": "chat"}),
        (thing("ecs_service", "chat/api"), {"ServiceName": "api"}),
        (thing("ecs_service", "chat/api"), {"ClusterName": "chat", "ServiceName": "worker"}),
        (thing("cloudformation", "Chat"), {"AutoScalingGroupName": "ChatStack-Server"}),
        (thing("app_runner", "api"), {"ServiceName": "api"}),
        (thing("ec2"), {}),
    ],
)
def test_what_another_thing_is_called_is_not(target: Thing, dimensions: dict[str, str]) -> None:
    assert owner(watch(**dimensions), of(target)) is None


def test_of_two_stacks_whose_names_begin_alike_the_longer_is_meant() -> None:
    claims = [Claim(1, (thing("cloudformation", "chat"),)), Claim(2, (thing("cloudformation", "chat-dev"),))]
    assert owner(watch(AutoScalingGroupName="chat-dev-Server-1ABC"), claims) == 2
    assert owner(watch(AutoScalingGroupName="chat-Server-1ABC"), claims) == 1


def test_names_are_compared_with_patterns() -> None:
    claims = [Claim(1, patterns=("chat-dev-*", "old-?"))]
    assert [owner(watch(name), claims) for name in ("chat-dev-cpu", "old-1", "chat-staging-cpu", "Chat-dev-cpu")] == [
        *(1, 1),
        *(None, None),
    ]


def test_a_dimension_may_have_a_pattern() -> None:
    claims = [Claim(1, dimension=("LoadBalancer", "app/chat-dev/*"))]
    assert owner(watch(LoadBalancer="app/chat-dev/50dc6c495c0c9188"), claims) == 1
    assert owner(watch(LoadBalancer="app/chat/50dc6c495c0c9188"), claims) is None
    assert owner(watch(TargetGroup="app/chat-dev/50dc6c495c0c9188"), claims) is None


@pytest.mark.parametrize(
    ("tags", "value", "belongs"),
    [
        ({"env": "chat-dev"}, "chat-dev", 1),
        ({"env": "chat-dev"}, "chat-*", 1),
        ({"env": "other"}, "chat-dev", None),
        ({}, "*", None),
    ],
)
def test_a_tag_must_be_there(tags: dict[str, str], value: str, belongs: int | None) -> None:
    assert owner(Watch("cpu", *HERE, tags=tags), [Claim(1, tag=("env", value))]) == belongs


def test_what_says_most_about_an_alarm_wins_then_the_oldest_check() -> None:
    by_name, by_target = {"patterns": ("cpu",)}, {"things": (thing("ec2", "i-1"),)}
    claims: list[Any] = [Claim(1, **by_target), Claim(2, **by_name), Claim(3, **by_name)]  # type: ignore[arg-type]
    assert owner(watch("cpu", InstanceId="i-1"), claims) == 2
    assert owner(watch("memory", InstanceId="i-1"), claims) == 1
