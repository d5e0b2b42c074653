"""Who sees which rows: environments of one's teams, and what belongs to them."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from environments.models import Environment
from portal.unfolded import ModelAdmin

_Record = TypeVar("_Record", bound=Model)


class ScopedAdmin(ModelAdmin[_Record]):
    """Rows of environments the user may see; any other row is not there for them, whatever they ask to do with it.

    `environment_path` leads from the model to its environment; it is empty for the environment itself.
    """

    environment_path = "environment"

    def get_queryset(self, request: HttpRequest) -> QuerySet[_Record]:
        rows = super().get_queryset(request)
        visible = Environment.objects.visible_to(request.user)
        path = f"{self.environment_path}__in" if self.environment_path else "pk__in"
        return rows.filter(**{path: visible.values("pk")}) if visible.query.where else rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> _Record:
        """Raises Http404, where Django would lead to its index with a riddle: our page says what to do next."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(_("It does not exist, or you are not in the team that it belongs to."))
        return found


class ReadOnly:
    """Rows that only the portal writes: everybody may look who has the view permission, nobody edits."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
