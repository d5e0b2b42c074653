"""Targets: what an environment is made of. The form follows from the kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import Target, TargetParameter
from environments.models.texts import in_language
from environments.services import permissions, schedules, status, target_edits
from environments.services.target_overlaps import Answer
from environments.targets import registry
from environments.targets.base import takes_parameters
from portal.unfolded import TabularInline, display

from .scoping import ScopedAdmin
from .target_form import PREFIX, ParameterForm, asked_of_aws, for_kind
from .target_losses import losses

ASKED = "asked_of_aws"
"""Where a request keeps what AWS said of overlaps."""


class ParameterInline(TabularInline[TargetParameter]):
    model = TargetParameter
    form = ParameterForm
    extra = 0
    hide_title = True
    fields = ["name", "source", "value", "pattern", "excluded"]


@admin.register(Target)
class TargetAdmin(ScopedAdmin[Target]):
    list_display = ["identifier", "kind_label", "environment", "account", "region", "order"]
    list_filter = ["kind", ("account", admin.RelatedOnlyFieldListFilter), "region"]
    list_select_related = ["environment", "account"]
    list_per_page = 50
    search_fields = ["identifier", "environment__name"]
    autocomplete_fields = ["environment"]
    change_form_outer_after_template = "environments/target_losses.html"
    empty_text = _("A target is what an environment is made of, such as a CloudFormation stack.")

    def get_inlines(self, request: HttpRequest, obj: Target | None) -> Any:
        return [ParameterInline] if takes_parameters(registry.driver(_kind(request, obj))) else []

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, target: Target) -> str:
        return in_language(registry.driver(target.kind).label)

    @display(description=_("options"))
    def options_in_words(self, target: Target) -> SafeString:
        """What its kind adds, for those who may look and not edit."""
        labels = {option.name: in_language(option.label) for option in registry.driver(target.kind).option_fields}
        told = ((labels.get(name, name), _told(value)) for name, value in target.options.items())
        return format_html_join("", "<div class='db-option'>{}: {}</div>", told) or SafeString("–")

    def get_readonly_fields(self, request: HttpRequest, obj: Target | None = None) -> Any:
        return ["kind_label", "options_in_words"]

    def get_form(self, request: HttpRequest, obj: Target | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = for_kind(_kind(request, obj), settled=obj is not None)
        answer = getattr(request, ASKED, Answer())
        kwargs["form"] = type(form.__name__, (form,), {"editor": request.user, "in_aws": answer})
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Target | None = None) -> Any:
        driver = registry.driver(_kind(request, obj))
        options = [PREFIX + option.name for option in driver.option_fields]
        kind = "kind"
        if obj and not self.has_change_permission(request, obj):
            kind, options = "kind_label", ["options_in_words"]
        own = [(in_language(driver.label), {"fields": options})] if driver.option_fields else []
        return [(None, {"fields": ["environment", kind, "identifier", "account", "region", "order"]}), *own]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Target | None = None,
    ) -> HttpResponse:
        context |= {
            "crumb": obj.identifier if obj else "",
            "losses": losses(request, obj),
            "may_withdraw": request.user.has_perm(permissions.ACCEPT),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """AWS is asked before the transaction of the view begins, which holds locks."""
        if request.method == "POST":
            setattr(request, ASKED, asked_of_aws(request, self.get_queryset(request), object_id))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Target, form: forms.ModelForm[Target], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if unasked := getattr(request, ASKED, Answer()).unasked:
            said = gettext("Saved. Whether another environment switches some of it could not be checked: %(why)s")
            messages.warning(request, said % {"why": in_language(unasked[0])})
        target_edits.saved(target=obj, changed=form.changed_data if change else (), now=timezone.now())
        status.look_again(obj.environment)
        if obj.environment.honour_windows:
            schedules.plan_changed([obj.environment.pk], now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Target) -> None:
        number = obj.pk
        super().delete_model(request, obj)
        target_edits.removed(numbers=[number], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Target]) -> None:
        numbers = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        target_edits.removed(numbers=numbers, now=timezone.now())

    def response_post_save_add(self, request: HttpRequest, obj: Target) -> HttpResponseRedirect:
        return redirect("environments:page", obj.environment.slug)

    def response_post_save_change(self, request: HttpRequest, obj: Target) -> HttpResponseRedirect:
        return redirect("environments:page", obj.environment.slug)

    def get_deleted_objects(
        self, objs: Iterable[Target], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Only the portal forgets a target: AWS keeps what is there, and the question says so.

        Refused while an operation is under way.
        """
        rows = list(objs)
        shown = [said for row in rows for said in target_edits.what_removal_means(row)]
        forbidden = set() if self.has_delete_permission(request) else {gettext("target")}
        return shown, {gettext("targets"): len(rows)}, forbidden, list(target_edits.why_not_remove(rows))


def _kind(request: HttpRequest, obj: Target | None) -> str:
    """A target keeps its kind; a new one takes it from the form or the address, else the first there is."""
    asked = obj.kind if obj else request.POST.get("kind") or request.GET.get("kind", "")
    return asked if asked in registry.KINDS else next(iter(registry.KINDS))


def _told(value: object) -> str | SafeString:
    """An option as people read it: lists and mappings a line each, a switch as a word."""
    match value:
        case bool():
            return gettext("yes") if value else gettext("no")
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name}={text}" for name, text in sorted(value.items()))
        case str() if "\n" in value:
            return format_html("<pre class='db-code'>{}</pre>", value)
    return str(value)
