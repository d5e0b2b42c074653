"""Price lines as text, one a line with its fields between semicolons or tabs: read, and written for what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models.rate import PriceLine as Row
from environments.rules.comparing import MONTH, Per, PriceLine

MOST_LINES: Final = 40
MOST_LONG: Final = 120
MOST_DIGITS: Final = 18
FIELDS: Final = (
    gettext_lazy("what"),
    gettext_lazy("price"),
    gettext_lazy("quantity"),
    gettext_lazy("billed for"),
    gettext_lazy("reserved"),
)
_NUMBER: Final = r"(?P<number>\d{1,12}(?:\.\d{1,10})?)"
_PRICE = re.compile(rf"{_NUMBER}\s*(?P<currency>[A-Za-z]{{3}})?\s*(?:/\s*(?P<per>h|hour|month|once))?", re.ASCII)
_QUANTITY = re.compile(_NUMBER, re.ASCII)
_HOURS = re.compile(rf"{_NUMBER}\s*(?P<unit>h|%|months?)", re.ASCII)
_SHARE = re.compile(rf"{_NUMBER}\s*%", re.ASCII)
_PER = {None: Per.HOUR, "h": Per.HOUR, "hour": Per.HOUR, "month": Per.MONTH, "once": Per.ONCE}


@dataclass(frozen=True, slots=True)
class Read:
    """What a text says. `problems` are sentences that name the line and the field; `currency` is empty where no line
    names one."""

    lines: tuple[PriceLine, ...] = ()
    problems: tuple[str, ...] = ()
    currency: str = ""


class FieldError(ValueError):
    """A field that does not say what it is for: its number from 0, and why."""

    def __init__(self, field: int, why: str) -> None:
        super().__init__(why)
        self.field = field


def read(text: str, currency: str = "") -> Read:
    """The price lines of a text: “what; price; quantity; billed for; reserved”. Empty lines are left out.

    `currency` is the one that other lines have named: another one is refused, for they are not added to each other.
    """
    lines: list[PriceLine] = []
    problems: list[str] = []
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in numbered[:MOST_LINES]:
        try:
            found, named = _line(line)
            if named and currency and named != currency:
                why = _("%(named)s and %(currency)s cannot be compared: choose one currency.")
                raise FieldError(1, why % {"named": named, "currency": currency})
        except FieldError as error:
            said = _("Line %(number)d, %(field)s: %(why)s")
            problems.append(said % {"number": number, "field": FIELDS[error.field], "why": error})
        else:
            currency = currency or named
            lines.append(found)
    if len(numbered) > MOST_LINES:
        problems.append(_("There are more than %(count)d lines.") % {"count": MOST_LINES})
    return Read(tuple(lines), tuple(problems), currency)


def written(rows: Iterable[Row]) -> str:
    """The text of price lines of a target or of a template."""
    return "\n".join(_written(row) for row in rows)


def _written(row: Row) -> str:
    label = re.sub(r"[;\t\r\n]+", ",", row.label)[:MOST_LONG]
    price = f"{_plain(row.unit_price)} {row.currency}/{'month' if row.unit == Row.Unit.MONTH else 'h'}"
    said = [label, price, _plain(row.quantity), *(["always"] if row.always else [])]
    return "; ".join(said)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _line(line: str) -> tuple[PriceLine, str]:
    parts = [part.strip() for part in re.split(r"[;\t]", line)]
    while parts and not parts[-1]:
        parts.pop()
    if len(parts) > len(FIELDS):
        raise FieldError(len(FIELDS) - 1, _("There is something after it. A line has five fields at most."))
    parts += [""] * (len(FIELDS) - len(parts))
    label, price, quantity, billed, reserved = parts
    if not label:
        raise FieldError(0, _("Say what it is, for example EC2 t3.small."))
    if len(label) > MOST_LONG:
        raise FieldError(0, _("Say it in %(count)s characters at most.") % {"count": MOST_LONG})
    amount, per, currency = _price(price)
    hours, months = _billed(billed, per)
    found = PriceLine(label, amount, per, _quantity(quantity), hours, _reserved(reserved), months)
    return found, currency


def _price(text: str) -> tuple[Fraction, Per, str]:
    found = _PRICE.fullmatch(text)
    if not found:
        raise FieldError(1, _("Write a price such as 0.023/h, 10 USD/month or 360/once."))
    return Fraction(found["number"]), _PER[found["per"]], (found["currency"] or "").upper()


def _quantity(text: str) -> Fraction:
    found = _QUANTITY.fullmatch(text or "1")
    if not found:
        raise FieldError(2, _("Write a number such as 2 or 0.5."))
    return Fraction(found["number"])


def _billed(text: str, per: Per) -> tuple[Fraction | None, int]:
    """Hours a month, and the months that a price paid once is spread over."""
    if per is Per.ONCE:
        found = _HOURS.fullmatch(text)
        if not found or not found["unit"].startswith("month") or not 1 <= Fraction(found["number"]) <= 120:
            raise FieldError(3, _("Say over how many months a price paid once is spread, for example 12 months."))
        if Fraction(found["number"]).denominator != 1:
            raise FieldError(3, _("Write whole months."))
        return None, int(found["number"])
    if not text:
        return None, 1
    if text.lower() in {"always", str(_("always")).lower()}:
        return MONTH, 1
    found = _HOURS.fullmatch(text)
    if not found or found["unit"].startswith("month"):
        raise FieldError(3, _("Leave it empty for the hours that it runs, or write always, 180 h or 60 %."))
    hours = Fraction(found["number"]) if found["unit"] == "h" else Fraction(found["number"]) / 100 * MONTH
    if hours > MONTH:
        raise FieldError(3, _("A month has 730 hours."))
    return hours, 1


def _reserved(text: str) -> Fraction:
    if not text:
        return Fraction(1)
    found = _SHARE.fullmatch(text)
    if not found or Fraction(found["number"]) > 100:
        raise FieldError(4, _("Write a share from 0 to 100 %, for example 60 %."))
    return Fraction(found["number"]) / 100
