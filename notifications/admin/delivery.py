"""What became of each message."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications import outbox
from notifications.admin import displays
from notifications.admin.dialogs import go_to
from notifications.admin.filters import ChannelFilter
from notifications.admin.readonly import LogAdmin, LogInline
from notifications.admin.unfolded import ChoicesDropdownFilter, DialogForm, RangeDateTimeFilter, action, display
from notifications.models import Delivery, DeliveryAttempt
from notifications.texts import here
from portal.moments import stamp


class AttemptInline(LogInline[DeliveryAttempt]):
    """Every try, with what the other side answered."""

    model = DeliveryAttempt
    fields = ("when", "outcome", "code", "duration_ms", "words")
    readonly_fields = fields

    @display(description=pgettext_lazy("event", "at"))
    def when(self, attempt: DeliveryAttempt) -> str:
        """Day, time and zone by the reader's clock, as all times of deliveries."""
        return stamp(attempt.at)

    @display(description=_("error"))
    def words(self, attempt: DeliveryAttempt) -> str:
        """Why it failed."""
        return here(attempt.error)


@admin.register(Delivery)
class DeliveryAdmin(LogAdmin[Delivery]):
    """One line a message; what failed or may not have arrived can be sent again."""

    list_display = ("status_label", "heading", "channel", "attempts", "when", "error")
    list_display_links = ("heading",)
    list_filter = (("status", ChoicesDropdownFilter), ChannelFilter, ("event__at", RangeDateTimeFilter))
    search_fields = ("event__title", "sequence")
    search_help_text = _("Searches titles and environments.")
    inlines = (AttemptInline,)
    actions_detail = ("send_again",)
    fieldsets = (
        (None, {"fields": ("status_label", "event_link", "channel", "recipient", "why", "error")}),
        (_("Progress"), {"fields": ("attempts", "from_when", "until_when", "sent_when", "external_id")}),
    )
    readonly_fields = (
        *("status_label", "event_link", "channel", "recipient", "why", "error"),
        *("attempts", "from_when", "until_when", "sent_when", "external_id"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With titles and channel names, without the channels' settings."""
        return Delivery.objects.select_related("event", "channel").defer("channel__config")

    def get_inlines(self, request: HttpRequest, obj: Delivery | None = None) -> Any:
        """The tries, once there are any. (A delivery that is sent again begins to count anew; its tries stay.)"""
        return self.inlines if obj is not None and obj.attempt_log.exists() else ()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button where there is nothing to repeat."""
        repeatable = Delivery.objects.filter(pk=object_id, status__in=Delivery.REPEATABLE).exists()
        return super().get_actions_detail(request, object_id) if repeatable else []

    def has_send_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may repeat deliveries."""
        return request.user.has_perm("notifications.resend_delivery")

    @action(
        description=_("Send again"),
        icon="send",
        permissions=["send_again"],
        dialog={
            "title": _("Send again?"),
            "description": _(
                "If its outcome is unknown, it may have arrived already: its readers would then see it twice."
            ),
            "form_submit_text": _("Send again"),
        },
    )
    def send_again(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """Puts the delivery back into the outbox."""
        delivery = self.get_object(request, object_id)
        if delivery is None:
            messages.error(request, _("This delivery does not exist any more."))
            return go_to(request, reverse("admin:notifications_delivery_changelist"))
        if not outbox.send_again(delivery=delivery, now=timezone.now()):
            messages.warning(request, _("Nothing to do: the delivery is neither failed nor unknown any more."))
        else:
            self.log_change(request, delivery, str(_("Sent again.")))
            if delivery.channel.enabled:
                messages.success(request, _("It is sent again within seconds."))
            else:
                messages.warning(request, _("It waits: its channel is switched off."))
        return go_to(request, reverse("admin:notifications_delivery_change", args=[object_id]))

    @display(description=_("status"), ordering="status")
    def status_label(self, delivery: Delivery) -> SafeString:
        """The status in words and colour."""
        return displays.status(delivery)

    @display(description=_("message"))
    def heading(self, delivery: Delivery) -> str:
        """The event's title in the reader's language."""
        return here(delivery.event.title)

    @display(description=_("message"))
    def event_link(self, delivery: Delivery) -> SafeString | str:
        """The title, leading to the event."""
        event = delivery.event
        return displays.link(reverse("admin:notifications_event_change", args=[event.pk]), here(event.title))

    @display(description=_("sent, or next try"))
    def when(self, delivery: Delivery) -> str:
        """When it was sent, or will be tried: day, time and zone by the reader's clock."""
        at: datetime | None = delivery.not_before if delivery.status in Delivery.WAITING else None
        return stamp(delivery.sent_at or at)

    @display(description=_("not before"))
    def from_when(self, delivery: Delivery) -> str:
        """From when on it is tried."""
        return stamp(delivery.not_before)

    @display(description=_("deadline"))
    def until_when(self, delivery: Delivery) -> str:
        """Until when, with what follows then."""
        return f"{stamp(delivery.deadline_at)} · {_('Not sent by then, it has failed.')}"

    @display(description=_("sent at"))
    def sent_when(self, delivery: Delivery) -> str:
        """When it was sent; a dash until then."""
        return stamp(delivery.sent_at)

    @display(description=_("last error"))
    def error(self, delivery: Delivery) -> str:
        """Why the last try failed."""
        return here(delivery.last_error)
