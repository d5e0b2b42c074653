"""The places of a group as a form: who, by which channel, after how long; and the order that they make, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.models import Channel, Contact, ContactGroup, GroupMember
from notifications.models.contact import ADDRESSES
from notifications.senders import registry
from notifications.texts import filled


def channels_to_people() -> QuerySet[Channel]:
    """Those that write to people and not to a place; without their secrets."""
    kinds = [kind for kind in registry.SENDERS if registry.sender(kind).address]
    return Channel.objects.filter(kind__in=kinds).defer("config").order_by("name")


def places() -> QuerySet[GroupMember]:
    """In their order, with people and channels, without any address or secret."""
    rows = GroupMember.objects.select_related("contact", "channel")
    return rows.defer("contact__addresses", "channel__config").order_by("after", "pk")


class PlaceForm(forms.ModelForm[GroupMember]):
    """A channel that does not lead to the person is refused at its field."""

    class Meta:
        model = GroupMember
        fields = ("contact", "channel", "after")

    def clean_channel(self) -> Channel | None:
        """Raises ValidationError where the person has no address that it writes to."""
        channel: Channel | None = self.cleaned_data.get("channel")
        contact: Contact | None = self.cleaned_data.get("contact")
        if channel is not None and contact is not None:
            address = registry.sender(channel.kind).address
            if address not in contact.reachable_by:
                said = _("It does not reach %(name)s. Missing in their entry: %(address)s.")
                raise forms.ValidationError(str(filled(said, name=contact.name, address=ADDRESSES[address])))
        return channel


class Places(forms.BaseInlineFormSet[GroupMember, Model, forms.ModelForm[GroupMember]]):
    """The members in their order: a group that reaches nobody is refused, and the same place twice."""

    def kept(self) -> Iterator[forms.ModelForm[GroupMember]]:
        """The lines that stay."""
        for form in self.forms:
            if form.cleaned_data.get("contact") and not form.cleaned_data.get("DELETE"):
                yield form

    def validate_unique(self) -> None:
        """Left to `clean`, which says in words what is there twice."""

    def clean(self) -> None:
        """Raises ValidationError where nobody is left in it, or somebody is in it twice by the same channel."""
        super().clean()
        if any(self.errors):
            return
        if not any(True for _form in self.kept()):
            raise forms.ValidationError(_("Name at least one person: a group of nobody would tell nobody."))
        # Also what somebody else has added since this page was opened: the form itself knows of its own rows alone.
        rows = GroupMember.objects.filter(group=self.instance.pk)
        there: dict[tuple[int, int | None], int] = {(row.contact_id, row.channel_id): row.pk for row in rows}
        gone = {form.instance.pk for form in self.forms if form.cleaned_data.get("DELETE")}
        seen = set[tuple[int, int | None]]()
        for form in self.kept():
            channel = form.cleaned_data["channel"]
            place = form.cleaned_data["contact"].pk, channel.pk if channel else None
            if place in seen:
                form.add_error("channel", _("The same person by the same channel is named above. Choose another one."))
            elif self._is_taken(there.get(place), form.instance.pk, gone):
                form.add_error("contact", _("This person is in the group already. Open the page anew."))
            seen.add(place)
        if any(self.errors):
            raise forms.ValidationError(_("Somebody is named who is in the group already."))

    def _is_taken(self, holder: int | None, own: int | None, gone: set[Any]) -> bool:
        """Whether another row holds the place when this one is saved: rows that are there are saved before new ones,
        and removed among them."""
        return holder is not None and holder != own and (own is not None or holder not in gone)


def in_order(places: Iterable[GroupMember]) -> str:
    """“Minseo Kim by Slack at once → Minseo Kim by SMS after 10 min → Jiwoo Lee after 20 min”."""
    return " → ".join(_told(place) for place in sorted(places, key=lambda place: (place.after, place.pk or 0)))


def order_of(group: ContactGroup) -> str:
    """The order of a group whose `places` are prefetched."""
    return in_order(group.places.all()) or "–"


def _told(place: GroupMember) -> str:
    words = {"name": place.contact.name, "minutes": place.after}
    if place.channel is None:
        return gettext("%(name)s after %(minutes)s min") % words if place.after else place.contact.name
    words["channel"] = place.channel.name
    if not place.after:
        return gettext("%(name)s by %(channel)s at once") % words
    return gettext("%(name)s by %(channel)s after %(minutes)s min") % words
