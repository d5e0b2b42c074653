"""Calls that change nothing: each action that looks, tried as such; those that change, as AWS's dry run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from environments.targets.base import AccountRef, Texts
from environments.targets.selection import selection

from . import access_texts as texts
from .access_findings import ERRORS, Finding, judged
from .access_grants import Ask, object_of

# Stands for what the account has none of; AWS says then that it is not there, after it has checked the permission.
NOBODYS = "daybreak-connection-test"
INSTANCES = {"ec2:StartInstances", "ec2:StopInstances"}


@dataclass(frozen=True, slots=True)
class Sample:
    """Things of the account's own targets in a region, to ask about: a policy may allow to see no others."""

    asks: Sequence[Ask]
    account: AccountRef
    region: str

    def names(self, kind: str) -> list[str]:
        return sorted({name for ask in self.asks if ask.kind == kind for name in ask.names})

    def name(self, kind: str) -> str:
        return next(iter(self.names(kind)), NOBODYS)

    def source(self, source: str) -> str:
        refs = [ask.ref for ask in self.asks if ask.ref]
        return next((p.value for ref in refs for p in ref.parameters if p.source == source), NOBODYS)

    def service(self) -> dict[str, Any]:
        cluster, _, name = self.name("ecs_service").rpartition("/")
        return {"cluster": cluster or "default", "services": [name]}

    def app(self) -> str:
        name = self.name("app_runner")
        partition = self.asks[0].partition
        made = f"arn:{partition}:apprunner:{self.region}:{self.account.account_id}:service/{name}/{'0' * 32}"
        return name if name.startswith("arn:") else made

    def scaling(self) -> str:
        """Each account has it: https://docs.aws.amazon.com/apprunner/latest/dg/manage-autoscaling.html"""
        where = f"{self.asks[0].partition}:apprunner:{self.region}:{self.account.account_id}"
        return f"arn:{where}:autoscalingconfiguration/DefaultConfiguration/1/00000000000000000000000000000001"

    def alarm(self) -> str:
        where = f"{self.asks[0].partition}:cloudwatch:{self.region}:{self.account.account_id}"
        return f"arn:{where}:alarm:{NOBODYS}"

    def template(self) -> dict[str, str]:
        urls = (str(ask.ref.options.get("template_url", "")) for ask in self.asks if ask.ref)
        bucket, key = object_of(next(filter(None, urls), ""))
        return {"Bucket": bucket, "Key": key, "Range": "bytes=0-0"}


def _without(sample: Sample) -> dict[str, Any]:
    return {}


def _of_stack(sample: Sample) -> dict[str, Any]:
    return {"StackName": sample.name("cloudformation")}


# What calls need that cannot be made without parameters; what is not here is called without any.
PARAMETERS: Mapping[str, Callable[[Sample], dict[str, Any]]] = {
    "cloudformation:DescribeStackEvents": _of_stack,
    "cloudformation:DescribeStackResources": _of_stack,
    "cloudformation:GetTemplate": _of_stack,
    "cloudformation:GetTemplateSummary": _of_stack,
    "cloudformation:ListStackResources": _of_stack,
    "ecr:DescribeImages": lambda sample: {"repositoryName": sample.source("ecr")},
    # The value is neither decrypted nor kept.
    "ssm:GetParameter": lambda sample: {"Name": sample.source("ssm")},
    "ecs:DescribeServices": Sample.service,
    "ecs:DescribeTaskDefinition": lambda sample: {"taskDefinition": NOBODYS},
    "ec2:DescribeLaunchTemplateVersions": lambda sample: {"Versions": ["$Default"]},
    "application-autoscaling:DescribeScalableTargets": lambda sample: {"ServiceNamespace": "ecs"},
    "apprunner:ListOperations": lambda sample: {"ServiceArn": sample.app()},
    "apprunner:DescribeService": lambda sample: {"ServiceArn": sample.app()},
    "apprunner:DescribeAutoScalingConfiguration": lambda sample: {"AutoScalingConfigurationArn": sample.scaling()},
    # A span that has no days is refused after the permission was looked at, and an error costs nothing.
    "ce:GetCostAndUsage": lambda _sample: {
        "TimePeriod": {"Start": "2026-01-01", "End": "2026-01-01"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
    },
    "cloudwatch:GetMetricData": lambda _sample: {
        "MetricDataQueries": [
            {
                "Id": "nobodys",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/EC2",
                        "MetricName": "CPUUtilization",
                        "Dimensions": [{"Name": "InstanceId", "Value": NOBODYS}],
                    },
                    "Period": 3600,
                    "Stat": "Average",
                },
            }
        ],
        "StartTime": "2026-01-01T00:00:00Z",
        "EndTime": "2026-01-01T01:00:00Z",
    },
    "cloudwatch:ListTagsForResource": lambda sample: {"ResourceARN": sample.alarm()},
    "pricing:GetProducts": lambda sample: {"ServiceCode": "AmazonEC2", "MaxResults": 1},
    "s3:GetObject": Sample.template,
}


