"""The calendar: environments by day, week or month; what is planned, what is off, what people made another day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.models import Environment, Tag, Team
from environments.models.environment import EnvironmentQuerySet
from environments.services import day_plans, intervals, permissions

from .calendar_view_cells import Cell, Cells, bars, figures
from .calendar_view_looking import Looking
from .cards import unreadable
from .exception_lines import days_words

PER_PAGE = 40
NAMED = 3
LISTED = 40
HOURS = tuple(f"{hour:02}" for hour in range(0, 24, 3))
FULL_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """An environment of the page. `zone` is empty where it is that of the first one; `problem` stands for its cells."""

    environment: Environment
    zone: str
    cells: tuple[Cell, ...]
    html: SafeString
    problem: str


@dataclass(frozen=True, slots=True)
class Special:
    """What makes some dates other than usual, for whom: a line below the calendar."""

    first: date
    days: str
    form: str
    words: str
    names: str
    more: int


@require_GET
def _page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    looking = Looking.of(request.GET, timezone.localdate(now))
    visible = Environment.objects.visible_to(request.user)
    found = Paginator(day_plans.with_plans(looking.filtered(visible), looking.first), PER_PAGE).get_page(looking.page)
    planned = day_plans.over(found.object_list, looking.first, looking.count)
    cells = Cells(looking.days, looking.today, now)
    ran = _ran(looking, planned)
    zone = planned[0].zone_name if planned else ""
    even = all(day.end - day.start == FULL_DAY for one in planned for day in one.days)
    draw = figures if looking.view == "month" else partial(bars, known={}, labels=looking.view == "day" and not even)
    wide = looking.view != "month"
    rows = [
        _row(one, zone, cells.row(one.days, ran.get(one.environment.pk, ()), one.without if wide else ()), draw)
        for one in planned
    ]
    specials = _specials(rows, looking.today)
    context = admin.site.each_context(request) | {
        "title": _("Calendar"),
        "looking": looking,
        "columns": list(cells.columns.values()),
        "rows": rows,
        "specials": specials[:LISTED],
        "more_specials": max(0, len(specials) - LISTED),
        "zone": zone,
        "pages": found,
        "earlier": looking.address(page=found.previous_page_number()) if found.has_previous() else "",
        "later": looking.address(page=found.next_page_number()) if found.has_next() else "",
        "hours": HOURS if even else (),
        "teams": _teams(visible),
        "tags": list(Tag.objects.filter(environments__in=visible).distinct().values_list("name", flat=True)),
        "may_act": request.user.has_perm(permissions.SWITCH) or request.user.has_perm(permissions.CHANGE_SCHEDULE),
        "nothing_at_all": not rows and not looking.is_filtered,
        "everything": looking.address(q="", team="", tag="", page=1),
    }
    return TemplateResponse(request, "environments/calendar_view.html", context)


page = admin.site.admin_view(_page)


def _ran(looking: Looking, planned: Sequence[day_plans.DayPlans]) -> dict[int, Any]:
    """When they really ran, where there is room to show it: one query."""
    starts = [one.days[0].start for one in planned if one.days]
    if looking.view == "month" or not starts:
        return {}
    ends = [one.days[-1].end for one in planned if one.days]
    return intervals.ran(
        environments=[one.environment for one in planned], begin=min(starts), end=max(ends), now=timezone.now()
    )


def _row(
    one: day_plans.DayPlans, zone: str, cells: tuple[Cell, ...], draw: Callable[[Iterable[Cell]], SafeString]
) -> Row:
    return Row(
        environment=one.environment,
        # Its times stand in another zone on other pages, or those beside it on this one do.
        zone=one.zone_name if {zone, one.environment.zone_name} != {one.zone_name} else "",
        cells=cells,
        html=draw(cells),
        problem=unreadable(one.problem) if one.problem else "",
    )


def _teams(visible: EnvironmentQuerySet) -> QuerySet[Team]:
    return Team.objects.filter(environments__in=visible).distinct().order_by("name")


def _specials(rows: Sequence[Row], today: date) -> list[Special]:
    """A line for what the same environments have on the same dates, in the order of the dates."""
    days_by: dict[tuple[str, str, str], list[date]] = {}
    for row in rows:
        for cell in row.cells:
            for note in cell.notes:
                form = "asked" if cell.asked else "maintenance" if cell.is_maintained else cell.form
                key = row.environment.name, form, note
                days_by.setdefault(key, []).append(cell.column.day)
    names_by: dict[tuple[tuple[date, ...], str, str], list[str]] = {}
    for (name, form, note), days in days_by.items():
        names_by.setdefault((tuple(days), form, note), []).append(name)
    found = [
        Special(days[0], days_words(days, today), form, note, ", ".join(names[:NAMED]), max(0, len(names) - NAMED))
        for (days, form, note), names in names_by.items()
    ]
    return sorted(found, key=lambda one: one.first)
