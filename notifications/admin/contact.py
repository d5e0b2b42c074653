"""People who hear of things. Addresses are shown in full to those alone who may change them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications import contacts
from notifications.addresses import masked
from notifications.admin import displays, told
from notifications.contact_forms import ADDRESS_FIELDS, ContactForm
from notifications.models import Contact, Delivery
from notifications.models.contact import ADDRESSES
from notifications.personal_file import data_file
from portal.moments import stamp
from portal.unfolded import ModelAdmin, display

MESSAGES = ("is_on", "channel", "urgent_channel", "language", "timezone")
QUIET = ("quiet_from", "quiet_until", "digest", "digest_at")


@admin.register(Contact)
class ContactAdmin(ModelAdmin[Contact]):
    """A person, where they are reached, and when they want to be left alone."""

    form = ContactForm
    list_display = ("name", "reached_by", "reads_on", "quiet", "often", "gets")
    list_filter = ("is_on", "digest", "language")
    list_per_page = 50
    search_fields = ("name", "user__username")
    search_help_text = _("Searches names. Addresses are sealed: they cannot be searched.")
    autocomplete_fields = ("user",)
    delete_confirmation_template = "notifications/erase.html"
    readonly_fields = ("addresses_masked", "gets", "kept")
    empty_text = _("A contact is a person who hears of things: by e-mail, text message or in a chat.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        """With the channels' names, without their settings."""
        rows = super().get_queryset(request).select_related("channel", "urgent_channel", "user")
        return rows.defer("channel__config", "urgent_channel__config")

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """Addresses as fields for those who may change them, masked for others."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        shown = [
            (None, {"fields": ("name", "user")}),
            (_("Addresses"), {"fields": ADDRESS_FIELDS if may else ("addresses_masked",)}),
            (_("Messages"), {"fields": MESSAGES if may else ("gets", *MESSAGES[1:])}),
            (_("Quiet hours"), {"fields": QUIET}),
        ]
        if obj is not None and self._may_export(request):
            shown.append((_("Personal data"), {"fields": ("kept",)}))
        return shown

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("<path:object_id>/export/", view, name="notifications_contact_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is kept of the person, as a file of JSON."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self._may_export(request):
            raise PermissionDenied
        contact = self.get_object(request, object_id)
        if contact is None:
            raise Http404(gettext("It does not exist any more."))
        return data_file(contacts.export_of(contact))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What erasing takes and what it leaves, in words instead of rows."""
        people = list(objs)
        deliveries = Delivery.objects.filter(contact__in=people).count()
        counts = {str(_("contacts")): len(people), str(_("deliveries that lose the name")): deliveries}
        forbidden = set() if self.has_delete_permission(request) else {str(pgettext_lazy("person", "contact"))}
        goes = [
            gettext("their name and addresses, here and in the history"),
            gettext("their places in groups and rules"),
            gettext("whom messages went to; that they were sent stays"),
        ]
        return [part for person in people for part in (str(person), goes)], counts, forbidden, []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asks first, with how many messages lose their name."""
        count = Delivery.objects.filter(contact=int(object_id)).count() if object_id.isdecimal() else 0
        return super().delete_view(request, object_id, {**(extra_context or {}), "deliveries": count})

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        """Erases the person; what the log says of it does not name them."""
        contacts.erase(obj, timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> None:
        """All of them, or none."""
        with transaction.atomic():
            for contact in queryset:
                contacts.erase(contact, timezone.now())

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: the log would keep the names of those who were to be forgotten."""
        return []

    def get_form(self, request: HttpRequest, obj: Contact | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Who may only look gets no fields for addresses."""
        kwargs.setdefault("form", self.form if self._may_write(request, obj) else forms.ModelForm)
        return super().get_form(request, obj, change, **kwargs)

    def _may_write(self, request: HttpRequest, obj: Contact | None) -> bool:
        return bool(self.has_change_permission(request, obj) if obj else self.has_add_permission(request))

    def _may_export(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.export_contact")

    @display(description=_("reachable by"))
    def reached_by(self, contact: Contact) -> str:
        """Kinds of addresses, without the addresses."""
        return ", ".join(str(ADDRESSES.get(kind, kind)) for kind in contact.reachable_by) or "–"

    @display(description=_("reads on"))
    def reads_on(self, contact: Contact) -> str:
        """Their channel, and the one for errors behind it."""
        own = contact.channel.name if contact.channel else gettext("e-mail")
        urgent = contact.urgent_channel.name if contact.urgent_channel else ""
        return gettext("%(own)s; errors: %(urgent)s") % {"own": own, "urgent": urgent} if urgent else own

    @display(description=_("quiet hours"), ordering="quiet_from")
    def quiet(self, contact: Contact) -> str:
        """By their own clock."""
        if contact.quiet_from is None or contact.quiet_until is None:
            return "–"
        return f"{contact.quiet_from:%H:%M}–{contact.quiet_until:%H:%M}"

    @display(description=_("how often"), ordering="digest")
    def often(self, contact: Contact) -> str:
        """At once, or in a digest."""
        return contact.get_digest_display()

    @display(description=_("gets messages"), ordering="is_on")
    def gets(self, contact: Contact) -> SafeString:
        """Yes; no, and who decided that."""
        if contact.left_at:
            said: StrOrPromise = told.joined(_("unsubscribed"), stamp(contact.left_at))
            return displays.badge(said, "warning")
        if contact.is_on:
            return displays.badge(pgettext_lazy("gets messages", "yes"), "success")
        return displays.badge(pgettext_lazy("gets messages", "no"), "default")

    @display(description=_("addresses"))
    def addresses_masked(self, contact: Contact) -> SafeString:
        """For those who may see who there is, and not where they live."""
        return told.lines((ADDRESSES[kind], masked(kind, held)) for kind, held in contact.addresses.items())

    @display(description=_("what is kept"))
    def kept(self, contact: Contact) -> SafeString | str:
        """The way to the file."""
        address = reverse("admin:notifications_contact_export", args=[contact.pk])
        return displays.link(address, gettext("Download everything that is kept of this person (JSON)"))
