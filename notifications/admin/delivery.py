"""What became of each message."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from notifications import outbox
from notifications.admin import displays, told
from notifications.admin.dialogs import go_to
from notifications.admin.filters import ChannelFilter, MomentFilter
from notifications.admin.readonly import LogAdmin, LogInline
from notifications.models import Delivery, DeliveryAttempt
from notifications.texts import here
from portal.moments import stamp
from portal.unfolded import ChoicesDropdownFilter, DialogForm, action, display

MOST_TOGETHER = 50
"""More of one message than that nobody reads."""


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

    list_display = ("status_label", "heading", "channel", "whom", "attempts", "when", "error")
    list_display_links = ("heading",)
    list_filter = (("status", ChoicesDropdownFilter), ChannelFilter, ("event__at", MomentFilter))
    search_fields = ("event__title", "sequence", "contact__name", "rule_name")
    search_help_text = _("Searches titles, environments, people and rules.")
    inlines = (AttemptInline,)
    actions_detail = ("send_again",)
    fieldsets = (
        (None, {"fields": ("status_label", "event_link", "channel", "whom", "reason", "error")}),
        (_("Progress"), {"fields": ("attempts", "from_when", "until_when", "sent_when", "external_id")}),
        (_("Beside it"), {"fields": ("with_others", "repeats", "used")}),
    )
    readonly_fields = (
        *("status_label", "event_link", "channel", "whom", "reason", "error"),
        *("attempts", "from_when", "until_when", "sent_when", "external_id", "with_others", "repeats", "used"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With titles and channel names, without the channels' settings."""
        rows = Delivery.objects.select_related("event", "channel", "contact", "offer_use")
        return rows.defer("channel__config", "contact__addresses")

    def get_inlines(self, request: HttpRequest, obj: Delivery | None = None) -> Any:
        """The tries, once there are any. (A delivery that is sent again begins to count anew; its tries stay.)"""
        return self.inlines if obj is not None and obj.attempt_log.exists() else ()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button where there is nothing to repeat: no news any more, or nobody to send it to."""
        found = Delivery.objects.filter(pk=object_id, status__in=Delivery.REPEATABLE)
        erased = ~Q(recipient="") & Q(contact=None)
        news = Q(event__until=None) | Q(event__until__gt=timezone.now())
        repeatable = found.filter(news).exclude(erased).exists()
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
            messages.warning(request, _("Nothing to do: it waits or was sent by now, or it is no news any more."))
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

    @display(description=_("recipient"), ordering="contact__name")
    def whom(self, delivery: Delivery) -> StrOrPromise:
        """The person's name; a room has none."""
        return told.recipient(delivery)

    @display(description=_("why"))
    def reason(self, delivery: Delivery) -> str:
        """Why they hear of it, with the name of the rule."""
        return told.why(delivery)

    @display(description=_("sent together with"))
    def with_others(self, delivery: Delivery) -> SafeString | str:
        """The message that it was part of, or those that were part of this one."""
        first = delivery.sent_with_id
        others = Delivery.objects.filter(sent_with=first) if first else delivery.together.all()
        found = list(others.exclude(pk=delivery.pk).select_related("event").order_by("pk")[:MOST_TOGETHER])
        if first:
            found = [*Delivery.objects.filter(pk=first).select_related("event"), *found]
        rows = ((reverse("admin:notifications_delivery_change", args=[one.pk]), here(one.event.title)) for one in found)
        return format_html_join("", '<div><a class="db-link" href="{}">{}</a></div>', rows) or "–"

    @display(description=_("use of its link"))
    def used(self, delivery: Delivery) -> str:
        """What its reader chose by it, when and from where."""
        use = getattr(delivery, "offer_use", None)
        return told.joined(here(use.outcome) or use.choice, stamp(use.at), use.address or "") if use else "–"
