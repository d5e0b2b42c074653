"""Bills of the simulated AWS, for tests: what was billed on a day, how it was asked for, and what was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from environments.models import BillLook, DailyBill, Environment
from environments.services.bills import look_due
from environments.targets.client import forget_clients
from tests import factories
from tests.services import costing
from tests.support.times import monday

NOW = monday("09:10")  # ten past midnight, UTC: the 23rd of November
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.seed_reference()
    aws.freeze(NOW)
    yield aws
    forget_clients()


@pytest.fixture
def look(cloud: Any) -> BillLook:
    """The reading of the account's bills, due now."""
    return BillLook.objects.create(account=factories.account(), enabled=True, wanted_at=NOW)


def environment(name: str = "chat-dev", **fields: Any) -> Environment:
    """With a target in the account whose bills are read."""
    made = factories.environment(name, **fields)
    costing.target(made, f"web of {made.pk}")
    return made


def billed(aws: Any, day: str, value: str = "chat-dev", *, amount: str = "0.25", hours: int = 10) -> None:
    """In dollars, on a day of UTC; a second time the same day and value are replaced."""
    began = datetime.fromisoformat(day).replace(tzinfo=UTC)
    span = {"key": f"{value}/{day}", "account": "123456789012", "tags": {"Environment": value} if value else {}}
    times = {"began": began.isoformat(), "ended": (began + timedelta(hours=hours)).isoformat()}
    aws.control("POST", "ran", spans=[span | times | {"an_hour": str(Decimal(amount) / hours)}])


def rows() -> dict[tuple[str, str], tuple[str, str | None]]:
    """Amount and environment of each day and value."""
    found = DailyBill.objects.select_related("environment").order_by("day", "tagged")
    return {
        (f"{row.day}", row.tagged): (f"{row.amount.normalize():f}", row.environment.slug if row.environment else None)
        for row in found
    }


def again(look: BillLook, at: datetime) -> BillLook:
    BillLook.objects.filter(pk=look.pk).update(wanted_at=at)
    look_due(now=at)
    look.refresh_from_db()
    return look


def asked_spans(aws: Any) -> list[tuple[str, str]]:
    spans = [call["parameters"]["TimePeriod"] for call in aws.requests("ce")]
    return [(span["Start"], span["End"]) for span in spans]
