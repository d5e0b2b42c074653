"""Reports of devices: what was opened and counted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import DeviceReport
from environments.rules.device_words import positions
from portal.unfolded import display

from .displays import at_place, link, toned
from .own_clock import at_places
from .scoping import ReadOnly, ScopedAdmin


def bits_text(bits: int) -> str:
    """The positions of the bits that are set; a dash for none."""
    return ", ".join(str(place) for place in positions(bits)) or "–"


@admin.register(DeviceReport)
class DeviceReportAdmin(ReadOnly, ScopedAdmin[DeviceReport]):
    """Of devices of environments the user may see, newest first."""

    environment_path = "device__environment"
    list_display = [
        *("received", "device_link", "said", "battery_text", "temperature_text", "rssi", "disk_text", "error_text"),
    ]
    list_display_links = ["received"]
    list_filter = ["is_urgent", ("device__environment", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["device__environment__schedule"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["device__name"]
    fields = readonly_fields = (
        *("received", "sent", "device_link", "epoch", "counter", "said", "battery_text", "temperature_text"),
        *("rssi", "disk_text", "error_text"),
    )
    empty_text = _("What devices report by SMS is listed here, once a gateway brings it in and it can be opened.")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "device__check_ptr__exact" or super().lookup_allowed(lookup, value, request)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        zone = obj.device.environment.zone_name if obj else ""
        context |= {"crumb": f"{obj.device.name}: {at_place(obj.received_at, zone, timezone.now())}" if obj else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("received"), ordering="received_at")
    def received(self, report: DeviceReport) -> str:
        return at_places(report.received_at, report.device.environment.zone_name, timezone.now())

    @display(description=_("sent"))
    def sent(self, report: DeviceReport) -> str:
        return at_places(report.sent_at, report.device.environment.zone_name, timezone.now())

    @display(description=_("device"), ordering="device__name")
    def device_link(self, report: DeviceReport) -> SafeString:
        return link(reverse("admin:environments_device_change", args=[report.device_id]), report.device.name)

    @display(description=_("status bits"), ordering="is_urgent")
    def said(self, report: DeviceReport) -> SafeString | str:
        shown = bits_text(report.bits)
        return toned(gettext("urgent: %(bits)s") % {"bits": shown}, "failed") if report.is_urgent else shown

    @display(description=_("battery"), ordering="battery")
    def battery_text(self, report: DeviceReport) -> str:
        return f"{report.battery}%"

    @display(description=_("temperature"), ordering="temperature")
    def temperature_text(self, report: DeviceReport) -> str:
        return f"{report.temperature} °C"

    @display(description=_("last error"), ordering="last_error")
    def error_text(self, report: DeviceReport) -> str:
        """Its number, which the device's makers know; zero is none."""
        return str(report.last_error or "–")

    @display(description=_("disk used"), ordering="disk")
    def disk_text(self, report: DeviceReport) -> str:
        return f"{report.disk}%"
