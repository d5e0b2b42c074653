"""What the simulated Price List sells: a modest table, not a copy of AWS's.

Prices are those that AWS asked for on demand in 2025, in US dollars an hour or a month, with two kinds of exceptions:
in Seoul the three things of the reference case (t3.small, DocumentDB db.t3.medium, cache.t2.micro) cost what its
owners reckon with, and App Runner, which AWS does not sell there, costs what it does in Tokyo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

# Regions, with what AWS puts before the names of usage there.
PREFIXES = {"us-east-1": "", "eu-central-1": "EUC1-", "ap-northeast-2": "APN2-", "cn-north-1": "CNN1-"}
# Newer services have a prefix in Virginia, too.
LATER = {"us-east-1": "USE1-"}
CURRENCIES = {"cn-north-1": "CNY"}
REGIONS = ("us-east-1", "eu-central-1", "ap-northeast-2")
Prices = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Product:
    """One product in one region, and the price of a unit of it."""

    service_code: str
    family: str
    region: str
    usage: str
    unit: str
    price: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    currency: str = "USD"


MACHINES: Mapping[str, Prices] = {
    "c6i.large": ("0.0850", "0.0970", "0.0960"),
    "c6i.xlarge": ("0.1700", "0.1940", "0.1920"),
    "m5.large": ("0.0960", "0.1150", "0.1180"),
    "m6i.large": ("0.0960", "0.1150", "0.1180"),
    "t2.micro": ("0.0116", "0.0134", "0.0144"),
    "t3.micro": ("0.0104", "0.0120", "0.0130"),
    "t3.small": ("0.0208", "0.0240", "0.0230"),
    "t3.medium": ("0.0416", "0.0480", "0.0520"),
    "t3.large": ("0.0832", "0.0960", "0.1040"),
    "t4g.small": ("0.0168", "0.0192", "0.0208"),
    "t4g.medium": ("0.0336", "0.0384", "0.0416"),
}
# An hour of Windows costs this more; of the types whose surcharge is known here.
WINDOWS = {"t3.small": "0.0184", "t3.medium": "0.0184", "m5.large": "0.0920"}
VOLUMES: Mapping[str, Prices] = {
    "gp2": ("0.1000", "0.1190", "0.1140"),
    "gp3": ("0.0800", "0.0952", "0.0912"),
    "io1": ("0.1250", "0.1490", "0.1278"),
    "standard": ("0.0500", "0.0590", "0.0800"),
}
IOPS: Mapping[str, Prices] = {"gp3": ("0.0050", "0.0060", "0.0057"), "io1": ("0.0650", "0.0780", "0.0666")}
DATABASES: Mapping[tuple[str, str], Prices] = {
    ("MySQL", "db.t3.medium"): ("0.0680", "0.0780", "0.1040"),
    ("MySQL", "db.t4g.small"): ("0.0320", "0.0370", "0.0510"),
    ("PostgreSQL", "db.t3.medium"): ("0.0720", "0.0820", "0.1090"),
    ("PostgreSQL", "db.t4g.small"): ("0.0320", "0.0370", "0.0510"),
    ("Aurora PostgreSQL", "db.t4g.medium"): ("0.0730", "0.0850", "0.1130"),
    ("Aurora MySQL", "db.t4g.medium"): ("0.0730", "0.0850", "0.1130"),
}
DATABASE_STORAGE: Mapping[str, tuple[str, Prices]] = {
    "GP2-Storage": ("General Purpose", ("0.1150", "0.1370", "0.1310")),
    "GP3-Storage": ("General Purpose-GP3", ("0.1150", "0.1370", "0.1310")),
}
BACKUPS: Prices = ("0.0950", "0.0950", "0.0950")
DOCUMENTS: Mapping[str, Prices] = {
    "db.t3.medium": ("0.0780", "0.0930", "0.1780"),
    "db.t4g.medium": ("0.0757", "0.0902", "0.1150"),
    "db.r6g.large": ("0.2610", "0.3120", "0.3150"),
}
GRAPHS: Mapping[str, Prices] = {"db.t3.medium": ("0.0980", "0.1170", "0.1560")}
CACHES: Mapping[str, Prices] = {
    "cache.t2.micro": ("0.0170", "0.0190", "0.0170"),
    "cache.t3.micro": ("0.0170", "0.0190", "0.0250"),
    "cache.t3.small": ("0.0340", "0.0380", "0.0500"),
    "cache.t4g.micro": ("0.0160", "0.0180", "0.0240"),
}
BALANCERS: Mapping[str, tuple[str, Prices]] = {
    "Load Balancer-Application": ("LoadBalancing:Application", ("0.0225", "0.0270", "0.0225")),
    "Load Balancer-Network": ("LoadBalancing:Network", ("0.0225", "0.0270", "0.0225")),
    "Load Balancer": ("LoadBalancing", ("0.0250", "0.0300", "0.0250")),
}
NAT: Prices = ("0.0450", "0.0520", "0.0590")
ADDRESS: Prices = ("0.0050", "0.0050", "0.0050")
TASKS: Mapping[str, Prices] = {
    "Fargate-vCPU-Hours:perCPU": ("0.04048", "0.04656", "0.04656"),
    "Fargate-GB-Hours": ("0.004445", "0.00511", "0.00511"),
    "Fargate-ARM-vCPU-Hours:perCPU": ("0.03238", "0.03725", "0.03725"),
    "Fargate-ARM-GB-Hours": ("0.00356", "0.00409", "0.00409"),
}
APPS: Mapping[str, Prices] = {
    "AppRunner-vCPU-hours": ("0.0640", "0.0790", "0.0810"),
    "AppRunner-GB-hours": ("0.0070", "0.0087", "0.0090"),
    "AppRunner-Provisioned-GB-hours": ("0.0070", "0.0087", "0.0090"),
}


def products() -> Iterator[Product]:
    """All of them, in every region of the table."""
    for number, region in enumerate(REGIONS):
        for one in (*_machines(number), *_databases(number), *_network(number), *_containers(number)):
            prefix = PREFIXES[region]
            later = LATER.get(region, prefix) if one.usage.startswith(("Fargate", "AppRunner", "Public")) else prefix
            yield Product(
                one.service_code, one.family, region, later + one.usage, one.unit, one.price, one.attributes, "USD"
            )
    china = _machine("t3.small", "0.1509", "RunInstances", "Linux")
    yield Product("AmazonEC2", china.family, "cn-north-1", f"CNN1-{china.usage}", "Hrs", china.price,
                  china.attributes, "CNY")  # fmt: skip


def _machines(number: int) -> Iterator[Product]:
    for kind, prices in MACHINES.items():
        yield _machine(kind, prices[number], "RunInstances", "Linux")
        # What reserved capacity costs while nobody uses it: the same type once more, under another status.
        yield _machine(kind, prices[number], "RunInstances", "Linux", capacitystatus="UnusedCapacityReservation")
        if kind in WINDOWS:
            more = str(Decimal(prices[number]) + Decimal(WINDOWS[kind]))
            yield _machine(kind, more, "RunInstances:0002", "Windows")
    for kind, prices in VOLUMES.items():
        attributes = {"volumeApiName": kind}
        usage = "EBS:VolumeUsage" if kind == "standard" else f"EBS:VolumeUsage.{'piops' if kind == 'io1' else kind}"
        yield Product("AmazonEC2", "Storage", "", usage, "GB-Mo", prices[number], attributes)
    for kind, prices in IOPS.items():
        attributes = {"volumeApiName": kind, "group": "EBS IOPS"}
        usage = f"EBS:VolumeP-IOPS.{'piops' if kind == 'io1' else kind}"
        yield Product("AmazonEC2", "System Operation", "", usage, "IOPS-Mo", prices[number], attributes)


def _machine(kind: str, price: str, operation: str, system: str, *, capacitystatus: str = "Used") -> Product:
    attributes = {
        "instanceType": kind, "operatingSystem": system, "preInstalledSw": "NA", "tenancy": "Shared",
        "operation": operation, "capacitystatus": capacitystatus, "marketoption": "OnDemand",
    }  # fmt: skip
    usage = f"{'BoxUsage' if capacitystatus == 'Used' else 'UnusedBox'}:{kind}"
    return Product("AmazonEC2", "Compute Instance", "", usage, "Hrs", price, attributes)


def _databases(number: int) -> Iterator[Product]:
    for (engine, kind), prices in DATABASES.items():
        for option, factor in (("Single-AZ", 1), ("Multi-AZ", 2)):
            attributes = {"instanceType": kind, "databaseEngine": engine, "deploymentOption": option}
            usage = f"{'InstanceUsage' if factor == 1 else 'Multi-AZUsage'}:{kind}"
            price = str(Decimal(prices[number]) * factor)
            yield Product("AmazonRDS", "Database Instance", "", usage, "Hrs", price, attributes)
        credit = {"databaseEngine": engine, "deploymentOption": "Single-AZ"}
        yield Product("AmazonRDS", "CPU Credits", "", "CPUCredits:db.t3", "vCPU-Hours", "0.0750", credit)
    for usage, (volume, prices) in DATABASE_STORAGE.items():
        for engine in ("MySQL", "PostgreSQL"):
            attributes = {"databaseEngine": engine, "volumeType": volume, "deploymentOption": "Single-AZ"}
            yield Product("AmazonRDS", "Database Storage", "", f"RDS:{usage}", "GB-Mo", prices[number], attributes)
    backups = {"databaseEngine": "Any"}
    yield Product("AmazonRDS", "Storage Snapshot", "", "RDS:ChargedBackupUsage", "GB-Mo", BACKUPS[number], backups)
    for service, engine, table in (
        ("AmazonDocDB", "Amazon DocumentDB", DOCUMENTS), ("AmazonNeptune", "Amazon Neptune", GRAPHS),
    ):  # fmt: skip
        for kind, prices in table.items():
            attributes = {"instanceType": kind, "databaseEngine": engine}
            usage = f"InstanceUsage:{kind}"
            yield Product(service, "Database Instance", "", usage, "Hrs", prices[number], attributes)
    for kind, prices in CACHES.items():
        for engine in ("Redis", "Memcached"):
            attributes = {"instanceType": kind, "cacheEngine": engine}
            yield Product("AmazonElastiCache", "Cache Instance", "", f"NodeUsage:{kind}", "Hrs", prices[number],
                          attributes)  # fmt: skip


def _network(number: int) -> Iterator[Product]:
    for family, (operation, prices) in BALANCERS.items():
        attributes = {"operation": operation}
        yield Product("AWSELB", family, "", "LoadBalancerUsage", "Hrs", prices[number], attributes)
        yield Product("AWSELB", family, "", "TS-LoadBalancerUsage", "Hrs", "0.0055", attributes)
        yield Product("AWSELB", family, "", "LCUUsage", "LCU-Hrs", "0.0080", attributes)
    yield Product("AmazonEC2", "NAT Gateway", "", "NatGateway-Hours", "Hrs", NAT[number], {"group": "NGW:NatGateway"})
    yield Product("AmazonEC2", "NAT Gateway", "", "NatGateway-Bytes", "GB", NAT[number], {"group": "NGW:NatGateway"})
    group = {"group": "VPCPublicIPv4Address"}
    for use in ("InUse", "Idle"):
        yield Product("AmazonVPC", "", "", f"PublicIPv4:{use}Address", "Hrs", ADDRESS[number], group)


def _containers(number: int) -> Iterator[Product]:
    for usage, prices in TASKS.items():
        yield Product("AmazonECS", "Compute", "", usage, "hours", prices[number])
    for usage, prices in APPS.items():
        yield Product("AWSAppRunner", "Compute", "", usage, "hours", prices[number])
