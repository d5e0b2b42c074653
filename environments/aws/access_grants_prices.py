"""What looking up prices needs beside what a kind is switched with: it only looks (docs/prices-from-aws.md)."""

from __future__ import annotations

from collections.abc import Mapping

PRODUCTS = "pricing:GetProducts"
_MACHINES = ("ec2:DescribeInstances", "ec2:DescribeVolumes")
_GROUPS = (*_MACHINES, "ec2:DescribeLaunchTemplateVersions", "autoscaling:DescribeLaunchConfigurations")
_APPS = ("apprunner:ListServices", "apprunner:DescribeService", "apprunner:DescribeAutoScalingConfiguration")
FOR_PRICES: Mapping[str, tuple[str, ...]] = {
    "app_runner": (*_APPS, PRODUCTS),
    "auto_scaling_group": (*_GROUPS, PRODUCTS),
    "cloudformation": (
        *(*_GROUPS, "autoscaling:DescribeAutoScalingGroups", "ec2:DescribeNatGateways"),
        *(*_APPS, "ecs:DescribeServices", "ecs:DescribeTaskDefinition", "rds:DescribeDBInstances"),
        *("elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups"),
        *("elasticloadbalancing:DescribeLoadBalancers", PRODUCTS),
    ),
    "ec2": (*_MACHINES, "ec2:DescribeSnapshots", PRODUCTS),
    "ecs_service": ("ecs:DescribeTaskDefinition", PRODUCTS),
    "rds_cluster": (PRODUCTS,),
    "rds_instance": (PRODUCTS,),
}
