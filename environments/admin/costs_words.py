"""Amounts, shares, hours and days as the pages of costs say them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import formats
from django.utils.translation import gettext as _

from environments.rules.durations import spoken
from environments.services.cost_sums import amount
from portal.money import money_words, share_words

from .displays import language

_DAYS = {"en": ("j M", "j M Y"), "ko": ("n월 j일", "Y년 n월 j일")}
_MONTHS = {"en": ("M", "F Y"), "ko": ("n월", "Y년 n월")}
HOUR = 3600


def money(millionths: int, currency: str) -> str:
    """“$12.89”."""
    return money_words(amount(millionths), currency)


def share(part: Decimal | None) -> str:
    """“75%”; empty where there is none. What is not all is never rounded to it."""
    if part is None:
        return ""
    return share_words(min(part, Decimal("0.99")) if part < 1 else part)


def difference(part: Decimal | None) -> str:
    """“+1.0%”, “−2.4%”, “0.0%”; empty where there is none to compare with."""
    if part is None:
        return ""
    rounded = (part * 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded)}%"


def hours(seconds: int | None) -> str:
    """“171 h”, in Korean “171시간”; minutes where it was less than an hour, a dash where it is not known."""
    if seconds is None:
        return "–"
    if 0 < seconds < HOUR:
        return spoken(timedelta(minutes=round(seconds / 60) or 1), language())
    return _("%(hours)s h") % {"hours": f"{round(seconds / HOUR):,}"}


def day_words(day: date, *, year: bool = False) -> str:
    """“3 Nov”, “3 Nov 2026”."""
    return formats.date_format(day, _DAYS.get(language(), _DAYS["en"])[year])


def month_words(day: date, *, short: bool = False) -> str:
    """“November 2026”, in short “Nov”."""
    return formats.date_format(day, _MONTHS.get(language(), _MONTHS["en"])[not short])


def weekday_words(day: date) -> str:
    """“Mon 3 Nov”."""
    return (
        f"{formats.date_format(day, 'D')} {day_words(day)}"
        if language() != "ko"
        else f"{day_words(day)} ({formats.date_format(day, 'D')})"
    )


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
    return [formats.date_format(monday + timedelta(days=ahead), "D") for ahead in range(7)]


def number_of(sums: Decimal | int) -> float:
    """An amount, or millionths of one, as the number that a workbook takes; it is shown and never reckoned with."""
    return float(amount(sums) if isinstance(sums, int) else sums)
