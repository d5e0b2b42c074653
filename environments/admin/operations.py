from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from environments.models import Hold, Operation, OperationStatus, OperationStep
from environments.rules.durations import spoken
from environments.services import holds, permissions

from .displays import language, step_name
from .scoping import ReadOnly, TeamScoped


class StepInline(ReadOnly, TabularInline):
    model = OperationStep
    fields = ["step", "target_label", "status", "said", "attempts", "started_at", "finished_at"]
    readonly_fields = fields
    extra = 0
    verbose_name_plural = _("steps")

    @display(description=_("step"))
    def step(self, step: OperationStep) -> str:
        return step_name(step.name)

    @display(description=_("what happened"))
    def said(self, step: OperationStep) -> str:
        return step.error_text or step.detail_text


@admin.register(Operation)
class OperationAdmin(ReadOnly, TeamScoped, ModelAdmin):
    list_display = ["environment", "kind", "shown_status", "trigger", "reason_text", "created_at", "took"]
    list_filter = ["status", "kind", "trigger"]
    list_select_related = ["environment"]
    list_per_page = 50
    search_fields = ["environment__name"]
    date_hierarchy = "created_at"
    fields = [
        "environment", "kind", "status", "trigger", "actor", "reason_text", "error_text", "error_detail",
        "created_at", "started_at", "finished_at", "took", "deadline_at",
    ]  # fmt: skip
    readonly_fields = fields
    inlines = [StepInline]

    @display(
        description=_("status"),
        ordering="status",
        label={
            OperationStatus.SUCCEEDED: "success",
            OperationStatus.FAILED: "danger",
            OperationStatus.RUNNING: "info",
            OperationStatus.PENDING: "info",
            OperationStatus.CANCELLED: "warning",
        },
    )
    def shown_status(self, operation: Operation) -> tuple[str, str]:
        return operation.status, operation.get_status_display()

    @display(description=_("reason"))
    def reason_text(self, operation: Operation) -> str:
        return operation.reason_text

    @display(description=_("error"))
    def error_text(self, operation: Operation) -> str:
        return operation.error_text or "–"

    @display(description=_("took"))
    def took(self, operation: Operation) -> str:
        return spoken(operation.duration, language()) if operation.duration else "–"


@admin.register(Hold)
class HoldAdmin(ReadOnly, TeamScoped, ModelAdmin):
    """Holds are placed on the environment's page, where their effect is seen; here is the record, and releasing."""

    list_display = ["environment", "desired", "starts_at", "until", "reason", "author", "is_open"]
    list_filter = ["desired", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["environment", "author"]
    search_fields = ["environment__name", "reason"]
    fields = [
        "environment", "desired", "starts_at", "until", "reason", "author", "origin", "created_at", "ended_at", "ended_by",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["release"]

    @display(description=_("in force"), boolean=True)
    def is_open(self, hold: Hold) -> bool:
        return hold.ended_at is None

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("environments.switch_environment")

    @admin.action(description=_("Release the selected holds"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        released = 0
        for hold in queryset.open().select_related("environment"):  # type: ignore[attr-defined]
            permissions.require_switch(request.user, hold.environment)
            released += holds.release(environment=hold.environment, author=request.user, now=timezone.now())
        self.message_user(
            request,
            ngettext("%(n)s hold released.", "%(n)s holds released.", released) % {"n": released},
            messages.SUCCESS if released else messages.WARNING,
        )

    def get_actions(self, request: HttpRequest) -> Any:
        return {name: action for name, action in super().get_actions(request).items() if name == "release"}
