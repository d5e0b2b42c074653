"""Schedules with their periods; saving one marks the plans of its environments as due."""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from environments.models import Period, Schedule
from environments.services import cost_marks, schedules
from portal.previewing import PreviewingAdmin
from portal.unfolded import TabularInline, display

from .costs_words import weekdays
from .fields import zone_select
from .schedule_import import import_page
from .schedule_preview import preview

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLAIN_DAYS = re.compile(f"(?:{'|'.join(DAYS)})(?:[-,](?:{'|'.join(DAYS)}))*")


def _told(period: Period) -> str:
    """As it says of itself, with plain weekdays in the reader's language: “09:00–18:00 Mon–Fri”. (Others, such as
    “mon#1”, stay as they are entered.)"""
    shown, words = copy(period), dict(zip(DAYS, weekdays(), strict=True))
    if PLAIN_DAYS.fullmatch(period.weekdays):
        said = re.sub("[a-z]+", lambda found: words[found[0]], period.weekdays)
        shown.weekdays = said.replace("-", "–").replace(",", ", ")
    return str(shown)


class PeriodInline(TabularInline[Period]):
    model = Period
    extra = 0
    hide_title = True
    template_after = "environments/schedule_legend.html"
    fields = ["name", "begin_time", "end_time", "weekdays", "monthdays", "months"]


@admin.register(Schedule)
class ScheduleAdmin(PreviewingAdmin[Schedule]):
    list_display = ["name", "periods_text", "timezone", "overridden", "used_by"]
    search_fields = ["name", "description"]
    list_filter = ["timezone"]
    fields = ["name", "description", "timezone", "override", "enforced", "retain_running"]
    inlines = [PeriodInline]
    change_form_after_template = "environments/schedule_what_if.html"
    empty_text = _("A schedule says when environments run, such as Monday to Friday from nine to six.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        rows = super().get_queryset(request)
        return rows.prefetch_related("periods").annotate(environment_count=Count("environments"))

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "timezone":
            kwargs["widget"] = zone_select()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description=_("periods"))
    def periods_text(self, schedule: Schedule) -> str:
        return " · ".join(_told(period) for period in schedule.periods.all()) or "–"

    @display(description=_("override"), ordering="override")
    def overridden(self, schedule: Schedule) -> str:
        """Only where something is set aside: that the periods decide is what anybody expects."""
        return schedule.get_override_display() if schedule.override else "–"

    @display(description=_("environments"), ordering="environment_count")
    def used_by(self, schedule: Any) -> int:
        return int(schedule.environment_count)

    def get_urls(self) -> list[URLPattern]:
        """With the import."""
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="environments_schedule_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Schedules of AWS Instance Scheduler: a report first, then taken over by a POST."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return import_page(request, self, may_update=self.has_change_permission(request))

    def previewed(self, request: HttpRequest, saved: Schedule | None) -> HttpResponse:
        """What the schedule would do as it is typed."""
        return preview(request, saved, timezone.now())

    def save_related(self, request: HttpRequest, form: forms.ModelForm[Schedule], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and "timezone" in form.changed_data:
            cost_marks.mark_zone(schedule=form.instance, now=timezone.now())
        schedules.plan_changed(schedule=form.instance, now=timezone.now())
