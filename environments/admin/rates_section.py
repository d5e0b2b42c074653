"""What the targets of an environment cost, line by line, on its page: prices, sums, and what is not priced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext as _

from environments.models import Environment, Target
from environments.models.rate import Pricing, Rate
from environments.models.texts import in_language
from environments.rules.costs import money
from environments.services import permissions, plans, rates
from environments.services.rate_sheet import kept_of_a_move
from environments.targets import registry
from portal.money import money_words

from .own_clock import at_place_words

# For how long lines that have ended are shown, and can be brought back with a click.
LATELY = timedelta(days=31)
MONTH_HOURS = 730


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A price line in words. `days` is said where it is not simply in force: “from 1 December 2026 on”."""

    pk: int
    label: str
    unit_price: str
    unit: str
    quantity: str
    an_hour: str
    a_month: str
    always: bool
    since: str
    days: str
    source: str


@dataclass(frozen=True, slots=True)
class Sum:
    """What lines cost together, in one currency: an hour while running, an hour while stopped, a month of 730 hours had
    everything run all the time."""

    running: str
    stopped: str
    a_month: str


@dataclass(frozen=True, slots=True)
class ShownTarget:
    """A target with its lines. `unpriced`: what could not be priced, and why; `looked`: when that was looked up;
    `mixed`: some lines were entered by people, others looked up."""

    pk: int
    name: str
    kind: str
    lines: Sequence[ShownLine]
    ended: Sequence[ShownLine]
    sums: Sequence[Sum]
    unpriced: Sequence[tuple[str, str]]
    problem: str
    looked: str
    automatic: bool
    mixed: bool


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_prices.html`; two queries. Nothing for those who may not see prices."""
    if not request.user.has_perm(permissions.SEE_PRICES):
        return {"may_see_prices": False}
    zone = environment.zone_name
    today = plans.today(zone, now)
    targets = list(environment.targets.select_related("pricing"))
    found = Rate.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=today - LATELY), environment=environment
    )
    rows = list(found.order_by("label", "valid_from"))
    in_force = [row for row in rows if rates.holds_on(row, today)]
    present = {target.pk for target in targets}
    shown = [_target(target, [row for row in rows if row.target_id == target.pk], zone, now) for target in targets]
    return {
        "env": environment,
        "may_see_prices": True,
        "may_price": request.user.has_perm(permissions.CHANGE_PRICES),
        "priced_targets": shown,
        "price_sums": sums([row for row in in_force if row.target_id in present], zone) if len(targets) > 1 else [],
        "prices_missing": [one.name for one in shown if not one.sums],
        "prices_looked_up": any(one.automatic for one in shown),
        "price_zone": zone,
    }


def sums(rows: Iterable[Rate], zone: str) -> list[Sum]:
    """The sums of lines, a currency each: they are never added to one another."""
    running: dict[str, Fraction] = {}
    stopped: dict[str, Fraction] = {}
    for row in rows:
        an_hour = rates.as_rate(row, zone).an_hour
        running[row.currency] = running.get(row.currency, Fraction()) + an_hour
        stopped[row.currency] = stopped.get(row.currency, Fraction()) + (an_hour if row.always else 0)
    return [
        Sum(_an_hour(whole, currency), _an_hour(stopped[currency], currency), _a_month(whole, currency))
        for currency, whole in sorted(running.items())
    ]


def day_words(day: date) -> str:
    return formats.date_format(day, "DATE_FORMAT")


def shown_line(row: Rate, zone: str, today: date) -> ShownLine:
    an_hour = rates.as_rate(row, zone).an_hour
    last = row.valid_until and row.valid_until - timedelta(days=1)
    if row.valid_until == row.valid_from:
        days = _("on no day")
    elif row.valid_from > today:
        days = _("from %(day)s on") % {"day": day_words(row.valid_from)}
    else:
        days = _("until %(day)s") % {"day": day_words(last)} if last else ""
    return ShownLine(
        pk=row.pk,
        label=row.label,
        unit_price=money_words(row.unit_price, row.currency, exact=True),
        unit=_("a month") if row.unit == Rate.Unit.MONTH else _("an hour"),
        quantity=formats.number_format(row.quantity.normalize()),
        an_hour=_an_hour(an_hour, row.currency),
        a_month=_a_month(an_hour, row.currency),
        always=row.always,
        since=day_words(row.valid_from),
        days=days,
        source=str(row.get_source_display()),
    )


def _target(target: Target, rows: Sequence[Rate], zone: str, now: datetime) -> ShownTarget:
    today = plans.today(zone, now)
    rows = [row for row in rows if not kept_of_a_move(row) or rates.holds_on(row, today)]
    there = [row for row in rows if row.valid_until is None or row.valid_until > max(today, row.valid_from)]
    taken = {row.label for row in there}
    pricing: Pricing | None = getattr(target, "pricing", None)
    return ShownTarget(
        pk=target.pk,
        name=target.identifier,
        kind=in_language(registry.driver(target.kind).label),
        lines=[shown_line(row, zone, today) for row in there],
        ended=[shown_line(row, zone, today) for row in rows if row not in there and row.label not in taken],
        sums=sums([row for row in there if rates.holds_on(row, today)], zone),
        unpriced=[(_said(one.get("what")), _said(one.get("why"))) for one in (pricing.unpriced if pricing else ())],
        problem=in_language(pricing.problem) if pricing else "",
        looked=_looked(pricing, zone, now),
        automatic=bool(pricing and pricing.automatic),
        mixed=len({row.source == Rate.Source.PRICE_LIST for row in there}) > 1,
    )


def _said(texts: str | Mapping[str, str] | None) -> str:
    return texts if isinstance(texts, str) else in_language(texts)


def _looked(pricing: Pricing | None, zone: str, now: datetime) -> str:
    if pricing is None or not pricing.automatic:
        return _("not looked up in the AWS Price List")
    if pricing.wanted_at is not None and pricing.wanted_at <= now:
        return _("being looked up in the AWS Price List")
    if pricing.looked_at is None:
        return _("not looked up yet")
    return _("looked up %(time)s") % {"time": at_place_words(pricing.looked_at, zone, now)}


def _an_hour(amount: Fraction, currency: str) -> str:
    """To the millionth: hours cost little, and what is rounded here is only shown."""
    return money_words(money(amount), currency, exact=True)


def _a_month(an_hour: Fraction, currency: str) -> str:
    return money_words(money(an_hour * MONTH_HOURS), currency)
