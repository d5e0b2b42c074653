"""The AWS Price List Query API, as far as it sells what is in the table; moto has none.

Requests and answers are those of https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/
API_pricing_GetProducts.html: each product is a text of JSON by itself, with its terms.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from functools import cache
from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.pricing_table import Product, products

# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html: MaxResults.
MOST = 100
# Codes of AWS's own: those of the term “on demand”, of its price an hour, and of a reserved year.
ON_DEMAND, RATE, RESERVED = "JRTCKXETXF", "6YS6EN2CT7", "4NA7Y494T4"
PUBLISHED = "2026-01-01T00:00:00Z"
Json = dict[str, Any]


class NotFoundError(ServiceException):
    code = "NotFoundException"


class InvalidParameterError(ServiceException):
    code = "InvalidParameterException"


class InvalidNextTokenError(ServiceException):
    code = "InvalidNextTokenException"


def price_list(call: Call, go_on: Next) -> Answer:
    """A layer that answers GetProducts. A filter that no product has is met by none."""
    if (call.service, call.action) != ("pricing", "GetProducts"):
        return go_on(call)
    try:
        return call.success(_get_products(call.parameters))
    except ServiceException as error:
        return call.failure(error, status=400)


def _get_products(wanted: Json) -> Json:
    sold = [one for one in _sold() if one["serviceCode"] == wanted.get("ServiceCode")]
    if not sold:
        raise NotFoundError(f"The requested resource {wanted.get('ServiceCode')} can't be found.")
    for asked in wanted.get("Filters", ()):
        if asked["Type"] != "TERM_MATCH":
            raise InvalidParameterError(f"Filters of type {asked['Type']} are not simulated")
        sold = [one for one in sold if _term(one, asked["Field"]) == asked["Value"]]
    begin, most = _begin(wanted.get("NextToken")), int(wanted.get("MaxResults") or MOST)
    answer: Json = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(one) for one in sold[begin : begin + most]]}
    if begin + most < len(sold):
        answer["NextToken"] = str(begin + most)
    return answer


def _begin(token: str | None) -> int:
    if token and not token.isdigit():
        raise InvalidNextTokenError("The pagination token is invalid. Try again without a pagination token.")
    return int(token or 0)


def _term(one: Json, name: str) -> str | None:
    product = one["product"]
    found: str | None = product.get(name) or product["attributes"].get(name)
    return found


@cache
def _sold() -> list[Json]:
    return [_told(one) for one in products()]


def _told(one: Product) -> Json:
    said = f"{one.service_code} {one.family} {one.region} {one.usage} {sorted(one.attributes.items())}"
    sku = hashlib.sha256(said.encode()).hexdigest()[:16].upper()
    attributes = {
        "servicecode": one.service_code,
        "regionCode": one.region,
        "locationType": "AWS Region",
        "usagetype": one.usage,
        **one.attributes,
    }
    product: Json = {"attributes": attributes, "sku": sku}
    terms = {"OnDemand": _offer(sku, ON_DEMAND, RATE, one.unit, one.price, one.currency)}
    if one.family:
        product["productFamily"] = one.family
    if one.family == "Compute Instance":
        # What a year paid in advance costs: never the price of an hour.
        terms["Reserved"] = _offer(sku, RESERVED, "2TG2D8R56U", "Quantity", "121", one.currency)
    return {
        "product": product,
        "serviceCode": one.service_code,
        "terms": terms,
        "version": "20260101000000",
        "publicationDate": PUBLISHED,
    }


def _offer(sku: str, term: str, rate: str, unit: str, price: str, currency: str) -> Json:
    dimension = {
        "unit": unit,
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"{price} {currency} per {unit}",
        "appliesTo": [],
        "rateCode": f"{sku}.{term}.{rate}",
        "pricePerUnit": {currency: f"{Decimal(price):.10f}"},
    }
    return {
        f"{sku}.{term}": {
            "priceDimensions": {f"{sku}.{term}.{rate}": dimension},
            "sku": sku,
            "effectiveDate": PUBLISHED,
            "offerTermCode": term,
            "termAttributes": {},
        }
    }
