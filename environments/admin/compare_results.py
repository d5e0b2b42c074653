"""What a month of each way costs, in words: beside the first, and from where on which is cheaper."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from environments.rules.comparing import Difference, Way, cheapest, differences
from environments.rules.costs import money as rounded
from portal.money import money_words

from .compare_spans import tone
from .costs_words import difference

HOURS_SAID: Final = gettext_noop(
    "From %(figure)s h a month on, %(then)s is cheaper than %(before)s; below that it is the other way."
)
RESERVED_SAID: Final = gettext_noop(
    "From %(figure)s %% reserved on, %(then)s is cheaper than %(before)s; below that it is the other way."
)


def shown(ways: list[Way], currency: str) -> dict[str, Any]:
    """The context of `environments/_compare_results.html`."""

    def money(amount: Fraction) -> str:
        return money_words(rounded(amount), currency)

    most = max(way.monthly for way in ways)
    least = cheapest(ways)
    beside = {id(one.way): one for one in differences(ways)}
    return {
        "results": [
            {
                "name": way.name,
                "monthly": money(way.monthly),
                "hours": f"{_plain(way.hours)}",
                "width": f"{float(way.monthly / most * 100):.1f}" if most else "0",
                "is_cheapest": way in least and len(least) < len(ways),
                "lines": [(line.label, money(way.of(line))) for line in way.lines],
                **_beside(beside.get(id(way)), currency),
            }
            for way in ways
        ],
        "first": ways[0].name,
        "evens": _evens(beside.values()),
        "is_even": len(least) == len(ways),
    }


def _beside(found: Difference | None, currency: str) -> dict[str, str]:
    if found is None:
        return {"change": "", "share": "", "tone": ""}
    amount = rounded(found.amount)
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    share = Decimal(found.share.numerator) / found.share.denominator if found.share is not None else None
    return {
        "change": sign + money_words(abs(amount), currency),
        "share": difference(share),
        "tone": tone(-1 if amount > 0 else 1 if amount < 0 else 0),
    }


def _evens(found: Iterable[Difference]) -> list[str]:
    """From where on which is cheaper; ways that have this in common are named together."""
    together: dict[tuple[str, str, str, str], list[str]] = {}
    for one in found:
        for said, even in ((HOURS_SAID, one.hours), (RESERVED_SAID, one.reserved)):
            if even is None:
                continue
            figure = str(math.ceil(even.at)) if said is HOURS_SAID else f"{math.ceil(even.at * 1000) / 10:.1f}"
            is_then = even.then is one.way
            rest = even.before if is_then else even.then
            together.setdefault((said, figure, rest.name, "then" if is_then else "before"), []).append(one.way.name)
    return [
        str(_(said)) % {"figure": figure, "then": rest, "before": rest, side: " · ".join(names)}
        for (said, figure, rest, side), names in together.items()
    ]


def _plain(number: Fraction) -> str:
    return f"{round(float(number), 1):g}"
