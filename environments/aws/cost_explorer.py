"""What AWS billed each day, by the values of a cost allocation tag, from the Cost Explorer API.

Requests and answers: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html.
Each page that is answered costs 0.01 USD (https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/);
what ends with an error costs nothing (https://github.com/aws/aws-sdk-java/issues/2065). Days are those of UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from environments.targets.base import AccountRef, TargetError
from environments.targets.client import DENIED, client, in_words

from . import cost_explorer_texts as texts
from .price_list import WITHOUT

# One endpoint a partition: https://docs.aws.amazon.com/general/latest/gr/billing.html#ce_region.
VIRGINIA, NINGXIA = "us-east-1", "cn-northwest-1"
METRIC: Final = "UnblendedCost"
MILLIONTH: Final = Decimal("0.000001")
# Each costs a cent: an answer without an end must not cost more than a dollar.
MOST_PAGES: Final = 100
# Codes of the API that another try can help; it asks for the next page of something that is no more.
MOVED = frozenset({"RequestChangedException", "InvalidNextTokenException"})


@dataclass(frozen=True, slots=True)
class Bill:
    """What was billed on a day for one value of the tag; an empty value is what has no such tag.

    `amount` is rounded to a millionth, half to even: AWS gives ten places. It is below zero where credits are more.
    """

    day: date
    tagged: str
    currency: str
    amount: Decimal
    is_final: bool


def pages(account: AccountRef, regions: Sequence[str], tag: str, first: date, end: date) -> Iterator[tuple[Bill, ...]]:
    """The bill of the days from `first` on and before `end`, page by page: a request each, sent once only.

    Raises TargetError, in words, where AWS does not answer.
    """
    if any(WITHOUT.match(region) for region in regions):
        raise TargetError(texts.NOT_HERE)
    wanted: dict[str, Any] = {
        "TimePeriod": {"Start": first.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [METRIC],
        "GroupBy": [{"Type": "TAG", "Key": tag}],
        "Filter": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account.account_id]}},
    }
    region = endpoint(regions)
    made = client("ce", account, region, once=True)
    for _number in range(MOST_PAGES):
        answer = _asked(made, account, region, wanted)
        yield tuple(_read(answer, tag))
        token = answer.get("NextPageToken")
        if not token:
            return
        wanted["NextPageToken"] = token
    raise TargetError(texts.TOO_LONG)


def endpoint(regions: Sequence[str]) -> str:
    """The region where Cost Explorer answers for an account that is used in these."""
    return NINGXIA if any(region.startswith("cn-") for region in regions) else VIRGINIA


def _asked(made: Any, account: AccountRef, region: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        with in_words("ce", "GetCostAndUsage", account, region):
            answer: Mapping[str, Any] = made.get_cost_and_usage(**wanted)
            return answer
    except TargetError as error:
        raise _worded(error, account) from error


def _worded(error: TargetError, account: AccountRef) -> TargetError:
    """The API's own errors in words; all others as everywhere else."""
    cause = error.__cause__
    if error.code in DENIED and isinstance(cause, ClientError) and cause.operation_name != "AssumeRole":
        # What AWS answers until somebody has opened Cost Explorer in the console once.
        is_off = "not enabled for cost explorer" in error.raw.lower()
        said = texts.not_enabled(account) if is_off else texts.denied(account)
        return TargetError(said, raw=error.raw, code=error.code)
    if error.code == "LimitExceededException":
        return TargetError(texts.THROTTLED, raw=error.raw, code=error.code, retryable=True)
    if error.code == "DataUnavailableException":
        return TargetError(texts.NO_DATA, raw=error.raw, code=error.code)
    if error.code in MOVED:
        return TargetError(texts.MOVED, raw=error.raw, code=error.code, retryable=True)
    return error


def _read(answer: Mapping[str, Any], tag: str) -> Iterator[Bill]:
    for span in answer["ResultsByTime"]:
        day = date.fromisoformat(span["TimePeriod"]["Start"])
        for group in span["Groups"]:
            told = group["Metrics"][METRIC]
            amount = Decimal(told["Amount"]).quantize(MILLIONTH, ROUND_HALF_EVEN)
            # Its key is the tag's, a dollar sign and the value: “Environment$chat-dev”.
            tagged = str(group["Keys"][0]).removeprefix(f"{tag}$")
            yield Bill(day, tagged, str(told["Unit"]), amount, not span["Estimated"])
