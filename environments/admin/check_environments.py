"""A check stays in its environment: its incident, its sums and what was said of it are that one's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from environments.models import Check
from portal.unfolded import ModelAdmin

_Check = TypeVar("_Check", bound=Check)


class StaysInItsEnvironment(ModelAdmin[_Check]):
    """Forms of checks that are there already show the environment and take no other; what is sent for it is ignored."""

    def get_form(self, request: HttpRequest, obj: _Check | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj and "environment" in form.base_fields:
            # Not read-only: a form without it would not look whether the name is taken there.
            form.base_fields["environment"].disabled = True
            form.base_fields["environment"].help_text = _("It stays there: for another environment, add another check.")
        return form

    def get_deleted_objects(
        self, objs: Iterable[_Check], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """The answers, calls and reports that go too are not named one by one: there are thousands. (Sums stay.)"""
        rows = list(objs)
        forbidden = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return [str(row) for row in rows], {str(self.opts.verbose_name_plural): len(rows)}, forbidden, []
