"""The card “Costs” of an environment's page: this month, what was saved, and the last thirty days as small bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from environments.models import Environment
from environments.services import cost_gaps, cost_history, cost_outlook, permissions
from environments.services.cost_scope import Scope
from environments.services.cost_sums import ENVIRONMENT, Span, Sums, first_of_month

from .costs import VIEW
from .costs_lacking import at_least, things_of
from .costs_words import money, month_words, share, weekday_words

DAYS: Final = 30
HEIGHT: Final = 48


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    height: str
    told: str


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_costs_card.html`; nothing for those who may not see costs. Seven queries,
    and those of `cost_gaps.gaps`.

    The month is that of the environment's own calendar.
    """
    if not request.user.has_perm(VIEW):
        return {}
    today = now.astimezone(ZoneInfo(environment.zone_name)).date()
    month = first_of_month(today)
    span = Span(min(month, today - timedelta(days=DAYS - 1)), today)
    scope = Scope(user=request.user, environments=(environment.pk,))
    found = cost_history.look(scope=scope, span=span, kind=ENVIRONMENT, step=cost_history.DAYS, now=now)
    asked = {"period": f"{month:%Y-%m}", "environment": environment.slug}
    address = f"{reverse('environments:costs')}?{urlencode(asked)}"
    if not found.groups:
        return {"costs": {"address": address, "nothing": True}}
    sums = Sums()
    for one in found.bars:
        if one.first >= month:
            sums.add(one.sums.estimate, one.sums.always_on)
    months = cost_outlook.rest_of_month(scope=scope, month=month, since=found.since, now=now)
    rest = months[found.currency].estimate if found.currency in months else 0
    lacking = things_of(cost_gaps.gaps(scope=scope, span=Span(month, today), now=now))
    others = [code for code in found.currencies if code != found.currency]
    return {
        "costs": {
            "address": address,
            "month": month_words(month),
            "cost": at_least(money(sums.estimate, found.currency), lacking),
            "saved": money(sums.saved, found.currency),
            "share": share(sums.share),
            "forecast": at_least(money(sums.estimate + rest, found.currency), lacking) if rest else "",
            "lacking": lacking,
            "prices": "#prices" if request.user.has_perm(permissions.SEE_PRICES) else "",
            "others": _("and in %(currencies)s") % {"currencies": ", ".join(others)} if others else "",
            "bars": _bars(found),
            "height": HEIGHT,
        }
    }


def _bars(found: cost_history.History) -> list[Bar]:
    shown = found.bars[-DAYS:]
    top = max(1, *(max(one.sums.estimate, one.sums.always_on) for one in shown))
    wide = Decimal(100) / len(shown)
    bars = []
    for at, one in enumerate(shown):
        height = Decimal(HEIGHT) * one.sums.estimate / top
        told = f"{weekday_words(one.first)}: {money(one.sums.estimate, found.currency)}"
        bars.append(Bar(f"{at * wide:.3f}%", f"{HEIGHT - height:.1f}", f"{height:.1f}", told))
    return bars
