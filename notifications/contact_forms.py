"""Forms of a person's entry: for those who look after contacts, and for the person themselves."""

from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from notifications.addresses import EXAMPLES, check_address, shown
from notifications.models import Channel, Contact
from notifications.models.contact import ADDRESSES, DISCORD, EMAIL, JANDI, PHONE, SLACK
from notifications.senders import registry
from notifications.texts import filled
from portal.unfolded import ClockInput, SearchSelect, Select, Switch, TextInput

PREFIX = "address_"
ADDRESS_FIELDS = tuple(PREFIX + kind for kind in ADDRESSES)
CHANNELS = {"channel": _("By e-mail"), "urgent_channel": _("As everything else")}
"""Fields of channels, with what an empty one means."""
CLOCKS = ("quiet_from", "quiet_until", "digest_at")
WHEN = ("quiet_from", "quiet_until", "digest", "digest_at")


KEYBOARDS = {EMAIL: "email", JANDI: "email", PHONE: "tel", DISCORD: "numeric"}
"""Which keys a phone offers for an address; else those for text."""


class AddressField(forms.CharField):
    """An address of one kind; its value is the address as it is kept."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            label=capfirst(ADDRESSES[kind]),
            required=False,
            max_length=254,
            help_text=EXAMPLES[kind],
            widget=TextInput(attrs={"autocomplete": "off", "inputmode": KEYBOARDS.get(kind, "text")}),
        )

    def clean(self, value: Any) -> str:
        """Raises ValidationError with the reason."""
        return check_address(self.kind, super().clean(value))


class ContactForm(forms.ModelForm[Contact]):
    """Who somebody is, and where, when and how often they hear of things. Addresses are sealed at rest, and shown here
    in full.
    """

    address_email = AddressField(EMAIL)
    address_phone = AddressField(PHONE)
    address_slack = AddressField(SLACK)
    address_discord = AddressField(DISCORD)
    address_jandi = AddressField(JANDI)

    class Meta:
        model = Contact
        fields: tuple[str, ...] = ("name", "user", *CHANNELS, "language", "timezone", *WHEN, "is_on")
        widgets = {
            **dict.fromkeys((*CHANNELS, "language", "digest"), Select),
            **dict.fromkeys(CLOCKS, ClockInput),
            "is_on": Switch,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, nothing in CHANNELS.items():
            if name in self.fields:
                field = cast("forms.ModelChoiceField[Channel]", self.fields[name])
                field.queryset, field.empty_label = personal_channels(), nothing
        if "timezone" in self.fields:
            zones = [(zone, zone) for zone in sorted({*available_timezones(), self.instance.timezone} - {""})]
            self.fields["timezone"].widget = SearchSelect(choices=zones)
        for name in ADDRESS_FIELDS:
            if name in self.fields:
                kind = name.removeprefix(PREFIX)
                self.fields[name].initial = shown(kind, self.instance.addresses.get(kind, ""))
        if self.instance.left_at is not None:
            # What it says is true: they get nothing. So that nobody puts it on again by saving something else.
            self.initial["is_on"] = False

    def clean(self) -> dict[str, Any]:
        """Puts the addresses together; a channel is refused for which there is none."""
        cleaned = super().clean() or {}
        if not all(name in self.fields for name in ADDRESS_FIELDS):
            return cleaned
        entered = {name.removeprefix(PREFIX): cleaned.get(name) or "" for name in ADDRESS_FIELDS}
        if not self.instance.addresses.readable and not any(entered.values()):
            raise ValidationError(
                _("The addresses that are kept cannot be read with the present keys. Enter them again.")
            )
        for name in CHANNELS:
            self._check_channel(name, cleaned.get(name), entered)
        if not self.errors:
            self.instance.set_addresses(entered)
            self._resume(cleaned)
        return cleaned

    def _resume(self, cleaned: dict[str, Any]) -> None:
        """Whoever has unsubscribed gets messages again where the switch was put on, by that alone."""
        if self.instance.left_at is None or "is_on" not in self.fields:
            return
        if cleaned.get("is_on"):
            self.instance.left_at = None
        else:
            cleaned["is_on"] = self.instance.is_on

    def _check_channel(self, name: str, channel: Channel | None, entered: dict[str, str]) -> None:
        needed = registry.sender(channel.kind).address if channel else ""
        if channel and needed and not entered.get(needed) and PREFIX + needed not in self.errors:
            said = filled(
                _("“%(channel)s” needs an address: %(address)s. Enter it, or choose another channel."),
                channel=channel.name,
                address=ADDRESSES[needed],
            )
            self.add_error(name, said)


class MyMessagesForm(ContactForm):
    """As `ContactForm`, for the person themselves: what it says, it says to them."""

    field_order = (*ADDRESS_FIELDS, "is_on")

    class Meta(ContactForm.Meta):
        fields = (*CHANNELS, "language", "timezone", *WHEN, "is_on")
        labels = {
            "is_on": _("I get messages"),
            "channel": _("I read them on"),
            "language": _("Language of messages"),
            "timezone": _("My clock"),
            "digest": _("How often"),
            "digest_at": _("The one message comes at"),
        }
        help_texts = {
            "is_on": _("Off: you hear of nothing."),
            "channel": _("For example “Mail”."),
            "urgent_channel": _("Where errors reach you instead. For example “SMS”."),
            "language": _("In which messages to you are written."),
            "timezone": _("Your clock: for quiet hours and the times in messages. For example Asia/Seoul."),
            "quiet_from": _("From then on only errors come. For example 22:00."),
            "quiet_until": _("What waited comes then. For example 07:30."),
            "digest": _("Once a day or week: everything but errors in one message."),
            "digest_at": _("Empty: 09:00. For example 08:30."),
        }


def personal_channels() -> QuerySet[Channel]:
    """Channels that write to people; those of a place, such as a chat room, have no reader of their own."""
    kinds = [kind for kind in registry.SENDERS if registry.sender(kind).address]
    return Channel.objects.filter(kind__in=kinds).defer("config").order_by("name")
