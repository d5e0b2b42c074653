"""The log of events."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications import audience, exports, kinds
from notifications.admin import displays, told
from notifications.admin.filters import EnvironmentFilter, KindFilter, MomentFilter, TeamFilter
from notifications.admin.readonly import LogAdmin, LogInline
from notifications.models import Delivery, Event
from notifications.texts import here
from portal.moments import stamp
from portal.unfolded import ChoicesDropdownFilter, display

SHOWN = ("heading", "severity_label", "kind_label", "text", "facts", "about", "page", "actor", "when")


class DeliveryInline(LogInline[Delivery]):
    """Who was to hear of the event, and whether they did."""

    model = Delivery
    fields = ("channel", "whom", "reason", "status_label", "attempts", "sent_when", "error")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the channels' names, without their settings."""
        rows = Delivery.objects.select_related("channel", "event", "contact")
        return rows.defer("channel__config", "contact__addresses").order_by("pk")

    @display(description=_("recipient"))
    def whom(self, delivery: Delivery) -> StrOrPromise:
        """The person's name; a room has none."""
        return told.recipient(delivery)

    @display(description=_("why"))
    def reason(self, delivery: Delivery) -> str:
        """Why they heard of it, with the name of the rule."""
        return told.why(delivery)

    @display(description=_("status"))
    def status_label(self, delivery: Delivery) -> SafeString:
        """The status in words and colour, leading to the tries."""
        return displays.status(delivery, linked=True)

    @display(description=_("sent at"))
    def sent_when(self, delivery: Delivery) -> str:
        """Day, time and zone by the reader's clock; a dash until it is sent."""
        return stamp(delivery.sent_at)

    @display(description=_("last error"))
    def error(self, delivery: Delivery) -> str:
        """Why the last try failed."""
        return here(delivery.last_error)


@admin.register(Event)
class EventAdmin(LogAdmin[Event]):
    """What happened, newest first. Who may not see what was sent to whom sees the events of their teams alone."""

    list_display = ("when", "severity_label", "heading", "kind_label", "about", "actor")
    list_display_links = ("heading",)
    list_filter = (
        ("severity", ChoicesDropdownFilter),
        KindFilter,
        EnvironmentFilter,
        TeamFilter,
        ("at", MomentFilter),
    )
    search_fields = ("title", "actor")
    search_help_text = _("Searches titles and people.")
    inlines = (DeliveryInline,)
    readonly_fields = (*SHOWN, "told")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Every team's, or those of the reader's teams."""
        rows = super().get_queryset(request)
        if request.user.has_perm("notifications.view_delivery"):
            return rows
        return rows.filter(labels__team__in=audience.teams_of(request.user))

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="notifications_event_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows with these filters, all pages of it, as JSON lines."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:notifications_event_changelist"))
        answer = StreamingHttpResponse(exports.as_json_lines(shown), content_type=exports.CONTENT_TYPE)
        answer["Content-Disposition"] = f'attachment; filename="events-{timezone.now():%Y%m%d-%H%M%S}.jsonl"'
        return answer

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the way to the file, which has the same filters."""
        asked = request.META.get("QUERY_STRING", "")
        address = reverse("admin:notifications_event_export")
        more = {"export_address": f"{address}?{asked}" if asked else address}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event:
        """Raises Http404, where Django would lead to its index with a riddle: our page says what to do next."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(gettext("It does not exist, or you are not in the team that it belongs to."))
        return found

    def get_inlines(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """What was sent to whom is shown to those who may see deliveries; a table without a row is none."""
        may = request.user.has_perm("notifications.view_delivery")
        return self.inlines if may and obj is not None and obj.deliveries.exists() else ()

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """In the place of the deliveries, that there are none."""
        may = request.user.has_perm("notifications.view_delivery")
        return SHOWN if obj is None or not may or obj.deliveries.exists() else (*SHOWN, "told")

    @display(description=_("deliveries"))
    def told(self, event: Event) -> StrOrPromise:
        """Only shown where there are none."""
        return _("None: no channel and nobody asked to hear of it.")

    @display(description=pgettext_lazy("event", "at"), ordering="at")
    def when(self, event: Event) -> str:
        """Day, time and zone by the reader's clock."""
        return stamp(event.at)

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
