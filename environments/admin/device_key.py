"""The page of a device's key: shown by a POST, never kept in an address, a cookie or a history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from environments.models import Device
from environments.models.device import LARGEST_EPOCH
from environments.services import devices
from environments.services.device_opening import master_key

if TYPE_CHECKING:
    from portal.unfolded import ModelAdmin

SHOW, NEW = "show", "new"


def key_page(request: HttpRequest, options: ModelAdmin[Device], device: Device) -> HttpResponse:
    """What the key is for and what can be done; for a POST, the key, once."""
    context: dict[str, Any] = {}
    wanted = request.POST.get("do") if request.method == "POST" else None
    try:
        if wanted == NEW:
            context["key"] = devices.new_epoch(device=device)
            device.refresh_from_db()
        elif wanted == SHOW:
            context["key"] = devices.key_of(device)
            options.log_change(request, device, _("Its key was shown."))
    except devices.NoMasterKey:
        pass  # the page says so
    except devices.KeysUsedUp:
        context["refusal"] = _("All sixteen keys of this number were used. Add the device anew, with another number.")
    change = reverse("admin:environments_device_change", args=[device.pk])
    crumbs = [(_("Devices"), reverse("admin:environments_device_changelist")), (device.name, change), (_("Key"), "")]
    context |= {
        "title": _("Key of %(name)s") % {"name": device.name},
        "crumbs": crumbs,
        "opts": options.opts,
        "device": device,
        "has_master_key": master_key() is not None,
        "may_renew": device.epoch < LARGEST_EPOCH,
        "next_epoch": device.epoch + 1,
    }
    page = options.admin_site.each_context(request) | context
    answer = TemplateResponse(request, "admin/environments/device/key.html", page)
    add_never_cache_headers(answer)
    return answer
