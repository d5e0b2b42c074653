"""Copying an exception to other dates: choose them, see what becomes of each, save all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from environments import rules
from environments.models import DayException, Environment
from environments.services import day_plans, exceptions, permissions, plans
from environments.services.exception_checks import FIELD, as_wanted, leave_out, problems_by_day
from environments.services.exceptions import Scope
from environments.services.specs import planned, spec_of

from . import day_preview, exception_views
from .calendar_view_cells import Cell, Cells, weekday
from .calendar_view_day import changed_rows, shown, undo_address
from .calendar_view_looking import MONTHS, Looking, date_in
from .displays import language
from .exception_lines import Line, days_words, lines, scope_words
from .pages import of_environment
from .planned_days import PlannedDays

DAY = timedelta(days=1)
# Months that are offered at first, and how many more each time somebody asks.
SHOWN, FURTHER, MOST_MONTHS = 2, 2, 24
MOST = 62
"""Dates that one copy may be for; a longer time is a range, which the form makes."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A date to choose from; `is_open` is False for those that have passed and for the exception's own."""

    cell: Cell
    is_open: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Month:
    title: str
    days: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a copy makes of a date, `also` by the reader's own clock; `refused` is why it cannot, empty when it can."""

    value: str
    day: str
    was: str
    becomes: str
    also: str
    replaced: list[Line]
    refused: str


@of_environment
@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Choose (GET), look through (GET with `review`), save (POST)."""
    exception_views.require_any(request, environment)
    now = timezone.now()
    rows = changed_rows(request, environment, "batch")
    if not rows:
        raise Http404(_("There is no such exception on this day."))
    permissions.require_override(request.user, exceptions.scope_of(rows[0]))
    chosen = _chosen(request.POST if request.method == "POST" else request.GET, rows[0].day)
    if request.method == "POST":
        return _saved(request, environment, rows, chosen, now)
    zone = exceptions.zones(environment)[0]
    looking = Looking.behind(request.GET, now)
    context = {
        "title": environment.name,
        "env": environment,
        "line": lines(rows, zone, now)[0],
        "scope": scope_words(rows[0]),
        "is_wide": not isinstance(exceptions.scope_of(rows[0]), Environment),
        "day": rows[0].day,
        "batch": rows[0].batch,
        "zone": zone,
        "back": looking.address(),
        "query": looking.query(),
        "looking": looking,
        "chosen": chosen,
        "copy_url": request.path,
        "save_url": request.get_full_path(),
    }
    if request.GET.get("review") and chosen:
        context |= _review(request, environment, rows, chosen, now)
        return shown(request, context, "environments/_calendar_view_copy_review.html")
    context |= {
        **_offered(request, environment, rows[0].day, chosen, now),
        "missing": bool(request.GET.get("review")),
        "most": MOST,
    }
    return shown(request, context, "environments/_calendar_view_copy.html")


def _saved(
    request: HttpRequest, environment: Environment, rows: list[DayException], chosen: Sequence[date], now: datetime
) -> HttpResponse:
    back = Looking.behind(request.GET, now).address()
    try:
        made = exceptions.copy(exceptions=rows, days=chosen, author=request.user, now=now)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, " ".join([_("Nothing was copied."), *error.messages]))
    else:
        said = _("Copied. %(scope)s, %(days)s: %(kind)s.") % exception_views.words_of(made, now)
        exception_views.offer(request, said, undo_address(request, environment, now), made[0])
    return exception_views.led(request, back)


def _chosen(sent: QueryDict, own: date) -> list[date]:
    """The dates that are sent, without what is none, and no more than may be."""
    today = timezone.localdate()
    found = set()
    for text in sent.getlist("to"):
        day = date_in(QueryDict(f"d={text}"), "d", today) if len(text) == len("2026-11-23") else None
        if day is not None and day != own:
            found.add(day)
    return sorted(found)[:MOST]


def _offered(
    request: HttpRequest, environment: Environment, own: date, chosen: Sequence[date], now: datetime
) -> dict[str, Any]:
    """Months to choose from, from today's on: those of the chosen dates and as many more as were asked for."""
    today = plans.today(exceptions.zones(environment)[0], now)
    asked = request.GET.get("months", "")
    count = min(int(asked), MOST_MONTHS) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else SHOWN
    firsts = [_months_after(today, ahead) for ahead in range(max(count, SHOWN) + 1)]
    first, total = firsts[0], (firsts[-1] - firsts[0]).days
    fresh = day_plans.with_plans(Environment.objects.filter(pk=environment.pk), first).get()
    (one,) = day_plans.over([fresh], first, total, now, compared=())
    cells = Cells([first + ahead * DAY for ahead in range(total)], today, now, has_bars=False).row(one)
    months = []
    for begin, end in pairwise(firsts):
        days = [cell for cell in cells if begin <= cell.column.day < end]
        title = formats.date_format(begin, MONTHS.get(language(), MONTHS["en"]))
        offered = (Offered(c, c.column.day >= today and c.column.day != own, c.column.day in chosen) for c in days)
        months.append(Month(title, tuple(offered)))
    weekdays = [weekday(date(2024, 1, 1) + ahead * DAY) for ahead in range(7)]  # a Monday
    more = len(months) + FURTHER if len(months) < MOST_MONTHS else 0
    # Dates beyond what is shown stay chosen.
    return {"months": months, "weekdays": weekdays, "more": more, "beyond": [d for d in chosen if d >= firsts[-1]]}


