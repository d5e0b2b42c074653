"""Who was asked, in which order, and who looks after it."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from notifications import audience, escalations
from notifications.admin import displays
from notifications.admin.dialogs import go_to
from notifications.admin.group_form import in_order, places
from notifications.admin.readonly import LogAdmin
from notifications.chat import looking_after
from notifications.models import Contact, Escalation
from notifications.texts import here
from portal.history import Origin
from portal.moments import stamp
from portal.unfolded import ChoicesDropdownFilter, DialogForm, DropdownFilter, action, display

ENDS = {Escalation.End.ACKNOWLEDGED: "success", Escalation.End.OVER: "default", Escalation.End.EXHAUSTED: "danger"}


class OpenFilter(DropdownFilter):
    """What still waits for somebody."""

    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Open, or ended."""
        return [("1", str(_("nobody has acknowledged yet"))), ("0", str(pgettext_lazy("escalation", "ended")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Escalation]) -> QuerySet[Escalation]:
        """Those in the chosen state."""
        return queryset.filter(ended_at__isnull=self.value() == "1") if self.value() in {"0", "1"} else queryset


@admin.register(Escalation)
class EscalationAdmin(LogAdmin[Escalation]):
    """Newest first; one that is open can be acknowledged here."""

    list_display = ("heading", "state", "group", "looked_after", "began", "next_one")
    list_display_links = ("heading",)
    list_filter = (OpenFilter, ("end", ChoicesDropdownFilter))
    search_fields = ("event__title", "group__name", "by")
    search_help_text = _("Searches titles, groups and people.")
    actions_detail = ("acknowledge",)
    fields = readonly_fields = (
        *(
            "event_link",
            "state",
            "group",
            "order",
            "rule_name",
            "began",
            "next_one",
            "looked_after",
            "ended",
            "from_where",
        ),
    )
    empty_text = _("Where a rule names a group, its people are told in their order until somebody acknowledges.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Escalation]:
        """Every team's, or those of the reader's teams and of groups that they are in themselves."""
        rows = super().get_queryset(request).select_related("event", "group")
        if request.user.has_perm("notifications.view_delivery"):
            return rows
        own = Q(event__labels__team__in=audience.teams_of(request.user))
        member = Contact.objects.filter(user=request.user.pk).values("groups")
        return rows.filter(own | Q(group__in=member))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Escalation:
        """Raises Http404, where Django would lead to its index with a riddle: our page says what to do next."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(gettext("It does not exist, or you are not in the team that it belongs to."))
        return found

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button where somebody looks after it, or it is over."""
        found = Escalation.objects.filter(pk=object_id).first()
        open_still = found is not None and escalations.may_be_acknowledged(found)
        return super().get_actions_detail(request, object_id) if open_still else []

    def has_acknowledge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who may say that they look after it, of what they can see."""
        if not request.user.has_perm("notifications.acknowledge_escalation"):
            return False
        return object_id is None or bool(self.get_object(request, str(object_id)))

    @action(
        description=_("I look after it"),
        icon="front_hand",
        permissions=["acknowledge"],
        dialog={
            "title": _("Do you look after it?"),
            "description": _("Nobody else is asked then, and those who were asked can see that it is you."),
            "form_submit_text": _("I look after it"),
        },
    )
    def acknowledge(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """Ends it, in the name of whoever is signed in."""
        escalation = self.get_object(request, object_id)
        user = cast("User", request.user)
        if looking_after.take_on(escalation.event, user, origin=Origin.WEB, now=timezone.now()):
            messages.success(request, _("You look after it. Nobody else is asked."))
        else:
            messages.warning(request, _("Nothing to do: nobody was asked any more."))
        return go_to(request, reverse("admin:notifications_escalation_change", args=[object_id]))

    @display(description=_("message"))
    def heading(self, escalation: Escalation) -> str:
        """The event's title in the reader's language."""
        return here(escalation.event.title)

    @display(description=_("message"))
    def event_link(self, escalation: Escalation) -> SafeString | str:
        """The title, leading to the event."""
        event = escalation.event
        return displays.link(reverse("admin:notifications_event_change", args=[event.pk]), here(event.title))

    @display(description=_("state"), ordering="ended_at")
    def state(self, escalation: Escalation) -> SafeString:
        """How it ended; until then, how many have been told."""
        if escalation.end:
            return displays.badge(escalation.get_end_display(), ENDS.get(Escalation.End(escalation.end), "default"))
        return displays.badge(gettext("Waits; told so far: %(count)s") % {"count": escalation.step}, "warning")

    @display(description=_("order"))
    def order(self, escalation: Escalation) -> str:
        """The group's people as they are now."""
        return in_order(places().filter(group=escalation.group_id)) or "–"

    @display(description=_("looked after by"), ordering="by")
    def looked_after(self, escalation: Escalation) -> str:
        """Whoever acknowledged; a dash until then, and where they have been erased."""
        return escalation.by or "–"

    @display(description=_("began"), ordering="id")
    def began(self, escalation: Escalation) -> str:
        """Day, time and zone by the reader's clock."""
        return stamp(escalation.began_at)

    @display(description=_("next is asked"))
    def next_one(self, escalation: Escalation) -> str:
        """When; a dash where nobody is."""
        return stamp(escalation.next_at)

    @display(description=_("ended"))
    def ended(self, escalation: Escalation) -> str:
        """When it ended; a dash until then."""
        return stamp(escalation.ended_at)

    @display(description=pgettext_lazy("escalation", "from where"))
    def from_where(self, escalation: Escalation) -> str:
        """By a page, a link, a chat."""
        return escalation.get_origin_display() if escalation.origin else "–"
