"""Price lines read from what was written in their fields; what cannot be read is said of each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.rules.comparing import MONTH, Per, PriceLine

from .compare_rows import Row

MOST_LONG: Final = 120
MOST_MONTHS: Final = 120
FIELDS: Final = {
    "label": gettext_lazy("what"),
    "price": gettext_lazy("price"),
    "currency": gettext_lazy("currency"),
    "quantity": gettext_lazy("quantity"),
    "share": gettext_lazy("reserved"),
    "hours": gettext_lazy("own hours"),
    "months": gettext_lazy("months"),
}
_NUMBER: Final = r"(\d{1,12}(?:\.\d{1,10})?)"
_PLAIN = re.compile(_NUMBER, re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_HOURS = re.compile(rf"{_NUMBER}\s*(h|%)?", re.ASCII)
_SHARE = re.compile(rf"{_NUMBER}\s*%?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Read:
    """What rows say. `wrong` has, by the row's place and its field, why it cannot be read; `currency` is empty where no
    row names one."""

    lines: tuple[PriceLine, ...] = ()
    wrong: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    currency: str = ""


def read(rows: Sequence[Row], currency: str = "") -> Read:
    """The price lines of rows.

    `currency` is the one that other rows have named: another one is refused, for they are not added to each other.
    """
    lines: list[PriceLine] = []
    wrong: dict[int, dict[str, str]] = {}
    for place, row in enumerate(rows):
        found, problems = _read(row)
        named = row.currency.upper()
        if "currency" not in problems:
            if currency and named and named != currency:
                why = _("%(named)s and %(currency)s cannot be compared: choose one currency.")
                problems["currency"] = why % {"named": named, "currency": currency}
            currency = currency or named
        if problems:
            wrong[place] = {name: problems[name] for name in FIELDS if name in problems}
        else:
            lines.append(_line(row, found))
    return Read(tuple(lines), wrong, currency)


def hours_of(text: str) -> Fraction | None:
    """Hours of a month, “180”, “180 h” or “25 %” of it; None for what is no such number, or more than a month has."""
    found = _HOURS.fullmatch(_without_commas(text))
    if not found:
        return None
    hours = Fraction(found[1]) / 100 * MONTH if found[2] == "%" else Fraction(found[1])
    return hours if hours <= MONTH else None


def _read(row: Row) -> tuple[dict[str, Any], dict[str, str]]:
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, check in _CHECKS.items():
        try:
            found[name] = check(row)
        except ValueError as error:
            problems[name] = str(error)
    return found, problems


def _line(row: Row, found: Mapping[str, Any]) -> PriceLine:
    return PriceLine(
        label=found["label"],
        unit_price=found["price"],
        per=Per(row.per),
        quantity=found["quantity"],
        hours=found["hours"],
        reserved=found["share"],
        months=found["months"],
    )


def _label(row: Row) -> str:
    if not row.label:
        raise ValueError(_("Say what it is, for example EC2 t3.small."))
    if len(row.label) > MOST_LONG:
        raise ValueError(_("Say it in %(count)s characters at most.") % {"count": MOST_LONG})
    return row.label


def _price(row: Row) -> Fraction:
    found = _PLAIN.fullmatch(_without_commas(row.price))
    if not found:
        raise ValueError(_("Write the price as a number, for example 0.023."))
    return Fraction(found[1])


def _currency(row: Row) -> str:
    if row.currency and not _CURRENCY.fullmatch(row.currency.upper()):
        raise ValueError(_("Write a currency in three letters, for example USD."))
    return row.currency


def _quantity(row: Row) -> Fraction:
    found = _PLAIN.fullmatch(_without_commas(row.quantity))
    if not found:
        raise ValueError(_("Write a number such as 2 or 0.5."))
    return Fraction(found[1])


def _share(row: Row) -> Fraction:
    if not row.share:
        return Fraction(1)
    found = _SHARE.fullmatch(row.share)
    if not found or Fraction(found[1]) > 100:
        raise ValueError(_("Write a share from 0 to 100, for example 60, or leave it empty."))
    return Fraction(found[1]) / 100


def _own_hours(row: Row) -> Fraction | None:
    """None: the hours that its way runs. What is paid once has no hours."""
    if row.per == Per.ONCE.value:
        return None
    if row.always:
        if row.hours:
            raise ValueError(_("It is billed all month. Leave this empty, or untick that it is billed while stopped."))
        return MONTH
    if not row.hours:
        return None
    hours = hours_of(row.hours)
    if hours is None:
        raise ValueError(_("Write hours up to 730 such as 60, a share such as 25 %, or leave it empty."))
    return hours


def _months(row: Row) -> int:
    if row.per != Per.ONCE.value:
        return 1
    found = _PLAIN.fullmatch(row.months)
    if not found or not 1 <= Fraction(found[1]) <= MOST_MONTHS:
        raise ValueError(_("Say over how many months it is spread, from 1 to 120."))
    if Fraction(found[1]).denominator != 1:
        raise ValueError(_("Write whole months."))
    return int(Fraction(found[1]))


def _without_commas(text: str) -> str:
    """“1,200” as people write money; “0,5” stays, and is no number."""
    return text.replace(",", "") if _THOUSANDS.match(text) else text


_CHECKS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "label": _label,
    "price": _price,
    "currency": _currency,
    "quantity": _quantity,
    "share": _share,
    "hours": _own_hours,
    "months": _months,
}
