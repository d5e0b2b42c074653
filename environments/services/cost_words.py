"""Amounts, shares, hours and days of costs in words, in the language of the moment: for pages and for mails."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final

from django.utils import formats, translation
from django.utils.translation import gettext as _

from environments.rules.durations import spoken
from portal.money import money_words, share_words

from .cost_sums import amount

_DAYS: Final = {"en": ("j M", "j M Y"), "ko": ("n월 j일", "Y년 n월 j일")}
_MONTHS: Final = {"en": ("M", "F Y"), "ko": ("n월", "Y년 n월")}
HOUR: Final = 3600


def money(millionths: int, currency: str) -> str:
    """“$12.89”."""
    return _money(millionths, currency, _language())


@lru_cache(maxsize=20_000)  # the amounts of days that are over stay as they are, and a page has hundreds of them
def _money(millionths: int, currency: str, language: str) -> str:
    return money_words(amount(millionths), currency, language=language)


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
        return spoken(timedelta(minutes=round(seconds / 60) or 1), _language())
    return _("%(hours)s h") % {"hours": f"{round(seconds / HOUR):,}"}


def day_words(day: date, *, year: bool = False) -> str:
    """“3 Nov”, “3 Nov 2026”."""
    return formats.date_format(day, _DAYS.get(_language(), _DAYS["en"])[year])


def month_words(day: date, *, short: bool = False) -> str:
    """“November 2026”, in short “Nov”."""
    return formats.date_format(day, _MONTHS.get(_language(), _MONTHS["en"])[not short])


def _language() -> str:
    return (translation.get_language() or "en").split("-")[0]
