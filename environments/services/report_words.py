"""A report in words, in the language of the moment: the same on its page, in its mail and in the mail's plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.models import Advice, MonthlyReport
from environments.models.texts import in_language

from .cost_sums import DAY, Sums
from .cost_words import day_words, difference, hours, money, month_words, share


@dataclass(frozen=True, slots=True)
class Line:
    """An environment. `part` and `whole` are the lengths of its bars, 0 to 100: what it cost and would have, always
    on, of the longest of all."""

    name: str
    is_removed: bool
    ran: str
    estimate: str
    always_on: str
    saved: str
    share: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Sum:
    """A currency. `notes` say more, each a sentence of its own; `is_over`: the budget did not suffice."""

    currency: str
    estimate: str
    always_on: str
    saved: str
    share: str
    before: str
    budget: str
    is_over: bool
    billed: str
    billed_note: str
    lines: list[Line]
    others: str


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    holds: int
    kept_on: str
    days: int


@dataclass(frozen=True, slots=True)
class Shown:
    """`so_far`: the month is not over; `unpriced`, `advice` and `ran` are lines of text."""

    team: str
    month: str
    so_far: str
    headline: str
    environments: str
    ran: str
    ran_before: str
    sums: list[Sum]
    longest: list[tuple[str, str]]
    people: list[Person]
    unpriced: list[str]
    advice: list[str]
    advice_sum: str


def shown(report: MonthlyReport) -> Shown:
    """A report, kept or a preview, in words. Asks nothing of the database but the name of its team."""
    figures: dict[str, Any] = report.figures
    first = date.fromisoformat(figures["first"])
    before = first - DAY
    is_over = figures["is_over"]
    sums = [_sum(one, before, is_over=is_over) for one in figures["sums"]]
    whole = [(one["currency"], Sums(one["estimate"], one["always_on"])) for one in figures["sums"]]
    seconds, seconds_before = figures["seconds"], figures["seconds_before"]
    count = figures["environments"]
    return Shown(
        team=report.team.name,
        month=month_words(first),
        so_far="" if is_over else so_far_words(report.made_at),
        headline=headline(whole, seconds),
        environments=ngettext("%(count)d environment", "%(count)d environments", count) % {"count": count},
        ran=hours(seconds),
        ran_before="" if seconds_before is None else _beside(before, hours(seconds_before)),
        sums=sums,
        longest=[(one["name"], hours(one["seconds"])) for one in figures["ran"]],
        people=[
            Person(one["name"] or _("somebody who is no more"), one["holds"], _kept(one["seconds"]), one["days"])
            for one in figures["people"]
        ],
        unpriced=_unpriced(figures["unpriced"]),
        advice=[_advice(one) for one in figures["advice"]["lines"]],
        advice_sum=", ".join(money(sums, code) for code, sums in sorted(figures["advice"]["savings"].items())),
    )


def subject(found: Shown) -> str:
    """“Chat, November 2026: $43.38, saved $132.55 (75%)”, in one line."""
    return " ".join(f"{found.team}, {found.month}: {found.headline}".split())


def headline(sums: Sequence[tuple[str, Sums]], seconds: int | None) -> str:
    """What it cost and what sleep saved, by currency; how long all ran, where nothing has a price."""
    words = _("%(estimate)s, saved %(saved)s (%(share)s)")
    told = [
        words
        % {
            "estimate": money(one.estimate, currency),
            "saved": money(one.saved, currency),
            "share": share(one.share) or share(Decimal(0)),
        }
        for currency, one in sums
    ]
    return " · ".join(told) or _("ran %(hours)s, no prices yet") % {"hours": hours(seconds)}


def so_far_words(now: datetime) -> str:
    """“so far, until 23 Nov”."""
    return _("so far, until %(day)s") % {"day": day_words(now.date())}


def _sum(one: dict[str, Any], before: date, *, is_over: bool) -> Sum:
    currency, sums = one["currency"], Sums(one["estimate"], one["always_on"])
    longest = max((max(line["always_on"], line["estimate"]) for line in one["environments"]), default=0)
    return Sum(
        currency=currency,
        estimate=money(sums.estimate, currency),
        always_on=money(sums.always_on, currency),
        saved=money(sums.saved, currency),
        share=share(sums.share),
        before=_before(one["before"], sums, currency, before, is_over=is_over),
        budget=_budget(one["budget"], sums, currency),
        is_over=one["budget"] is not None and sums.estimate > one["budget"],
        billed=money(one["billed"]["amount"], currency) if one["billed"] else _("not billed yet"),
        billed_note=_billed(one["billed"]) if one["billed"] else "",
        lines=[_line(line, currency, longest) for line in one["environments"]],
        others=_others(one["others"], currency),
    )


def _line(one: dict[str, Any], currency: str, longest: int) -> Line:
    sums = Sums(one["estimate"], one["always_on"])
    return Line(
        name=one["name"],
        is_removed=one["is_removed"],
        ran=hours(one["seconds"]),
        estimate=money(sums.estimate, currency),
        always_on=money(sums.always_on, currency),
        saved=money(sums.saved, currency),
        share=share(sums.share),
        part=_length(sums.estimate, longest),
        whole=_length(sums.always_on, longest),
    )


def _length(sums: int, longest: int) -> int:
    """In per cent; what is more than nothing can be seen."""
    return max(1, round(Decimal(100 * sums) / longest)) if sums > 0 and longest else 0


def _before(found: dict[str, int] | None, sums: Sums, currency: str, day: date, *, is_over: bool) -> str:
    """Against the month before; a month that is not over cannot be compared with a whole one."""
    if found is None:
        return _("Nothing is known of %(month)s.") % {"month": month_words(day)}
    told = {"month": month_words(day), "amount": money(found["estimate"], currency)}
    if not is_over or not found["estimate"]:
        return _("%(month)s, all of it: %(amount)s") % told
    change = difference(Decimal(sums.estimate - found["estimate"]) / found["estimate"])
    return _("%(change)s against %(month)s (%(amount)s)") % (told | {"change": change})


def _beside(day: date, ran: str) -> str:
    return _("%(month)s: %(hours)s") % {"month": month_words(day), "hours": ran}


def _budget(allowed: int | None, sums: Sums, currency: str) -> str:
    if allowed is None:
        return ""
    told = {"budget": money(allowed, currency), "share": share(Decimal(sums.estimate) / allowed) if allowed else "–"}
    return _("%(share)s of the budget of %(budget)s") % told


def _billed(found: dict[str, Any]) -> str:
    """Up to which day AWS billed, and how far that is from the estimate for the same days."""
    told = {"day": day_words(date.fromisoformat(found["until"]))}
    if not found["estimate"]:
        return _("until %(day)s") % told
    told["difference"] = difference(
        Decimal(found["amount"] - found.get("alone", 0) - found["estimate"]) / found["estimate"]  # not in those of old
    )
    return _("until %(day)s, %(difference)s against the estimate for these days") % told


def _others(found: dict[str, int], currency: str) -> str:
    if not found["count"]:
        return ""
    told = {"count": found["count"], "amount": money(found["estimate"], currency)}
    return ngettext("and %(count)d more: %(amount)s", "and %(count)d more: %(amount)s", found["count"]) % told


def _kept(seconds: int) -> str:
    return hours(seconds) if seconds else "–"


def _unpriced(found: dict[str, Any]) -> list[str]:
    whys = found.get("why", {})  # reports of old do not say why
    lines = [_because(_("%(name)s has no prices") % {"name": name}, whys.get(name)) for name in found["without"]]
    for one in found["partly"]:
        what = ", ".join(in_language(what) for what in one["what"])
        lines.append(_because(_("%(name)s: without %(what)s") % {"name": one["name"], "what": what}, one.get("why")))
    more = found["more_without"] + found["more_partly"]
    return lines + ([ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}] if more else [])


def _because(said: str, whys: list[dict[str, str]] | None) -> str:
    return f"{said} ({' '.join(in_language(why) for why in whys)})" if whys else said


def _advice(one: dict[str, Any]) -> str:
    kind = Advice.Kind(one["kind"]).label if one["kind"] in Advice.Kind.values else one["kind"]
    told = {"name": one["environment"], "kind": kind}
    if one["saving"] is None:
        return _("%(name)s: %(kind)s") % told
    told["saving"] = money(one["saving"], one["currency"])
    return _("%(name)s: %(kind)s, %(saving)s a month could be saved") % told
