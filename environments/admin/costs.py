"""The page of costs: what environments cost by estimate, what sleep saved, and what AWS billed. It only shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Account, Environment, Tag, Team
from environments.models.texts import in_language
from environments.services import cost_bills, cost_gaps, cost_history, cost_hours, cost_outlook, cost_totals
from environments.services.cost_scope import Scope
from environments.services.cost_sums import ACCOUNT, TEAM, Span

from . import costs_chart, costs_hours, costs_live, costs_table, costs_tiles
from .costs_looking import BY, SORTS, STEP_WORDS, Looking
from .costs_words import bar_words, day_words, difference, money
from .costs_words import hours as spent
from .live import renewed

VIEW = "environments.view_dailycost"
# So many names are offered while one types; any other is found when it is typed in full.
OFFERED = 300

View = Callable[[HttpRequest], HttpResponseBase]


def for_those_who_may(view: View) -> Any:
    """Sign-in first; then PermissionDenied, in words, for those who may not see costs."""

    @wraps(view)
    def allowed(request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(VIEW):
            raise PermissionDenied(_("You may not see costs. An administrator can give you a role that may."))
        return view(request)

    return admin.site.admin_view(require_GET(allowed))


@for_those_who_may
def page(request: HttpRequest) -> HttpResponse:
    return shown_page(request)


def shown_page(request: HttpRequest, refused: str = "") -> HttpResponse:
    """The page; `refused` says why a file was not made."""
    now = timezone.now()
    looking = Looking.of(request.GET, timezone.localdate(now))
    scope, unknown, chosen = scope_of(request, looking)
    context = admin.site.each_context(request) | {
        "title": _("Costs"),
        "looking": looking,
        "unknown": unknown,
        "refused": refused,
        "chosen": chosen,
        "filters": filters(request),
        "kinds": [(label, looking.address(by=kind, sort=""), kind == looking.by) for kind, label in BY.items()],
        "steps": _steps(looking),
        "periods": _periods(looking),
    }
    if not looking.problem and not unknown:
        found = _shown(looking, scope, now)
        context |= found | costs_live.parts(request, looking, found)
    return TemplateResponse(request, "environments/costs.html", context)


@for_those_who_may
def live(request: HttpRequest) -> HttpResponse:
    """What of an open page reads anew, for the same choices; 204 when nothing does. A page that had nothing to show, or
    has nothing any more, is loaded anew."""
    now = timezone.now()
    looking = Looking.of(request.GET, timezone.localdate(now))
    scope, unknown, _chosen = scope_of(request, looking)
    if looking.problem or unknown:
        return HttpResponse(status=204)
    found = _shown(looking, scope, now)
    if ("history" in found) != costs_live.has_figures(request):
        return HttpResponse(headers={"HX-Refresh": "true"})
    parts = costs_live.parts(request, looking, found)
    return renewed(request, parts) if parts else HttpResponse(status=204)


def _shown(looking: Looking, scope: Scope, now: datetime) -> dict[str, Any]:
    history = cost_history.look(
        scope=scope, span=looking.span, kind=looking.by, step=looking.shown_step, now=now, currency=looking.currency
    )
    gaps = _gaps(scope, looking.span, now)
    if not history.groups:
        return {"nothing": _nothing(looking, scope, now), "gaps": gaps}
    shown = costs_table.page_of(history, looking)
    names = costs_table.named([*history.coloured, *(key for key, _sums in shown.object_list)])
    outlook = costs_tiles.outlook(history, looking, scope, now)
    # Where the environments are, it may be tomorrow already.
    today = max([looking.today, *(one.day for one in history.since)])
    addresses = {key: costs_table.address_of(key, name, looking) for key, name in names.items()}
    return {
        "history": history,
        "gaps": gaps,
        "currencies": [
            (code, money(sums.estimate, code), looking.address(currency=code), code == history.currency)
            for code, sums in history.currencies.items()
        ],
        "tiles": costs_tiles.tiles(history, looking, scope, outlook, now),
        "chart": costs_chart.chart(
            history, names, addresses, today=today, now=now, rest=outlook.rest, budget=outlook.budget
        ),
        "table": costs_table.table(history, looking, scope, names, shown, now),
        "sorts": _sorts(looking),
        "kind_label": BY[looking.by],
        "step_label": STEP_WORDS[looking.shown_step],
        "earlier": looking.address(page=shown.previous_page_number()) if shown.has_previous() else "",
        "later": looking.address(page=shown.next_page_number()) if shown.has_next() else "",
        "hours_url": looking.address("costs_hours"),
        "bills_url": looking.address("costs_bills", currency=history.currency),
        "files": [("CSV", looking.address("costs_csv")), ("XLSX", looking.address("costs_xlsx"))],
    }


@for_those_who_may
def hours(request: HttpRequest) -> HttpResponse:
    """The map of hours: a part of the page, asked for once that is there."""
    looking = Looking.of(request.GET, timezone.localdate())
    scope, unknown, _chosen = scope_of(request, looking)
    if looking.problem or unknown:
        return HttpResponse(status=204)
    found = cost_hours.hours_map(scope=scope, span=looking.span, today=looking.today)
    context = {"map": costs_hours.shown(found), "of_an_account": bool(scope.account)}
    return TemplateResponse(request, "environments/_costs_hours.html", context)


@for_those_who_may
def bills(request: HttpRequest) -> HttpResponse:
    """Estimates beside bills by team or account, and how far behind AWS is: a part of the page, too."""
    looking = Looking.of(request.GET, timezone.localdate())
    scope, unknown, _chosen = scope_of(request, looking)
    if looking.problem or unknown:
        return HttpResponse(status=204)
    kind = TEAM if looking.by == TEAM else ACCOUNT
    found, read = cost_bills.in_all(scope=scope, span=looking.span, kind=kind, currency=looking.currency)
    names = costs_table.named(list(found))
    accounts = Account.objects.filter(pk__in=_accounts(request)).values_list("pk", flat=True)
    delays = cost_bills.delays(set(accounts))
    rows = [
        {
            "name": names[key].name,
            "billed": money(one.amount, looking.currency),
            "estimate": money(one.estimate, looking.currency) if one.estimate else "–",
            "difference": difference(one.difference),
            "until": _("until %(day)s") % {"day": day_words(one.until)},
            "alone": costs_table.alone(one, looking.currency),
        }
        for key, one in sorted(found.items(), key=lambda item: names[item[0]].name.casefold())
    ]
    context = {
        "rows": rows,
        "kind": BY[kind],
        "read": "" if read == looking.span else bar_words(read.first, read.last, "week"),
        "delays": [(one, (looking.today - one.until).days if one.until else None) for one in delays if one.enabled],
    }
    return TemplateResponse(request, "environments/_costs_bills.html", context)


def scope_of(request: HttpRequest, looking: Looking) -> tuple[Scope, list[str], list[tuple[str, str]]]:
    """The scope of an address, the names in it that somebody cannot see or that are not there, and those that are with
    the address without each. One query, none without names.

    A team, an account or a tag that they cannot see narrows to nothing of itself: rows are always theirs.
    """
    removed = tuple(one[1:] for one in looking.environments if one.startswith("~"))
    wanted = {one for one in looking.environments if not one.startswith("~")}
    found: dict[str, tuple[int, str]] = {}
    if wanted:
        rows = Environment.objects.visible_to(request.user).order_by()
        rows = rows.filter(slug__in=wanted) | rows.filter(name__in=wanted)
        for pk, slug, name in rows.values_list("pk", "slug", "name"):
            found |= {one: (pk, name) for one in (slug, name) if one in wanted}
    scope = Scope(
        user=request.user,
        environments=tuple(dict.fromkeys(pk for pk, _name in found.values())),
        removed=removed,
        team=looking.team or None,
        account=looking.account or None,
        tag=looking.tag or None,
    )
    chosen = [
        (
            found[one][1] if one in found else _("%(name)s (removed)") % {"name": one[1:]},
            looking.address(environments=tuple(other for other in looking.environments if other != one)),
        )
        for one in looking.environments
        if one in found or one.startswith("~")
    ]
    return scope, sorted(wanted - found.keys()), chosen


def _gaps(scope: Scope, span: Span, now: datetime) -> dict[str, Any]:
    found = cost_gaps.gaps(scope=scope, span=span, now=now)
    return {
        "without": [_gap(one) for one in found.without],
        "more_without": found.without_count - len(found.without),
        "partly": [_gap(one) for one in found.partly],
        "more_partly": found.partly_count - len(found.partly),
        "ran": [_gap(one) for one in found.ran],
        "more_ran": found.ran_count - len(found.ran),
    }


def _gap(one: cost_gaps.Unpriced) -> dict[str, str]:
    return {
        "slug": one.slug,
        "name": one.name,
        "words": ", ".join(in_language(what["what"]) for what in one.what),
        "why": " ".join(in_language(why) for why in one.whys),
        "ran": ", ".join(f"{what} {spent(seconds)}" for what, seconds in one.ran),
    }


def _nothing(looking: Looking, scope: Scope, now: datetime) -> str:
    """Why there is nothing to show: “filtered”, “unpriced”, “environments” (there are none), “reckoning” (it will come)
    or “quiet”."""
    if not scope.living().exists():
        return "filtered" if looking.is_filtered else "environments"
    if cost_totals.is_reckoning(environments=scope.living(), now=now):
        return "reckoning"
    return "quiet" if cost_outlook.priced_at_all(scope=scope) else "unpriced"


def filters(request: HttpRequest) -> dict[str, Any]:
    """What can be chosen, of what somebody sees: four queries."""
    visible = Environment.objects.visible_to(request.user).order_by()
    tags = Tag.objects.filter(environments__in=visible.values("pk"))
    return {
        "teams": Team.objects.filter(pk__in=visible.values("team")).order_by("name").values_list("pk", "name"),
        "accounts": Account.objects.filter(pk__in=_accounts(request)).order_by("name").values_list("pk", "name"),
        "tags": tags.distinct().order_by("name").values_list("pk", "name"),
        "environments": visible.order_by("name").values_list("slug", "name")[:OFFERED],
    }


def _accounts(request: HttpRequest) -> Any:
    visible = Environment.objects.visible_to(request.user).order_by()
    return visible.filter(targets__isnull=False).values("targets__account")


def _steps(looking: Looking) -> list[tuple[Any, str, bool]]:
    can = cost_history.steps_of(looking.span, is_narrow=looking.is_narrow)
    return [
        (label, looking.address(step=step) if step in can else "", step == looking.shown_step)
        for step, label in STEP_WORDS.items()
    ]


def _periods(looking: Looking) -> list[tuple[str, str, bool]]:
    day = min(looking.span.last, looking.today)
    return [
        (_("Month"), looking.of_period(f"{day:%Y-%m}"), len(looking.period) == 7),
        (_("Year"), looking.of_period(f"{day:%Y}"), len(looking.period) == 4),
    ]


def _sorts(looking: Looking) -> dict[str, tuple[str, bool]]:
    """The address and whether it is so, for each column that the table can be ordered by."""
    return {name or "estimate": (looking.address(sort=name), looking.sort == name) for name in ("", *SORTS)}
