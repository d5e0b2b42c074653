"""What was done, and what is kept running or stopped: records to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import Operation, OperationStatus
from environments.rules.durations import spoken
from portal.unfolded import display

from .displays import OPERATION_TONES, language, link, toned
from .operation_cards import operation_card, operation_facts, operation_title, usual_of
from .own_clock import at_places
from .scoping import ReadOnly, ScopedAdmin


@admin.register(Operation)
class OperationAdmin(ReadOnly, ScopedAdmin[Operation]):
    """The record of all starts and stops, newest first; each one is shown as on its environment's page."""

    list_display = ["kind_link", "environment", "shown_status", "reason_text", "asked", "took"]
    list_display_links = None
    # No hierarchy of dates: to name its months it would read every row.
    list_filter = ["status", "kind", "trigger", "created_at"]
    list_select_related = ["environment__schedule"]
    list_per_page = 50
    # Newest first by the key: by time the database would sort two hundred thousand to show fifty.
    ordering = ["-id"]
    show_full_result_count = False
    search_fields = ["environment__name"]
    search_help_text = _("Searches names of environments.")
    actions = None
    empty_text = _("Nothing has been started or stopped so far.")
    change_form_template = "environments/operation.html"

    @display(description=_("operation"), ordering="kind")
    def kind_link(self, operation: Operation) -> SafeString:
        address = reverse("admin:environments_operation_change", args=[operation.pk])
        return link(address, operation_title(operation))

    @display(description=_("status"), ordering="status")
    def shown_status(self, operation: Operation) -> SafeString:
        return toned(operation.get_status_display(), OPERATION_TONES[OperationStatus(operation.status)])

    @display(description=_("reason"))
    def reason_text(self, operation: Operation) -> str:
        return operation.reason_text

    @display(description=_("asked for"), ordering="created_at")
    def asked(self, operation: Operation) -> str:
        return at_places(operation.created_at, operation.environment.zone_name, timezone.now())

    @display(description=_("took"))
    def took(self, operation: Operation) -> str:
        return spoken(operation.duration, language()) if operation.duration else "–"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Operation | None = None,
    ) -> HttpResponse:
        assert obj is not None  # nobody adds one
        zone = obj.environment.zone_name
        context |= {
            "crumbs": [(gettext("Operations"), reverse("admin:environments_operation_changelist"))],
            "one": operation_card(obj, zone, timezone.now(), usual_of(obj)),
            "zone": zone,
            "facts": operation_facts(obj, zone, timezone.now()),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)
