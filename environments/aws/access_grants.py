"""Which resources an action can be narrowed to in a policy, for one target: the table that policies and tests share.

Source of what can be narrowed and how: the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from environments.targets.base import TargetRef
from environments.targets.selection import selection

STACK = "cloudformation"
LOOKS = re.compile(r"^(Describe|Get|List)")
Condition = Mapping[str, Mapping[str, tuple[str, ...]]]
Rule = Callable[["Ask"], Iterable["Grant"]]
SERVICES = {
    "apprunner": "AppRunner",
    "application-autoscaling": "ApplicationAutoScaling",
    "autoscaling": "AutoScaling",
    "ce": "CostExplorer",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "ec2": "Ec2",
    "ecr": "Ecr",
    "ecs": "Ecs",
    "elasticache": "ElastiCache",
    "elasticloadbalancing": "LoadBalancing",
    "iam": "Iam",
    "pricing": "Pricing",
    "rds": "Rds",
    "s3": "S3",
    "ssm": "Ssm",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """An action of a kind, for one target or (`ref` None) for whatever there may be of the kind."""

    action: str
    kind: str
    ref: TargetRef | None
    account_id: str
    partition: str

    def arn(self, service: str, rest: str, *, region: str = "") -> str:
        where = region or (self.ref.region if self.ref else "*")
        return f"arn:{self.partition}:{service}:{where}:{self.account_id}:{rest}"

    @property
    def names(self) -> list[str]:
        """What the target names; none for a tag filter."""
        named = selection(self.ref.identifier).name if self.ref else ""
        return [part.strip() for part in named.split(",") if part.strip()]


@dataclass(frozen=True, slots=True)
class Grant:
    """Resources that an action is granted on. `sid` says in a word why it is narrowed like this, or not at all."""

    sid: str
    resources: tuple[str, ...] = ("*",)
    condition: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    by_aws_alone: bool = False
    """Only CloudFormation itself uses it, on the way of another call: nobody can try it by itself."""

    def condition_block(self) -> dict[str, dict[str, str | list[str]]]:
        block: dict[str, dict[str, str | list[str]]] = {}
        for operator, key, values in self.condition:
            block.setdefault(operator, {})[key] = values[0] if len(values) == 1 else list(values)
        return block


def grants(ask: Ask) -> list[Grant]:
    """What a policy has to grant for this action; nothing where the target does not need it."""
    for pattern, rule in RULES:
        if fnmatchcase(ask.action, pattern):
            return list(rule(ask))
    return list(_anything(ask))


def more_actions(ref: TargetRef) -> tuple[str, ...]:
    """What a target needs beside the actions of its kind, because of how it was entered."""
    if ref.kind != STACK:
        return ()
    url = ("s3:GetObject",) if ref.options.get("template_url") else ()
    return (*url, "iam:PassRole") if ref.options.get("role_arn") else url


def object_of(url: str) -> tuple[str, str]:
    """Bucket and key of an S3 address, with the bucket in the host or in the path."""
    split = urlsplit(url)
    host, path = split.hostname or "", split.path.lstrip("/")
    bucket, dot, _ = host.partition(".s3")
    if dot:
        return bucket, path
    bucket, _, key = path.partition("/")
    return bucket, key


def verb(action: str) -> str:
    return "Look" if LOOKS.match(action.partition(":")[2]) else "Switch"


def _sid(ask: Ask, how: str) -> str:
    prefix = ask.action.partition(":")[0]
    return f"{verb(ask.action)}{SERVICES.get(prefix) or prefix.replace('-', ' ').title().replace(' ', '')}{how}"


def _anything(ask: Ask) -> Iterator[Grant]:
    """AWS cannot narrow it to resources, or lists would be refused as a whole."""
    yield Grant(_sid(ask, "NoResourceLevel"))


def _named(ask: Ask, service: str, shape: str, names: Iterable[str] | None = None) -> Iterator[Grant]:
    """By names where the target has them, by tags where it filters, otherwise any of the account."""
    found = ask.names if names is None else list(names)
    if found:
        yield Grant(_sid(ask, "ByName"), tuple(ask.arn(service, shape.format(name)) for name in found))
    elif ask.ref is None:
        yield Grant(_sid(ask, "Any"), (ask.arn(service, shape.format("*")),))
    else:
        tags = selection(ask.ref.identifier).tags
        condition = tuple(
            ("StringLike" if value == "*" else "StringEquals", f"aws:ResourceTag/{key}", (value,))
            for key, value in tags
        )
        yield Grant(_sid(ask, "ByTag"), (ask.arn(service, shape.format("*")),), condition)


def _stacks(ask: Ask) -> Iterator[Grant]:
    """The stack, and its nested ones, whose names AWS begins with the stack's: those to look at and to delete, where
    what keeps one from being deleted is left behind; to change them only when CloudFormation itself does it for the
    stack."""
    if ask.ref is None:
        yield Grant(_sid(ask, "Any"), (ask.arn("cloudformation", "stack/*/*"),))
        return
    own, nested = (ask.arn("cloudformation", f"stack/{ask.ref.identifier}{end}/*") for end in ("", "-*"))
    if verb(ask.action) == "Look":
        yield Grant(_sid(ask, "ByName"), (own, nested))
        return
    yield Grant(_sid(ask, "ByName"), (own,))
    if ask.action == "cloudformation:DeleteStack":
        # One of its own, so that “Test connection” asks about it as well.
        yield Grant("NestedStacksLeavingBehind", (nested,))
    elif not ask.ref.options.get("role_arn"):
        called = ("ForAnyValue:StringEquals", "aws:CalledVia", ("cloudformation.amazonaws.com",))
        yield Grant("NestedStacksByCloudFormation", (nested,), (called,), by_aws_alone=True)


def _repositories(ask: Ask) -> Iterator[Grant]:
    yield from _sources(ask, "ecr", "ecr", "repository/{}")


def _ssm_parameters(ask: Ask) -> Iterator[Grant]:
    yield from _sources(ask, "ssm", "ssm", "parameter/{}")


def _sources(ask: Ask, source: str, service: str, shape: str) -> Iterator[Grant]:
    """What a target's parameters take their values from; nothing where none does."""
    if ask.ref is None:
        yield Grant(_sid(ask, "Any"), (ask.arn(service, shape.format("*")),))
        return
    values = sorted({p.value for p in ask.ref.parameters if p.source == source})
    whole = tuple(value for value in values if value.startswith("arn:"))
    names = [value.lstrip("/").partition(":")[0] for value in values if value not in whole]
    arns = [ask.arn(service, shape.format(name)) for name in names]
    if arns or whole:
        yield Grant(_sid(ask, "ByName"), (*arns, *whole))


