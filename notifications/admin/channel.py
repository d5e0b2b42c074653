"""Channels: where messages go. Their addresses are secrets, and never leave the database in full."""

from typing import Any, Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from notifications import dispatch, outbox
from notifications.admin import displays
from notifications.admin.dialogs import go_to
from notifications.admin.forms import channel_form, config_names
from notifications.contacts import contact_of
from notifications.models import Channel, Delivery
from notifications.models.contact import ADDRESSES, PHONE
from notifications.senders import registry
from notifications.texts import filled, here
from portal.unfolded import ChoicesDropdownFilter, DialogForm, ModelAdmin, action, display

PACE: Final = ("gather_seconds", "fold_minutes", "per_minute", "daily_cap", "owner")
TEXTS_A_DAY: Final = 100
GATHERED: Final = 10
ONE_BY_ONE: Final = frozenset({"webhook"})
"""Kinds that programs read: they do not mind a storm, and act on each event."""

_NO_ADDRESS = _(
    "Over this channel a test message goes to you, and your own contact has no such address: %(address)s. Open your"
    " contact, enter it, and send the test again."
)


@admin.register(Channel)
class ChannelAdmin(ModelAdmin[Channel]):
    """A channel's form follows from its sender; a test message shows at once whether it works."""

    list_display = ("name", "kind", "address", "state", "language", "error", "last_error_at")
    list_filter = (("kind", ChoicesDropdownFilter), "enabled")
    list_filter_submit = True
    search_fields = ("name",)
    actions_detail = ("send_test",)
    readonly_fields = ("kind", "state", "error", "last_error_at", "disabled_at")

    autocomplete_fields = ("owner",)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """First the kinds, with what each needs; then, with `?kind=`, the form of the chosen one."""
        if request.method in ("GET", "HEAD") and request.GET.get("kind") not in registry.SENDERS:
            return self._choose_kind(request)
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new channel gathers for ten seconds (not for a program), and does not repeat itself within half an hour;
        one that sends text messages, which cost, has a limit a day."""
        kind = self._kind(request, None)
        pace: dict[str, Any] = {"gather_seconds": 0 if kind in ONE_BY_ONE else GATHERED, "fold_minutes": 30}
        if registry.sender(kind).address == PHONE:
            pace["daily_cap"] = TEXTS_A_DAY
        return {**pace, **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        """The sender's own fields beside the common ones; how it is doing, once it exists."""
        kind = self._kind(request, obj)
        own = config_names(kind) if self._may_write(request, obj) else ()
        # Who hears of what over a channel that writes to people is a matter of rules; each has their own language.
        common = ("enabled",) if registry.sender(kind).address else ("language", "enabled", "event_kinds")
        form = (None, {"fields": ("name", *own, *common)})
        pace = (_("Pace"), {"fields": PACE})
        if obj is None:
            return (form, pace)
        # Until when it rests or waits, and whose wish that is, stands in its state.
        condition = ("kind", "state", "error", "last_error_at", "disabled_at")
        return (form, pace, (_("How it is doing"), {"fields": condition}))

    def get_form(self, request: HttpRequest, obj: Channel | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for the channel's kind."""
        return super().get_form(request, obj, change, form=channel_form(self._kind(request, obj)), **kwargs)

    def save_model(self, request: HttpRequest, obj: Channel, form: ModelForm[Channel], change: bool) -> None:
        """Writes what the form is about and no more: what workers note meanwhile (errors, pauses) stays."""
        obj.settle()
        if change:
            settled = ("disabled_reason", "disabled_at", "paused_until", "failures") if obj.enabled else ()
            obj.save(update_fields=["name", "language", "enabled", "event_kinds", "config", *PACE, *settled])
        else:
            obj.save()

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """The deliveries that go too, as a number: there may be many thousands. (The events stay.)"""
        channels = list(objs)
        deliveries = Delivery.objects.filter(channel__in=channels).count()
        counts = {str(_("channels")): len(channels), str(_("deliveries")): deliveries}
        forbidden = set() if self.has_delete_permission(request) else {str(_("channel"))}
        return [str(channel) for channel in channels], counts, forbidden, []

    def has_send_test_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may send test messages."""
        return request.user.has_perm("notifications.test_channel")

    @action(
        description=_("Send a test message"),
        icon="send",
        permissions=["send_test"],
        dialog={
            "title": _("Send a test message?"),
            "description": _(
                "Everybody who reads this channel will see it. A channel that writes to people writes to you alone."
            ),
            "form_submit_text": _("Send"),
        },
    )
    def send_test(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """Sends a test message now and says how it went."""
        channel = self.get_object(request, object_id)
        if channel is None:
            messages.error(request, _("This channel does not exist any more."))
            return go_to(request, reverse("admin:notifications_channel_changelist"))
        contact = None
        if address := channel.sender.address:
            contact = contact_of(cast(User, request.user))
            if address not in contact.reachable_by:
                messages.error(request, filled(_NO_ADDRESS, address=ADDRESSES[address]))
                return go_to(request, reverse("admin:notifications_channel_change", args=[object_id]))
        now = timezone.now()
        delivery_id = outbox.send_test(channel=channel, actor=request.user.get_username(), now=now, contact=contact)
        status = dispatch.deliver(delivery_id, now)
        if status == Delivery.Status.SENT:
            messages.success(request, _("It was sent to you.") if contact else _("The test message has arrived."))
        elif status is None:
            messages.info(request, _("The test message waits: other messages of this channel are being sent."))
        else:
            error = here(Delivery.objects.get(pk=delivery_id).last_error)
            messages.error(request, _("The test message did not arrive. %(error)s") % {"error": error})
        return go_to(request, reverse("admin:notifications_channel_change", args=[object_id]))

    @display(description=_("address"))
    def address(self, channel: Channel) -> str:
        """The settings, masked."""
        return " ".join(channel.masked_config().values())

    @display(description=_("state"))
    def state(self, channel: Channel) -> SafeString:
        """On, off, or switched off by the portal; and why it rests."""
        return displays.state(channel, timezone.now())

    @display(description=_("last error"))
    def error(self, channel: Channel) -> str:
        """What went wrong last; empty again after a message that arrived."""
        return here(channel.last_error or channel.disabled_reason)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """Channels by name."""
        return Channel.objects.order_by("name")

    def _choose_kind(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Which kind of channel?"),
            "groups": (
                (_("A place, for whoever reads it"), displays.kinds(to_people=False)),
                (_("To each person at their own address"), displays.kinds(to_people=True)),
            ),
        }
        return TemplateResponse(request, "admin/notifications/channel/choose.html", context)

    def _may_write(self, request: HttpRequest, obj: Channel | None) -> bool:
        return bool(self.has_change_permission(request, obj) if obj else self.has_add_permission(request))

    def _kind(self, request: HttpRequest, obj: Channel | None) -> str:
        """A channel keeps its kind; a new one takes it from the address (`?kind=`), else it is the usual one."""
        asked = obj.kind if obj else request.GET.get("kind", "")
        return asked if asked in registry.SENDERS else str(self.opts.get_field("kind").default)
