"""Cost Explorer's GetCostAndUsage by what ran; moto has a queue of answers that a test puts in.

As far as the portal asks: by the day, unblended, grouped by one tag, of one account. Requests and answers are those of
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.usage import Ran, Usage

DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
METRIC, CURRENCY = "UnblendedCost", "USD"
# A day is on the bill a day after it has ended; a month's bill is final from its successor's fifth day on.
BEHIND, FINAL_AFTER = DAY, 4 * DAY
DAYS_A_PAGE = 100
PLACES = 10
Json = dict[str, Any]


class InvalidError(ServiceException):
    code = "ValidationException"


class InvalidTokenError(ServiceException):
    code = "InvalidNextTokenException"


class CostExplorer:
    """A layer that answers GetCostAndUsage, in every region alike."""

    def __init__(self, usage: Usage, clock: Clock) -> None:
        self._usage = usage
        self._clock = clock

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if (call.service, call.action) != ("ce", "GetCostAndUsage"):
            return go_on(call)
        try:
            return call.success(self._answer(call.parameters, call.account))
        except ServiceException as error:
            return call.failure(error, status=400)

    def _answer(self, wanted: Json, account: str) -> Json:
        first, end = (date.fromisoformat(wanted["TimePeriod"][name]) for name in ("Start", "End"))
        tag = _asked_tag(wanted)
        if first >= end:
            raise InvalidError("Start date (and hour) should be before end date (and hour)")
        accounts = wanted.get("Filter", {}).get("Dimensions", {}).get("Values", [account])
        spans = [one for number in accounts if number == account for one in self._usage.of(number)]
        begin = first + _page(wanted.get("NextPageToken")) * DAYS_A_PAGE * DAY
        until = min(begin + DAYS_A_PAGE * DAY, end)
        days = [begin + number * DAY for number in range((until - begin).days)]
        answer: Json = {
            "GroupDefinitions": [{"Type": "TAG", "Key": tag}],
            "ResultsByTime": [self._day(day, tag, spans) for day in days],
            "DimensionValueAttributes": [],
        }
        if until < end:
            answer["NextPageToken"] = str(_page(wanted.get("NextPageToken")) + 1)
        return answer

    def _day(self, day: date, tag: str, spans: Iterable[Ran]) -> Json:
        now = self._clock.now()
        begin = datetime.combine(day, datetime.min.time(), UTC)
        amounts: defaultdict[str, Fraction] = defaultdict(Fraction)
        if begin + DAY + BEHIND <= now:
            for one in spans:
                time = min(one.ended or now, begin + DAY) - max(one.began, begin)
                if time > timedelta():
                    amounts[one.tags.get(tag, "")] += Fraction(one.an_hour) * Fraction(time // TICK, HOUR // TICK)
        groups = [
            {"Keys": [f"{tag}${value}"], "Metrics": {METRIC: {"Amount": _text(amount), "Unit": CURRENCY}}}
            for value, amount in sorted(amounts.items())
        ]
        period = {"Start": day.isoformat(), "End": (day + DAY).isoformat()}
        return {"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": now < _final_from(day)}


def _asked_tag(wanted: Json) -> str:
    """Raises InvalidError for what is not simulated."""
    groups = wanted.get("GroupBy") or []
    if wanted.get("Granularity") != "DAILY" or wanted.get("Metrics") != [METRIC]:
        raise InvalidError("Only UnblendedCost by the day is simulated")
    if wanted["TimePeriod"]["Start"] < wanted["TimePeriod"]["End"] and [one["Type"] for one in groups] != ["TAG"]:
        raise InvalidError("Only groups of one tag are simulated")
    return str(groups[0]["Key"]) if groups else ""


def _page(token: str | None) -> int:
    if token and not token.isdigit():
        raise InvalidTokenError("Invalid next page token")
    return int(token or 0)


def _final_from(day: date) -> datetime:
    next_month = (day.replace(day=1) + 31 * DAY).replace(day=1)
    return datetime.combine(next_month, datetime.min.time(), UTC) + FINAL_AFTER


def _text(amount: Fraction) -> str:
    return f"{Decimal(round(amount * 10**PLACES)).scaleb(-PLACES):f}"
