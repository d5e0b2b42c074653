"""What if: next week, next month and the environments concerned, while somebody still fills in a schedule's form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments import rules
from environments.models import Period, Schedule
from environments.services import plans, whatif

from .cards import unreadable
from .day_bar import DayBar, day_bar

PREFIX = "periods"
PERIOD_FIELDS = ("name", "begin_time", "end_time", "weekdays", "monthdays", "months")
MOST_ROWS = 200
"""More periods than that nobody reads, nor is a preview of them computed."""


@dataclass(slots=True)
class Draft:
    """A form as far as it is filled in; `errors` are sentences by the name of the field that they belong to."""

    schedule: Schedule
    periods: list[rules.Period] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A day of the preview; `old` is None where there is nothing to compare with."""

    title: str
    old: DayBar | None
    old_words: str
    new: DayBar
    new_words: str
    differs: bool


def preview(request: HttpRequest, saved: Schedule | None, now: datetime) -> HttpResponse:
    """The panel for what is in the form now. Changes nothing; what is wrong in the form is all said at once."""
    draft = read_draft(request.POST)
    context: dict[str, Any] = {"errors": [(name, text) for name, texts in draft.errors.items() for text in texts]}
    if not draft.errors:
        try:
            found = whatif.what_if(
                schedule=saved, proposed=draft.schedule, periods=draft.periods, now=now, user=request.user
            )
        except rules.RuleError as error:
            context["problem"] = unreadable(error)
        else:
            context |= _shown(found, saved)
    return TemplateResponse(request, "environments/schedule_preview.html", context)


def read_draft(data: Mapping[str, str]) -> Draft:
    """What a schedule's form holds, without asking the database: rows to be deleted and empty new ones are left out."""
    draft = Draft(
        Schedule(
            name=data.get("name", "").strip(),
            timezone=data.get("timezone", "").strip(),
            override=data.get("override", ""),
            enforced="enforced" in data,
            retain_running="retain_running" in data,
        )
    )
    # Without a name or with one that is taken it can be looked at all the same.
    _check(draft, "", lambda: draft.schedule.clean_fields(exclude={"name", "description"}))
    for number, row in _rows(data):
        period = Period(**row)
        before = len(draft.errors)
        _check(draft, f"{PREFIX}-{number}-", lambda period=period: period.clean_fields(exclude={"schedule"}))
        _check(draft, f"{PREFIX}-{number}-", period.clean)
        if len(draft.errors) == before:
            draft.periods.append(rules.parse_period(**period.rule_fields()))
    return draft


def _rows(data: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        count = min(int(data.get(f"{PREFIX}-TOTAL_FORMS", "0")), MOST_ROWS)
    except ValueError:
        count = 0
    for number in range(count):
        start = f"{PREFIX}-{number}-"
        row = {name: data.get(start + name, "").strip() for name in PERIOD_FIELDS}
        # A saved row that is emptied runs all day; a new one that is empty was not meant.
        if not data.get(f"{start}DELETE") and (data.get(f"{start}id") or any(row.values())):
            yield number, row


def _check(draft: Draft, prefix: str, check: Any) -> None:
    try:
        check()
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            known = draft.errors.setdefault(prefix + name, [])
            known += [text for text in texts if text not in known]


def _shown(found: whatif.WhatIf, saved: Schedule | None) -> dict[str, Any]:
    compared = saved is not None and found.unreadable is None and found.differs
    return {
        "found": found,
        "is_new": saved is None,
        "unreadable": unreadable(found.unreadable) if found.unreadable else "",
        "compared": compared,
        "days": [_row(pair, found.zone_name, compared=compared) for pair in found.days],
        "month": formats.date_format(found.month.first, "YEAR_MONTH_FORMAT"),
        "hours": hours(found.month.new),
        "old_hours": hours(found.month.old) if found.month.old is not None else "",
        "difference": _difference(found.month) if compared else "",
        "concerned": ngettext(
            "Concerns %(count)s environment", "Concerns %(count)s environments", found.concerned.count
        )
        % {"count": formats.number_format(found.concerned.count, use_l10n=True)},
    }


def _row(pair: whatif.DayPair, zone_name: str, *, compared: bool) -> Row:
    old = pair.old if compared else None
    return Row(
        title=_("%(weekday)s, %(date)s")
        % {
            "weekday": formats.date_format(pair.day, "D"),
            "date": formats.date_format(pair.day, "MONTH_DAY_FORMAT"),
        },
        old=day_bar(old.segments, pair.day, zone_name) if old else None,
        old_words=day_words(old) if old else "",
        new=day_bar(pair.new.segments, pair.day, zone_name),
        new_words=day_words(pair.new),
        differs=pair.differs,
    )


def day_words(day: plans.Day) -> str:
    """When it runs on a day: “09:00–12:00, 13:00–18:00”, “all day”, “off all day”."""
    said: list[str] = []
    stretches = whatif.wishes(day.segments)
    for start, end, desired in stretches:
        whole = start <= day.start and end >= day.end
        span = f"{_clock(start, day)}–{_clock(end, day)}"
        if desired is rules.Desired.RUNNING:
            said.append(_("all day") if whole else span)
        elif desired is rules.Desired.ANY:
            said.append(_("left as it is") if whole else _("left as it is %(span)s") % {"span": span})
    return ", ".join(said) or _("off all day")


def _clock(at: datetime, day: plans.Day) -> str:
    return "24:00" if at >= day.end else f"{at.astimezone(ZoneInfo(day.zone_name)):%H:%M}"


def hours(duration: timedelta) -> str:
    """“184 h”, “184 h 30 min”: hours are what AWS bills, so no days are made of them."""
    minutes = round(duration.total_seconds() / 60)
    words = {"hours": formats.number_format(minutes // 60, use_l10n=True), "minutes": minutes % 60}
    return (_("%(hours)s h %(minutes)s min") if minutes % 60 else _("%(hours)s h")) % words


def _difference(month: whatif.Month) -> str:
    """“23 h more (+12 %)”, “the same”."""
    if not month.difference:
        return _("the same")
    words = {"hours": hours(abs(month.difference))}
    said = (_("%(hours)s more") if month.difference > timedelta(0) else _("%(hours)s less")) % words
    if month.share is None:
        return said
    share = abs(month.share) * 100
    shown = formats.number_format(share, decimal_pos=0 if share >= 1 else 1)
    sign = "+" if month.share > 0 else "−"
    return f"{said} ({sign}{shown} %)"
