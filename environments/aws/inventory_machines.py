"""EC2 instances with their volumes and addresses, and auto scaling groups, as the price list knows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from environments.targets import auto_scaling_groups, ec2_instances
from environments.targets.base import TargetError, TargetRef
from environments.targets.client import DENIED
from environments.targets.selection import selection

from . import inventory_texts as texts
from .inventory_parts import Inventory, Place, Thing, Unit, Unpriced, asking, total

EC2 = "AmazonEC2"
LINUX = "Linux/UNIX"
# What EC2 calls its tenancies, and what the Price List does.
TENANCIES = {"default": "Shared", "dedicated": "Dedicated"}
# Included in the price of a gigabyte of gp3: https://aws.amazon.com/ebs/pricing/
FREE_IOPS, FREE_MBPS = 3000, 125
# Volumes whose I/O operations a second are billed.
BILLED_IOPS = frozenset({"gp3", "io1", "io2"})
AMAZON = "amazon"


def instances_of(place: Place, ref: TargetRef) -> Inventory:
    """The instances that a start is about; volumes and kept addresses of all that the target names, billed always."""
    chosen = selection(ref.identifier)
    ec2 = place.client("ec2")
    with asking("ec2", "describe_instances", place.account, place.region):
        found = ec2_instances.find(chosen, ec2_instances.instances(ec2, [chosen]))
    told = described(place, [one.id for one in found.members])
    meant = {one.id for one in ec2_instances.to_start(ref, found.members)}
    running = total(machine(one, place.region) for one in told if one["InstanceId"] in meant)
    changing = total(addresses(one, place.region, kept=False) for one in told if one["InstanceId"] in meant)
    kept = total(addresses(one, place.region, kept=True) for one in told)
    return running + changing + kept.lasting() + volumes(place, told).lasting() + snapshots(place, told)


def groups_of(place: Place, ref: TargetRef) -> Inventory:
    """Instances at the sizes that are wished for, or that a start brings back, with their volumes and addresses."""
    chosen = selection(ref.identifier)
    autoscaling = place.client("autoscaling")
    with asking("autoscaling", "describe_auto_scaling_groups", place.account, place.region):
        found = auto_scaling_groups.find(chosen, auto_scaling_groups.groups(autoscaling, [chosen]))
    return total(group(place, ref, one) for one in auto_scaling_groups.meant(ref, found))


def group(place: Place, ref: TargetRef | None, one: auto_scaling_groups.Group) -> Inventory:
    """A group's instances, as many as it wishes for. Sizes may count in other measures than instances (weights): then
    those that are there count."""
    if one.members:
        there = whole_machines(place, described(place, one.members))
        plain = one.units == len(one.members) or one.units == 0
        return there.scaled(Decimal(one.sizes.wanted) / len(one.members)) if plain and one.sizes.wanted else there
    sizes = auto_scaling_groups.to_restore(ref, one) if ref else None
    count = (sizes or one.sizes).wanted
    kind = _launched(place, one.name) if count else ""
    if not count:
        return Inventory()
    if not kind:
        return Inventory((), (Unpriced(texts.plain(one.name), texts.NO_TEMPLATE),))
    thing = _machine_thing(kind, place.region, {}, {"group": one.name})
    later = Unpriced(texts.plain(one.name), texts.DISKS_LATER)
    return Inventory((thing,), (later,)).scaled(Decimal(count))


def whole_machines(place: Place, told: Sequence[Mapping[str, Any]], separate: Collection[str] = ()) -> Inventory:
    """Instances that go away altogether when they are stopped: with their volumes, but for those that are counted
    `separate`ly, and with the addresses that AWS lends them."""
    own = total(machine(one, place.region) + addresses(one, place.region, kept=False) for one in told)
    return own + volumes(place, told, separate)


def described(place: Place, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Instances of these ids, as EC2 tells them; those that are gone, or going, are not there."""
    answers = place.filtered("describe_instances", "Reservations", "instance-id", ids) if ids else []
    told = (one for reservation in answers for one in reservation["Instances"])
    return [one for one in told if one["State"]["Name"] in ec2_instances.STATES]


def machine(told: Mapping[str, Any], region: str) -> Inventory:
    """One instance by itself.

    What it runs is `UsageOperation`, the price list's attribute `operation`: https://docs.aws.amazon.com/AWSEC2/latest/
    UserGuide/billing-info-fields.html
    """
    kind, details = told["InstanceType"], {"instances": [told["InstanceId"]], "type": told["InstanceType"]}
    if told.get("InstanceLifecycle") == "spot":
        return Inventory((), (Unpriced(texts.plain(f"EC2 {kind} (spot)"), texts.SPOT),))
    if (told.get("Placement") or {}).get("Tenancy") == "host":
        return Inventory((), (Unpriced(texts.plain(f"EC2 {kind}: {told['InstanceId']}"), texts.HOST),))
    return Inventory((_machine_thing(kind, region, told, details),))


def _machine_thing(kind: str, region: str, told: Mapping[str, Any], details: Mapping[str, Any]) -> Thing:
    windows = told.get("Platform") == "windows"
    system = told.get("PlatformDetails") or ("Windows" if windows else LINUX)
    operation = told.get("UsageOperation") or ("RunInstances:0002" if windows else "RunInstances")
    tenancy = TENANCIES.get((told.get("Placement") or {}).get("Tenancy", "default"), "Shared")
    extra = [*([] if system == LINUX else [system]), *([] if tenancy == "Shared" else [tenancy])]
    filters = {
        "regionCode": region, "instanceType": kind, "operation": operation, "tenancy": tenancy,
        "capacitystatus": "Used",
    }  # fmt: skip
    label = f"EC2 {kind}" + (f" ({', '.join(extra)})" if extra else "")
    return Thing(label, EC2, tuple(filters.items()), details=details)


