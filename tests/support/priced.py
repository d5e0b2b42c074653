"""Targets in the simulated AWS whose prices are wanted."""

from __future__ import annotations

from typing import Any

from environments.models import Environment, Target
from environments.models.rate import Pricing, Rate
from tests import factories
from tests.support.times import monday

NOW = monday("09:10")
IMAGE = "ami-12345678"


def create(cloud: Any) -> None:
    tags = [{"ParameterKey": name, "ParameterValue": "2.14.3"} for name in factories.TAGS]
    cloud.client("cloudformation").create_stack(
        StackName="ChatAppMasterStack", TemplateURL=factories.TEMPLATE_URL, Parameters=tags
    )


def wanted(of: Environment) -> Pricing:
    """The environment's only target's row, wanted now."""
    made, _ = Pricing.objects.update_or_create(target=of.targets.get(), defaults={"wanted_at": NOW, "attempts": 0})
    return made


def instance(cloud: Any, **wish: Any) -> Pricing:
    """An instance with a disk of 30 GB as an environment of its own, its prices wanted."""
    disk = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3"}}]
    kind = {"InstanceType": "t3.small"} | wish
    made = cloud.client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, BlockDeviceMappings=disk, **kind)
    Target.objects.create(
        environment=factories.environment("wiki"), kind="ec2", identifier=made["Instances"][0]["InstanceId"],
        account=factories.account(), region=factories.REGION,
    )  # fmt: skip
    return wanted(Environment.objects.get(slug="wiki"))


def lines(of: Pricing) -> dict[str, tuple[str, str, bool]]:
    """Unit price and quantity of the lines in force, and whether they are billed while stopped, by label."""
    rows = Rate.objects.current().filter(target_number=of.target_id)
    return {row.label: (f"{row.unit_price:.4f}", f"{row.quantity.normalize():f}", row.always) for row in rows}
