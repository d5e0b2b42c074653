"""What came in from outside, and what became of it."""

import json
import re
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django_stubs_ext import StrOrPromise

from notifications import intake
from notifications.admin import arrival_subjects, displays
from notifications.admin.filters import MomentFilter
from notifications.admin.readonly import LogAdmin
from notifications.inbound import sns
from notifications.models import Arrival
from notifications.texts import here
from portal import masking
from portal.moments import stamp
from portal.unfolded import DropdownFilter, display

DOORS: dict[str, StrOrPromise] = {
    sns.DOOR: _("SNS subscription"),
    sns.ALARM_DOOR: _("SNS message"),
    "ping": _("heartbeat"),
    "sms": _("text message"),
}
# What the doors themselves and their judges say, in words; any other word is shown as it is.
OUTCOMES: dict[str, StrOrPromise] = {
    intake.BROKEN: _("put aside"),
    sns.TO_CONFIRM: _("being confirmed"),
    sns.CONFIRMED: _("confirmed"),
    sns.FAILED: _("failed"),
    sns.ENDED: _("unsubscribed"),
    "start": pgettext_lazy("call", "began"),
    "success": pgettext_lazy("call", "done"),
    "fail": _("failed"),
    "gone": _("nobody of ours"),
    "taken": _("taken"),
    "older": _("older than what is known"),
    "same": _("known already"),
    "other": _("about something else"),
    "unreadable": _("cannot be understood"),
    "new image": _("new image"),
    "known image": _("known image"),
    "redeploy": _("redeployed"),
    "counted": _("counted"),
    "no report": _("no report"),
    "unknown device": _("unknown device"),
    "not opened": _("could not be opened"),
    "replayed": _("came before"),
    "too old": _("too old to tell"),
    "no master key": _("no master key"),
}
VARIANTS = {intake.BROKEN: "danger", sns.FAILED: "danger", "unreadable": "warning", sns.TO_CONFIRM: "info", "": "info"}
VARIANTS |= dict.fromkeys(("no report", "unknown device", "not opened", "replayed", "too old"), "warning")
VARIANTS |= {"no master key": "danger", "fail": "danger", "start": "info"}
SECRET = re.compile(r"token|secret|password|signature|subscribeurl|authorization|cookie|apikey|api_key", re.IGNORECASE)


class DoorFilter(DropdownFilter):
    """By the door."""

    title = _("door")
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every door there is."""
        return [(door, str(words)) for door, words in DOORS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """What came in by the chosen door."""
        return queryset.filter(door=self.value()) if self.value() else queryset


class ConditionFilter(DropdownFilter):
    """What waits, and what was put aside."""

    title = _("state")
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two that people look for."""
        return [("waiting", str(_("waits"))), (intake.BROKEN, str(OUTCOMES[intake.BROKEN]))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those in the chosen condition."""
        if self.value() == "waiting":
            return queryset.filter(judged_at__isnull=True)
        return queryset.filter(outcome=intake.BROKEN) if self.value() else queryset


@admin.register(Arrival)
class ArrivalAdmin(LogAdmin[Arrival]):
    """Calls, reports and messages, newest first; secrets in them are hidden."""

    list_display = ("when", "door_label", "whose", "outcome_label", "remark")
    list_display_links = ("when",)
    list_filter = (DoorFilter, ConditionFilter, ("received_at", MomentFilter))
    fields = readonly_fields = (
        *("when", "door_label", "whose", "key", "outcome_label"),
        *("remark", "judged", "attempts", "content"),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with a warning when arrivals wait for longer than a minute."""
        if late := intake.late(timezone.now()):
            said = ngettext(
                "%(count)s arrival has waited for more than a minute. Is a worker running? System status tells.",
                "%(count)s arrivals have waited for more than a minute. Is a worker running? System status tells.",
                late,
            )
            messages.warning(request, said % {"count": late})
        return super().changelist_view(request, extra_context)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the names of whose arrivals they are: a query for each door on the page."""
        listed = super().get_changelist_instance(request)
        arrival_subjects.tell(listed.result_list, request.user)
        return listed

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Arrival | None:
        """With the name of whose it is."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            arrival_subjects.tell([row], request.user)
        return row

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Arrival | None = None,
    ) -> HttpResponse:
        """Named by its door and by the reader's clock."""
        name = f"{capfirst(str(self.door_label(obj)))}, {stamp(obj.received_at)}" if obj else ""
        context |= {"crumb": name, "subtitle": name}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(description=_("received"), ordering="id")
    def when(self, arrival: Arrival) -> str:
        """Day, time and zone by the reader's clock."""
        return stamp(arrival.received_at)

    @display(description=_("door"), ordering="door")
    def door_label(self, arrival: Arrival) -> StrOrPromise:
        """The door in words."""
        return DOORS.get(arrival.door, arrival.door)

    @display(description=_("subject"), ordering="subject")
    def whose(self, arrival: Arrival) -> SafeString | str:
        """The topic, the gateway, the heartbeat."""
        return arrival_subjects.told(arrival)

    @display(description=_("outcome"))
    def outcome_label(self, arrival: Arrival) -> SafeString:
        """What became of it; until then, that it waits."""
        word = OUTCOMES.get(arrival.outcome, arrival.outcome) or _("waits")
        return displays.badge(word, VARIANTS.get(arrival.outcome, "success"))

    @display(description=_("remark"))
    def remark(self, arrival: Arrival) -> str:
        """The judge's remark in the reader's language."""
        return here(arrival.note)

    @display(description=_("judged"))
    def judged(self, arrival: Arrival) -> str:
        """When it was judged; a dash until then."""
        return stamp(arrival.judged_at)

    @display(description=_("content"))
    def content(self, arrival: Arrival) -> SafeString:
        """What came in, without its secrets."""
        text = json.dumps(_hidden(arrival.payload), indent=2, ensure_ascii=False)
        return format_html('<pre class="db-content">{}</pre>', masking.mask(text))


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: masking.HIDDEN if SECRET.search(name) else _hidden(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_hidden(part) for part in value]
    return value
