"""The table of costs: a row for each group, with how long it ran, what it cost and saved, and what AWS billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.services import cost_bills, cost_history, cost_hours
from environments.services.cost_bills import Billed
from environments.services.cost_history import History, Named
from environments.services.cost_scope import Scope
from environments.services.cost_sums import ACCOUNT, DAY, ENVIRONMENT, REMOVED, TEAM, Key, Sums

from .costs_chart import colour_of
from .costs_looking import Looking
from .costs_shapes import swatch
from .costs_words import day_words, difference, hours, money, share

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A group of the page. `swatch` is its colour and pattern, or that of the others; `page` leads to its own page of
    costs."""

    name: str
    page: str
    swatch: SafeString
    is_removed: bool
    ran: str
    estimate: str
    always_on: str
    saved: str
    share: str
    billed: str
    difference: str
    until: str
    alone: str


@dataclass(frozen=True, slots=True)
class Table:
    rows: list[Row]
    whole: Row
    pages: Page[tuple[Key, Sums]]
    has_hours: bool
    has_bills: bool


def table(
    history: History,
    looking: Looking,
    scope: Scope,
    names: Mapping[Key, Named],
    shown: Page[tuple[Key, Sums]],
    now: datetime,
) -> Table:
    """The rows of a page and the sums of all: a fixed number of queries, whatever their number."""
    keys = [key for key, _sums in shown.object_list]
    has_hours = history.kind != ACCOUNT and not scope.account
    ran = cost_hours.ran(scope=scope, span=history.span, keys=keys, now=now) if has_hours else {}
    # The sum of what is listed: where that goes on, on other pages, nobody could check it.
    in_all = sum(ran.values()) if has_hours and len(keys) == len(history.groups) else None
    billed: dict[Key, Billed] = {}
    if history.kind == ENVIRONMENT:
        billed = cost_bills.of_environments(scope=scope, span=history.span, keys=keys, currency=history.currency)
    colours = colour_of(history)
    has_bills = bool(billed)
    rows = [
        _row(
            names[key].name,
            sums,
            history.currency,
            page=address_of(key, names[key], looking),
            colour=colours.get(key, 9),
            is_removed=key[0] == REMOVED,
            ran=ran.get(key, 0) if has_hours else None,
            billed=billed.get(key) if has_bills else None,
            last=min(history.span.last, looking.today - DAY),
            has_bills=has_bills,
        )
        for key, sums in shown.object_list
    ]
    whole = _row(_("All together"), history.whole, history.currency, ran=in_all)
    return Table(rows, whole, shown, has_hours, has_bills)


def page_of(history: History, looking: Looking) -> Page[tuple[Key, Sums]]:
    """The groups of the page, in the order that is asked for: by estimate, unless another is."""
    groups = history.groups
    if looking.sort == "name":
        named = cost_history.names(key for key, _sums in groups)
        groups = sorted(groups, key=lambda item: _called(named, item[0]).name.casefold())
    elif looking.sort:
        groups = sorted(groups, key=lambda item: -getattr(item[1], looking.sort))
    return Paginator(groups, PER_PAGE).get_page(looking.page)


def named(keys: list[Key]) -> dict[Key, Named]:
    """What each of these groups is called; those that have no name any more by what they are."""
    found = cost_history.names(keys)
    return {key: _called(found, key) for key in keys}


def address_of(key: Key, name: Named, looking: Looking) -> str:
    """The page of costs of one group; empty where it has none."""
    if key[0] == REMOVED:
        return looking.address(environments=(f"~{key[1]}",), by=ENVIRONMENT, sort="")
    if name.slug:
        return looking.address(environments=(name.slug,), by=ENVIRONMENT, sort="")
    if name.pk and key[0] in (TEAM, ACCOUNT):
        changes: dict[str, Any] = {key[0]: name.pk, "by": ENVIRONMENT, "sort": ""}
        return looking.address(**changes)
    return ""


def _called(names: Mapping[Key, Named], key: Key) -> Named:
    without = {TEAM: _("without a team"), ACCOUNT: _("without an account"), ENVIRONMENT: _("removed environment")}
    return names.get(key) or Named(without.get(key[0], str(key[1])))


def alone(one: Billed, currency: str) -> str:
    """In words, what of a bill is compared with nothing."""
    if not one.alone_days:
        return ""
    told = {"amount": money(one.alone, currency), "days": one.alone_days}
    said = ngettext(
        "of it %(amount)s on %(days)d day without an estimate",
        "of it %(amount)s on %(days)d days without an estimate",
        one.alone_days,
    )
    return said % told


def _row(
    name: str,
    sums: Sums,
    currency: str,
    *,
    page: str = "",
    colour: int = 9,
    is_removed: bool = False,
    ran: int | None = None,
    billed: Billed | None = None,
    last: date = date.max,
    has_bills: bool = False,
) -> Row:
    return Row(
        name=name,
        page=page,
        swatch=swatch(colour),
        is_removed=is_removed,
        ran="–" if is_removed and not ran else hours(ran),  # how long it ran went with it
        estimate=money(sums.estimate, currency),
        always_on=money(sums.always_on, currency),
        saved=money(sums.saved, currency),
        share=share(sums.share),
        billed=money(billed.amount, currency) if billed else _("not billed yet") if has_bills else "",
        difference=difference(billed.difference) if billed else "",
        until=_("until %(day)s") % {"day": day_words(billed.until)} if billed and billed.until < last else "",
        alone=alone(billed, currency) if billed else "",
    )
