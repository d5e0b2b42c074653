"""The page of an environment's health over time, its file, the list of checks of a kind, and what its buttons do."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from environments.models import Environment, HealthDay
from environments.services import check_wishes, health_history, metric_looks, permissions

from . import health_card, health_tables
from .board_actions import Done
from .board_dialogs import answer
from .costs_files import harmless
from .health_tables import PERIODS
from .pages import of_environment

VIEW: Final = "environments.view_healthday"
DAY: Final = timedelta(days=1)
A_PAGE: Final = 100
USUAL: Final = 30


@require_GET
@of_environment
def page(request: HttpRequest, environment: Environment) -> HttpResponse:
    """The sums of 7, 30, 90 or 365 days, with today as far as it is summed; three queries."""
    first, last, length = _span(request, environment)
    context = admin.site.each_context(request) | health_tables.section(environment, first, last)
    own = reverse("environments:health", args=[environment.slug])
    context |= {
        "title": _("Health of %(name)s") % {"name": environment.name},
        "crumbs": _crumbs(environment),
        "env": environment,
        "length": length,
        "periods": [(days, f"{own}?days={days}") for days in PERIODS],
        "file": f"{reverse('environments:health_csv', args=[environment.slug])}?days={length}",
        "zone": environment.zone_name,
    }
    return TemplateResponse(request, "environments/health.html", context)


@require_GET
@of_environment
def as_csv(request: HttpRequest, environment: Environment) -> StreamingHttpResponse:
    """A line for each check and day."""
    first, last, _length = _span(request, environment)
    rows = health_history.days_of(environment.pk, first, last).iterator(chunk_size=2000)
    made = StreamingHttpResponse(_csv(rows, get_language()), content_type="text/csv; charset=utf-8")
    made["Content-Disposition"] = f'attachment; filename="daybreak-health-{environment.slug}-{first}-to-{last}.csv"'
    return made


@require_GET
@of_environment
def checks(request: HttpRequest, environment: Environment, kind: str) -> HttpResponse:
    """All checks of a kind, those in trouble first."""
    if kind not in health_card.KINDS or not request.user.has_perm("environments.view_check"):
        raise Http404(_("There are no such checks."))
    now = timezone.now()
    found = [check for check in health_card.checks_of(environment) if check.kind == kind]
    asleep = health_card.asleep_until(environment, found, now)
    listed = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    today = now.astimezone(ZoneInfo(environment.zone_name)).date()
    tallies = health_history.tallies(environment.pk, today, now)
    context = admin.site.each_context(request) | {
        "title": _("%(kind)s: %(name)s") % {"kind": health_card.KINDS[kind][2], "name": environment.name},
        "crumbs": _crumbs(environment),
        "env": environment,
        "listed": listed,
        "shown_checks": [
            health_card.shown(request, environment, check, now, asleep, (), tallies.get(check.pk)) for check in listed
        ],
    }
    return TemplateResponse(request, "environments/health_checks.html", context)


@require_POST
@of_environment
def check_now(request: HttpRequest, environment: Environment, number: int) -> HttpResponse:
    """The address is asked by the next turn; the page shows what it answered by itself."""
    permissions.require_switch(request.user, environment)
    asked = check_wishes.ask_soon(environment=environment, check_id=number, now=timezone.now())
    said = _("It is being asked. What it answers stands here in some seconds.")
    return answer(
        request,
        [environment.pk],
        Done(said if asked else _("It was not asked: it is switched off, or its environment sleeps.")),
        environment,
    )


@require_POST
@of_environment
def want_metrics(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Somebody looks at the page: what is older than five minutes is asked for. Whoever sees it may."""
    if not request.user.has_perm("environments.view_target"):
        raise PermissionDenied(_("You may not see what it is made of."))
    metric_looks.want(environment=environment, now=timezone.now())
    return HttpResponse(status=204)


def _span(request: HttpRequest, environment: Environment) -> tuple[date, date, int]:
    """The dates that are asked for in the environment's zone, and how many they are."""
    asked = request.GET.get("days", "")
    length = int(asked) if asked in {str(days) for days in PERIODS} else USUAL
    last = timezone.now().astimezone(ZoneInfo(environment.zone_name)).date()
    return last - (length - 1) * DAY, last, length


def _crumbs(environment: Environment) -> list[tuple[str, str]]:
    return [
        (_("Board"), reverse("admin:index")),
        (environment.name, reverse("environments:page", args=[environment.slug])),
    ]


class _Echo:
    """A file that gives back what is written to it, for the writer of CSV."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: Iterable[HealthDay], language: str | None) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # by which Excel knows UTF-8
    with override(language):
        heads = [_("Day"), _("Check"), _("Answers"), _("Good answers"), _("Half under, ms"), _("95 of 100 under, ms")]
        yield writer.writerow([*heads, _("Reports received"), _("Reports missed")])
    for row in rows:
        times = ("" if ms is None else ms for ms in (row.p50_ms, row.p95_ms))
        figures = [row.samples, row.up, *times, row.received, row.missed]
        yield writer.writerow([row.day.isoformat(), harmless(row.check_name), *figures])
