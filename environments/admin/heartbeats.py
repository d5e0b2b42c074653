"""Heartbeats: how each stands, when it is expected to call, its secret address, and its last calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from environments.models import CheckState, Environment, Heartbeat, Target
from environments.rules.durations import spoken
from environments.rules.job_calls import first_line
from environments.services import heartbeat_edits, heartbeats
from notifications.admin import arrival_subjects
from notifications.admin.dialogs import go_to
from notifications.models import Arrival
from portal.unfolded import DialogForm, action, display

from .check_environments import StaysInItsEnvironment
from .displays import language, link, toned
from .health_words import CHECK_TONES, OF_TARGETS, reason_words
from .heartbeat_expected import previewed
from .heartbeat_lines import lines
from .own_clock import at_places
from .scoping import ScopedAdmin

STANDING = ("shown_state", "why", "heard", "began", "took", "next_expected")
LAST_CALLS = 20
SAID = {
    "success": (_("done"), "running"),
    "start": (_("began"), "moving"),
    "fail": (_("failed"), "failed"),
}

arrival_subjects.register(
    heartbeats.DOOR, Heartbeat.objects.all(), "environments_heartbeat", "environment__name", "name"
)


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call, in words. `body` in full, `line` its first line."""

    when: str
    said: SafeString
    line: str
    body: str
    is_judged: bool


