"""What an inventory is made of: things with a question to the price list, and what has no price, with why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from environments.targets.base import AccountRef, TargetError, Texts
from environments.targets.client import DENIED, client, in_words

from . import inventory_texts as texts

# Services that policies call differently than boto3 does.
IN_POLICIES = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing"}
# Values that one filter of EC2 takes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html.
AT_ONCE = 200
PLACES = Decimal("0.0001")


class Unit(StrEnum):
    """What a price is for: an hour, or a month (of a gigabyte, of an I/O operation a second)."""

    HOUR = "hour"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Thing:
    """So many (`quantity`) of one product of the price list.

    `filters` are attributes of the product as the Price List names them; `usage` is its usage type without what AWS
    puts before it for the region (empty: any). `always`: it is billed while the target is stopped, too. `details` say
    what it was found for: plain, for JSON.
    """

    label: str
    service_code: str
    filters: tuple[tuple[str, str], ...]
    usage: str = ""
    quantity: Decimal = Decimal(1)
    unit: Unit = Unit.HOUR
    always: bool = False
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Unpriced:
    """What is not counted, and why, in each language."""

    what: Texts
    why: Texts

    def as_data(self) -> dict[str, dict[str, str]]:
        return {"what": dict(self.what), "why": dict(self.why)}


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a target has, as it costs while it runs."""

    things: tuple[Thing, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()

    def __add__(self, other: Inventory) -> Inventory:
        return Inventory(self.things + other.things, self.unpriced + other.unpriced)

    def lasting(self) -> Inventory:
        """The same, all of it billed while the target is stopped."""
        return replace(self, things=tuple(replace(one, always=True) for one in self.things))

    def scaled(self, factor: Decimal) -> Inventory:
        """The same, so many times."""
        things = (replace(one, quantity=(one.quantity * factor).quantize(PLACES).normalize()) for one in self.things)
        return replace(self, things=tuple(things))

    def together(self) -> Inventory:
        """What is the same is one line with the sum of the quantities; no two lines have one label."""
        same: defaultdict[Thing, list[Thing]] = defaultdict(list)
        for one in self.things:
            same[replace(one, quantity=Decimal(0), details={})].append(one)
        summed = [
            replace(key, quantity=sum((one.quantity for one in ones), Decimal(0)), details=_details(ones))
            for key, ones in same.items()
        ]
        return Inventory(tuple(_named_apart(summed)), tuple(_once(self.unpriced)))


def total(parts: Iterable[Inventory]) -> Inventory:
    return sum(parts, Inventory())


@dataclass(frozen=True, slots=True)
class Place:
    """An account's region, asked on behalf of a target. Changes nothing."""

    account: AccountRef
    region: str

    def client(self, service: str) -> Any:
        return client(service, self.account, self.region)

    def all(self, service: str, operation: str, key: str, **wanted: Any) -> list[Mapping[str, Any]]:
        """What a describe or list call answers under `key`, from all its pages. `TargetError` naming the permission
        where AWS does not allow it."""
        made = self.client(service)
        with asking(service, operation, self.account, self.region):
            if not made.can_paginate(operation):
                return list(getattr(made, operation)(**wanted)[key])
            pages = made.get_paginator(operation).paginate(**wanted)
            return [one for page in pages for one in page[key]]

    def filtered(
        self, operation: str, key: str, name: str, values: Sequence[str], *, parameter: str = "Filters", **wanted: Any
    ) -> list[Mapping[str, Any]]:
        """What EC2 has of things with these values, one call for two hundred of them; values that it does not know are
        left out."""
        found: list[Mapping[str, Any]] = []
        for first in range(0, len(values), AT_ONCE):
            part = list(values[first : first + AT_ONCE])
            found += self.all("ec2", operation, key, **{parameter: [{"Name": name, "Values": part}], **wanted})
        return found


@contextmanager
def asking(service: str, operation: str, account: AccountRef, region: str) -> Iterator[None]:
    """AWS's errors in words; what it does not allow is named as policies name it, `ec2:DescribeVolumes`."""
    name = "".join(part.title() for part in operation.split("_"))
    try:
        with in_words(service, name, account, region):
            yield
    except TargetError as error:
        cause = error.__cause__
        if error.code not in DENIED or not isinstance(cause, ClientError) or cause.operation_name == "AssumeRole":
            raise
        action = f"{IN_POLICIES.get(service, service)}:{cause.operation_name}"
        raise TargetError(texts.denied(action, account), raw=error.raw, code=error.code) from cause


def _details(ones: Sequence[Thing]) -> dict[str, Any]:
    """Of what was found, all; lists of ids are joined."""
    found: dict[str, Any] = {}
    for one in ones:
        for name, value in one.details.items():
            if isinstance(value, list):
                found[name] = [*found.get(name, []), *value]
            else:
                found.setdefault(name, value)
    return found


def _named_apart(things: Iterable[Thing]) -> Iterator[Thing]:
    seen: set[str] = set()
    for one in things:
        label, number = one.label, 1
        if label in seen and one.always:
            label = f"{one.label} ({texts.KEPT})"
        while label in seen:
            number += 1
            label = f"{one.label} ({number})"
        seen.add(label)
        yield replace(one, label=label)


def _once(unpriced: Iterable[Unpriced]) -> Iterator[Unpriced]:
    seen: list[Unpriced] = []
    for one in unpriced:
        if one not in seen:
            seen.append(one)
            yield one
