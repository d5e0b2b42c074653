from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from environments.models import Environment, State, Target
from environments.services import schedules

from .displays import at_words
from .scoping import ReadOnly, TeamScoped

LABELS = {
    State.RUNNING: "success",
    State.STARTING: "info",
    State.STOPPING: "info",
    State.STOPPED: "",
    State.FAILED_TO_START: "danger",
    State.FAILED_TO_STOP: "danger",
    State.UNKNOWN: "warning",
}


class TargetInline(ReadOnly, TabularInline):
    model = Target
    fields = ["identifier", "kind", "account", "region", "order"]
    readonly_fields = fields
    extra = 0
    show_change_link = True


@admin.register(Environment)
class EnvironmentAdmin(TeamScoped, ModelAdmin):
    environment_path = ""
    list_display = ["page_link", "team", "shown_state", "schedule", "next_change", "edit_link"]
    list_display_links = None
    list_filter = ["state", "team", "schedule"]
    list_select_related = ["team", "schedule"]
    list_per_page = 50
    search_fields = ["name", "slug", "team__name"]
    prepopulated_fields = {"slug": ("name",)}
    fields = ["name", "slug", "team", "description", "schedule", "timezone"]
    inlines = [TargetInline]

    @display(description=_("name"), ordering="name")
    def page_link(self, environment: Environment) -> SafeString:
        url = reverse("environments:page", args=[environment.slug])
        return format_html('<a class="db-link" href="{}">{}</a>', url, environment.name)

    @display(description=_("state"), ordering="state", label=LABELS)
    def shown_state(self, environment: Environment) -> tuple[str, str]:
        return environment.state, environment.get_state_display()

    @display(description=_("next change"), ordering="next_transition_at")
    def next_change(self, environment: Environment) -> str:
        if environment.next_transition_at is None or environment.schedule is None:
            return "–"
        zone = environment.zone_name
        return f"{at_words(environment.next_transition_at, zone, timezone.now())} ({zone})"

    @display(description="")
    def edit_link(self, environment: Environment) -> SafeString:
        url = reverse("admin:environments_environment_change", args=[environment.pk])
        return format_html('<a class="db-link" href="{}">{}</a>', url, _("Edit"))

    def save_model(self, request: HttpRequest, obj: Environment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        schedules.plan_changed([obj.pk], now=timezone.now())
