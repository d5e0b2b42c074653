"""Getting into accounts: roles assumed and kept, and the test that says action by action what is missing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from environments.aws import access_policy
from environments.aws.access import try_actions
from environments.aws.access_findings import Finding, Row
from environments.targets import client as clients
from environments.targets.base import AccountRef, ParameterRef, TargetError, TargetRef
from environments.targets.client import client, forget_clients
from environments.targets.registry import KINDS
from tests.support.waiting import wait_until

HERE, THERE = "ap-northeast-2", "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/DaybreakPortal"
ACCOUNT = AccountRef("123456789012", "development", ROLE, "the right one")


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    """The simulated AWS, with the portal's role."""
    forget_clients()
    aws.register_role(ROLE, "the right one")
    yield aws
    forget_clients()


def tried(account: AccountRef = ACCOUNT, *refs: TargetRef, regions: tuple[str, ...] = (HERE,)) -> dict[str, Row]:
    """The report of the last of the regions by action: of these targets, or of every kind."""
    rows = rows_of(account, *refs, regions=regions)
    return {row.action: row for row in rows if row.region == regions[-1]}


def rows_of(account: AccountRef, *refs: TargetRef, regions: tuple[str, ...], patience_s: float = 20) -> list[Row]:
    asks = access_policy.asks(account, refs, () if refs else KINDS)
    return try_actions(account, dict.fromkeys(regions, asks), patience_s=patience_s)


def instances(name: str) -> TargetRef:
    return TargetRef("ec2", name, ACCOUNT, HERE)


def stack(**options: Any) -> TargetRef:
    image = ParameterRef("Tag", "ecr", "chat-chat-http")
    return TargetRef("cloudformation", "ChatAppMasterStack", ACCOUNT, HERE, options, (image,))


# -- sessions --------------------------------------------------------------------------------------------------------


def test_credentials_are_kept_and_renewed_shortly_before_they_expire(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client("ec2", ACCOUNT, HERE)
    client("rds", ACCOUNT, HERE)
    client("rds", ACCOUNT, THERE)
    assert len(cloud.requests("sts", "AssumeRole")) == 1
    begun = time.monotonic()
    now = {"now": begun + clients.ROLE_SECONDS - clients.RENEW_BEFORE - 60}
    monkeypatch.setattr(time, "monotonic", lambda: now["now"])
    assert client("ec2", ACCOUNT, HERE) is first
    now["now"] = begun + clients.ROLE_SECONDS - clients.RENEW_BEFORE + 60
    renewed = client("ec2", ACCOUNT, HERE)
    assert len(cloud.requests("sts", "AssumeRole")) == 2
    assert renewed._request_signer._credentials.token != first._request_signer._credentials.token
    renewed.describe_instances()


def test_an_account_whose_role_answers_slowly_holds_up_no_other(cloud: Any) -> None:
    other = AccountRef("210987654321", "other", "arn:aws:iam::210987654321:role/DaybreakPortal")
    cloud.register_role(other.role_arn)
    cloud.fault("slow", service="sts", action="AssumeRole", seconds=15)
    slow = threading.Thread(target=client, args=("ec2", ACCOUNT, HERE), daemon=True)
    slow.start()
    wait_until(lambda: cloud.faults()[0]["used"])
    client("ec2", other, HERE).describe_instances()
    assert slow.is_alive()
    cloud.clear_faults()
    slow.join(timeout=10)
    assert not slow.is_alive()


def test_an_account_whose_role_cannot_be_assumed_holds_up_no_other_and_is_asked_anew(cloud: Any) -> None:
    wrong = replace(ACCOUNT, external_id="the wrong one")
    other = AccountRef("210987654321", "other", "arn:aws:iam::210987654321:role/DaybreakPortal")
    cloud.register_role(other.role_arn)
    with pytest.raises(TargetError, match="cannot be assumed"):
        client("ec2", wrong, HERE)
    client("ec2", other, HERE).describe_instances()
    cloud.register_role(ROLE, "the wrong one")  # somebody corrects the trust policy
    client("ec2", wrong, HERE).describe_instances()


def test_an_edited_account_takes_effect_at_once_also_in_processes_that_nobody_told(cloud: Any) -> None:
    """What is kept is kept by role and external id: there is nothing to forget (`forget_clients` is not called)."""
    client("ec2", ACCOUNT, HERE)
    moved = replace(ACCOUNT, role_arn="arn:aws:iam::123456789012:role/Another", external_id="another")
    cloud.register_role(moved.role_arn, "another")
    client("ec2", moved, HERE).describe_instances()
    asked = [call["parameters"] for call in cloud.requests("sts", "AssumeRole")]
    assert [(one["RoleArn"], one["ExternalId"]) for one in asked] == [
        (ROLE, "the right one"),
        (moved.role_arn, "another"),
    ]
    with pytest.raises(TargetError, match="cannot be assumed"):
        client("ec2", replace(ACCOUNT, external_id=""), HERE)


# -- the role --------------------------------------------------------------------------------------------------------


def test_a_role_with_all_rights_works_action_by_action(cloud: Any) -> None:
    report = tried()
    assert set(report) == {"sts:AssumeRole"} | {a for kind in KINDS for a in access_policy.actions_of(kind)}
    assert {action: row.texts["en"] for action, row in report.items() if row.verdict != Finding.ALLOWED} == {}


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (replace(ACCOUNT, external_id="the wrong one"), "another external id"),
        (replace(ACCOUNT, external_id=""), "asks for an external id"),
        (replace(ACCOUNT, role_arn="arn:aws:iam::123456789012:role/Nobody"), "does not exist"),
        (
            AccountRef("210987654321", "other", "arn:aws:iam::210987654321:role/Nobody"),
            "AWS does not say why. Check, in this order: that the role exists",
        ),
    ],
)
def test_a_role_that_cannot_be_assumed_is_told_apart_as_far_as_aws_does(
    cloud: Any, account: AccountRef, said: str
) -> None:
    report = tried(account)
    assert list(report) == ["sts:AssumeRole"]
    assert report["sts:AssumeRole"].verdict == Finding.DENIED
    assert said in report["sts:AssumeRole"].texts["en"]
    assert report["sts:AssumeRole"].texts["ko"]


