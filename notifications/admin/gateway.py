"""Gateways that bring text messages in: their secrets, their addresses, and how each does."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications import masking
from notifications.admin import displays
from notifications.admin.arrival import OUTCOMES
from notifications.admin.dialogs import go_to
from notifications.admin.unfolded import DialogForm, SecretInput, action, display
from notifications.inbound import sms
from notifications.models import Arrival, Gateway
from notifications.models.fields import Config
from notifications.texts import filled, here
from portal.moments import stamp
from portal.unfolded import ModelAdmin

SECRET = "secret"  # noqa: S105 - the name of a field
OF_TWILIO = _(
    "In Twilio, open the phone number (Phone Numbers, Manage, Active numbers). At “A message comes in” choose Webhook,"
    " paste this address and choose HTTP POST. The auth token is on the first page of Twilio's console."
)
OF_JSON = _(
    "The gateway POSTs JSON with id, from and text to this address, with the headers X-Daybreak-Timestamp (unix"
    " seconds) and X-Daybreak-Signature (sha256= and the HMAC-SHA256 of timestamp, full stop and body, in hexadecimal"
    " digits)."
)


class GatewayForm(forms.ModelForm[Gateway]):
    """A gateway; its secret is write-only: never shown, and kept when left empty."""

    secret = forms.CharField(
        label=capfirst(_("auth token or secret")),
        help_text=_("With what it signs its calls: Twilio's auth token, or a secret that the gateway was told, too."),
        max_length=500,
        widget=SecretInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Gateway
        fields = ("name", "kind", "is_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.config.get(sms.SECRET, "")
        if stored and SECRET in self.fields:
            self.fields[SECRET].required = False
            said = filled(_("Stored (%(masked)s). Leave empty to keep it."), masked=masking.mask(stored))
            self.fields[SECRET].help_text = said

    def clean(self) -> dict[str, Any]:
        """Keeps the address, and the secret unless one was entered."""
        cleaned = super().clean() or {}
        if cleaned.get(SECRET):
            self.instance.config = Config(dict(self.instance.config) | {sms.SECRET: cleaned[SECRET].strip()})
        return cleaned


@admin.register(Gateway)
class GatewayAdmin(ModelAdmin[Gateway]):
    """What lets text messages in, and what was refused."""

    form = GatewayForm
    list_display = ("name", "kind", "condition", "heard", "refused", "error")
    search_fields = ("name",)
    readonly_fields = ("call_at", "hint", "condition", "heard", "refused", "reasons", "error")
    actions_detail = ("new_address",)
    empty_text = _("A gateway brings in the text messages of devices without internet: Twilio, or any other.")

    def get_fieldsets(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        """Where it calls and how it is doing, once it exists. Its secrets are for those who may change it."""
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        form = (None, {"fields": ("name", "kind", *((SECRET,) if writes else ()), "is_on")})
        if obj is None:
            return (form,)
        doing = (_("How it is doing"), {"fields": ("condition", "heard", "refused", "reasons", "error")})
        where = (_("Where it calls"), {"fields": ("call_at", "hint")})
        return (form, where, doing) if writes else (form, doing)

    def save_model(self, request: HttpRequest, obj: Gateway, form: forms.ModelForm[Gateway], change: bool) -> None:
        """Writes what was edited and no more: what the door counts meanwhile stays."""
        if not obj.digest or not obj.config.get(sms.KEY):
            sms.new_address(obj)
        if change:
            obj.save(update_fields=["name", "kind", "is_on", "config", "digest"])
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
            "description": _("Its old address ends at once: no message comes in until the gateway calls the new one."),
            "form_submit_text": _("New address"),
        },
    )
    def new_address(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """The old address ends, also where somebody has come to know it."""
        gateway = self.get_object(request, object_id)
        if gateway is None:
            messages.error(request, _("This gateway does not exist any more."))
            return go_to(request, reverse("admin:notifications_gateway_changelist"))
        if not gateway.config.readable:
            messages.error(request, _("Its settings were sealed with another key. Enter its secret again."))
        else:
            sms.new_address(gateway)
            gateway.save(update_fields=["config", "digest"])
            messages.success(request, _("It has a new address. Enter it at the gateway."))
        return go_to(request, reverse("admin:notifications_gateway_change", args=[object_id]))

    @display(description=_("address"))
    def call_at(self, gateway: Gateway) -> SafeString | str:
        """The address, to be copied."""
        address = sms.address(gateway)
        if not address:
            return str(_("Its settings were sealed with another key. Enter its secret again."))
        return format_html(
            '<span class="db-copy"><input class="db-input" id="gateway-address" type="text" readonly value="{}"'
            ' aria-label="{}" autocomplete="off" spellcheck="false"><button type="button" class="db-button"'
            ' data-copy="gateway-address" data-copied="{}">{}</button></span>',
            *(address, _("address"), _("Copied"), _("Copy")),
        )

    @display(description=_("how to set it up"))
    def hint(self, gateway: Gateway) -> Any:
        """What to do at the gateway."""
        return OF_TWILIO if gateway.kind == Gateway.Kind.TWILIO else OF_JSON

    @display(description=_("state"))
    def condition(self, gateway: Gateway) -> SafeString:
        """On or off."""
        if not gateway.is_on:
            return displays.badge(pgettext_lazy("channel", "Off"), "default")
        return displays.badge(pgettext_lazy("channel", "On"), "success")

    @display(description=_("last message"), ordering="last_at")
    def heard(self, gateway: Gateway) -> str:
        """When, by the reader's clock."""
        return stamp(gateway.last_at)

    @display(description=_("what became of its messages"))
    def reasons(self, gateway: Gateway) -> SafeString | str:
        """Each outcome with its number, of as long as arrivals are kept."""
        its = Arrival.objects.filter(door=sms.DOOR, subject=gateway.pk, judged_at__isnull=False)
        rows = its.order_by().values_list("outcome").annotate(number=Count("pk")).order_by("-number", "outcome")
        said = [(OUTCOMES.get(word, word), number) for word, number in rows]
        lines = format_html_join("", "<li>{}: {}</li>", said)
        return format_html("<ul>{}</ul>", lines) if said else "–"

    @display(description=_("last error"))
    def error(self, gateway: Gateway) -> str:
        """What was refused last; empty again once all of what came was right."""
        return here(gateway.last_error)
