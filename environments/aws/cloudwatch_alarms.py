"""What CloudWatch knows of alarms beside what its messages say. It only looks."""

from __future__ import annotations

from collections.abc import Mapping

from environments.targets.base import AccountRef
from environments.targets.client import client, in_words

ACTION = "cloudwatch:ListTagsForResource"


def tags_of(account: AccountRef, region: str, arn: str) -> Mapping[str, str]:
    """The tags of an alarm. `TargetError` when AWS cannot be asked, or the alarm is gone."""
    cloudwatch = client("cloudwatch", account, region)
    with in_words("cloudwatch", "ListTagsForResource", account, region):
        found = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}
