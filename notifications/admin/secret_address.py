"""What the pages of rows with a secret address have in common: the address, a new one, and how calls did."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import messages
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.admin import displays
from notifications.admin.dialogs import go_to
from notifications.secret_doors import SEALED, has_address, new_address
from notifications.texts import here
from portal.moments import stamp
from portal.unfolded import DialogForm, ModelAdmin, action, display

Row = TypeVar("Row", bound=Model)


class SecretAddressAdmin(ModelAdmin[Row]):
    """Its rows have `name`, `is_on`, `config`, `digest`, `last_at`, `last_error` and `refused`."""

    list_display = ("name", "kind", "condition", "heard", "refused", "error")
    search_fields = ("name",)
    actions_detail = ("new_address",)
    # What the form may write: what the door counts meanwhile stays.
    edited: tuple[str, ...] = ("name", "is_on")

    def address_of(self, row: Any) -> str:
        """Where the row's other side calls; empty when its settings cannot be read."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Writes what was edited and no more; a row without an address gets one."""
        if not has_address(obj):
            new_address(obj)
        if change:
            obj.save(update_fields=[*self.edited, "config", "digest"])
        else:
            obj.save()

    def has_new_address_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change it."""
        return bool(self.has_change_permission(request))

    @action(
        description=_("New address"),
        icon="autorenew",
        permissions=["new_address"],
        dialog={
            "title": _("Give it a new address?"),
            "description": _("Its old address ends at once: nothing comes in until the new one is called."),
            "form_submit_text": _("New address"),
        },
    )
    def new_address(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """The old address ends, also where somebody has come to know it."""
        row: Any = self.get_object(request, object_id)
        pages = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if row is None:
            messages.error(request, _("This does not exist any more."))
            return go_to(request, reverse(f"{pages}_changelist"))
        if not row.config.readable:
            messages.error(request, SEALED)
        else:
            new_address(row)
            row.save(update_fields=["config", "digest"])
            messages.success(request, _("It has a new address. Enter it in the place of the old one."))
        return go_to(request, reverse(f"{pages}_change", args=[object_id]))

    @display(description=_("address"))
    def call_at(self, row: Any) -> SafeString | str:
        """The address, to be copied."""
        address = self.address_of(row)
        if not address:
            return str(SEALED)
        return format_html(
            '<span class="db-copy"><input class="db-input" id="secret-address" type="text" readonly value="{}"'
            ' aria-label="{}" autocomplete="off" spellcheck="false"><button type="button" class="db-button"'
            ' data-copy="secret-address" data-copied="{}">{}</button></span>',
            *(address, _("address"), _("Copied"), _("Copy")),
        )

    @display(description=_("state"))
    def condition(self, row: Any) -> SafeString:
        """On or off."""
        if not row.is_on:
            return displays.badge(pgettext_lazy("channel", "Off"), "default")
        return displays.badge(pgettext_lazy("channel", "On"), "success")

    @display(description=_("last message"), ordering="last_at")
    def heard(self, row: Any) -> str:
        """When, by the reader's clock."""
        return stamp(row.last_at)

    @display(description=_("last error"))
    def error(self, row: Any) -> str:
        """What was refused last; empty again once all of what came was right."""
        return here(row.last_error)
