"""A fault strikes the calls it is for, as often as it was asked to, and no others; one that cannot be is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.support.simulator import Simulator


def outcomes(aws: Simulator, calls: list[Callable[[], Any]]) -> list[str]:
    """Of each call: ok, or the code of its error."""

    def outcome(call: Callable[[], Any]) -> str:
        try:
            call()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    return [outcome(call) for call in calls]


def test_a_fault_strikes_once_unless_told_otherwise(aws: Simulator) -> None:
    aws.fault("throttle")

    assert outcomes(aws, [aws.client("ecs").list_clusters] * 2) == ["ThrottlingException", "ok"]


def test_a_fault_strikes_only_what_it_names(aws: Simulator) -> None:
    aws.fault("denied", service="ecs", action="CreateCluster", times=None)
    ecs = aws.client("ecs")

    assert outcomes(aws, [ecs.list_clusters, ecs.create_cluster, aws.client("ec2").describe_vpcs]) == [
        "ok",
        "AccessDeniedException",
        "ok",
    ]


def test_a_fault_can_be_for_an_account_or_a_region(aws: Simulator) -> None:
    aws.fault("throttle", account="222222222222", times=None)
    aws.fault("denied", region="us-east-1", times=None)
    elsewhere: list[dict[str, Any]] = [{"account": "222222222222"}, {"region": "us-east-1"}, {}]

    assert outcomes(aws, [aws.client("ecs", **where).list_clusters for where in elsewhere]) == [
        "ThrottlingException",
        "AccessDeniedException",
        "ok",
    ]


def test_a_fault_can_begin_at_the_nth_call_that_matches(aws: Simulator) -> None:
    aws.fault("throttle", action="ListClusters", nth=2, times=2)
    ecs = aws.client("ecs")
    calls = [ecs.list_clusters, ecs.list_services, ecs.list_clusters, ecs.list_clusters, ecs.list_clusters]
    ecs.create_cluster()

    assert outcomes(aws, calls) == ["ok", "ok", "ThrottlingException", "ThrottlingException", "ok"]


@pytest.mark.parametrize("nth", [1, 2, 4])
def test_a_fault_can_strike_exactly_the_nth_call_of_any_kind_from_now(aws: Simulator, nth: int) -> None:
    aws.client("ecs").list_clusters()
    aws.fault("error", code="InternalFailure", nth=nth)
    calls = [aws.client("ecs").list_clusters, aws.client("ec2").describe_vpcs] * 2

    assert outcomes(aws, calls) == ["InternalFailure" if at == nth else "ok" for at in (1, 2, 3, 4)]


def test_a_fault_can_let_calls_of_any_kind_pass_first(aws: Simulator) -> None:
    aws.fault("throttle", service="ecs", after=2)
    ecs, ec2 = aws.client("ecs"), aws.client("ec2")

    assert outcomes(aws, [ecs.list_clusters, ec2.describe_vpcs, ec2.describe_vpcs, ecs.list_clusters]) == [
        "ok",
        "ok",
        "ok",
        "ThrottlingException",
    ]


def test_the_first_planned_of_several_faults_strikes_and_the_others_stay_due(aws: Simulator) -> None:
    aws.fault("throttle", nth=2)
    aws.fault("denied", nth=2)

    assert outcomes(aws, [aws.client("ecs").list_clusters] * 4) == [
        "ok",
        "ThrottlingException",
        "AccessDeniedException",
        "ok",
    ]


def test_a_fault_by_chance_strikes_the_same_calls_with_the_same_seed(aws: Simulator) -> None:
    def run() -> list[str]:
        aws.fault("throttle", probability=0.5, seed=7, times=None)
        seen = outcomes(aws, [aws.client("ecs").list_clusters] * 20)
        aws.clear_faults()
        return seen

    first = run()
    assert 3 < first.count("ok") < 17
    assert run() == first


# -- the control API ---------------------------------------------------------------------------------------------------


def test_faults_are_listed_with_how_often_they_matched_and_struck(aws: Simulator) -> None:
    number = aws.fault("throttle", service="ecs", nth=2)
    other = aws.fault("slow", service="ec2", times=None, seconds=0)
    outcomes(aws, [aws.client("ecs").list_clusters] * 3)

    first, second = aws.faults()
    assert (first["id"], first["kind"], first["service"], first["nth"]) == (number, "throttle", "ecs", 2)
    assert (first["matched"], first["used"], first["active"]) == (3, 1, False)
    assert (second["id"], second["matched"], second["used"], second["active"]) == (other, 0, 0, True)


def test_faults_are_taken_back_one_by_one_or_all(aws: Simulator) -> None:
    first, second = aws.fault("reset", times=None), aws.fault("throttle", times=None)
    aws.clear_faults(first)
    assert [fault["id"] for fault in aws.faults()] == [second]
    aws.clear_faults()

    assert aws.faults() == []
    assert outcomes(aws, [aws.client("ecs").list_clusters]) == ["ok"]
    with pytest.raises(AssertionError, match="there is no fault 77"):
        aws.clear_faults(77)


def test_a_reset_of_the_simulator_forgets_faults(aws: Simulator) -> None:
    aws.fault("throttle", times=None)
    aws.reset()

    assert aws.faults() == []
    assert outcomes(aws, [aws.client("ecs").list_clusters]) == ["ok"]


def test_faults_are_forgotten_over_a_restart_and_what_was_done_in_spite_of_them_is_not(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal"))
    first = Simulator(*journal)
    first.fault("lost", action="CreateCluster", times=None)
    with pytest.raises(ConnectionClosedError):
        first.client("ecs").create_cluster(clusterName="chat")
    first.stop()
    second = Simulator(*journal)

    assert second.faults() == []
    assert len(second.client("ecs").list_clusters()["clusterArns"]) == 1
    second.stop()


def test_the_control_api_itself_is_never_struck(aws: Simulator) -> None:
    aws.fault("reset", times=None)

    assert aws.control("GET", "health") == {"status": "UP"}
    assert aws.faults()[0]["matched"] == 0


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "explode"}, "kind is one of throttle, denied, error, reset, timeout, slow, lost, garbled"),
        ({"service": "ecs"}, "kind is one of .*, not None"),
        ({"kind": "reset", "acton": "CreateStack"}, "unknown: acton; a fault has kind, service, action"),
        ({"kind": "reset", "service": "formation"}, "service: there is no 'formation'"),
        ({"kind": "reset", "service": "docdb"}, "service: calls of docdb arrive as rds; name that"),
        ({"kind": "reset", "service": "ecs", "action": "list_clusters"}, "action: ecs has no 'list_clusters'"),
        ({"kind": "reset", "times": 0}, "times is a whole number, 1 or more, not 0"),
        ({"kind": "reset", "nth": True}, "nth is a whole number, 1 or more, not True"),
        ({"kind": "reset", "after": -1}, "after is a whole number, 0 or more, not -1"),
        ({"kind": "reset", "probability": 0}, "probability is more than 0 and at most 1"),
        ({"kind": "reset", "seconds": 1}, "seconds is for slow and timeout, not for reset"),
        ({"kind": "slow", "seconds": 1000}, "seconds is 0 to 300, not 1000"),
        ({"kind": "throttle", "code": "Slow"}, "code is for error, not for throttle"),
        ({"kind": "error"}, "code: an error needs one"),
        ({"kind": "error", "code": "Oops", "status": 200}, "status is a whole number, 400 to 599, not 200"),
        ({"kind": "reset", "region": 1}, "region is a text, not 1"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_words_and_nothing_is_planned(
    aws: Simulator, rule: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        aws.control("POST", "faults", **rule)

    assert aws.faults() == []
