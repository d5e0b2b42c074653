"""Calendars: what they hold for, their own days, and days off from ICS files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Field, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from environments.models import Calendar, CalendarDay, Environment
from environments.models.texts import in_language
from environments.services import calendar_import, calendars
from environments.services.calendar_changes import plans_changed
from environments.services.calendar_fetch import LARGEST
from environments.services.calendar_import import Report
from environments.services.calendar_texts import CalendarProblem
from environments.services.wakeups import wake_calendar
from portal.unfolded import ModelAdmin, TabularInline, display

from . import calendar_page
from .calendar_form import CalendarForm, DayForm, DayFormSet, country_select, subdivision_input
from .displays import toned


class CalendarDayInline(TabularInline[CalendarDay]):
    """What people typed; imported days are replaced by the next import and not edited."""

    model = CalendarDay
    form = DayForm
    formset = DayFormSet  # type: ignore[assignment]
    extra = 0
    hide_title = True
    fields = ["day", "kind", "as_weekday", "name"]
    verbose_name, verbose_name_plural = _("own day"), _("own days")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarDay]:
        return super().get_queryset(request).filter(origin=CalendarDay.Origin.OWN).order_by("day")


@admin.register(Calendar)
class CalendarAdmin(ModelAdmin[Calendar]):
    form = CalendarForm
    list_display = ["name", "country_words", "own_days", "imports", "used_by"]
    search_fields = ["name", "country"]
    autocomplete_fields = ["schedules", "teams", "environments"]
    inlines = [CalendarDayInline]
    fieldsets = (
        (None, {"fields": ("name", "country", "subdivision", "ics_url")}),
        (_("Holds for"), {"fields": ("schedules", "teams", "environments")}),
    )
    change_form_outer_before_template = "environments/calendar_standing.html"
    change_form_outer_after_template = "environments/calendar_days.html"
    empty_text = _("A calendar knows days off and working days: public holidays, the company's own, or an ICS file's.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Calendar]:
        hangs_on = Q(schedule__calendars=OuterRef("pk")) | Q(team__calendars=OuterRef("pk"))
        concerned = Environment.objects.visible_to(request.user).filter(hangs_on | Q(calendars=OuterRef("pk")))
        counted = concerned.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk", distinct=True))
        own = Count("days", filter=Q(days__origin=CalendarDay.Origin.OWN))
        rows = calendar_page.with_zone(super().get_queryset(request))
        return rows.annotate(own_count=own, environment_count=Coalesce(Subquery(counted.values("n")), 0))

    def get_fieldsets(self, request: HttpRequest, obj: Calendar | None = None) -> Any:
        """Who only looks is not shown the address, nor teams and environments of others: the page says what they
        may know."""
        if self._may_write(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("name", "country_words", "host")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Calendar | None = None) -> Any:
        return () if self._may_write(request, obj) else ("country_words", "host")

    def get_inlines(self, request: HttpRequest, obj: Calendar | None) -> Any:
        return self.inlines if self._may_write(request, obj) else []

    def _may_write(self, request: HttpRequest, obj: Calendar | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "country":
            kwargs["widget"] = country_select()
        if db_field.name == "subdivision":
            address = reverse("admin:environments_calendar_subdivisions")
            kwargs["widget"] = subdivision_input(_chosen_country(request), address)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description=_("country"), ordering="country")
    def country_words(self, calendar: Calendar) -> str:
        return calendar_page.place(calendar) or gettext("own days only")

    @display(description=_("address of an ICS calendar"))
    def host(self, calendar: Calendar) -> str:
        return calendar_page.host_of(calendar) or "–"

    @display(description=_("own days"), ordering="own_count")
    def own_days(self, calendar: Any) -> int:
        return int(calendar.own_count)

    @display(description=_("import"), ordering="ics_read_at")
    def imports(self, calendar: Calendar) -> Any:
        read = calendar_page.read_words(calendar, timezone.now())
        if calendar.ics_error:
            return toned(gettext("not read: %(problem)s") % {"problem": in_language(calendar.ics_error)}, "failed")
        return read or (gettext("not read yet") if calendar.ics_url else "–")

    @display(description=_("environments"), ordering="environment_count")
    def used_by(self, calendar: Any) -> int:
        return int(calendar.environment_count)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Calendar | None = None,
    ) -> HttpResponse:
        context["subdivisions"] = calendars.subdivisions(_chosen_country(request, obj))
        if obj:
            context |= calendar_page.context(obj, request.user, timezone.now())
            context["may_import"] = self.has_change_permission(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Changes: the plans that it concerned before, and those it concerns now.

    def save_model(self, request: HttpRequest, obj: Calendar, form: forms.ModelForm[Calendar], change: bool) -> None:
        """Writes what was edited and no more: what a worker notes of a reading meanwhile stays."""
        form.concerned_before = calendars.concerned([obj.pk]) if change else set()  # type: ignore[attr-defined]
        written = [name for name in form.changed_data if name not in self.autocomplete_fields]
        if "ics_url" in written:
            obj.ics_error, obj.ics_read_at = {}, None
            written += ["ics_error", "ics_read_at"]
        if change:
            obj.save(update_fields=written)
        else:
            obj.save()
        if "ics_url" in written and obj.ics_url:
            wake_calendar(obj.pk)

    def save_related(self, request: HttpRequest, form: forms.ModelForm[Calendar], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if set(form.changed_data) - {"ics_url"} or any(formset.has_changed() for formset in formsets):
            before: set[int] = form.concerned_before  # type: ignore[attr-defined]
            plans_changed(before | calendars.concerned([form.instance.pk]), now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Calendar) -> None:
        before = calendars.concerned([obj.pk])
        super().delete_model(request, obj)
        plans_changed(before, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Calendar]) -> None:
        before = calendars.concerned(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        plans_changed(before, now=timezone.now())

    # Imports.

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""

        def named(route: str, view: Any, name: str) -> URLPattern:
            made: URLPattern = path(route, self.admin_site.admin_view(view), name=f"environments_calendar_{name}")
            return made

        return [
            named("subdivisions/", require_GET(self.subdivisions_view), "subdivisions"),
            named("<int:object_id>/import/", require_POST(self.import_view), "import"),
            named("<int:object_id>/read/", require_POST(self.read_view), "read"),
            named("<int:object_id>/clear/", require_POST(self.clear_view), "clear"),
            *super().get_urls(),
        ]

    def subdivisions_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse(calendars.subdivisions(request.GET.get("country", "")))

    def import_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The days off of an uploaded ICS file."""
        calendar = self._calendar(request, object_id)
        chosen = request.FILES.get("file")
        if not isinstance(chosen, UploadedFile):
            messages.error(request, gettext("Choose an ICS file first."))
            return self._back(calendar)
        # One byte more than is taken: enough to see that it is too large.
        content = chosen.read(LARGEST + 1)
        import_file = partial(calendar_import.import_file, content=content)
        return self._import(request, calendar, import_file)

    def read_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The calendar's address, now, for who waits for it."""
        return self._import(request, self._calendar(request, object_id), calendar_import.read_now)

    def clear_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        calendar = self._calendar(request, object_id)
        count = calendar_import.remove_imported(calendar=calendar, user=request.user, now=timezone.now())
        said = gettext("Imported days removed: %(count)s") % {"count": count}
        self.log_change(request, calendar, said)
        messages.success(request, said)
        return self._back(calendar)

    def _import(self, request: HttpRequest, calendar: Calendar, read: Callable[..., Report]) -> HttpResponse:
        try:
            report = read(calendar=calendar, user=request.user, now=timezone.now())
        except CalendarProblem as problem:
            said = gettext("Nothing was changed. %(problem)s") % {"problem": in_language(problem.texts)}
            messages.error(request, said)
            return self._back(calendar)
        self.log_change(request, calendar, calendar_page.report_words(report))
        messages.success(request, calendar_page.report_words(report))
        if left_out := in_language(report.left_out):
            messages.info(request, left_out)
        return self._back(calendar)

    def _calendar(self, request: HttpRequest, object_id: int) -> Calendar:
        """Raises PermissionDenied for those who may not change it, Http404 where there is none."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found = Calendar.objects.filter(pk=object_id).first()
        if found is None:
            raise Http404(gettext("There is no such calendar (any more)."))
        return found

    def _back(self, calendar: Calendar) -> HttpResponse:
        return redirect("admin:environments_calendar_change", calendar.pk)


def _chosen_country(request: HttpRequest, obj: Calendar | None = None) -> str:
    """The country that the form is about to show."""
    return request.POST.get("country") or (obj.country if obj else "")
