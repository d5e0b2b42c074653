"""The log of events."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications import kinds
from notifications.admin import displays
from notifications.admin.filters import EnvironmentFilter, KindFilter
from notifications.admin.readonly import LogAdmin, LogInline
from notifications.admin.unfolded import ChoicesDropdownFilter, RangeDateTimeFilter, display
from notifications.models import Delivery, Event
from notifications.texts import here


class DeliveryInline(LogInline[Delivery]):
    """Who was to hear of the event, and whether they did."""

    model = Delivery
    fields = ("channel", "recipient", "status_label", "attempts", "sent_at", "error")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the channels' names, without their settings."""
        return Delivery.objects.select_related("channel", "event").defer("channel__config").order_by("pk")

    @display(description=_("status"))
    def status_label(self, delivery: Delivery) -> SafeString:
        """The status in words and colour, leading to the tries."""
        return displays.status(delivery, linked=True)

    @display(description=_("last error"))
    def error(self, delivery: Delivery) -> str:
        """Why the last try failed."""
        return here(delivery.last_error)


@admin.register(Event)
class EventAdmin(LogAdmin[Event]):
    """What happened, newest first."""

    list_display = ("at", "severity_label", "heading", "kind_label", "about", "actor")
    list_display_links = ("heading",)
    list_filter = (
        ("severity", ChoicesDropdownFilter),
        KindFilter,
        EnvironmentFilter,
        ("at", RangeDateTimeFilter),
    )
    search_fields = ("title", "actor")
    search_help_text = _("Searches titles and people.")
    inlines = (DeliveryInline,)
    fieldsets = (
        (
            None,
            {"fields": ("heading", "severity_label", "kind_label", "text", "facts", "about", "page", "actor", "at")},
        ),
    )
    readonly_fields = ("heading", "severity_label", "kind_label", "text", "facts", "about", "page", "actor", "at")

    @display(description=_("severity"), ordering="severity")
    def severity_label(self, event: Event) -> SafeString:
        """The severity in words and colour."""
        return displays.severity(event)

    @display(description=_("title"))
    def heading(self, event: Event) -> str:
        """The title in the reader's language."""
        return here(event.title)

    @display(description=_("event"), ordering="kind")
    def kind_label(self, event: Event) -> str:
        """The kind in words."""
        return kinds.label(event.kind)

    @display(description=_("text"))
    def text(self, event: Event) -> str:
        """The body in the reader's language."""
        return here(event.body)

    @display(description=_("details"))
    def facts(self, event: Event) -> SafeString:
        """The details, a line each."""
        return displays.facts(event)

    @display(description=pgettext_lazy("event", "about"))
    def about(self, event: Event) -> str:
        """The labels in a line."""
        return displays.labels(event)

    @display(description=pgettext_lazy("event", "page"))
    def page(self, event: Event) -> SafeString | str:
        """A link to where it happened."""
        return displays.link(event.link, event.link)