def _review(
    request: HttpRequest, environment: Environment, rows: list[DayException], chosen: Sequence[date], now: datetime
) -> dict[str, Any]:
    """What becomes of each date for this environment, and for how many others."""
    scope = exceptions.scope_of(rows[0])
    there = list(_there(scope, chosen))
    gone = {row.pk for row in there}
    wanted = [as_wanted(row, day) for day in chosen for row in rows]
    refused = problems_by_day(scope=scope, wanted=wanted, now=now, without=gone)
    fresh = planned(environment, now)
    spec = _spec(fresh, now)
    before = PlannedDays(spec, chosen[0], chosen[-1]) if spec else None
    after = None
    if spec:
        changed = exceptions.preview(leave_out(fresh, gone), scope, _fitting(wanted, refused), now)
        after = PlannedDays(changed, chosen[0], chosen[-1])
    zone = exceptions.zones(environment)[0]
    today = plans.today(zone, now)
    outcomes = [
        Outcome(
            value=f"{day:%Y-%m-%d}",
            day=days_words([day], today),
            was=before.hours(day) if before else "",
            becomes=after.hours(day) if after and day not in refused else "",
            also=after.also(day) if after and day not in refused else "",
            replaced=lines([row for row in there if row.day == day], zone, now),
            refused=refused.get(day, ""),
        )
        for day in chosen
    ]
    fine = [one.value for one in outcomes if not one.refused]
    words = ngettext("Copy to %(count)s day", "Copy to %(count)s days", len(fine)) % {"count": len(fine)}
    concerned = exceptions.environments_of(scope).count() if not isinstance(scope, Environment) else 1
    return {
        "outcomes": outcomes,
        "refused": len(refused),
        "fine": fine,
        "button": words,
        "concerned": day_preview.concerned_words(concerned) if concerned != 1 else "",
    }


def _there(scope: Scope, days: Sequence[date]) -> Any:
    found = DayException.objects.in_force().filter(day__in=days, **{FIELD[type(scope)]: scope})
    return found.select_related("environment", "team", "schedule", "author")


def _fitting(wanted: Sequence[exceptions.Wanted], refused: dict[date, str]) -> list[exceptions.Wanted]:
    return [one for one in wanted if one.first not in refused]


def _spec(environment: Environment, now: datetime) -> rules.EnvironmentSpec | None:
    try:
        return spec_of(environment, now)
    except rules.RuleError:
        return None


def _months_after(day: date, ahead: int) -> date:
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)
