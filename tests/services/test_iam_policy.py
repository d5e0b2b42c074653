"""`manage.py iam_policy`: the least that the portal's role must be allowed, for exactly what is in use."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.exceptions import UnknownServiceError
from django.core.management import CommandError, call_command

from environments.aws.access_grants import LOOKS
from environments.aws.access_grants_prices import FOR_PRICES
from environments.aws.access_grants_use import FOR_USE
from environments.aws.access_policy import LARGEST, documents, size
from environments.aws.access_probes import SIGNED_AS
from environments.models import Environment, Target
from environments.targets.registry import KINDS, driver
from tests import factories

pytestmark = pytest.mark.django_db

TEMPLATE = Path(__file__).parents[2] / "docs" / "daybreak-role.yaml"
ROLE = "arn:aws:iam::123456789012:role/DaybreakPortal"
# Permissions that no API call is named for.
NO_CALL = {"iam:PassRole"}


def printed(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("iam_policy", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def policy(*arguments: str) -> dict[str, Any]:
    document = json.loads(printed(*arguments)[0])
    assert document["Version"] == "2012-10-17"
    return dict(document)


def granted(action: str, *arguments: str) -> list[tuple[list[str], Any]]:
    """Resources and conditions of the statements that grant it."""
    stated = policy(*arguments)["Statement"]
    return [(one["Resource"], one.get("Condition")) for one in stated if action in one["Action"]]


def actions(document: dict[str, Any]) -> set[str]:
    return {action for one in document["Statement"] for action in one["Action"]}


def target(kind: str, identifier: str, *, of: str = "chat-dev", **options: Any) -> Target:
    environment = Environment.objects.filter(slug=of).first() or factories.environment(of)
    return Target.objects.create(
        environment=environment,
        kind=kind,
        identifier=identifier,
        account=factories.account(),
        region=factories.REGION,
        options=options,
    )


# -- what is granted -------------------------------------------------------------------------------------------------


def test_it_grants_exactly_what_the_kinds_in_use_ask_for() -> None:
    target("ec2", "i-0123456789abcdef0")
    target("rds_instance", "chat-db")
    wanted = {*driver("ec2").actions, *driver("rds_instance").actions, "pricing:GetProducts"}
    wanted |= {"ec2:DescribeSnapshots", "ec2:DescribeVolumes"}
    wanted |= {"cloudwatch:GetMetricData", "cloudwatch:ListTagsForResource"}
    assert actions(policy()) == wanted | {"iam:SimulatePrincipalPolicy"}


def test_every_kind_of_the_registry_is_covered_when_they_are_asked_for() -> None:
    wanted = {action for kind in KINDS for action in (*driver(kind).actions, *FOR_PRICES[kind], *FOR_USE.get(kind, ()))}
    wanted |= {"ce:GetCostAndUsage", "cloudwatch:ListTagsForResource"}
    assert actions(policy("--all-kinds")) == wanted
    factories.account()
    assert actions(policy("--all-kinds", "--account", "development")) == wanted | {"iam:SimulatePrincipalPolicy"}


@pytest.mark.parametrize(
    ("kind", "identifier", "action", "resources"),
    [
        (
            "ec2",
            "i-0123456789abcdef0, i-00000000000000001",
            "ec2:StopInstances",
            [
                f"arn:aws:ec2:ap-northeast-2:123456789012:instance/i-{i}"
                for i in ("00000000000000001", "0123456789abcdef0")
            ],
        ),
        ("rds_instance", "Chat-DB", "rds:StopDBInstance", ["arn:aws:rds:ap-northeast-2:123456789012:db:chat-db"]),
        ("rds_cluster", "chat", "rds:StopDBCluster", ["arn:aws:rds:ap-northeast-2:123456789012:cluster:chat"]),
        (
            "rds_instance",
            "chat-db",
            "rds:DeleteDBSnapshot",
            ["arn:aws:rds:ap-northeast-2:123456789012:snapshot:daybreak-*"],
        ),
        (
            "ecs_service",
            "chat/api",
            "ecs:UpdateService",
            ["arn:aws:ecs:ap-northeast-2:123456789012:service/chat/api"],
        ),
        (
            "auto_scaling_group",
            "chat-web",
            "autoscaling:UpdateAutoScalingGroup",
            ["arn:aws:autoscaling:ap-northeast-2:123456789012:autoScalingGroup:*:autoScalingGroupName/chat-web"],
        ),
        (
            "cloudformation",
            "chat",
            "cloudformation:GetTemplate",
            [
                "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/chat-*/*",
                "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/chat/*",
            ],
        ),
    ],
)
def test_what_a_target_names_is_all_that_may_be_touched(
    kind: str, identifier: str, action: str, resources: list[str]
) -> None:
    target(kind, identifier)
    assert [where for where, _ in granted(action)] == [resources]


def test_what_a_tag_filter_means_is_narrowed_by_these_tags() -> None:
    target("ec2", "tag:env=dev,tier=*")
    condition = {"StringEquals": {"aws:ResourceTag/env": "dev"}, "StringLike": {"aws:ResourceTag/tier": "*"}}
    assert granted("ec2:StopInstances") == [(["arn:aws:ec2:ap-northeast-2:123456789012:instance/*"], condition)]


def test_a_stack_is_changed_by_its_own_name_and_nested_ones_by_cloudformation_alone() -> None:
    target("cloudformation", "chat", template_body="{}")
    own, nested = sorted(granted("cloudformation:UpdateStack"), key=lambda one: bool(one[1]))
    assert own == (["arn:aws:cloudformation:ap-northeast-2:123456789012:stack/chat/*"], None)
    assert nested[0] == ["arn:aws:cloudformation:ap-northeast-2:123456789012:stack/chat-*/*"]
    called_by = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
    assert nested[1] == called_by


@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/ChatDeploys"])
def test_nested_stacks_can_be_deleted_by_themselves_where_something_is_left_behind(role: str) -> None:
    target("cloudformation", "chat", template_body="{}", role_arn=role)
    stacks = "arn:aws:cloudformation:ap-northeast-2:123456789012:stack"
    found = sorted(granted("cloudformation:DeleteStack"))
    assert found == [([f"{stacks}/chat-*/*"], None), ([f"{stacks}/chat/*"], None)]


def test_a_stack_without_a_service_role_needs_more_than_is_printed_and_that_is_said() -> None:
    target("cloudformation", "chat", template_body="{}")
    assert "whatever the templates of chat describe" in printed()[1]


def test_a_stack_with_a_service_role_needs_to_pass_that_role_and_nothing_for_its_resources() -> None:
    role = "arn:aws:iam::123456789012:role/ChatDeploys"
    target("cloudformation", "chat", template_body="{}", role_arn=role)
    passed_to = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    assert granted("iam:PassRole") == [([role], passed_to)]
    assert "whatever the templates" not in printed()[1]
    assert len(granted("cloudformation:UpdateStack")) == 1


def test_looking_up_prices_only_looks_and_sees_whatever_a_stack_has_made() -> None:
    assert FOR_PRICES.keys() == KINDS.keys()
    assert [action for named in FOR_PRICES.values() for action in named if not LOOKS.match(action.split(":")[1])] == []
    target("cloudformation", "chat")
    assert granted("ecs:DescribeServices") == [(["arn:aws:ecs:ap-northeast-2:123456789012:service/*"], None)]
    services = ["arn:aws:apprunner:ap-northeast-2:123456789012:service/*/*"]
    assert granted("apprunner:DescribeService") == [(services, None)]
    assert granted("pricing:GetProducts") == [(["*"], None)]


def test_images_and_ssm_parameters_are_granted_by_name_and_only_where_they_are_used() -> None:
    chat = factories.environment()
    factories.stack(chat, "one", parameters={"Tag": ("ecr", "chat-http"), "Secret": ("ssm", "/chat/password:3")})
    assert granted("ecr:DescribeImages") == [(["arn:aws:ecr:ap-northeast-2:123456789012:repository/chat-http"], None)]
    assert granted("ssm:GetParameter") == [(["arn:aws:ssm:ap-northeast-2:123456789012:parameter/chat/password"], None)]
    chat.targets.all().delete()
    factories.stack(chat, "two", parameters={"Name": ("fixed", "x")})
    assert granted("ecr:DescribeImages") == granted("ssm:GetParameter") == []


def test_a_template_in_s3_is_read_with_what_lies_beside_it() -> None:
    factories.stack(factories.environment())
    assert granted("s3:GetObject") == [(["arn:aws:s3:::chat-app-templates/chat-app/*"], None)]


def test_an_account_in_china_has_arns_of_its_partition() -> None:
    account = factories.account(
        account_id="222222222222", name="china", role_arn="", external_id="", regions=["cn-north-1"]
    )
    Target.objects.create(
        environment=factories.environment(), kind="ec2", identifier="i-1", account=account, region="cn-north-1"
    )
    assert granted("ec2:StopInstances") == [(["arn:aws-cn:ec2:cn-north-1:222222222222:instance/i-1"], None)]


# -- what is printed -------------------------------------------------------------------------------------------------


def test_the_same_targets_print_the_same_text_in_whatever_order_they_were_made() -> None:
    target("ec2", "i-2")
    target("ec2", "i-1")
    first = printed()[0]
    Target.objects.all().delete()
    target("ec2", "i-1")
    target("ec2", "i-2")
    assert printed()[0] == first


def test_sids_are_letters_and_digits_and_given_once() -> None:
    factories.stack(factories.environment())
    target("ec2", "i-1")
    target("ec2", "tag:env=dev")
    target("ec2", "tag:env=test")
    for document in (policy(), policy("--all-kinds")):
        sids = [one["Sid"] for one in document["Statement"]]
        assert all(sid.isalnum() for sid in sids)
        assert len(set(sids)) == len(sids)


def test_what_is_larger_than_iam_takes_is_divided_and_nothing_is_lost() -> None:
    for number in range(200):
        target("ec2", f"i-{number:017x}")
    out, err = printed()
    parts = json.loads(out)
    assert len(parts) > 1
    assert all(size(part) <= LARGEST for part in parts)
    assert f"these are {len(parts)} policies" in err
    stopped = [
        arn
        for part in parts
        for one in part["Statement"]
        if "ec2:StopInstances" in one["Action"]
        for arn in one["Resource"]
    ]
    assert len(stopped) == len(set(stopped)) == 200
    for part in parts:
        sids = [one["Sid"] for one in part["Statement"]]
        assert len(set(sids)) == len(sids)


def test_parts_fit_whatever_the_size() -> None:
    stated = [
        {"Sid": "A", "Effect": "Allow", "Action": ["ec2:StopInstances"], "Resource": [f"arn:{i}" for i in range(99)]}
    ]
    parts = documents(stated, largest=400)
    assert all(size(part) <= 400 for part in parts)
    assert [arn for part in parts for one in part["Statement"] for arn in one["Resource"]] == stated[0]["Resource"]


def test_yaml_says_the_same_with_a_reason_above_each_statement() -> None:
    target("ec2", "i-1")
    text = printed("--format", "yaml")[0]
    assert yaml.safe_load(text) == policy()
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("- Sid")]
    assert all(lines[number - 1].startswith("# ") and len(lines[number - 1]) > 10 for number in starts)


def test_an_account_is_found_by_name_or_id_and_a_wrong_one_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(CommandError, match="no AWS account yet"):
        printed()
    factories.account()
    factories.account(account_id="222222222222", name="payments", role_arn="", external_id="")
    assert printed("--account", "Development")[0] == printed("--account", "123456789012")[0]
    with pytest.raises(CommandError, match=r"no account 'nope'. There are: development \(123456789012\), payments"):
        printed("--account", "nope")
    with pytest.raises(CommandError, match="which"):
        printed()


# -- the role's template ---------------------------------------------------------------------------------------------


def test_the_template_in_docs_is_what_the_command_prints() -> None:
    made = printed("--all-kinds", "--role-template")[0]
    assert TEMPLATE.read_text() == made, "manage.py iam_policy --all-kinds --role-template > docs/daybreak-role.yaml"


def test_every_action_that_is_printed_exists_in_aws() -> None:
    """As far as botocore's models know: permissions are named for API calls, but for a few."""
    target("cloudformation", "chat", template_url="https://b.s3.amazonaws.com/k", role_arn=ROLE)
    strange = []
    for action in actions(policy("--all-kinds")) | actions(policy()) - NO_CALL:
        service, _, name = action.partition(":")
        try:
            model = botocore.session.get_session().get_service_model(SIGNED_AS.get(service, service))
        except UnknownServiceError:
            strange.append(action)
            continue
        strange += [] if name in model.operation_names else [action]
    assert strange == []


