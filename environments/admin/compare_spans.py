"""Two spans of the same environments: before and after."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from environments.services import comparing
from environments.services.comparing import Pair, Spans, per
from environments.services.cost_sums import DAY, Sums

from . import costs, costs_table
from .costs_looking import Looking
from .costs_words import difference, hours, money, share

USUAL_DAYS = 30


def section(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The context of `environments/_compare_spans.html`."""
    today = timezone.localdate(now)
    one, other = (_looking(request.GET, name, today) for name in ("a", "b"))
    scope, unknown, chosen = costs.scope_of(request, other)
    problems = [
        _("%(which)s: %(why)s") % {"which": which, "why": looking.problem}
        for which, looking in ((_("Before"), one), (_("After"), other))
        if looking.problem
    ]
    context: dict[str, Any] = {
        "one": one,
        "other": other,
        "problems": problems,
        "unknown": unknown,
        "chosen": [name for name, _without in chosen],
        "filters": costs.filters(request),
        "environment": ", ".join(other.environments),
    }
    if problems or unknown:
        return context
    found = comparing.spans(
        scope=scope, one=one.span, other=other.span, now=now, by=today, currency=request.GET.get("currency", "")
    )
    if found is None:
        return context | {"nothing": True}
    names = costs_table.named([key for key, _pair in found.rows])
    rows = [
        _row(names[key].name, pair, found, costs_table.address_of(key, names[key], other)) for key, pair in found.rows
    ]
    return context | {
        "found": found,
        "figures": _figures(found),
        "rows": rows,
        "others": found.count - len(rows),
        "currencies": [
            (code, _address(request.GET, currency=code), code == found.currency) for code in found.currencies
        ],
    }


def _looking(asked: QueryDict, name: str, today: date) -> Looking:
    """One of the two spans with the filters that both have; by default thirty days until yesterday, and those before
    them."""
    own = QueryDict(mutable=True)
    for field in ("team", "account", "tag", "currency"):
        own[field] = asked.get(field, "")
    own.setlist("environment", [part for one in asked.getlist("environment") for part in one.split(",")])
    last = today - DAY if name == "b" else today - (USUAL_DAYS + 1) * DAY
    own["from"] = asked.get(f"{name}_from", "") or f"{last - (USUAL_DAYS - 1) * DAY:%Y-%m-%d}"
    own["to"] = asked.get(f"{name}_to", "") or f"{last:%Y-%m-%d}"
    return Looking.of(own, today)


def _address(asked: QueryDict, **changes: str) -> str:
    query = asked.copy()
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _figures(found: Spans) -> list[dict[str, str]]:
    """A line for each figure: its name, both values, and the difference."""
    whole, code = found.whole, found.currency
    days = found.days
    one, other = (per(sums.estimate, count) for sums, count in zip((whole.one, whole.other), days, strict=True))
    return [
        _line(_("Cost"), whole.one.estimate, whole.other.estimate, code),
        _line(_("Cost a day"), one, other, code),
        {
            "name": _("Ran"),
            "one": hours(whole.ran_one),
            "other": hours(whole.ran_other),
            "change": _hours_change(whole),
            "share": "",
            "tone": "",
        },
        _line(_("Always on would be"), whole.one.always_on, whole.other.always_on, code, good=0),
        _line(_("Saved"), whole.one.saved, whole.other.saved, code, good=1),
        {
            "name": _("Saved, of always on"),
            "one": share(whole.one.share) or "–",
            "other": share(whole.other.share) or "–",
            "change": "",
            "share": "",
            "tone": "",
        },
    ]


def _line(name: str, one: int | None, other: int | None, code: str, *, good: int = -1) -> dict[str, str]:
    """`good`: 1 where more is better, -1 where less is, 0 where neither."""
    if one is None or other is None:
        words = [money(sums, code) if sums is not None else "–" for sums in (one, other)]
        return {"name": name, "one": words[0], "other": words[1], "change": "", "share": "", "tone": ""}
    pair = Pair(Sums(one), Sums(other))
    return {
        "name": name,
        "one": money(one, code),
        "other": money(other, code),
        "change": signed(pair.change, code),
        "share": difference(pair.share),
        "tone": tone(pair.change * good),
    }


def _row(name: str, pair: Pair, found: Spans, page: str) -> dict[str, str]:
    return _line(name, pair.one.estimate, pair.other.estimate, found.currency) | {
        "page": page,
        "ran": f"{hours(pair.ran_one)} → {hours(pair.ran_other)}" if pair.ran_one is not None else "",
    }


def signed(millionths: int, code: str) -> str:
    """“+$12.89”, “−$1.50”, “$0.00”."""
    if not millionths:
        return money(0, code)
    return ("+" if millionths > 0 else "−") + money(abs(millionths), code)


def tone(better: int) -> str:
    return "better" if better > 0 else "worse" if better < 0 else ""


def _hours_change(whole: Pair) -> str:
    if whole.ran_one is None or whole.ran_other is None:
        return ""
    change = whole.ran_other - whole.ran_one
    return ("+" if change > 0 else "−" if change < 0 else "") + hours(abs(change))


def of_span(asked: QueryDict, today: date) -> Looking:
    """The span of a comparison of environments: by default thirty days until yesterday."""
    return _looking(QueryDict(f"b_from={asked.get('from', '')}&b_to={asked.get('to', '')}"), "b", today)
