"""The calendar: environments by day, week or month; what is planned, what is off, what people made another day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
from environments.rules.intervals import Span
from environments.services import day_plans, exceptions, intervals, permissions

from .calendar_view_cells import Cell, Cells
from .calendar_view_drawing import Draw, bars, figures
from .calendar_view_drawing import row as drawn_row
from .calendar_view_looking import Looking, shared_today
from .cards import unreadable
from .day_bar import Note
from .exception_lines import days_words

PER_PAGE = 30
NAMED = 3
LISTED = 40
HOURS = tuple(f"{hour:02}" for hour in range(0, 24, 3))
FULL_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """An environment of the page, `zone` that of its times."""

    name: str
    zone: str
    cells: tuple[Cell, ...]
    html: SafeString


@dataclass(frozen=True, slots=True)
class Special:
    """What makes some dates other than usual, for whom: a line below the calendar. `zone` is that of the times in its
    words, empty where there are none, `also` these by the reader's own clock, on the first of `is_several` days."""

    first: date
    days: str
    is_several: bool
    form: str
    words: str
    zone: str
    also: str
    names: str
    more: int


@require_GET
def _page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    visible = Environment.objects.visible_to(request.user)
    # Whose today it is shows only in the rows: which they are does not depend on the dates.
    looking = Looking.of(request.GET, timezone.localdate(now))
    found = Paginator(looking.filtered(visible).select_related("schedule"), PER_PAGE).get_page(looking.page)
    looking = Looking.of(request.GET, shared_today((exceptions.zones(one)[0] for one in found), now))
    wide = looking.view != "month"
    shown = day_plans.with_plans(looking.filtered(visible.filter(pk__in=[one.pk for one in found])), looking.first)
    # The figures of a month show no plan that an override stands over, but the days off of which it takes the place.
    compared = day_plans.OVERRIDES if wide else {day_plans.EXCEPTION}
    planned = day_plans.over(shown, looking.first, looking.count, now, compared=compared)
    cells = Cells(looking.days, looking.today, now, has_bars=wide)
    ran = _ran(planned, now)
    even = all(day.end - day.start == FULL_DAY for one in planned for day in one.days)
    draw = bars(labels=looking.view == "day" and not even) if wide else figures()
    rows = [_row(one, cells.row(one, ran.get(one.environment.pk, ())), draw, looking.count) for one in planned]
    specials = _specials(rows, looking.today)
    context = admin.site.each_context(request) | {
        "title": _("Calendar"),
        "looking": looking,
        "columns": list(cells.columns.values()),
        "rows": rows,
        "specials": specials[:LISTED],
        "more_specials": max(0, len(specials) - LISTED),
        "has_before": any(cell.is_before for row in rows for cell in row.cells),
        "zone": rows[0].zone if len({row.zone for row in rows}) == 1 else "",
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


def _ran(planned: Sequence[day_plans.DayPlans], now: datetime) -> dict[int, list[Span]]:
    """When they really ran: one query; none for dates to come."""
    starts = [one.days[0].start for one in planned if one.days]
    ends = [one.days[-1].end for one in planned if one.days]
    if not starts:
        return {}
    environments = [one.environment for one in planned]
    return intervals.ran(environments=environments, begin=min(starts), end=max(ends), now=now)


def _row(one: day_plans.DayPlans, cells: tuple[Cell, ...], draw: Draw, columns: int) -> Row:
    problem = unreadable(one.problem) if one.problem else ""
    html = drawn_row(one.environment, one.zone_name, problem, draw(cells), columns)
    return Row(one.environment.name, one.zone_name, cells, html)


def _teams(visible: EnvironmentQuerySet) -> QuerySet[Team]:
    return Team.objects.filter(environments__in=visible).distinct().order_by("name")


def _specials(rows: Sequence[Row], today: date) -> list[Special]:
    """A line for what the same environments have on the same dates, in the order of the dates."""
    days_by: dict[tuple[str, str, str, str], list[tuple[date, Note]]] = {}
    for row in rows:
        for cell in row.cells:
            for note in cell.notes:
                form = "asked" if cell.asked else "maintenance" if cell.is_maintained else cell.form
                key = row.name, form, row.zone if note.is_timed else "", note.words
                days_by.setdefault(key, []).append((cell.column.day, note))
    names_by: dict[tuple[tuple[date, ...], str, str, str, str], list[str]] = {}
    for (name, form, zone, words), found in days_by.items():
        # By the reader's clock each day has its own weekday: that of the first stands for all.
        same = tuple(day for day, _note in found), form, zone, words, found[0][1].also
        names_by.setdefault(same, []).append(name)
    specials = [
        Special(
            first=days[0],
            days=days_words(days, today),
            is_several=len(days) > 1,
            form=form,
            words=words,
            zone=zone,
            also=also,
            names=", ".join(names[:NAMED]),
            more=max(0, len(names) - NAMED),
        )
        for (days, form, zone, words, also), names in names_by.items()
    ]
    return sorted(specials, key=lambda one: one.first)