def test_the_template_makes_a_role_that_only_the_portal_assumes_and_that_may_what_is_needed(aws: Any) -> None:
    parameters = {"PortalPrincipal": "arn:aws:iam::999999999999:role/Portal", "ExternalId": "long-and-random"}
    cfn = aws.client("cloudformation")
    cfn.create_stack(
        StackName="daybreak-role",
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stack = cfn.describe_stacks(StackName="daybreak-role")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    arn = stack["Outputs"][0]["OutputValue"]
    iam = aws.client("iam")
    trust = iam.get_role(RoleName="DaybreakPortal")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [one["Principal"] for one in trust] == [{"AWS": parameters["PortalPrincipal"]}]
    assert [one["Condition"] for one in trust] == [{"StringEquals": {"sts:ExternalId": "long-and-random"}}]

    def allowed(action: str, resource: str) -> bool:
        asked = {"PolicySourceArn": arn, "ActionNames": [action], "ResourceArns": [resource]}
        return bool(iam.simulate_principal_policy(**asked)["EvaluationResults"][0]["EvalDecision"] == "allowed")

    instance = "arn:aws:ec2:ap-northeast-2:123456789012:instance/i-1"
    assert allowed("ec2:StopInstances", instance)
    assert not allowed("ec2:TerminateInstances", instance)
    assert not allowed("ec2:StopInstances", instance.replace("123456789012", "210987654321"))