@admin.register(Heartbeat)
class HeartbeatAdmin(StaysInItsEnvironment[Heartbeat], ScopedAdmin[Heartbeat]):
    """Those of environments the user may see; operators edit them, and they alone see the addresses."""

    list_display = ["name", "environment_link", "shown_state", "heard", "next_expected"]
    list_filter = ["state", "is_on"]
    list_select_related = ["environment__schedule"]
    list_per_page = 50
    search_fields = ["name", "environment__name"]
    search_help_text = _("Searches names of heartbeats and environments.")
    autocomplete_fields = ["environment", "target"]
    actions_detail = ["new_address"]
    change_form_after_template = "environments/heartbeat_after.html"
    readonly_fields = STANDING
    empty_text = _("A secret address that a job calls when it is done; when it does not, somebody hears of it.")

    def get_fieldsets(self, request: HttpRequest, obj: Heartbeat | None = None) -> Any:
        shown = [(_("How it stands"), {"fields": STANDING})] if obj else []
        return [
            *shown,
            (None, {"fields": ("environment", "name", "is_on", "target")}),
            (_("When it calls"), {"fields": ("rhythm", "every_min", "windows", "grace_min", "always")}),
            (_("Warnings"), {"fields": ("ticket_after",)}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Heartbeat]:
        """Lists open no seals: a page of fifty would take longer for that than for all the rest."""
        rows = super().get_queryset(request)
        return rows if request.resolver_match and "object_id" in request.resolver_match.kwargs else rows.defer("key")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        visible = Environment.objects.visible_to(request.user)
        if db_field.name == "environment":
            kwargs["queryset"] = visible
        if db_field.name == "target":
            kwargs["queryset"] = Target.objects.filter(environment__in=visible.values("pk"))
            kwargs["help_text"] = OF_TARGETS
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With the address and lines that call it, for those who edit; the last calls for all who see it."""
        row: Heartbeat | None = context.get("original")
        if row is not None:
            address = heartbeats.address(row) if self.has_change_permission(request, row) else ""
            context |= {
                "calls": _calls(row, timezone.now()),
                "address": address,
                "lines": lines(address) if address else [],
                "is_sealed": not address and self.has_change_permission(request, row),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("environment"), ordering="environment__name")
    def environment_link(self, row: Heartbeat) -> SafeString:
        return link(reverse("environments:page", args=[row.environment.slug]), row.environment.name)

    @display(description=_("state"), ordering="state")
    def shown_state(self, row: Heartbeat) -> SafeString:
        if not row.is_on:
            return toned(_("Switched off"), "stopped")
        return toned(row.get_state_display(), CHECK_TONES[CheckState(row.state)])

    @display(description=_("why"))
    def why(self, row: Heartbeat) -> str:
        return reason_words(row, timezone.now())

    @display(description=_("last heard of"), ordering="seen_at")
    def heard(self, row: Heartbeat) -> str:
        return at_places(row.seen_at, row.environment.zone_name, timezone.now())

    @display(description=_("last start"))
    def began(self, row: Heartbeat) -> str:
        return at_places(row.last_began_at, row.environment.zone_name, timezone.now())

    @display(description=_("last took"))
    def took(self, row: Heartbeat) -> str:
        return spoken(timedelta(milliseconds=row.last_took_ms), language()) if row.last_took_ms is not None else "–"

    @display(description=_("next expected"), ordering="due_at")
    def next_expected(self, row: Heartbeat) -> str:
        return at_places(heartbeats.next_expected(row, timezone.now()), row.environment.zone_name, timezone.now())

    def save_model(self, request: HttpRequest, obj: Heartbeat, form: forms.ModelForm[Heartbeat], change: bool) -> None:
        """Writes what was edited and no more: what workers note meanwhile stays."""
        now = timezone.now()
        if not change:
            heartbeat_edits.add(heartbeat=obj, now=now)
            return
        with transaction.atomic():
            obj.save(update_fields=form.changed_data)
            heartbeat_edits.saved(heartbeat=obj, changed=form.changed_data, now=now)

    def response_add(self, request: HttpRequest, obj: Heartbeat, post_url_continue: str | None = None) -> HttpResponse:
        """To its page, where its address is: that is what comes next."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("Added. Have the job call its address, which stands below."))
        return go_to(request, reverse("admin:environments_heartbeat_change", args=[obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Heartbeat) -> None:
        heartbeat_edits.remove(rows=[obj], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        heartbeat_edits.remove(rows=list(queryset), now=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        view = self.admin_site.admin_view(require_POST(self.expected_view))
        own: list[URLPattern] = [
            path("expected/", view, name="environments_heartbeat_expected_new"),
            path("<int:object_id>/expected/", view, name="environments_heartbeat_expected"),
        ]
        return [*own, *super().get_urls()]

    def expected_view(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        """When the next call would be expected, as the form stands; nothing is saved."""
        row = self.get_object(request, str(object_id)) if object_id else None
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        return previewed(request, self.get_form(request, row, change=row is not None), row)

    def has_new_address_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.has_change_permission(request))

    @action(
        description=_("New address"),
        icon="key",
        permissions=["new_address"],
        dialog={
            "title": _("Give it a new address?"),
            "description": _("The address it has ends at once: jobs that call it are answered “not found”."),
            "form_submit_text": _("New address"),
        },
    )
    def new_address(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        assert row is not None  # or Http404
        heartbeat_edits.new_address(heartbeat=row)
        messages.success(request, _("It has a new address. Put it where the old one stood."))
        return go_to(request, reverse("admin:environments_heartbeat_change", args=[object_id]))


def _calls(row: Heartbeat, now: datetime) -> list[ShownCall]:
    zone = row.environment.zone_name
    found = Arrival.objects.filter(door=heartbeats.DOOR, subject=row.pk).order_by("-id")[:LAST_CALLS]
    return [_shown(arrival, zone, now) for arrival in found]


def _shown(arrival: Arrival, zone: str, now: datetime) -> ShownCall:
    word, tone = SAID.get(str(arrival.payload.get("said")), SAID["success"])
    status = arrival.payload.get("status")
    text = gettext("%(word)s, exit status %(status)s") % {"word": word, "status": status} if status else word
    body = str(arrival.payload.get("body", ""))
    return ShownCall(
        at_places(arrival.received_at, zone, now),
        toned(text, tone),
        first_line(body),
        body,
        arrival.judged_at is not None,
    )
