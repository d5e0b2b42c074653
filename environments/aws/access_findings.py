"""What a test of a connection found out about one action, and what AWS's errors mean for that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from environments.targets.base import AccountRef, TargetError, Texts
from environments.targets.client import BAD_CREDENTIALS, DENIED, RETRYABLE, in_words

from . import access_texts as texts

ERRORS = (ClientError, BotoCoreError, ResponseParserError)
# What cannot be done because the thing asked for is not there: AWS looks at permissions before. The last two are
# what ECS says of a task definition, and Cost Explorer of a span without days.
ABSENT = re.compile(
    r"NotFound|NotExist|NoSuch|DoesNotExist|does not exist|Unable to describe task definition|should be before end",
    re.IGNORECASE,
)
REGION_OFF = frozenset({"OptInRequired", "RegionDisabledException", "AuthFailure"})


class Finding(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """It cannot be found out without doing it."""
    FAILED = "failed"
    """Nothing can be said: AWS could not be asked."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report. `texts` says it in each language, and what to do."""

    region: str
    action: str
    verdict: Finding
    texts: Texts

    def as_data(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": str(self.verdict), "texts": dict(self.texts)}


def code_of(error: Exception) -> str:
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def judged(error: Exception, action: str, account: AccountRef, region: str) -> tuple[Finding, Texts]:
    """What it says about the permission when a harmless call ended like this."""
    code = code_of(error)
    if code == "DryRunOperation":
        return Finding.ALLOWED, texts.WOULD
    if code in DENIED:
        above = "explicit deny" in str(error) or "permissions boundary" in str(error)
        return Finding.DENIED, texts.refused_above(action) if above else texts.denied(action)
    if code in REGION_OFF or (code in BAD_CREDENTIALS and "xpired" not in code):
        return Finding.FAILED, texts.region_off(region)
    if not isinstance(error, ClientError) or code in RETRYABLE or _status(error) >= 500:
        return Finding.FAILED, worded(error, action, account, region).texts
    if ABSENT.search(f"{code} {error}"):
        return Finding.ALLOWED, texts.ALLOWED
    return Finding.UNKNOWN, texts.unclear(str(error))


def worded(error: Exception, action: str, account: AccountRef, region: str) -> TargetError:
    """An error of botocore as everywhere else in the portal."""
    service, _, name = action.partition(":")
    try:
        with in_words(service, name, account, region):
            raise error
    except TargetError as told:
        return told


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
