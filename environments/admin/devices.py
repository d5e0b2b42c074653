"""Devices that report by SMS: what is expected of each, how it stands, its key, and many added at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import CheckState, Device, Environment, Target
from environments.models.texts import in_language
from environments.services import devices
from portal.unfolded import DropdownFilter, display

from .check_environments import StaysInItsEnvironment
from .device_import import import_page
from .device_key import key_page
from .device_reports import bits_text
from .displays import link, toned
from .health_words import CHECK_TONES, OF_TARGETS, reason_words
from .own_clock import at_places
from .scoping import ScopedAdmin

LOW_BATTERY = 20
STANDING = ("shown_state", "why", "heard", "next_look", "said", "battery", "clock", "reports")


class BatteryFilter(DropdownFilter):
    """Those whose last report says that it will not last."""

    title = _("battery")
    parameter_name = "battery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", gettext("below %(share)s%%") % {"share": LOW_BATTERY})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Device]) -> QuerySet[Device]:
        return queryset.filter(last_report__battery__lt=LOW_BATTERY) if self.value() else queryset


@admin.register(Device)
class DeviceAdmin(StaysInItsEnvironment[Device], ScopedAdmin[Device]):
    """Those of environments the user may see; operators edit them."""

    list_display = ["name", "number", "environment_link", "shown_state", "battery", "heard", "said"]
    list_filter = ["state", BatteryFilter, "is_on"]
    list_select_related = ["environment__schedule"]
    list_per_page = 50
    search_fields = ["name", "phone", "environment__name", "number"]
    search_help_text = _("Searches names of devices and environments, and numbers.")
    autocomplete_fields = ["environment", "target"]
    empty_text = _("Something that reports by SMS from a place without internet; its name is its subject's.")

    def get_fieldsets(self, request: HttpRequest, obj: Device | None = None) -> Any:
        """Its number is its key's, and stays: another number is another device."""
        edits = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        sealed: tuple[str, ...] = ("number", "epoch", *(("key_link",) if obj and edits else ()), "urgent_bits")
        shown = [(_("How it stands"), {"fields": STANDING})] if obj else []
        # Of whom they are is for those who look after them.
        who = ("environment", "name", *(("phone",) if edits else ()), "is_on", "always")
        return [
            *shown,
            (None, {"fields": who}),
            (_("When it reports"), {"fields": ("rhythm", "every_min", "windows", "grace_min")}),
            (_("What it reports"), {"fields": sealed}),
            (_("Warnings"), {"fields": ("ticket_after", "target")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> Any:
        return (*STANDING, "key_link", *(("number", "epoch") if obj else ()))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Devices report whether the environment sleeps or not."""
        return {"always": True, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "name":
            kwargs["help_text"] = _("What people read, for example “pump 7”.")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        visible = Environment.objects.visible_to(request.user)
        if db_field.name == "environment":
            kwargs["queryset"] = visible
        if db_field.name == "target":
            kwargs["help_text"] = OF_TARGETS
            kwargs["queryset"] = Target.objects.filter(environment__in=visible.values("pk"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Device, form: forms.ModelForm[Device], change: bool) -> None:
        """Writes what was edited and no more: what judges note meanwhile stays."""
        with transaction.atomic():
            if change:
                obj.save(update_fields=form.changed_data)
            else:
                obj.save()
            devices.saved(devices=[obj], changed=form.changed_data if change else None, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Device) -> None:
        devices.remove(devices=[obj], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        devices.remove(devices=list(queryset), now=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        own: list[URLPattern] = [
            path("import/", self.admin_site.admin_view(self.import_view), name="environments_device_import"),
            path("<int:object_id>/key/", self.admin_site.admin_view(self.key_view), name="environments_device_key"),
        ]
        return [*own, *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Many devices from a table: a preview first, then all of them by a POST."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return import_page(request, self)

    def key_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The device's key, shown by a POST; and the next epoch."""
        row = self.get_object(request, str(object_id))
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return key_page(request, self, row)

    @display(description=_("environment"), ordering="environment__name")
    def environment_link(self, device: Device) -> SafeString:
        return link(reverse("environments:page", args=[device.environment.slug]), device.environment.name)

    @display(description=_("state"), ordering="state")
    def shown_state(self, device: Device) -> SafeString:
        if not device.is_on:
            return toned(_("Switched off"), "stopped")
        return toned(device.get_state_display(), CHECK_TONES[CheckState(device.state)])

    @display(description=_("why"))
    def why(self, device: Device) -> str:
        return reason_words(device, timezone.now())

    @display(description=_("last report"), ordering="seen_at")
    def heard(self, device: Device) -> str:
        return at_places(device.seen_at, device.environment.zone_name, timezone.now())

    @display(description=_("next look"))
    def next_look(self, device: Device) -> str:
        return at_places(device.due_at, device.environment.zone_name, timezone.now())

    @display(description=_("battery"), ordering="last_report__battery")
    def battery(self, device: Device) -> SafeString | str:
        charge = device.last_report.get("battery")
        if charge is None:
            return "–"
        return toned(f"{charge}%", "failed") if charge < LOW_BATTERY else f"{charge}%"

    @display(description=_("status bits"))
    def said(self, device: Device) -> SafeString | str:
        shown = bits_text(device.last_report.get("bits", 0))
        return (
            toned(gettext("urgent: %(bits)s") % {"bits": shown}, "failed")
            if device.last_report.get("urgent")
            else shown
        )

    @display(description=_("clock"))
    def clock(self, device: Device) -> str:
        if not device.last_report:
            return "–"
        return in_language(device.last_report.get("clock", {})) or gettext("right")

    @display(description=_("reports"))
    def reports(self, device: Device) -> SafeString:
        address = f"{reverse('admin:environments_devicereport_changelist')}?device__check_ptr__exact={device.pk}"
        return link(address, gettext("Show its reports"))

    @display(description=_("key"))
    def key_link(self, device: Device) -> SafeString:
        return link(reverse("admin:environments_device_key", args=[device.pk]), gettext("Key and new epoch"))