def look(clients: Callable[[str], Any], action: str, sample: Sample) -> tuple[Finding, Texts] | None:
    """Call an action that looks. None where it cannot be called without knowing more."""
    service, _, name = action.partition(":")
    wanted = PARAMETERS.get(action, _without)(sample)
    try:
        made = clients(SIGNED_AS.get(service, service))
        model = made.meta.service_model.operation_model(name)
    except (UnknownServiceError, KeyError):  # `OperationNotFoundError` is a KeyError of botocore's
        return None
    if model.input_shape and set(model.input_shape.required_members) - set(wanted):
        return None
    try:
        getattr(made, xform_name(name))(**wanted)
    except ERRORS as error:
        return judged(error, action, sample.account, sample.region)
    return Finding.ALLOWED, texts.ALLOWED


def dry_run(clients: Callable[[str], Any], action: str, sample: Sample) -> tuple[Finding, Texts] | None:
    """Ask EC2 whether it would. None where there is no instance to ask it for, and for all other actions."""
    if action not in INSTANCES:
        return None
    ec2 = clients("ec2")
    try:
        ids = sample.names("ec2")[:1] or _some_instance(ec2, sample)
        if not ids:
            return None
        getattr(ec2, xform_name(action.partition(":")[2]))(InstanceIds=ids, DryRun=True)
    except ERRORS as error:
        found = judged(error, action, sample.account, sample.region)
        # An instance that is gone, or one that may not be looked for: nothing was learned of this action.
        learned = "DryRun" in str(error) or found[0] in {Finding.DENIED, Finding.FAILED}
        return found if learned and "DescribeInstances" not in str(error) else None
    return None  # AWS always refuses a dry run, one way or the other


def _some_instance(ec2: Any, sample: Sample) -> list[str]:
    """One that a target's filter finds; where there is no target, any."""
    filters = [
        {"Name": "tag-key", "Values": [key]}
        for ask in sample.asks
        if ask.ref and ask.kind == "ec2"
        for key, _ in selection(ask.ref.identifier).tags[:1]
    ][:1]
    alive = {"Name": "instance-state-name", "Values": ["running", "stopped"]}
    wanted = [tags for ask in sample.asks if ask.ref and ask.kind == "ec2" for tags in [selection(ask.ref.identifier)]]
    for reservation in ec2.describe_instances(Filters=[alive, *filters], MaxResults=100)["Reservations"]:
        for one in reservation["Instances"]:
            tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", ())}
            if not wanted or wanted[0].matches(tags):
                return [one["InstanceId"]]
    return []


# Services that policies call differently than boto3 does.
SIGNED_AS = {"tag": "resourcegroupstaggingapi", "elasticloadbalancing": "elbv2"}