def test_a_portal_that_may_not_assume_roles_is_told_so_and_not_that_the_role_is_wrong(cloud: Any) -> None:
    said = f"not authorized to perform: sts:AssumeRole on {ROLE} because no identity-based policy allows it"
    cloud.fault("error", service="sts", action="AssumeRole", code="AccessDenied", message=said)
    assert "is not allowed to assume roles" in tried()["sts:AssumeRole"].texts["en"]


def test_a_trust_policy_that_does_not_ask_for_the_external_id_is_warned_of(cloud: Any) -> None:
    cloud.register_role(ROLE, None)
    row = tried()["sts:AssumeRole"]
    assert row.verdict == Finding.ALLOWED
    assert "also without the external id" in row.texts["en"]


def test_the_portals_own_credentials_of_another_account_are_not_taken_for_this_ones(cloud: Any) -> None:
    report = tried(AccountRef("210987654321", "other"))
    assert list(report) == ["sts:GetCallerIdentity"]
    assert report["sts:GetCallerIdentity"].verdict == Finding.FAILED
    assert "belong to account 123456789012, not to 210987654321" in report["sts:GetCallerIdentity"].texts["en"]


# -- actions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["cloudformation:DescribeStacks", "ecr:DescribeImages", "ecs:ListClusters"])
def test_a_look_that_is_denied_is_named_and_the_others_are_not(cloud: Any, action: str) -> None:
    cloud.fault("denied", action=action.partition(":")[2], times=None)
    report = tried()
    assert report[action].verdict == Finding.DENIED
    assert action in report[action].texts["en"]
    assert [row.action for row in report.values() if row.verdict != Finding.ALLOWED] == [action]


def test_only_what_the_targets_need_is_tried(cloud: Any) -> None:
    assert set(tried(ACCOUNT, instances("i-0123456789abcdef0"))) == {
        "sts:AssumeRole",
        *access_policy.actions_of("ec2"),
    }