def _databases(ask: Ask) -> Iterator[Grant]:
    cluster = "Cluster" in ask.action
    yield from _named(ask, "rds", "cluster:{}" if cluster else "db:{}", [name.lower() for name in ask.names])


def _snapshots(ask: Ask) -> Iterator[Grant]:
    """Only those that the portal takes, whose names begin with its own."""
    noun = "cluster-snapshot" if ask.kind == "rds_cluster" else "snapshot"
    yield Grant("OwnSnapshots", (ask.arn("rds", f"{noun}:daybreak-*"),))


def _snapshots_of_databases(ask: Ask) -> Iterator[Grant]:
    yield from _databases(ask)
    yield from _snapshots(ask)


def _services(ask: Ask) -> Iterator[Grant]:
    if ask.kind == STACK:  # whatever the stack has made
        yield Grant(_sid(ask, "Any"), (ask.arn("ecs", "service/*"),))
        return
    cluster = str(ask.ref.options.get("cluster") or "*") if ask.ref else "*"
    looks = verb(ask.action) == "Look"
    if ask.names or not looks:
        yield from _named(ask, "ecs", "service/{}" if ask.names else f"service/{cluster}/{{}}")
    else:  # a filter reads the tags of all to find its own
        yield Grant(_sid(ask, "Any"), (ask.arn("ecs", f"service/{cluster}/*"),))


