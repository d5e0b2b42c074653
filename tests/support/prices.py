"""Price lines as tests write and read them; it is Wednesday, 18 November 2026, in Seoul."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from environments.models import Target
from environments.models.daily import StaleDays
from environments.models.rate import Rate
from environments.services import rates
from environments.services.rates import Line
from tests import factories

TODAY = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 10, tzinfo=ZoneInfo("Asia/Seoul"))
MACHINE = Line("EC2 t3.small", Decimal("0.023"), quantity=Decimal(2))
CACHE = Line("ElastiCache cache.t2.micro", Decimal("0.017"))


def set_line(target: Target, label: str, price: str, day: date, **fields: Any) -> rates.Written:
    asked: dict[str, Any] = {"actor": factories.operator(), "now": NOW} | fields
    return rates.set_line(target=target, label=label, unit_price=Decimal(price), valid_from=day, **asked)


def days(target: Target) -> list[tuple[str, str, str, str]]:
    """Label, price, first day, first day without; as they stand."""
    rows = Rate.objects.filter(target_number=target.pk).order_by("label", "valid_from")
    return [(r.label, f"{r.unit_price.normalize():f}", f"{r.valid_from:%m-%d}", _day(r.valid_until)) for r in rows]


def _day(day: date | None) -> str:
    return f"{day:%m-%d}" if day else ""


def marked() -> list[tuple[str, str]]:
    """The days that are to be reckoned anew; and forgets them."""
    found = sorted((f"{row.first:%m-%d}", _day(row.last)) for row in StaleDays.objects.all())
    StaleDays.objects.all().delete()
    return found
