"""Roles, which are Django's groups: the portal's four, and those that people put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, QuerySet
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from environments.roles import MEANINGS, permissions_of_roles
from portal.unfolded import Checkboxes, ModelAdmin, display

from .displays import link, name_of
from .ranks import asker, groups_within, is_portal_role, permissions_within

VERBS = {"view": _("look"), "add": _("add"), "change": _("change"), "delete": _("delete")}


NAMES = {"auth.group": _("roles"), "auth.user": _("people")}
"""What the pages call otherwise than their models do."""


def _thing(permission: Permission) -> str:
    model = permission.content_type.model_class()
    if model and (name := NAMES.get(model._meta.label_lower)):  # noqa: SLF001
        return capfirst(str(name))
    return capfirst(str(model._meta.verbose_name_plural)) if model else permission.content_type.name  # noqa: SLF001


def _verb(permission: Permission) -> str:
    verb, _underscore, model = permission.codename.partition("_")
    known = VERBS if model == permission.content_type.model else {}
    return str(known.get(verb) or gettext(permission.name))


class InOrder(ModelChoiceIterator):  # type: ignore[type-arg]  # generic in the stubs only
    """By the names of things in the reader's language, which the database does not know."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(sorted(super().__iter__(), key=lambda choice: str(choice[1]).partition(":")[0]))


class PermissionsField(forms.ModelMultipleChoiceField[Permission]):
    """Permissions to tick, each as “Environments: change”."""

    widget = Checkboxes
    iterator = InOrder

    def label_from_instance(self, obj: Permission) -> str:
        return f"{_thing(obj)}: {_verb(obj)}"


class RoleForm(forms.ModelForm[Group]):
    permissions = PermissionsField(
        label=_("Permissions"),
        queryset=Permission.objects.none(),
        required=False,
        help_text=_("“Environments: change” lets people with this role edit environments. Only what you may yourself."),
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")
        help_texts = {"name": _("What people call it, for example “Night shift”.")}


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin[Group]):
    """The portal's four stay as they are; other roles are put together from what one may oneself."""

    form = RoleForm
    list_display = ["shown_name", "meaning", "number"]
    search_fields = ["name"]
    ordering = ["pk"]
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(people=Count("user"))

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ["shown_name", "meaning", "allowed", "members"]
        return ["name", "permissions"]

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ["shown_name", "meaning", "allowed", "members"]

    def get_form(self, request: HttpRequest, obj: Group | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "permissions" in form.base_fields:
            form.base_fields["permissions"].queryset = _offered(permissions_within(asker(request)))  # type: ignore[attr-defined]
        return form

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_theirs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_theirs(request, obj)

    def _is_theirs(self, request: HttpRequest, obj: Group | None) -> bool:
        """Whether who asks may decide on it: a role that people made, and that gives no more than they have.

        Not one that they are in: that would be to lock oneself out.
        """
        if obj is None:
            return True
        user = asker(request)
        if is_portal_role(obj) or not groups_within(user).filter(pk=obj.pk).exists():
            return False
        return user.is_superuser or not user.groups.filter(pk=obj.pk).exists()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """In the reader's language in the header too."""
        obj = kwargs.get("obj")
        context |= {"crumb": self.shown_name(obj) if obj else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("role"), ordering="pk")
    def shown_name(self, group: Group) -> str:
        return gettext(group.name) if is_portal_role(group) else group.name

    @display(description=_("meaning"))
    def meaning(self, group: Group) -> StrOrPromise:
        return MEANINGS.get(group.name, "–")

    @display(description=_("people"), ordering="people")
    def number(self, group: Any) -> int:
        return int(group.people)

    @display(description=pgettext_lazy("what a role may do", "may"))
    def allowed(self, group: Group) -> SafeString:
        """A line for each thing: “Environments: look, add, change”."""
        rows = _in_order(group.permissions.select_related("content_type"))
        told = ((thing, ", ".join(map(_verb, some))) for thing, some in groupby(rows, key=_thing))
        return format_html('<div class="db-may">{}</div>', format_html_join("", "<div>{}: {}</div>", told))

    @display(description=_("people"))
    def members(self, group: Group) -> SafeString | str:
        people = group.user_set.order_by("username")
        rows = ((link(reverse("admin:auth_user_change", args=[one.pk]), name_of(one)),) for one in people)
        return format_html_join(", ", "{}", rows) or "–"


def _in_order(permissions: Iterable[Permission]) -> list[Permission]:
    return sorted(permissions, key=lambda permission: (_thing(permission), permission.pk))


def _offered(mine: QuerySet[Permission]) -> QuerySet[Permission]:
    """Of what somebody has, what the portal's pages ask for; the rest of Django's permissions opens nothing."""
    known = {name.split(".")[1] for name in set().union(*permissions_of_roles().values())}
    rows = mine.filter(codename__in=known).select_related("content_type")
    return rows.order_by("content_type__app_label", "content_type__model", "pk")
