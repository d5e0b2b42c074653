"""What ran and is billed: the machines, databases, caches and balancers of stacks, from being made to being deleted.

A resource counts while it is there, whether somebody stops it in between or not. What belongs to no stack is on no
bill: moto does not keep when it ran.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.simulator.cloudformation.stacks import Resource, Shelves, Stack
from portal.simulator.pricing_table import BALANCERS, CACHES, DOCUMENTS, GRAPHS, MACHINES, NAT, REGIONS, Prices

Json = dict[str, Any]
Properties = Mapping[str, Any]
MADE, GONE = "CREATE_COMPLETE", "DELETE_COMPLETE"


@dataclass(frozen=True, slots=True)
class Ran:
    """A span in which something was there, and what an hour of it costs; without an end it still is."""

    key: str
    account: str
    tags: Mapping[str, str]
    an_hour: Decimal
    began: datetime
    ended: datetime | None

    def as_data(self) -> Json:
        ended = self.ended.isoformat() if self.ended else None
        return asdict(self) | {"an_hour": str(self.an_hour), "began": self.began.isoformat(), "ended": ended}


class Usage:
    """Spans of stacks that are there or were, and those that were told: of stacks that were forgotten since."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._told: dict[str, Ran] = {}

    def told(self, wanted: Json) -> Json:
        """Keep these spans; one that is known already is replaced. Raises KeyError and ValueError for what is none."""
        spans = [
            Ran(
                key=str(one["key"]),
                account=str(one["account"]),
                tags={str(name): str(value) for name, value in one["tags"].items()},
                an_hour=Decimal(one["an_hour"]),
                began=datetime.fromisoformat(one["began"]),
                ended=datetime.fromisoformat(one["ended"]) if one["ended"] else None,
            )
            for one in wanted["spans"]
        ]
        self._told |= {one.key: one for one in spans}
        return {"spans": len(self._told)}

    def of(self, account: str) -> list[Ran]:
        """All spans of an account."""
        found = {one.key: one for stack in self._shelves.all() if stack.account == account for one in spans_of(stack)}
        found |= {key: one for key, one in self._told.items() if one.account == account}
        return list(found.values())

    def clear(self) -> None:
        self._told.clear()


def spans_of(stack: Stack) -> list[Ran]:
    """When each of a stack's own resources was there, as its events tell; those of nested stacks are these stacks'."""
    found = []
    for resource in stack.resources.values():
        an_hour = price_an_hour(resource.type, resource.properties, stack.region)
        if an_hour:
            for began, ended in lives(stack, resource):
                key = f"{stack.id}/{resource.logical_id}/{began.isoformat()}"
                found.append(Ran(key, stack.account, dict(stack.tags), an_hour, began, ended))
    return found


def lives(stack: Stack, resource: Resource) -> Iterator[tuple[datetime, datetime | None]]:
    """When a resource of the stack was there; without an end it still is."""
    return _spans((event.status, event.at) for event in stack.events if event.logical_id == resource.logical_id)


def price_an_hour(kind: str, properties: Properties, region: str) -> Decimal:
    """What an hour of a resource of this type costs by the simulator's price list; nothing where that has no price."""
    if kind not in PRICED or region not in REGIONS:
        return Decimal(0)
    prices, count = PRICED[kind](properties)
    return Decimal(prices[REGIONS.index(region)]) * count if prices else Decimal(0)


def _spans(moves: Iterable[tuple[str, datetime]]) -> Iterator[tuple[datetime, datetime | None]]:
    began: datetime | None = None
    for status, at in moves:
        if status == MADE and began is None:
            began = at
        elif status == GONE and began is not None:
            yield began, at
            began = None
    if began is not None:
        yield began, None


def _balancer(properties: Properties) -> tuple[Prices | None, int]:
    family = f"Load Balancer-{str(properties.get('Type') or 'application').title()}"
    return (BALANCERS[family][1] if family in BALANCERS else None), 1


PRICED: Mapping[str, Callable[[Properties], tuple[Prices | None, int]]] = {
    "AWS::EC2::Instance": lambda given: (MACHINES.get(str(given.get("InstanceType"))), 1),
    "AWS::EC2::NatGateway": lambda _given: (NAT, 1),
    "AWS::DocDB::DBInstance": lambda given: (DOCUMENTS.get(str(given.get("DBInstanceClass"))), 1),
    "AWS::Neptune::DBInstance": lambda given: (GRAPHS.get(str(given.get("DBInstanceClass"))), 1),
    "AWS::ElastiCache::CacheCluster": lambda given: (
        CACHES.get(str(given.get("CacheNodeType"))),
        int(given.get("NumCacheNodes") or 1),
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
}
