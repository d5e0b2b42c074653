"""Costs: what environments cost by estimate, what sleep saved, and, apart from it, what AWS billed."""

from __future__ import annotations

from datetime import date
from typing import Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Query, Router, Schema
from pydantic import Field

from environments.services import cost_bills, cost_exports, cost_gaps, cost_history, cost_hours
from environments.services.cost_bills import Billed
from environments.services.cost_history import DAYS, MONTHS, History, Named
from environments.services.cost_scope import Scope as Whose
from environments.services.cost_sums import DAY, ENVIRONMENT, TEAM, Key, Span
from environments.services.permissions import SEE_COSTS
from portal.api.access import needs
from portal.api.problems import invalid
from portal.api.sentences import for_pattern
from portal.models.token import Scope

from .asking import Slug, Words, environment_of, reader, scope_of
from .cost_schemas import (
    CostDayOut,
    CostItemOut,
    CostsOut,
    CurrencyOut,
    EnvironmentCostsOut,
    bill_out,
    decimal_out,
    estimate_of_line,
    estimate_out,
    unpriced_out,
)

router = Router(tags=["Costs"])

CURRENCY = for_pattern("^[A-Z]{3}$", gettext_lazy("A currency is three capital letters, for example USD."))
MOST_DAYS = 400
FIRST_YEAR, LAST_YEAR = 2006, 9000


class CostSpanAsked(Schema):
    first: date | None = Field(default=None, alias="from", description="Without it the first of this month.")
    last: date | None = Field(default=None, alias="to", description="Without it today. At most 400 days.")
    currency: str | None = Field(
        default=None,
        pattern=CURRENCY,
        description="Amounts of this one; without it the one that most have.",
        examples=["USD"],
    )


class CostsAsked(CostSpanAsked):
    group: Literal["environment", "team", "day"] = "environment"
    environment: Slug | None = Field(default=None, description="Of this environment only, by its short name.")
    team: Words | None = Field(default=None, max_length=80, description="Of this team only, by its name.")


@router.get("", response=CostsOut, by_alias=True, auth=needs(Scope.READ), summary="Costs of a span")
def of_span(request: HttpRequest, asked: Query[CostsAsked]) -> CostsOut:
    """What the span cost up to now, of what the account sees, by environment, team or day.

    Amounts are decimal strings. Estimates are of the portal's own prices; bills are AWS's, come a day or two later, and
    stand beside the estimate of the same days: they are never added up. Currencies are not either: the answer is of
    one, and `currencies` has the sums of each. Costs of an environment that was removed stay with its team.
    """
    user, now = reader(request, SEE_COSTS), timezone.now()
    span = _span(asked, timezone.localdate(now))
    team = scope_of(user, environment=None, team=asked.team, schedule=None).pk if asked.team else None
    chosen = (environment_of(user, asked.environment).pk,) if asked.environment else ()
    whose = Whose(user=user, environments=chosen, team=team)
    by_day = asked.group == "day"
    kind, step = (ENVIRONMENT, MONTHS) if asked.group == ENVIRONMENT else (TEAM, DAYS if by_day else MONTHS)
    found = cost_history.look(scope=whose, span=span, kind=kind, step=step, now=now, currency=asked.currency or "")
    _refuse_currency(asked, found)
    gaps = cost_gaps.gaps(scope=whose, span=span, now=now)
    items = _by_day(found) if by_day else _by_group(found, whose)
    return CostsOut(
        first=span.first,
        last=span.last,
        group=asked.group,
        currency=found.currency or None,
        estimate=estimate_out(found.whole),
        currencies=[CurrencyOut(currency=code, estimate=estimate_out(sums)) for code, sums in found.currencies.items()],
        items=items,
        unpriced=[unpriced_out(one) for one in (*gaps.without, *gaps.partly, *gaps.ran)],
        unpriced_count=gaps.without_count + gaps.partly_count + gaps.ran_count,
    )


@router.get(
    "/{slug}", response=EnvironmentCostsOut, by_alias=True, auth=needs(Scope.READ), summary="Days of an environment"
)
def of_environment(request: HttpRequest, slug: Slug, asked: Query[CostSpanAsked]) -> EnvironmentCostsOut:
    """Day by day and by AWS account, up to now: estimates from the portal's prices, how long it ran, and what AWS
    billed."""
    user, now = reader(request, SEE_COSTS), timezone.now()
    environment = environment_of(user, slug)
    span = _span(asked, timezone.localdate(now))
    whose = Whose(user=user, environments=(environment.pk,))
    found = cost_history.look(
        scope=whose, span=span, kind=ENVIRONMENT, step=MONTHS, now=now, currency=asked.currency or ""
    )
    _refuse_currency(asked, found)
    lines = cost_exports.lines(scope=whose, span=span, step=DAYS, currency=found.currency, now=now)
    return EnvironmentCostsOut(
        environment=environment.slug,
        first=span.first,
        last=span.last,
        currency=found.currency or None,
        estimate=estimate_out(found.whole),
        days=[
            CostDayOut(
                day=line.day,
                account=line.account,
                estimate=estimate_of_line(line),
                ran_seconds=line.ran,
                billed=decimal_out(line.billed) if line.billed is not None else None,
            )
            for line in lines
        ],
    )


def _span(asked: CostSpanAsked, today: date) -> Span:
    """ValidationError naming `from` or `to`."""
    first = asked.first or today.replace(day=1)
    last = asked.last or max(today, first)
    for name, day in (("from", first), ("to", last)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            said = _("There are no costs of that time. Choose days from %(year)d on.")
            raise ValidationError({name: said % {"year": FIRST_YEAR}})
    if last < first:
        raise ValidationError({"to": _("The first day of the span lies after its last one.")})
    if (last - first) // DAY >= MOST_DAYS:
        raise ValidationError(
            {"to": _("A span is of %(count)s days at most. Choose a shorter one.") % {"count": MOST_DAYS}}
        )
    return Span(first, last)


def _refuse_currency(asked: CostSpanAsked, found: History) -> None:
    """Amounts of another currency than was asked for would be taken for the wrong ones."""
    if asked.currency and found.currencies and asked.currency not in found.currencies:
        known = ", ".join(found.currencies)
        said = _("There are no costs in %(currency)s here. There are: %(known)s")
        raise invalid("currency", said % {"currency": asked.currency, "known": known})


def _by_day(found: History) -> list[CostItemOut]:
    return [
        CostItemOut(name=bar.first.isoformat(), day=bar.first, estimate=estimate_out(bar.sums)) for bar in found.bars
    ]


def _by_group(found: History, whose: Whose) -> list[CostItemOut]:
    keys = [key for key, _sums in found.groups]
    names, now = cost_history.names(keys), timezone.now()
    ran = cost_hours.ran(scope=whose, span=found.span, keys=keys, now=now)
    bills: dict[Key, Billed] = {}
    since = found.span.first
    if found.kind == ENVIRONMENT:
        bills = cost_bills.of_environments(scope=whose, span=found.span, keys=keys, currency=found.currency)
    elif keys:
        bills, read = cost_bills.in_all(scope=whose, span=found.span, kind=TEAM, currency=found.currency)
        since = read.first
    items = []
    for key, sums in found.groups:
        named = names.get(key) or Named(_("without a team") if found.kind == TEAM else _("removed environment"))
        items.append(
            CostItemOut(
                name=named.name,
                environment=named.slug or None,
                estimate=estimate_out(sums),
                ran_seconds=ran.get(key),
                bill=bill_out(bills[key], since) if key in bills else None,
            )
        )
    return items
