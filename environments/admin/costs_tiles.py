"""The four figures above the chart of costs, and what they stand beside: forecast and budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.services import cost_outlook
from environments.services.cost_history import History
from environments.services.cost_outlook import Budgeted, Rest
from environments.services.cost_scope import Scope
from environments.services.cost_sums import DAY, first_of_month, next_month
from portal.money import money_words

from .costs_looking import Looking
from .costs_words import hours, money, share

NOTHING: Final = Rest()


@dataclass(frozen=True, slots=True)
class Outlook:
    """`rest`: what the rest of the present month will cost; 0 where nobody knows, or where the span does not have all
    of it: a forecast is a sum, which nobody can cut by days."""

    rest: Rest = NOTHING
    budget: Budgeted | None = None
    allowed: Decimal | None = None


def outlook(history: History, looking: Looking, scope: Scope, now: datetime) -> Outlook:
    """Four queries at most."""
    rest: dict[str, Rest] = {}
    month = first_of_month(looking.today)
    if looking.is_of_now and looking.span.last >= next_month(month) - DAY:
        rest = cost_outlook.rest_of_month(scope=scope, month=month, since=history.since, now=now)
    budget = cost_outlook.budgeted(scope=scope, span=looking.span, currency=history.currency)
    return Outlook(rest.get(history.currency, NOTHING), budget, budget.over(looking.span) if budget else None)


def tiles(history: History, looking: Looking, scope: Scope, found: Outlook, now: datetime) -> list[dict[str, Any]]:
    """Label, figure, note and tone of each. Two queries."""
    whole, currency = history.whole, history.currency
    also = [money(sums.estimate, code) for code, sums in history.currencies.items() if code != currency]
    held = cost_outlook.extensions(scope=scope, span=looking.span, now=now)
    people = ngettext("%(count)d person", "%(count)d people", held.people) % {"count": held.people}
    lasted = _("%(hours)s kept on by holds") % {"hours": hours(int(held.kept_on.total_seconds()))}
    notes = [*_beside(history, looking, found), *(_("and %(amount)s") % {"amount": one} for one in also)]
    return [
        {
            "label": _("Cost so far") if looking.is_of_now else _("Cost"),
            "figure": money(whole.estimate, currency),
            "note": " · ".join(notes),
            "over": _is_over(whole.estimate + found.rest.estimate, found),
        },
        {
            "label": _("Always on would be"),
            "figure": money(whole.always_on, currency),
            "note": " · ".join([*_always_on(history, looking, found), _groups(history)]),
        },
        {
            "label": _("Saved"),
            "figure": money(whole.saved, currency),
            "note": _("%(share)s of always on") % {"share": share(whole.share)} if whole.share is not None else "",
            "tone": "saved",
        },
        {
            "label": _("Extensions"),
            "figure": ngettext("%(count)d hold", "%(count)d holds", held.holds) % {"count": held.holds},
            "note": f"{people} · {lasted}" if held.holds else _("nothing was kept on by hand"),
            "title": _("Holds that kept something on in this span: for how long of it, planned to run then or not."),
        },
    ]


def _beside(history: History, looking: Looking, found: Outlook) -> list[str]:
    notes = []
    if found.rest.estimate and looking.is_month:
        notes.append(
            _("forecast %(amount)s") % {"amount": money(history.whole.estimate + found.rest.estimate, history.currency)}
        )
    if found.allowed is not None and found.budget is not None:
        said = _("budget %(amount)s") % {"amount": money_words(found.allowed, history.currency)}
        if not found.budget.is_complete:
            teams = _("of %(having)d of %(among)d teams")
            said += f" ({teams % {'having': found.budget.having, 'among': found.budget.among}})"
        notes.append(said)
    return notes or [_("by estimate, from hours and prices")]


def _always_on(history: History, looking: Looking, found: Outlook) -> list[str]:
    """The height of its line in the chart, where that is of the whole month."""
    if not (found.rest.always_on and looking.is_month):
        return []
    amount = money(history.whole.always_on + found.rest.always_on, history.currency)
    return [_("%(amount)s by the month’s end") % {"amount": amount}]


def _is_over(expected: int, found: Outlook) -> bool:
    """Never by the budgets of some teams: the costs are those of all."""
    if found.allowed is None or found.budget is None or not found.budget.is_complete:
        return False
    return expected > int(found.allowed * 1_000_000)


def _groups(history: History) -> str:
    count = len(history.groups)
    said = {
        "environment": ngettext("%(count)d environment", "%(count)d environments", count),
        "team": ngettext("%(count)d team", "%(count)d teams", count),
        "account": ngettext("%(count)d account", "%(count)d accounts", count),
    }[history.kind]
    return said % {"count": count}
