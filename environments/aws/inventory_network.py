"""Load balancers, NAT gateways and addresses, as the price list knows them: by the hour, not by what passes through."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from . import inventory_texts as texts
from .inventory_machines import EC2, address
from .inventory_parts import Inventory, Place, Thing, Unpriced, total

ELB = "AWSELB"
# What ELB calls its types: what people do, and the family of the Price List.
KINDS = {
    "application": ("Application Load Balancer", "Load Balancer-Application"),
    "network": ("Network Load Balancer", "Load Balancer-Network"),
    "gateway": ("Gateway Load Balancer", "Load Balancer-Gateway"),
}
CLASSIC = "Classic Load Balancer"
INTERNET = "internet-facing"


def balancers_by_id(place: Place, arns: Collection[str]) -> tuple[Inventory, set[str]]:
    """Load balancers of today's generation, and which of the ARNs are there."""
    told = place.all("elbv2", "describe_load_balancers", "LoadBalancers")
    mine = [one for one in told if one["LoadBalancerArn"] in arns]
    return total(balancer(one, place.region) for one in mine), {one["LoadBalancerArn"] for one in mine}


def balancer(told: Mapping[str, Any], region: str) -> Inventory:
    """One load balancer. One that faces the internet has at least one public address in each of its zones; an address
    that somebody chose for it is an Elastic IP, which is counted as such."""
    label, family = KINDS.get(told["Type"], (told["Type"], ""))
    name = told.get("LoadBalancerName", "")
    details = {"load_balancers": [name]}
    filters = (("regionCode", region), ("productFamily", family))
    thing = Thing(label, ELB, filters, "LoadBalancerUsage", details=details)
    unpriced = (Unpriced(_through(label, name), texts.LCU),)
    public = 0
    if told.get("Scheme") == INTERNET:
        zones = told.get("AvailabilityZones", ())
        public = sum(
            not any(one.get("AllocationId") for one in zone.get("LoadBalancerAddresses", ())) for zone in zones
        )
    return Inventory((thing,), unpriced) + address(region, public, details)


def classic_by_name(place: Place, names: Collection[str]) -> tuple[Inventory, set[str]]:
    """Classic load balancers, and which of the names are there."""
    told = place.all("elb", "describe_load_balancers", "LoadBalancerDescriptions")
    mine = [one for one in told if one["LoadBalancerName"] in names]
    return total(_classic(one, place.region) for one in mine), {one["LoadBalancerName"] for one in mine}


def _classic(told: Mapping[str, Any], region: str) -> Inventory:
    details = {"load_balancers": [told["LoadBalancerName"]]}
    filters = (("regionCode", region), ("productFamily", "Load Balancer"))
    public = len(told.get("AvailabilityZones", ())) if told.get("Scheme") == INTERNET else 0
    thing = Thing(CLASSIC, ELB, filters, "LoadBalancerUsage", details=details)
    data = Unpriced(_through(CLASSIC, told["LoadBalancerName"]), texts.NAT_DATA)
    return Inventory((thing,), (data,)) + address(region, public, details)


def gateways_by_id(place: Place, ids: Collection[str]) -> tuple[Inventory, set[str]]:
    """NAT gateways, and which of the ids are there. Their addresses are Elastic IPs, counted as such."""
    told = place.filtered("describe_nat_gateways", "NatGateways", "nat-gateway-id", sorted(ids), parameter="Filter")
    mine = [one for one in told if one["State"] in {"pending", "available"}]
    return total(_gateway(one, place.region) for one in mine), {one["NatGatewayId"] for one in mine}


def _gateway(told: Mapping[str, Any], region: str) -> Inventory:
    details = {"nat_gateways": [told["NatGatewayId"]]}
    filters = (("regionCode", region), ("productFamily", "NAT Gateway"))
    thing = Thing("NAT gateway", EC2, filters, "NatGateway-Hours", details=details)
    return Inventory((thing,), (Unpriced(_through("NAT gateway", told["NatGatewayId"]), texts.NAT_DATA),))


def elastic_ips(region: str, ids: Collection[str]) -> Inventory:
    """Elastic IPs of a stack, each billed whether it is used or not."""
    return address(region, len(ids), {"addresses": sorted(ids)})


def _through(label: str, name: str) -> dict[str, str]:
    return {"en": f"{label} {name}: traffic", "ko": f"{label} {name}: 트래픽"}
