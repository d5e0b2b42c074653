"""Forty days of two environments that the Chat team has removed: their costs stay as they are, whatever runs."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from environments.models import Account, DailyCost, MonthlyCost, Team

NAMES = ("old-web", "old-api")


def fill() -> None:
    today = timezone.localdate()
    team, account = Team.objects.get(name="Chat"), Account.objects.order_by("pk")[0]
    months: dict[tuple[str, str], MonthlyCost] = {}
    for n, name in enumerate(NAMES):
        whose = {"team": team, "account": account, "environment_name": name, "currency": "USD"}
        for ahead in range(40):
            day = today - timedelta(days=ahead)
            sums = {"estimate": Decimal(9 + n) if ahead % 7 else Decimal(1), "always_on": Decimal(24)}
            end = datetime.combine(day + timedelta(days=1), time(), UTC)
            DailyCost.objects.create(day=day, known_until=end, **whose, **sums)
            month = months.setdefault(
                (name, f"{day:%Y-%m}"), MonthlyCost(month=day.replace(day=1), estimate=0, always_on=0, **whose)
            )
            month.estimate += sums["estimate"]
            month.always_on += sums["always_on"]
    MonthlyCost.objects.bulk_create(months.values())
