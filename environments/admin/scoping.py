"""Who sees which rows: environments of one's teams, and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from environments.models import Environment

if TYPE_CHECKING:
    _Base = ModelAdmin
else:
    _Base = object


class TeamScoped(_Base):
    """Rows of environments the user may see. `environment_path` leads from the model to its environment."""

    environment_path = "environment"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        visible = Environment.objects.visible_to(request.user)
        if visible.query.where:
            path = f"{self.environment_path}__in" if self.environment_path else "pk__in"
            return rows.filter(**{path: visible.values("pk")})
        return rows


class ReadOnly(_Base):
    """Rows that only the portal writes: everybody may look who has the view permission, nobody edits."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
