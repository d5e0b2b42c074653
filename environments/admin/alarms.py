"""Checks that go by alarms of CloudWatch, and the alarms that were heard of."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from environments.models import Alarm, AlarmCheck, CheckState
from environments.services import alarms, health
from portal.moments import stamp
from portal.unfolded import DropdownFilter, display

from .check_environments import StaysInItsEnvironment
from .displays import link, toned
from .health_words import CHECK_TONES
from .scoping import ReadOnly, ScopedAdmin

ALARM_TONES = {Alarm.State.OK: "running", Alarm.State.ALARM: "failed", Alarm.State.NO_DATA: "unknown"}


@admin.register(AlarmCheck)
class AlarmCheckAdmin(StaysInItsEnvironment[AlarmCheck], ScopedAdmin[AlarmCheck]):
    """Which alarms belong to an environment."""

    list_display = ["name", "page_link", "shown_state", "why", "heard_of", "is_on"]
    list_filter = ["is_on"]
    list_select_related = ["environment"]
    list_per_page = 50
    search_fields = ["name", "environment__name", "pattern"]
    autocomplete_fields = ["environment"]
    fieldsets = (
        (None, {"fields": ("environment", "target", "name", "is_on", "always", "ticket_after")}),
        (
            _("Which alarms"),
            {
                "fields": (
                    *("own_targets", "pattern"),
                    *("dimension_name", "dimension_value", "tag_key", "tag_value"),
                ),
                "description": _("An alarm belongs to the check that says most about it: its name first, a tag last."),
            },
        ),
    )
    empty_text = _("A check of alarms shows whether any CloudWatch alarm of an environment rings.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlarmCheck]:
        return (
            super()
            .get_queryset(request)
            .annotate(known=Count("alarms"), ringing=Count("alarms", filter=Q(alarms__state=Alarm.State.ALARM)))
        )

    def get_form(self, request: HttpRequest, obj: AlarmCheck | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Targets of its environment, once that is known."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj and "target" in form.base_fields:
            field: Any = form.base_fields["target"]
            field.queryset = field.queryset.filter(environment=obj.environment_id)
        return form

    def save_model(
        self, request: HttpRequest, obj: AlarmCheck, form: forms.ModelForm[AlarmCheck], change: bool
    ) -> None:
        """Writes what was edited and no more; alarms are given to the checks that want them by now."""
        now = timezone.now()
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            obj.save()
        health.environments_moved([obj.environment_id], now=now)
        alarms.match_all(now=now)
        alarms.judge([obj.pk], now=now)

    def delete_model(self, request: HttpRequest, obj: AlarmCheck) -> None:
        alarms.remove(checks=[obj], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AlarmCheck]) -> None:
        alarms.remove(checks=list(queryset), now=timezone.now())

    @display(description=_("environment"), ordering="environment__name")
    def page_link(self, check: AlarmCheck) -> SafeString:
        return link(reverse("environments:page", args=[check.environment.slug]), check.environment.name)

    @display(description=_("state"), ordering="state")
    def shown_state(self, check: AlarmCheck) -> SafeString:
        return toned(check.get_state_display(), CHECK_TONES[CheckState(check.state)])

    @display(description=_("reason"))
    def why(self, check: AlarmCheck) -> str:
        return check.reason_text

    @display(description=_("alarms, ringing"))
    def heard_of(self, check: Any) -> SafeString:
        address = f"{reverse('admin:environments_alarm_changelist')}?check_row__id__exact={check.pk}"
        return link(address, str(_("%(number)s of %(all)s") % {"number": check.ringing, "all": check.known}))


class BelongsFilter(DropdownFilter):
    """Those that belong to nobody."""

    title = _("belongs")
    parameter_name = "belongs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", str(_("to nobody"))), ("yes", str(_("to a check")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
        return queryset.filter(check_row__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Alarm)
class AlarmAdmin(ReadOnly, ScopedAdmin[Alarm]):
    """Every alarm that was heard of, in its latest state. Those of other teams, or of nobody, operators see."""

    environment_path = "check_row__environment"
    list_display = ["name", "shown_state", "belongs_to", "where", "changed"]
    list_filter = ["state", BelongsFilter, "region"]
    list_select_related = ["check_row__environment"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name", "arn"]
    fields = readonly_fields = (
        *("name", "arn", "shown_state", "reason", "description", "belongs_to", "where"),
        *("watches", "tagged", "changed", "heard"),
    )
    empty_text = _("An alarm is listed here once CloudWatch has told of it. A topic of SNS brings them.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For alarms that are no more: AWS does not tell when one is deleted."""
        return request.user.has_perm("environments.delete_alarm")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "check_row__id__exact" or super().lookup_allowed(lookup, value, request)

    def delete_model(self, request: HttpRequest, obj: Alarm) -> None:
        check_id = obj.check_row_id
        super().delete_model(request, obj)
        alarms.judge([check_id] if check_id else [], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        concerned = set(queryset.exclude(check_row=None).values_list("check_row", flat=True).order_by())
        super().delete_queryset(request, queryset)
        alarms.judge(concerned, now=timezone.now())

    @display(description=_("state"), ordering="state")
    def shown_state(self, alarm: Alarm) -> SafeString:
        return toned(alarm.get_state_display(), ALARM_TONES[Alarm.State(alarm.state)])

    @display(description=_("belongs to"))
    def belongs_to(self, alarm: Alarm) -> SafeString:
        """Its check; where there is none, the way to add one for it."""
        if alarm.check_row:
            address = reverse("admin:environments_alarmcheck_change", args=[alarm.check_row_id])
            return link(address, str(alarm.check_row))
        asked = urlencode({"name": alarm.name[:120], "pattern": _pattern(alarm.name), "own_targets": ""})
        return link(f"{reverse('admin:environments_alarmcheck_add')}?{asked}", _("no check: add one …"))

    @display(description=_("account and region"))
    def where(self, alarm: Alarm) -> str:
        return f"{alarm.account_id} {alarm.region}"

    @display(description=_("watches"))
    def watches(self, alarm: Alarm) -> SafeString:
        its = "; ".join(f"{name} = {', '.join(values)}" for name, values in alarm.dimensions.items())
        return format_html("{} {} {}", alarm.namespace, alarm.metric, its) if alarm.metric or its else SafeString("–")

    @display(description=_("tags"))
    def tagged(self, alarm: Alarm) -> str:
        return "; ".join(f"{name} = {value}" for name, value in sorted(alarm.tags.items()) if name) or "–"

    @display(description=_("changed"), ordering="changed_at")
    def changed(self, alarm: Alarm) -> str:
        return stamp(alarm.changed_at)

    @display(description=_("heard of"), ordering="received_at")
    def heard(self, alarm: Alarm) -> str:
        return stamp(alarm.received_at)


def _pattern(name: str) -> str:
    """This very name as a pattern: what would stand for anything stands for one letter, and so does a comma."""
    return "".join("?" if letter in "*?[,]" else letter for letter in name)[:200]
