"""Two environments over the same span: what they cost, how long they ran, and their prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from environments.models import Environment
from environments.models.rate import PriceLine, Rate
from environments.services import comparing, permissions
from environments.services.comparing import Beside
from environments.services.cost_sums import Span, Sums
from portal.money import money_words

from . import costs
from .compare_spans import of_span, signed, tone
from .costs_words import day_words, difference, hours, money, share

OWN = ("one", "other")


def section(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The context of `environments/_compare_environments.html`."""
    looking = of_span(request.GET, timezone.localdate(now))
    names = [request.GET.get(name, "").replace("\0", "").strip()[:81] for name in OWN]
    visible = Environment.objects.visible_to(request.user).select_related("schedule", "team")
    rows = {one.slug: one for one in visible.filter(slug__in=[name for name in names if name])}
    unknown = [name for name in dict.fromkeys(names) if name and name not in rows]
    context: dict[str, Any] = {
        "looking": looking,
        "names": names,
        "unknown": unknown,
        "filters": {"environments": costs.filters(request)["environments"]},
        "problems": [looking.problem] if looking.problem else [],
    }
    if not all(names) or unknown or looking.problem:
        return context
    if names[0] == names[1]:
        return context | {"problems": [_("Choose two different environments.")]}
    both = comparing.environments(user=request.user, those=[rows[name] for name in names], span=looking.span, now=now)
    currencies = sorted({*both[0].sums, *both[1].sums, *both[0].an_hour, *both[1].an_hour})
    may_see_prices = request.user.has_perm(permissions.SEE_PRICES)
    return context | {
        "coverage": _coverage([one.environment for one in both], looking.span),
        "both": [
            {"environment": one.environment, "lines": [_line(row) for row in one.lines] if may_see_prices else []}
            for one in both
        ],
        "ran": [hours(one.ran) for one in both],
        "currencies": [(code, _figures(code, both)) for code in currencies],
        "may_see_prices": may_see_prices,
    }


def _coverage(those: list[Environment], span: Span) -> list[str]:
    """Which of them has costs of a part of the span only. One query."""
    days = comparing.first_days(those)
    said = _("%(name)s has costs from %(day)s on, not of the whole span.")
    return [
        said % {"name": one.name, "day": day_words(days[one.pk], year=True)}
        for one in those
        if one.pk in days and span.first < days[one.pk] <= span.last
    ]


def _figures(code: str, both: list[Beside]) -> list[dict[str, str]]:
    sums = [one.sums.get(code, Sums()) for one in both]
    now = [int(one.an_hour.get(code, Decimal(0)) * 1_000_000) for one in both]
    one, other = (comparing.per(found.estimate, Fraction(one.ran, 3600)) for found, one in zip(sums, both, strict=True))
    return [
        _money(_("Cost"), sums[0].estimate, sums[1].estimate, code),
        _money(_("Cost for each hour that it ran"), one, other, code),
        _money(_("An hour of running, by today's prices"), now[0], now[1], code),
        _money(_("Always on would be"), sums[0].always_on, sums[1].always_on, code, good=0),
        _money(_("Saved"), sums[0].saved, sums[1].saved, code, good=1),
        {
            "name": _("Saved, of always on"),
            "one": share(sums[0].share) or "–",
            "other": share(sums[1].share) or "–",
            "change": "",
            "share": "",
            "tone": "",
        },
    ]


def _money(name: str, one: int | None, other: int | None, code: str, *, good: int = -1) -> dict[str, str]:
    known = one is not None and other is not None
    change = (other or 0) - (one or 0)
    return {
        "name": name,
        "one": money(one, code) if one is not None else "–",
        "other": money(other, code) if other is not None else "–",
        "change": signed(change, code) if known else "",
        "share": difference(Decimal(change) / one) if known and one else "",
        "tone": tone(change * good) if known else "",
    }


def _line(row: Rate) -> dict[str, Any]:
    unit = _("month") if row.unit == PriceLine.Unit.MONTH else _("hour")
    return {
        "target": row.target.identifier if row.target else "",
        "label": row.label,
        "price": money_words(row.unit_price, row.currency, exact=True),
        "unit": unit,
        "quantity": f"{row.quantity.normalize():f}",
        "always": row.always,
    }
