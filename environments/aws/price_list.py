"""What things cost on demand, from the AWS Price List Query API.

Requests and answers: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html.
An answer is a list of texts, each the JSON of a product with its terms: https://docs.aws.amazon.com/awsaccountbilling/
latest/aboutv2/using-the-aws-price-list-bulk-api-reading-price-list-files.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from environments.targets.base import AccountRef, Texts

from . import inventory_texts as texts
from .inventory_parts import Place, Thing, Unit

# Where the API answers, for all regions: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/
# using-price-list-query-api.html#price-list-query-api-endpoints; and, for China, where AWS lists it for that partition.
VIRGINIA, FRANKFURT, MUMBAI, NINGXIA = "us-east-1", "eu-central-1", "ap-south-1", "cn-northwest-1"
NEAREST = {"ap": MUMBAI, "eu": FRANKFURT, "il": FRANKFURT, "me": FRANKFURT, "af": FRANKFURT, "cn": NINGXIA}
# Their accounts cannot ask the API of the other regions, and there is none of their own.
WITHOUT = re.compile(r"us-(gov|iso\w*)-|eu-isoe-|eusc-")
# What AWS puts before a usage type for the region, as in APN2-NatGateway-Hours; Virginia's older ones have nothing.
PREFIX = re.compile(r"(?:(?:EU|[A-Z]{2,4}\d)-)?")
UNITS = {Unit.HOUR: re.compile(r"h(ou)?rs?$", re.IGNORECASE), Unit.MONTH: re.compile(r"mo(nth)?s?$", re.IGNORECASE)}
# Prices change rarely; answers are kept for so long, and asked for once by all accounts of a process.
KEPT = timedelta(days=1)
MOST_KEPT = 5000

Question = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs. `sku` is AWS's number of the product."""

    amount: Decimal
    currency: str
    unit: str
    sku: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as far as it matters: its usage type and what it costs on demand, one price a tier."""

    usage: str
    prices: tuple[Price, ...]


_answers: dict[Question, tuple[datetime, tuple[Offer, ...]]] = {}


def price_of(thing: Thing, account: AccountRef, region: str, now: datetime) -> Price | Texts:
    """The price of one unit of a thing, or why there is none to be told.

    Where several products or tiers are left, they count only if all cost the same. `TargetError` when AWS cannot be
    asked. Calls: one a hundred products, none for what was asked within a day.
    """
    if WITHOUT.match(region):
        return texts.no_list(region)
    asked: Question = (endpoint(region), thing.service_code, thing.filters)
    kept = _answers.get(asked)
    if kept is None or not now - KEPT < kept[0] <= now:
        kept = now, tuple(_ask(asked, account))
        if len(_answers) >= MOST_KEPT:
            _answers.clear()
        _answers[asked] = kept
    return agreed(thing, kept[1])


def forget_answers() -> None:
    """Ask anew (between tests)."""
    _answers.clear()


def endpoint(region: str) -> str:
    """The region whose Price List API knows the prices of this one."""
    return NEAREST.get(region.partition("-")[0], VIRGINIA)


def _ask(asked: Question, account: AccountRef) -> Iterator[Offer]:
    where, service_code, filters = asked
    wanted = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters]
    answers = Place(account, where).all("pricing", "get_products", "PriceList", ServiceCode=service_code,
                                           Filters=wanted, FormatVersion="aws_v1")  # fmt: skip
    for told in answers:
        yield read(str(told))


def read(text: str) -> Offer:
    """A product of the list, as AWS writes it. What is reserved in advance is left out."""
    told: Mapping[str, Any] = json.loads(text, parse_float=Decimal)
    product = told["product"]
    terms: Iterable[Mapping[str, Any]] = (told.get("terms") or {}).get("OnDemand", {}).values()
    dimensions = (one for term in terms for one in term["priceDimensions"].values())
    prices = (
        Price(Decimal(str(amount)), currency, str(one["unit"]), str(product["sku"]))
        for one in dimensions
        for currency, amount in one["pricePerUnit"].items()
    )
    return Offer(str(product["attributes"].get("usagetype", "")), tuple(prices))


def agreed(thing: Thing, offers: Iterable[Offer]) -> Price | Texts:
    """The one price that all the offers meant agree on."""
    meant = (one for one in offers if not thing.usage or PREFIX.sub("", one.usage, count=1) == thing.usage)
    prices = [one for offer in meant for one in offer.prices if UNITS[thing.unit].search(one.unit)]
    different = {(one.amount, one.currency) for one in prices}
    if not different:
        return texts.NOT_IN_LIST
    if len(different) > 1:
        return texts.several(f"{amount:f} {currency}" for amount, currency in sorted(different))
    return min(prices, key=lambda one: one.sku)