def _scalable_targets(ask: Ask) -> Iterator[Grant]:
    """They have ids of AWS's own that nobody knows before: narrowed to counts of ECS services."""
    condition = (
        ("StringEquals", "application-autoscaling:service-namespace", ("ecs",)),
        ("StringEquals", "application-autoscaling:scalable-dimension", ("ecs:service:DesiredCount",)),
    )
    yield Grant(_sid(ask, "OfEcs"), (ask.arn("application-autoscaling", "scalable-target/*"),), condition)


def _groups(ask: Ask) -> Iterator[Grant]:
    yield from _named(ask, "autoscaling", "autoScalingGroup:*:autoScalingGroupName/{}")


def _instances(ask: Ask) -> Iterator[Grant]:
    yield from _named(ask, "ec2", "instance/{}")


def _apps(ask: Ask) -> Iterator[Grant]:
    """A service's ARN ends with an id; where it was entered whole, it is taken whole."""
    if ask.kind == STACK:  # whatever the stack has made
        yield Grant(_sid(ask, "Any"), (ask.arn("apprunner", "service/*/*"),))
        return
    whole = tuple(name for name in ask.names if name.startswith("arn:"))
    if whole:
        yield Grant(_sid(ask, "ByName"), whole)
    names = [name for name in ask.names if name not in whole]
    if names or not whole:
        if names or ask.ref is None or verb(ask.action) == "Switch":
            yield from _named(ask, "apprunner", "service/{}/*", names)
        else:
            yield Grant(_sid(ask, "Any"), (ask.arn("apprunner", "service/*/*"),))


def _scalings(ask: Ask) -> Iterator[Grant]:
    yield Grant(_sid(ask, "Any"), (ask.arn("apprunner", "autoscalingconfiguration/*/*/*"),))


def _alarms(ask: Ask) -> Iterator[Grant]:
    yield Grant(_sid(ask, "Any"), (ask.arn("cloudwatch", "alarm:*"),))


def _templates(ask: Ask) -> Iterator[Grant]:
    """The template and what lies beside it, where nested templates are kept."""
    if ask.ref is not None:
        bucket, key = object_of(str(ask.ref.options["template_url"]))
        folder = key.rpartition("/")[0]
        yield Grant("LookTemplates", (f"arn:{ask.partition}:s3:::{bucket}/{folder + '/' if folder else ''}*",))


def _pass_role(ask: Ask) -> Iterator[Grant]:
    if ask.ref is not None:
        to = ("StringEquals", "iam:PassedToService", ("cloudformation.amazonaws.com",))
        yield Grant("PassServiceRole", (str(ask.ref.options["role_arn"]),), (to,))


# The first that fits counts. Calls that list (to find by tags, to see all in one call) are refused as a whole unless
# they are granted for all.
RULES: Sequence[tuple[str, Rule]] = (
    ("cloudformation:DescribeStacks", _anything),
    ("cloudformation:GetTemplateSummary", _anything),
    ("cloudformation:ListStacks", _anything),
    ("cloudformation:ValidateTemplate", _anything),
    ("cloudformation:*", _stacks),
    ("ecr:DescribeImages", _repositories),
    ("ssm:GetParameter", _ssm_parameters),
    ("ec2:StartInstances", _instances),
    ("ec2:StopInstances", _instances),
    ("autoscaling:Describe*", _anything),
    ("autoscaling:*", _groups),
    ("rds:Describe*", _anything),
    ("rds:AddTagsToResource", _snapshots),
    ("rds:DeleteDB*Snapshot", _snapshots),
    ("rds:CreateDB*Snapshot", _snapshots_of_databases),
    ("rds:St*", _databases),
    ("ecs:DescribeServices", _services),
    ("ecs:UpdateService", _services),
    ("application-autoscaling:RegisterScalableTarget", _scalable_targets),
    ("apprunner:DescribeAutoScalingConfiguration", _scalings),
    ("apprunner:ListServices", _anything),
    ("apprunner:*", _apps),
    ("cloudwatch:ListTagsForResource", _alarms),
    ("s3:GetObject", _templates),
    ("iam:PassRole", _pass_role),
)
