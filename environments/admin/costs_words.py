"""Amounts, shares, hours and days as the pages of costs say them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import formats

from environments.services.cost_sums import amount
from environments.services.cost_words import HOUR, day_words, difference, hours, money, month_words, share

from .displays import language

__all__ = ["HOUR", "bar_words", "day_words", "difference", "hours", "money", "month_words", "number_of", "share",
           "tick_words", "weekday_words", "weekdays"]  # fmt: skip


def weekday_words(day: date) -> str:
    """“Mon 3 Nov”."""
    return f"{day_words(day)} ({_weekday(day)})" if language() == "ko" else f"{_weekday(day)} {day_words(day)}"


def bar_words(first: date, last: date, step: str) -> str:
    """The days of a bar: “Mon 3 Nov”, “3–9 Nov”, “November 2026”; with its days where it is only part of a month."""
    if step == "day":
        return weekday_words(first)
    if step == "month" and first.day == 1 and (last + timedelta(days=1)).day == 1:
        return month_words(first)
    return day_words(first) if first == last else f"{day_words(first)} – {day_words(last)}"


def tick_words(first: date, step: str, *, with_year: bool) -> str:
    """The days of a bar below its axis, in short: “3 Nov”, “Nov”, “Jan 2026”."""
    if step != "month":
        return day_words(first)
    return month_words(first, short=True) + (f" {first.year}" if with_year and language() != "ko" else "")


def weekdays() -> list[str]:
    """“Mon” to “Sun”."""
    monday = date(2024, 1, 1)
    return [_weekday(monday + timedelta(days=ahead)) for ahead in range(7)]


def _weekday(day: date) -> str:
    return formats.date_format(day, "D").removesuffix("요일")


def number_of(sums: Decimal | int) -> float:
    """An amount, or millionths of one, as the number that a workbook takes; it is shown and never reckoned with."""
    return float(amount(sums) if isinstance(sums, int) else sums)
