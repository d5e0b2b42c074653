"""ECS services and App Runner services, as the price list knows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from environments.targets import app_runner_services, ecs_services
from environments.targets.base import TargetError, TargetRef
from environments.targets.selection import Selection, selection

from . import inventory_texts as texts
from .inventory_parts import Inventory, Place, Thing, Unpriced, asking, total

FARGATE, SPOT = "FARGATE", "FARGATE_SPOT"
# Tasks, and services, are described so many at once.
SERVICES_AT_ONCE = 10
# 20 GB come with each task: https://aws.amazon.com/fargate/pricing/
FREE_DISK_GB = 20
UNITS_A_CPU, MB_A_GB = 1024, 1024
NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(vcpu|gb)?\s*", re.IGNORECASE)
DEFAULT_SCALING = "DefaultConfiguration"
GONE = "INACTIVE"


def services_of(place: Place, ref: TargetRef) -> Inventory:
    """The tasks of the services that a start is about, as many as they wish for or a start brings back."""
    chosen = ecs_services.chosen_by(ref)
    with asking("ecs", "describe_services", place.account, place.region):
        found = ecs_services.find(chosen, ecs_services.services(place.client("ecs"), [chosen]))
    meant = ecs_services.to_start(ref, found.members)
    counts = {(one.cluster, one.name): ecs_services.count_for(ref, one) for one in meant}
    told = described(place, counts)
    return total(service(place, one, counts[key]) for key, one in told.items())


def described(place: Place, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Services by cluster and name, as ECS tells them."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for cluster in sorted({cluster for cluster, _ in keys}):
        names = sorted(name for its, name in keys if its == cluster)
        for first in range(0, len(names), SERVICES_AT_ONCE):
            part = names[first : first + SERVICES_AT_ONCE]
            for one in _in_cluster(place, cluster, part):
                if one.get("status") != GONE:
                    found[cluster, one["serviceName"]] = one
    return found


def _in_cluster(place: Place, cluster: str, names: Sequence[str]) -> list[Mapping[str, Any]]:
    """A cluster that is gone has no services."""
    try:
        return place.all("ecs", "describe_services", "services", cluster=cluster, services=list(names))
    except TargetError as error:
        if error.code != "ClusterNotFoundException":
            raise
        return []


def service(place: Place, told: Mapping[str, Any], count: int) -> Inventory:
    """One service of so many tasks."""
    name = told["serviceName"]
    providers = [one["capacityProvider"] for one in told.get("capacityProviderStrategy") or ()]
    if SPOT in providers:
        return Inventory((), (Unpriced(texts.plain(f"Fargate Spot: {name}"), texts.SPOT),))
    if not (FARGATE in providers or (not providers and told.get("launchType") == FARGATE)):
        return Inventory((), (Unpriced(texts.plain(f"ECS: {name}"), texts.ON_MACHINES),))
    wanted = told["taskDefinition"]
    task = place.client("ecs")
    with asking("ecs", "describe_task_definition", place.account, place.region):
        definition = task.describe_task_definition(taskDefinition=wanted)["taskDefinition"]
    return tasks(definition, place.region, count, name)


def tasks(definition: Mapping[str, Any], region: str, count: int, name: str) -> Inventory:
    """So many tasks on Fargate: their processors and memory by the hour."""
    platform = definition.get("runtimePlatform") or {}
    if str(platform.get("operatingSystemFamily", "")).startswith("WINDOWS"):
        return Inventory((), (Unpriced(texts.plain(f"Fargate (Windows): {name}"), texts.NO_RULE),))
    cpus, memory = measure(definition.get("cpu"), UNITS_A_CPU), measure(definition.get("memory"), MB_A_GB)
    if cpus is None or memory is None:
        return Inventory((), (Unpriced(texts.plain(f"Fargate: {name}"), texts.NO_RULE),))
    arm = platform.get("cpuArchitecture") == "ARM64"
    kind, infix = (" (ARM)", "ARM-") if arm else ("", "")
    where, details = (("regionCode", region),), {"services": [name], "tasks": count}
    found = Inventory(
        (
            Thing(f"Fargate vCPU{kind}", "AmazonECS", where, f"Fargate-{infix}vCPU-Hours:perCPU", cpus * count,
                  details=details),
            Thing(f"Fargate memory{kind} (GB)", "AmazonECS", where, f"Fargate-{infix}GB-Hours", memory * count,
                  details=details),
        )
    )  # fmt: skip
    disk = (definition.get("ephemeralStorage") or {}).get("sizeInGiB", 0)
    if disk > FREE_DISK_GB:
        found += Inventory((), (Unpriced(texts.plain(f"Fargate: {name}, {disk} GB"), texts.NO_RULE),))
    return found


def apps_of(place: Place, ref: TargetRef) -> Inventory:
    """The App Runner services that a start is about."""
    chosen = selection(ref.identifier)
    found = app_runner_services.find(chosen, apps(place, [chosen]))
    return total(app(place, one.arn) for one in app_runner_services.to_start(ref, found.members))


def apps(place: Place, chosen: Sequence[Selection]) -> list[app_runner_services.Service]:
    """All App Runner services of the region, with their tags where a filter asks for them."""
    with asking("apprunner", "list_services", place.account, place.region):
        tagging = place.client("resourcegroupstaggingapi")
        return app_runner_services.services(place.client("apprunner"), tagging, chosen)


def app(place: Place, arn: str) -> Inventory:
    """One App Runner service: the memory of the instances that are always provisioned.

    They are billed by the hour while the service runs, and not while it is paused; processors only while requests are
    worked on: https://aws.amazon.com/apprunner/pricing/
    """
    runner = place.client("apprunner")
    with asking("apprunner", "describe_service", place.account, place.region):
        told = runner.describe_service(ServiceArn=arn)["Service"]
    name = told["ServiceName"]
    memory = measure((told.get("InstanceConfiguration") or {}).get("Memory") or "2 GB", MB_A_GB)
    if memory is None:
        return Inventory((), (Unpriced(texts.plain(f"App Runner: {name}"), texts.NO_RULE),))
    scaling = told.get("AutoScalingConfigurationSummary") or {}
    least = 1
    if scaling.get("AutoScalingConfigurationName", DEFAULT_SCALING) != DEFAULT_SCALING:
        with asking("apprunner", "describe_auto_scaling_configuration", place.account, place.region):
            found = runner.describe_auto_scaling_configuration(
                AutoScalingConfigurationArn=scaling["AutoScalingConfigurationArn"]
            )
        least = int(found["AutoScalingConfiguration"].get("MinSize") or 1)
    thing = Thing(
        "App Runner memory (GB)", "AWSAppRunner", (("regionCode", place.region),), "AppRunner-Provisioned-GB-hours",
        memory * least, details={"services": [name], "instances": least},
    )  # fmt: skip
    what = {"en": f"App Runner {name}: vCPU", "ko": f"App Runner {name}: vCPU"}
    return Inventory((thing,), (Unpriced(what, texts.ACTIVE_CPU),))


def measure(text: Any, units: int) -> Decimal | None:
    """Processors or gigabytes, from `1024` (units of a thousandth) or `1 vCPU`, `2 GB`; None for anything else."""
    found = NUMBER.fullmatch(str(text or ""))
    if found is None:
        return None
    return Decimal(found[1]) if found[2] else Decimal(found[1]) / units