def test_instances_are_asked_about_by_dry_runs_which_change_nothing(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    cloud.fault("denied", action="StopInstances", times=None)
    report = tried(ACCOUNT, instances(made))
    assert report["ec2:StopInstances"].verdict == Finding.DENIED
    assert report["ec2:StartInstances"].verdict == Finding.ALLOWED
    dry = [*cloud.requests("ec2", "StartInstances"), *cloud.requests("ec2", "StopInstances")]
    assert {str(call["parameters"].get("DryRun")).lower() for call in dry} == {"true"}
    assert ec2.describe_instances()["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


def test_a_test_changes_nothing(cloud: Any) -> None:
    tried(ACCOUNT, stack(), instances("tag:env=dev"))
    tried()
    looks = ("Describe", "List", "Get", "Simulate", "Assume")
    assert [call["action"] for call in cloud.requests() if not call["action"].startswith(looks)] == []


def test_what_the_roles_policy_lacks_is_found_without_doing_it(cloud: Any) -> None:
    role = _role_that_may(cloud, "cloudformation:*", "arn:aws:cloudformation:*:*:stack/Another/*")
    report = tried(replace(ACCOUNT, role_arn=role), stack())
    assert report["cloudformation:DeleteStack"].verdict == Finding.DENIED
    assert "stack/ChatAppMasterStack" in report["cloudformation:DeleteStack"].texts["en"]


def test_what_cannot_be_tested_without_doing_it_says_so(cloud: Any) -> None:
    cloud.fault("denied", action="SimulatePrincipalPolicy", times=None)
    report = tried(ACCOUNT, stack())
    assert report["cloudformation:DeleteStack"].verdict == Finding.UNKNOWN
    assert "cannot be tested without doing it" in report["cloudformation:DeleteStack"].texts["en"]
    assert report["cloudformation:DescribeStacks"].verdict == Finding.ALLOWED


def test_a_busy_aws_is_not_taken_for_a_missing_permission(cloud: Any) -> None:
    cloud.fault("throttle", service="ecr", times=None)
    assert tried(ACCOUNT, stack())["ecr:DescribeImages"].verdict == Finding.FAILED


def test_a_region_that_does_not_answer_is_given_up_in_time_and_the_others_are_told_of(cloud: Any) -> None:
    tried(ACCOUNT, stack())  # what is read and made for the first time takes the simulator longer than AWS
    cloud.fault("timeout", service="cloudformation", region=THERE, times=None, seconds=30)
    begun = time.monotonic()
    rows = rows_of(ACCOUNT, stack(), regions=(HERE, THERE), patience_s=3)
    assert time.monotonic() - begun < 6
    cloud.clear_faults()
    verdicts = {(row.region, row.action): row.verdict for row in rows}
    assert verdicts[HERE, "cloudformation:DescribeStacks"] == Finding.ALLOWED
    assert verdicts[THERE, "cloudformation:DescribeStacks"] == Finding.FAILED
    assert verdicts[THERE, "ecr:DescribeImages"] == Finding.ALLOWED


def test_a_secret_parameter_is_neither_decrypted_nor_reported(cloud: Any) -> None:
    cloud.client("ssm").put_parameter(Name="/chat/password", Value="hunter2", Type="SecureString")
    secret = replace(stack(), parameters=(ParameterRef("Password", "ssm", "/chat/password"),))
    report = tried(ACCOUNT, secret)
    assert report["ssm:GetParameter"].verdict == Finding.ALLOWED
    assert not any(call["parameters"].get("WithDecryption") for call in cloud.requests("ssm", "GetParameter"))
    assert "hunter2" not in json.dumps([row.as_data() for row in report.values()])


def _role_that_may(cloud: Any, actions: str, resource: str) -> str:
    """A role made through IAM, whose only policy says this."""
    iam = cloud.client("iam")
    condition = {"StringEquals": {"sts:ExternalId": "the right one"}}
    trust = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    made = iam.create_role(RoleName="Narrow", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName="Narrow", PolicyName="p", PolicyDocument=json.dumps(document))
    return str(made)
