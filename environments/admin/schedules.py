from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from environments.models import Period, Schedule
from environments.services import schedules


class PeriodInline(TabularInline):
    model = Period
    extra = 0
    fields = ["name", "begin_time", "end_time", "weekdays", "monthdays", "months"]


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    list_display = ["name", "timezone", "periods_text", "override", "used_by"]
    search_fields = ["name", "description"]
    list_filter = ["timezone"]
    fields = ["name", "description", "timezone", "override"]
    inlines = [PeriodInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        rows: QuerySet[Schedule] = super().get_queryset(request)
        return rows.prefetch_related("periods").annotate(environment_count=Count("environments"))

    @admin.display(description=_("periods"))
    def periods_text(self, schedule: Schedule) -> str:
        return " · ".join(str(period) for period in schedule.periods.all()) or "–"

    @admin.display(description=_("environments"), ordering="environment_count")
    def used_by(self, schedule: Any) -> int:
        return int(schedule.environment_count)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        schedules.plan_changed(schedule=form.instance, now=timezone.now())
