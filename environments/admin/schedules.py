"""Schedules with their periods; saving one marks the plans of its environments as due."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Field, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from environments.models import Period, Schedule
from environments.services import schedules
from portal.unfolded import ModelAdmin, TabularInline, display

from .fields import zone_select


class PeriodInline(TabularInline[Period]):
    model = Period
    extra = 0
    hide_title = True
    fields = ["name", "begin_time", "end_time", "weekdays", "monthdays", "months"]


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin[Schedule]):
    list_display = ["name", "periods_text", "timezone", "override", "used_by"]
    search_fields = ["name", "description"]
    list_filter = ["timezone"]
    fields = ["name", "description", "timezone", "override"]
    inlines = [PeriodInline]
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
        return " · ".join(str(period) for period in schedule.periods.all()) or "–"

    @display(description=_("environments"), ordering="environment_count")
    def used_by(self, schedule: Any) -> int:
        return int(schedule.environment_count)

    def save_related(self, request: HttpRequest, form: forms.ModelForm[Schedule], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        schedules.plan_changed(schedule=form.instance, now=timezone.now())
