"""The clockwork in the admin: what beat sends and when. The portal's own entries can be switched off, nothing more."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as stock
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from portal import admin_signins, admin_tokens  # noqa: F401  (their pages)
from portal.beat_entries import OURS
from portal.cadence_words import crontab_fields, crontab_words, interval_words
from portal.celery import app
from portal.moments import stamp
from portal.unfolded import ModelAdmin, Select, Switch, TextInput, display

# As everywhere on the pages; Django's own is a hyphen.
admin.site.empty_value_display = "–"

# Nobody needs the sun, and one point in time is no clockwork.
admin.site.unregister([PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule])


class TaskSelect(Select, stock.TaskSelectWidget):  # type: ignore[misc]  # django-celery-beat is untyped
    """The tasks that workers know: those of the portal's own Celery, whichever one this thread used last."""

    celery_app = app


WHAT_IS_DONE = _("What is done: one of the tasks that the portal's workers know.")


class EntryForm(forms.ModelForm[PeriodicTask]):
    """An entry: a task, a cadence of one of two kinds, and what the task is handed."""

    task = forms.CharField(
        label=_("Task"),
        widget=TaskSelect,
        help_text=WHAT_IS_DONE,
    )
    enabled = forms.BooleanField(
        label=_("Switched on"),
        required=False,
        initial=True,
        widget=Switch,
        help_text=_("While it is off, the clock does not ask for this work."),
    )

    class Meta:
        model = PeriodicTask
        fields = ("name", "task", "enabled", "description", "interval", "crontab", "args", "kwargs", "expire_seconds")
        widgets = {"description": TextInput, "args": TextInput, "kwargs": TextInput}
        labels = {
            "name": _("Name"),
            "task": _("Task"),
            "description": _("Description"),
            "interval": _("Interval"),
            "crontab": _("Crontab"),
            "args": _("Arguments"),
            "kwargs": _("Named arguments"),
            "expire_seconds": _("Dropped after (seconds)"),
        }
        help_texts = {
            "name": _("For people, such as “every-hour: reports”."),
            "task": WHAT_IS_DONE,  # where it is only shown
            "description": _(
                "Why it is there, for whoever looks at it next year: for example “asked for by the night shift”."
            ),
            "interval": _("Either this, for “every 10 seconds”,"),
            "crontab": _("or this, for “Mondays at nine”."),
            "args": _("A JSON list, such as [1]."),
            "kwargs": _('A JSON object, such as {"days": 7}.'),
            "expire_seconds": _(
                "A message that no worker took by then, for example 60, is not worth sending any more."
            ),
        }

    def clean_task(self) -> str:
        task = str(self.cleaned_data["task"])
        # Web processes have no worker that would have imported the apps' tasks.
        app.loader.import_default_modules()
        if task.startswith("celery.") or task not in app.tasks:  # those of celery's own are no work of ours
            raise ValidationError(_("No worker knows a task “%(task)s”.") % {"task": task})
        return task

    def clean_args(self) -> str:
        return _json(self.cleaned_data["args"], list, gettext("A JSON list is needed, such as [1]."))

    def clean_kwargs(self) -> str:
        return _json(self.cleaned_data["kwargs"], dict, gettext("A JSON object is needed, such as {}."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "interval" in self.fields and bool(cleaned.get("interval")) == bool(cleaned.get("crontab")):
            self.add_error("interval", _("Choose either an interval or a crontab."))
        return cleaned

    def validate_unique(self) -> None:
        """The model's own check of the cadence comes after ours and would say it again, in other words."""
        if "interval" not in self.errors:
            super().validate_unique()


def _json(text: str, kind: type, problem: str) -> str:
    try:
        if isinstance(json.loads(text), kind):
            return text
    except ValueError:
        pass
    raise ValidationError(problem)


def _is_ours(entry: PeriodicTask | None) -> bool:
    return entry is not None and entry.headers == OURS


@admin.register(PeriodicTask)
class ClockworkAdmin(ModelAdmin[PeriodicTask]):
    form = EntryForm
    list_display = ["name", "cadence", "shown_state", "last_sent", "whose"]
    list_filter = ["enabled"]
    search_fields = ["name", "task"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        rows: QuerySet[PeriodicTask] = super().get_queryset(request).select_related("interval", "crontab")
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: PeriodicTask | None = None) -> Any:
        """Of the portal's own entries everything but the switch belongs to the code, which would put it back."""
        if _is_ours(obj) or (obj and not self.has_change_permission(request, obj)):
            return [(None, {"fields": ["name", "enabled", "task", "cadence", "last_sent", "whose"]})]
        return [
            (None, {"fields": ["name", "task", "enabled", "description"]}),
            (_("When"), {"fields": ["interval", "crontab"]}),
            (_("What it is handed"), {"fields": ["args", "kwargs", "expire_seconds"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: PeriodicTask | None = None) -> Any:
        fixed = ["cadence", "last_sent", "whose"]
        return [name for name in EntryForm.Meta.fields if name != "enabled"] + fixed if _is_ours(obj) else fixed

    def has_delete_permission(self, request: HttpRequest, obj: PeriodicTask | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_ours(obj)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: PeriodicTask | None = None,
    ) -> HttpResponse:
        context |= {"crumb": obj.name if obj else ""}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(description=_("when"))
    def cadence(self, entry: PeriodicTask) -> str:
        if entry.interval:
            return interval_words(entry.interval)
        return crontab_words(entry.crontab) if entry.crontab else "–"

    @display(description=_("state"), ordering="enabled")
    def shown_state(self, entry: PeriodicTask) -> SafeString:
        tone, word = ("running", _("Switched on")) if entry.enabled else ("unknown", _("Switched off"))
        dot = '<span class="db-state-small db-tone-{}"><span class="db-dot" aria-hidden="true"></span>{}</span>'
        return format_html(dot, tone, word)

    @display(description=_("last sent"), ordering="last_run_at")
    def last_sent(self, entry: PeriodicTask) -> str:
        """Beat notes it every few minutes only."""
        return stamp(entry.last_run_at)

    @display(description=_("whose"))
    def whose(self, entry: PeriodicTask) -> str:
        return gettext("comes with the portal") if _is_ours(entry) else gettext("added by people")


class CadenceAdmin(ModelAdmin[Model]):
    """Intervals and crontabs, reached from an entry. One that an entry of the portal uses stays as it is."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not self._is_ours(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._is_ours(obj)

    def _is_ours(self, obj: Any) -> bool:
        return bool(obj) and obj.periodictask_set.filter(headers=OURS).exists()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        context |= {"crumb": self.when(obj) if obj else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("when"))
    def when(self, cadence: Any) -> str:
        return interval_words(cadence) if isinstance(cadence, IntervalSchedule) else crontab_words(cadence)


class IntervalForm(forms.ModelForm[IntervalSchedule]):
    class Meta:
        model = IntervalSchedule
        fields = ("every", "period")
        labels: ClassVar = {"every": _("Every"), "period": _("Unit")}
        help_texts: ClassVar = {"every": _("For example 10."), "period": _("For example seconds: every 10 seconds.")}


@admin.register(IntervalSchedule)
class IntervalAdmin(CadenceAdmin):
    form = IntervalForm
    list_display = ["when"]
    fields = ["every", "period"]


class CrontabForm(forms.ModelForm[CrontabSchedule]):
    class Meta:
        model = CrontabSchedule
        fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
        labels: ClassVar = {
            "minute": _("Minutes"),
            "hour": _("Hours"),
            "day_of_month": _("Days of the month"),
            "month_of_year": _("Months"),
            "day_of_week": _("Days of the week"),
            "timezone": _("Time zone"),
        }
        help_texts: ClassVar = {
            "minute": _("For example 0,30. * is every minute."),
            "hour": _("For example 8,20. * is every hour."),
            "day_of_month": _("For example 1,15. * is every day."),
            "month_of_year": _("For example 1,12. * is every month."),
            "day_of_week": _("For example 1-5 for Monday to Friday; Sunday is 0. * is every day."),
            "timezone": _("In which these hours are meant, for example Asia/Seoul."),
        }


@admin.register(CrontabSchedule)
class CrontabAdmin(CadenceAdmin):
    form = CrontabForm
    list_display = ["when", "cron"]
    fields = ["minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"]

    @display(description=_("crontab"))
    def cron(self, crontab: CrontabSchedule) -> str:
        return crontab_fields(crontab)
