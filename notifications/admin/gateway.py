"""Gateways that bring text messages in: their secrets, their addresses, and how each does."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from notifications import masking
from notifications.admin.arrival import OUTCOMES
from notifications.admin.secret_address import SecretAddressAdmin
from notifications.inbound import sms
from notifications.models import Arrival, Gateway
from notifications.models.fields import Config
from notifications.texts import filled
from portal.unfolded import SecretInput, display

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
class GatewayAdmin(SecretAddressAdmin[Gateway]):
    """What lets text messages in, and what was refused."""

    form = GatewayForm
    readonly_fields = ("call_at", "hint", "condition", "heard", "refused", "reasons", "error")
    edited = ("name", "kind", "is_on")
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

    def address_of(self, row: Gateway) -> str:
        """Where the gateway calls."""
        return sms.address(row)

    @display(description=_("how to set it up"))
    def hint(self, gateway: Gateway) -> Any:
        """What to do at the gateway."""
        return OF_TWILIO if gateway.kind == Gateway.Kind.TWILIO else OF_JSON

    @display(description=_("what became of its messages"))
    def reasons(self, gateway: Gateway) -> SafeString | str:
        """Each outcome with its number, of as long as arrivals are kept."""
        its = Arrival.objects.filter(door=sms.DOOR, subject=gateway.pk, judged_at__isnull=False)
        rows = its.order_by().values_list("outcome").annotate(number=Count("pk")).order_by("-number", "outcome")
        said = [(OUTCOMES.get(word, word), number) for word, number in rows]
        lines = format_html_join("", "<li>{}: {}</li>", said)
        return format_html("<ul>{}</ul>", lines) if said else "–"
