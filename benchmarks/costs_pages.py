"""The pages of costs over a year of a large installation: 1.8 million days, in server time."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from benchmarks.costs_data import fill
from benchmarks.database import fresh_database
from benchmarks.figure import Figure
from portal.settled import settle

SUBJECTS = ("costs",)
ENVIRONMENTS, DAYS = 5000, 365
REQUESTS = 40
PAGES = {
    "month": "/costs/",
    "year": "/costs/?period={year}",
    "environment": "/costs/?environment=service-0050&period={year}",
}
# Parts that the page asks for once it is there; those of a year read the most.
PARTS = {
    "hours": ("costs_hours", b"costs-map"),
    "bills": ("costs_bills", b"costs-billed"),
}


def figures() -> Iterator[Figure]:
    """p95 of the server's time for each page as an operator has it, who sees all, on the database of DATABASE_URL (its
    name in the figure, unless SQLite)."""
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor,
        "environments": ENVIRONMENTS,
        "days": DAYS,
        "rows": ENVIRONMENTS * DAYS,
        "requests": REQUESTS,
    }
    suffix = "" if connection.vendor == "sqlite" else f"_{connection.vendor}"
    now = timezone.now()
    with fresh_database():
        fill(now, environments=ENVIRONMENTS, days=DAYS)
        settle()  # as each web process does
        browser = _signed_in()
        for name, address in PAGES.items():
            took, kilobytes = _p95(browser, address.format(year=now.year), b"costs-groups")
            yield Figure(f"costs.{name}{suffix}_p95_ms", took, "ms", sizes, f"{kilobytes:,.0f} kB of HTML")
        for name, (place, mark) in PARTS.items():
            took, kilobytes = _p95(browser, f"{reverse(f'environments:{place}')}?period={now.year}&currency=USD", mark)
            yield Figure(f"costs.{name}{suffix}_p95_ms", took, "ms", sizes, f"{kilobytes:,.0f} kB of HTML")


def _signed_in() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(User.objects.get(username="operator"))
    return browser


def _p95(browser: Any, address: str, mark: bytes) -> tuple[float, float]:
    for _ in range(3):
        answer = browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        assert mark in answer.content, address
    took = []
    for _ in range(REQUESTS):
        began = perf_counter()
        answer = browser.get(address)
        took.append(perf_counter() - began)
    return sorted(took)[int(REQUESTS * 0.95) - 1] * 1000, len(answer.content) / 1000
