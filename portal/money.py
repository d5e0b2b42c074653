"""Amounts of money as people read them: “$12.89”, “US$12.89” in Korean, “₩1,235”."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import UnknownCurrencyError, format_currency, format_percent, get_currency_precision
from django.utils import translation

LOCALES = {"en": "en_US", "ko": "ko_KR"}


def money_words(amount: Decimal, currency: str, *, language: str | None = None, exact: bool = False) -> str:
    """An amount in the places that its currency has, half to even; `exact` keeps every place that says something.

    What is more than nothing and less than the smallest coin is “< $0.01”, never nothing. `language`: “en” or “ko”;
    None is that of the request. An unknown currency stands as its code.
    """
    locale = _locale(language)
    try:
        if exact:
            return format_currency(amount.normalize(), currency, locale=locale, decimal_quantization=False)
        coin = Decimal(1).scaleb(-get_currency_precision(currency))
        rounded = amount.quantize(coin, ROUND_HALF_EVEN)
        if amount and not rounded:
            return ("< " if amount > 0 else "> −") + format_currency(coin, currency, locale=locale)
        return format_currency(rounded, currency, locale=locale)
    except UnknownCurrencyError:
        return f"{currency} {amount.normalize():f}"


def share_words(share: Decimal, *, language: str | None = None) -> str:
    """A share, 0 to 1, in whole per cent: “75%”."""
    return format_percent(share, locale=_locale(language))


def _locale(language: str | None) -> str:
    return LOCALES.get((language or translation.get_language() or "en").split("-")[0], "en_US")
