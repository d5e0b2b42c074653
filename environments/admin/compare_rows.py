"""Price lines as they were written, field by field: out of an address, out of text, and into an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from environments.models.rate import PriceLine
from environments.rules.comparing import Per

MOST_WAYS: Final = 5
MOST_LINES: Final = 40
LONGEST: Final = 4000
TICKED: Final = "1"
_PRICE = re.compile(r"(?P<number>[\d.,]+)\s*(?P<currency>[A-Za-z]{3})?\s*(?:/\s*(?P<per>h|hour|month|once))?", re.ASCII)
_PER: Final = {None: Per.HOUR, "h": Per.HOUR, "hour": Per.HOUR, "month": Per.MONTH, "once": Per.ONCE}
_PERS: Final = frozenset(per.value for per in Per)
_MONTHS = re.compile(r"([\d.,]+)\s*months?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """A price line as somebody wrote it: nothing is read yet, so nothing is refused.

    `per` is the value of a `Per`; `always` is “1” where it is billed while stopped, too; `hours` are its own, of a
    month; `months` are those that a price paid once is spread over.
    """

    label: str = ""
    price: str = ""
    currency: str = ""
    per: str = Per.HOUR.value
    quantity: str = "1"
    always: str = ""
    share: str = ""
    hours: str = ""
    months: str = ""

    @property
    def is_blank(self) -> bool:
        typed = (self.label, self.price, self.always, self.share, self.hours, self.months)
        return not any(typed) and self.quantity == BLANK.quantity


BLANK: Final = Row()
FIELDS: Final = tuple(field.name for field in fields(Row))
_KEY = re.compile(rf"([1-{MOST_WAYS}])\.(\d{{1,3}})\.({'|'.join(FIELDS)})", re.ASCII)


def of_address(asked: QueryDict) -> dict[int, dict[int, Row]]:
    """The rows of each way, both by their numbers: `1.2.price` is the price of the first way's second line."""
    found: dict[int, dict[int, dict[str, str]]] = {}
    for key, value in asked.items():
        named = _KEY.fullmatch(key)
        text = str(value).replace("\0", "").strip()[:LONGEST]
        if named and text:
            found.setdefault(int(named[1]), {}).setdefault(int(named[2]), {})[named[3]] = text
    return {way: {number: _row(**found[way][number]) for number in sorted(found[way])} for way in sorted(found)}


def _row(**said: str) -> Row:
    if said.get("per") not in _PERS:
        said["per"] = BLANK.per
    if "always" in said:
        said["always"] = TICKED
    return Row(**said)


def pairs(way: int, rows: Iterable[Row]) -> list[tuple[str, str]]:
    """What an address has of these rows: only what says more than an empty line."""
    return [
        (f"{way}.{number}.{name}", value)
        for number, row in enumerate(rows, 1)
        for name in FIELDS
        if (value := getattr(row, name)) and value != getattr(BLANK, name)
    ]


def of_text(text: str, most: int) -> tuple[list[Row], str]:
    """The rows of lines such as “what; price; quantity; billed for; reserved”, with semicolons or tabs between; and
    those lines that are beyond `most`. What cannot be told apart stands whole in the field that it was written for."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [_of_line(line) for line in lines[:most]], "\n".join(lines[most:])


def _of_line(line: str) -> Row:
    label, price, quantity, billed, *reserved = [*(part.strip() for part in re.split(r"[;\t]", line)), "", "", ""]
    share = "; ".join(part for part in reserved if part)
    found = _PRICE.fullmatch(price)
    per = _PER[found["per"]] if found else Per.HOUR
    said = {
        "label": label,
        "price": found["number"] if found else price,
        "currency": (found["currency"] or "").upper() if found else "",
        "per": per.value,
        "quantity": quantity or BLANK.quantity,
        "share": share.removesuffix("%").strip(),
    }
    if per is Per.ONCE:
        months = _MONTHS.fullmatch(billed)
        return Row(**said, months=months[1] if months else billed)
    if billed.lower() in {"always", str(_("always")).lower()}:
        return Row(**said, always=TICKED)
    return Row(**said, hours=billed)


def of_prices(priced: Iterable[PriceLine]) -> list[Row]:
    """The rows of price lines of a target or of a template."""
    return [
        Row(
            label=one.label,
            price=_plain(one.unit_price),
            currency=one.currency,
            per=Per.MONTH.value if one.unit == PriceLine.Unit.MONTH else Per.HOUR.value,
            quantity=_plain(one.quantity),
            always=TICKED if one.always else "",
        )
        for one in priced
    ]


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
