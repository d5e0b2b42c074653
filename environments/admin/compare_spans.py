"""Two spans of the same environments: before and after."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from environments.services import comparing
from environments.services.comparing import Pair, Spans, per
from environments.services.cost_sums import DAY, Span, Sums

from . import costs, costs_table
from .costs_looking import Looking
from .costs_words import day_words, difference, hours, money, share

USUAL_DAYS = 30


def section(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The context of `environments/_compare_spans.html`."""
    today = timezone.localdate(now)
    scope, unknown, chosen = costs.scope_of(request, _looking(request.GET, "b", today, None))
    since = comparing.first_day(scope)
    one, other = (_looking(request.GET, name, today, since) for name in ("a", "b"))
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
        scope=scope,
        one=one.span,
        other=other.span,
        now=now,
        by=today,
        since=since,
        currency=request.GET.get("currency", ""),
    )
    if found is None:
        return context | {"nothing": True}
    names = costs_table.named([key for key, _pair in found.rows])
    rows = [
        _row(names[key].name, pair, found, costs_table.address_of(key, names[key], other)) for key, pair in found.rows
    ]
    return context | {
        "found": found,
        "coverage": _coverage(found, since, one.span, other.span),
        "figures": _figures(found),
        "rows": rows,
        "others": found.count - len(rows),
        "currencies": [
            (code, _address(request.GET, currency=code), code == found.currency) for code in found.currencies
        ],
    }


def _looking(asked: QueryDict, name: str, today: date, since: date | None) -> Looking:
    """One of the two spans with the filters that both have; unless asked for, as `_usual` has them."""
    own = QueryDict(mutable=True)
    for field in ("team", "account", "tag", "currency"):
        own[field] = asked.get(field, "")
    own.setlist("environment", [part for one in asked.getlist("environment") for part in one.split(",")])
    usual = _usual(today, since)[name]
    own["from"] = asked.get(f"{name}_from", "") or f"{usual.first:%Y-%m-%d}"
    own["to"] = asked.get(f"{name}_to", "") or f"{usual.last:%Y-%m-%d}"
    return Looking.of(own, today)


def _usual(today: date, since: date | None) -> dict[str, Span]:
    """Thirty days until yesterday, and as many before them; of less than sixty days with costs, their two halves."""
    last = today - DAY
    there = (last - since).days + 1 if since else 0
    length = min(USUAL_DAYS, there // 2) if there >= 2 else USUAL_DAYS
    middle = last - length * DAY
    return {"a": Span(middle - (length - 1) * DAY, middle), "b": Span(middle + DAY, last)}


def _coverage(found: Spans, since: date | None, one: Span, other: Span) -> str:
    """How much of the spans there are costs of; empty where that is all of both, as long as each other."""
    if since is None or (since <= min(one.first, other.first) and found.days[0] == found.days[1]):
        return ""
    told = {"day": day_words(since, year=True), "before": found.days[0], "after": found.days[1]}
    if since <= min(one.first, other.first):
        said = _("%(before)s days are compared with %(after)s: look at the cost a day.")
    else:
        said = _(
            "There are costs from %(day)s on: %(before)s days before are compared with %(after)s after. Look at the"
            " cost a day."
        )
    return said % told


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
    return _looking(QueryDict(f"b_from={asked.get('from', '')}&b_to={asked.get('to', '')}"), "b", today, None)
