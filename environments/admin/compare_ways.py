"""Ways to run the same thing: price lines and hours in the address, and what a month of each costs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from environments.models.rate import RateTemplate
from environments.rules.comparing import MONTH, Difference, Way, cheapest, differences
from environments.rules.costs import money as rounded
from environments.services import comparing, permissions
from environments.services.plans import today
from portal.money import money_words

from .compare_lines import Read, read, written
from .compare_presets import PRESETS
from .compare_spans import tone
from .costs_words import difference

MOST_WAYS: Final = 5
OFFERED: Final = 200
LONGEST: Final = 4000
SEE_TEMPLATES: Final = "environments.view_ratetemplate"
_HOURS = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)\s*(h|%)?", re.ASCII)
HOURS_SAID: Final = gettext_noop(
    "From %(figure)s h a month on, %(then)s is cheaper than %(before)s; below that it is the other way."
)
RESERVED_SAID: Final = gettext_noop(
    "From %(figure)s %% reserved on, %(then)s is cheaper than %(before)s; below that it is the other way."
)
Said = tuple[str, str, str]
"""Of a way: its name, its hours and its lines, as they were written."""


def section(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The context of `environments/_compare_ways.html`."""
    said = _said(request.GET)
    shown = list(said)
    while len(shown) < 2 or (request.GET.get("more") and len(shown) < min(len(said) + 1, MOST_WAYS)):
        shown.append(("", "", ""))
    ways, problems, currency = _read(said)
    context: dict[str, Any] = {
        "presets": [(preset.title, address(preset.ways), preset.note) for preset in PRESETS],
        "ways": [
            {
                "number": number,
                "name": name,
                "hours": hours,
                "lines": lines,
                "problems": problems.get(number - 1, ()),
                "without": address([one for at, one in enumerate(shown, 1) if at != number]) if len(said) > 2 else "",
            }
            for number, (name, hours, lines) in enumerate(shown, 1)
        ],
        "can_add": len(said) < MOST_WAYS,
        "sources": _sources(request),
        "problems": [one for those in problems.values() for one in those],
        "month": MONTH,
    }
    if len(ways) < 2 or problems:
        return context
    return context | _shown(ways, currency or "USD")


def filled(request: HttpRequest, now: datetime) -> str:
    """The query of an address in which lines that were asked for (`add`) stand written; empty where none were."""
    added = request.GET.getlist("add")
    if not any(added):
        return ""
    fields = [request.GET.getlist(name) for name in ("name", "hours", "lines")]
    said = []
    for number in range(min(MOST_WAYS, max(len(one) for one in [*fields, added]))):
        name, hours, lines = (one[number] if number < len(one) else "" for one in fields)
        source = added[number] if number < len(added) else ""
        called, text = _from(request, source, now) if source else ("", "")
        said.append((name or called, hours, "\n".join(part for part in (lines.strip(), text) if part)))
    return _query(said)


def address(said: Any, **more: str) -> str:
    return f"{reverse('environments:costs_compare')}?{_query(said, **more)}"


def _query(said: Any, **more: str) -> str:
    pairs = [("what", "ways")]
    for name, hours, lines in said:
        pairs += [("name", str(name)), ("hours", hours), ("lines", lines)]
    return urlencode([*pairs, *more.items()])


def _said(asked: QueryDict) -> list[Said]:
    """The ways that say anything."""
    names, hours, lines = (asked.getlist(name) for name in ("name", "hours", "lines"))
    count = min(MOST_WAYS, max(len(names), len(hours), len(lines)))
    fields = [[*one, *[""] * count] for one in (names, hours, lines)]
    clean = [tuple(text.replace("\0", "")[:LONGEST] for text in one) for one in zip(*fields, strict=False)]
    return [
        (name.strip()[:80], hours.strip()[:12], lines) for name, hours, lines in clean[:count] if name or lines.strip()
    ]


def _read(said: list[Said]) -> tuple[list[Way], dict[int, list[str]], str]:
    """The ways, what is wrong with which of them, and the currency of all."""
    ways: list[Way] = []
    problems: dict[int, list[str]] = {}
    currency = ""
    for number, (name, hours, text) in enumerate(said):
        found: Read = read(text, currency)
        currency = currency or found.currency
        wrong, time = list(found.problems), _hours(hours)
        if time is None:
            wrong.append(_("Hours a month: write a number up to 730 such as 180, or a share such as 25 %."))
        if not found.lines and not wrong:
            wrong.append(_("Write at least one price line."))
        called = name or _("Way %(number)d") % {"number": number + 1}
        if wrong:
            problems[number] = [f"{called}: {one}" for one in wrong]
        else:
            ways.append(Way(called, found.lines, MONTH if time is None else time))
    return ways, problems, currency


def _hours(text: str) -> Fraction | None:
    """Hours of a month: all of it where nothing is said; None for what is no such number."""
    if not text:
        return MONTH
    found = _HOURS.fullmatch(text)
    if not found:
        return None
    hours = Fraction(found[1]) / 100 * MONTH if found[2] == "%" else Fraction(found[1])
    return hours if hours <= MONTH else None


def _shown(ways: list[Way], currency: str) -> dict[str, Any]:
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


def _sources(request: HttpRequest) -> list[tuple[str, list[tuple[str, str]]]]:
    """What lines can come from: templates and targets that somebody sees. Two queries."""
    found = []
    if request.user.has_perm(SEE_TEMPLATES):
        rows = RateTemplate.objects.order_by("name").values_list("pk", "name")[:OFFERED]
        found.append((_("Price templates"), [(f"template:{pk}", name) for pk, name in rows]))
    if request.user.has_perm(permissions.SEE_PRICES):
        targets = comparing.priced_targets(user=request.user, most=OFFERED)
        named = [(f"target:{one.pk}", f"{one.environment.name}: {one.identifier}") for one in targets]
        found.append((_("Targets"), named))
    return [(label, those) for label, those in found if those]


def _from(request: HttpRequest, source: str, now: datetime) -> tuple[str, str]:
    """The name of a template or a target in sight, and its lines; nothing for what is not there."""
    kind, _colon, number = source.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return "", ""
    pk = int(number)
    if kind == "template" and request.user.has_perm(SEE_TEMPLATES):
        template = RateTemplate.objects.filter(pk=pk).first()
        return (template.name, written(template.lines.all())) if template else ("", "")
    if kind == "target" and request.user.has_perm(permissions.SEE_PRICES):
        target = comparing.priced_target(user=request.user, pk=pk)
        if target:
            rows = comparing.lines_on({target.environment_id: today(target.environment.zone_name, now)})
            lines = [row for row in rows if row.target_id == pk]
            return f"{target.environment.name}: {target.identifier}", written(lines)
    return "", ""