def volumes(place: Place, machines: Iterable[Mapping[str, Any]], separate: Collection[str] = ()) -> Inventory:
    """The volumes of these instances; one that several share counts once."""
    return volumes_by_id(place, sorted(_volume_ids(machines).difference(separate)))


def _volume_ids(machines: Iterable[Mapping[str, Any]]) -> set[str]:
    mappings = (one for told in machines for one in told.get("BlockDeviceMappings", ()))
    return {one["Ebs"]["VolumeId"] for one in mappings if "Ebs" in one}


def volumes_by_id(place: Place, ids: Sequence[str]) -> Inventory:
    if not ids:
        return Inventory()
    return total(volume(one, place.region) for one in place.filtered("describe_volumes", "Volumes", "volume-id", ids))


def volume(told: Mapping[str, Any], region: str) -> Inventory:
    """One volume: its gigabytes, and what it can do beyond what is included."""
    kind, details = told["VolumeType"], {"volumes": [told["VolumeId"]]}
    where = (("regionCode", region), ("volumeApiName", kind))
    size = Thing(f"EBS {kind} (GB)", EC2, (*where, ("productFamily", "Storage")), "", Decimal(told["Size"]), Unit.MONTH,
                 details=details)  # fmt: skip
    things, unpriced = [size], []
    iops = (told.get("Iops") or 0) - (FREE_IOPS if kind == "gp3" else 0)
    if kind in BILLED_IOPS and iops > 0:
        filters = (*where, ("productFamily", "System Operation"), ("group", "EBS IOPS"))
        things.append(Thing(f"EBS {kind} (IOPS)", EC2, filters, "", Decimal(iops), Unit.MONTH, details=details))
    if kind == "gp3" and (told.get("Throughput") or 0) > FREE_MBPS:
        what = f"EBS gp3: {told['Throughput']} MiB/s, {told['VolumeId']}"
        unpriced.append(Unpriced(texts.plain(what), texts.NO_RULE))
    return Inventory(tuple(things), tuple(unpriced))


def snapshots(place: Place, machines: Iterable[Mapping[str, Any]]) -> Inventory:
    """The account's own snapshots of the volumes of these instances, listed: each is billed by what differs from the
    one before (https://aws.amazon.com/ebs/pricing/), which AWS does not tell. A role that may not ask for them is no
    reason to price nothing."""
    ids = sorted(_volume_ids(machines))
    try:
        taken = place.filtered("describe_snapshots", "Snapshots", "volume-id", ids, OwnerIds=["self"])
    except TargetError as error:
        if error.code not in DENIED:
            raise
        return Inventory((), (Unpriced(texts.EBS_SNAPSHOTS, error.texts),))
    if not taken:
        return Inventory()
    what = texts.ebs_snapshots(len(taken), sum(one.get("VolumeSize") or 0 for one in taken))
    return Inventory((), (Unpriced(what, texts.BY_DIFFERENCE),))


def address(region: str, count: int, details: Mapping[str, Any]) -> Inventory:
    """Public IPv4 addresses; used and unused ones cost the same: https://aws.amazon.com/vpc/pricing/"""
    if not count:
        return Inventory()
    filters = (("regionCode", region), ("group", "VPCPublicIPv4Address"))
    usage = "PublicIPv4:InUseAddress"
    return Inventory((Thing("Public IPv4 address", "AmazonVPC", filters, usage, Decimal(count), details=details),))


def addresses(told: Mapping[str, Any], region: str, *, kept: bool) -> Inventory:
    """Public addresses of an instance: those that stay its own when it stops (Elastic IPs), or those that AWS lends
    while it runs, whose owner is “amazon” (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
    API_InstanceNetworkInterfaceAssociation.html)."""
    owners = dict(_public(told))
    ips = sorted(ip for ip, owner in owners.items() if (owner != AMAZON) is kept)
    return address(region, len(ips), {"addresses": ips})


def _public(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if told.get("PublicIpAddress"):
        yield told["PublicIpAddress"], AMAZON
    for interface in told.get("NetworkInterfaces", ()):
        for one in (interface, *interface.get("PrivateIpAddresses", ())):
            lent = one.get("Association") or {}
            if lent.get("PublicIp"):
                yield lent["PublicIp"], lent.get("IpOwnerId") or AMAZON


def _launched(place: Place, name: str) -> str:
    """The type of instance that a group without any would start; empty where it does not say one."""
    told = place.all("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupNames=[name])
    one: Mapping[str, Any] = told[0] if told else {}
    if one.get("LaunchConfigurationName"):
        names = [one["LaunchConfigurationName"]]
        found = place.all(
            "autoscaling", "describe_launch_configurations", "LaunchConfigurations", LaunchConfigurationNames=names
        )
        return str(found[0]["InstanceType"]) if found else ""
    mixed = (one.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    template = one.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification")
    if not template:
        return ""
    chosen = next((over["InstanceType"] for over in mixed.get("Overrides", ()) if over.get("InstanceType")), "")
    if chosen:
        return str(chosen)
    found = place.all(
        "ec2", "describe_launch_template_versions", "LaunchTemplateVersions",
        LaunchTemplateId=template["LaunchTemplateId"], Versions=[template.get("Version") or "$Default"],
    )  # fmt: skip
    return str(found[0]["LaunchTemplateData"].get("InstanceType", "")) if found else ""
