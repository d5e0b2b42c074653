from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from environments.models import GuardAcceptance, Target, TargetParameter
from environments.models.texts import in_language
from environments.services import status
from environments.targets import registry

from .scoping import ReadOnly, TeamScoped
from .target_form import PREFIX, for_kind


class ParameterInline(TabularInline):
    model = TargetParameter
    extra = 0
    fields = ["name", "source", "value"]


class AcceptanceInline(ReadOnly, TabularInline):
    model = GuardAcceptance
    extra = 0
    fields = ["fingerprint", "accepted_by", "accepted_at"]
    readonly_fields = fields


@admin.register(Target)
class TargetAdmin(TeamScoped, ModelAdmin):
    list_display = ["identifier", "kind_label", "environment", "account", "region", "order"]
    list_filter = ["kind", "account", "region"]
    list_select_related = ["environment", "account"]
    search_fields = ["identifier", "environment__name"]
    autocomplete_fields = ["environment"]
    inlines = [ParameterInline, AcceptanceInline]

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, target: Target) -> str:
        return in_language(registry.driver(target.kind).label)

    def _kind(self, request: HttpRequest, obj: Target | None) -> str:
        asked = request.POST.get("kind") or request.GET.get("kind") or (obj.kind if obj else "")
        return asked if asked in registry.KINDS else next(iter(registry.KINDS))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = for_kind(self._kind(request, obj))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        driver = registry.driver(self._kind(request, obj))
        options = [PREFIX + option.name for option in driver.option_fields]
        return [
            (None, {"fields": ["environment", "kind", "identifier", "account", "region", "order"]}),
            (in_language(driver.label), {"fields": options}),
        ]

    def save_model(self, request: HttpRequest, obj: Target, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        status.look_again(obj.environment)
