"""EC2 instances and auto scaling groups that could be targets."""

from __future__ import annotations

from collections.abc import Iterator

from . import auto_scaling_groups, ec2_instances
from . import discovery_texts as texts
from .base import AccountRef, Seen, TargetRef
from .client import client, in_words
from .discovery import STACK_TAG, Found

STATES = {"running": Seen.RUNNING, "stopped": Seen.STOPPED}


def instances(account: AccountRef, region: str) -> Iterator[Found]:
    """All instances that were not terminated, those of groups too. Calls: one a page."""
    with in_words("ec2", "DescribeInstances", account, region):
        for one in ec2_instances.instances(client("ec2", account, region), []):
            group, stack = one.tags.get(ec2_instances.GROUP), one.tags.get(STACK_TAG)
            yield Found(
                kind="ec2",
                identifier=one.id,
                name=one.tags.get("Name") or one.id,
                tags=one.tags,
                state=STATES.get(one.state, Seen.PARTLY),
                details=(texts.plain(one.id, one.type, one.zone), *((texts.of_stack(stack),) if stack else ())),
                why_not=texts.of_group(group) if group else None,
            )


def groups(account: AccountRef, region: str) -> Iterator[Found]:
    """All auto scaling groups. Calls: one a page."""
    with in_words("autoscaling", "DescribeAutoScalingGroups", account, region):
        for one in auto_scaling_groups.groups(client("autoscaling", account, region), []):
            sizes, stack = one.sizes, one.tags.get(STACK_TAG)
            ref = TargetRef("auto_scaling_group", one.name, account, region)
            details = [texts.sizes(sizes.low, sizes.wanted, sizes.high)]
            details += [texts.of_stack(stack)] if stack else []
            details += [texts.GROUP_AT_ZERO] if one.is_down else []
            yield Found(
                kind="auto_scaling_group",
                identifier=one.name,
                name=one.name,
                tags=one.tags,
                state=auto_scaling_groups.seen_as(ref, [one]),
                details=tuple(details),
            )
