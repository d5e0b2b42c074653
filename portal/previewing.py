"""Forms that show what they would do before they are saved."""

from __future__ import annotations

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path

from portal.unfolded import ModelAdmin

Row = TypeVar("Row", bound=Model)


class PreviewingAdmin(ModelAdmin[Row]):
    """An admin whose form is posted to `…/preview/` while it is filled in, by who may save it."""

    def previewed(self, request: HttpRequest, saved: Row | None) -> HttpResponse:
        """The panel for what is in the form now; `saved`: the row that it changes. Changes nothing."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Before the admin's own: the last of these takes any address for that of a row."""
        view = self.admin_site.admin_view(self.preview_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        return [
            path("preview/", view, name=f"{name}_new"),
            path("<path:object_id>/preview/", view, name=name),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """What the form would do if it were saved now. Changes nothing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        saved = self.get_object(request, object_id) if object_id else None
        if not (self.has_change_permission(request, saved) if object_id else self.has_add_permission(request)):
            raise PermissionDenied
        if object_id and saved is None:
            raise Http404
        return self.previewed(request, saved)
