"""Environments as operators describe them. What they are doing, and switching them, is on a page of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import Environment, Operation, State, Target, Ticket
from environments.models.texts import in_language
from environments.services import cost_days, cost_marks, expiry, schedules
from environments.targets import registry
from notifications.models import Contact
from portal.unfolded import SearchSelectMultiple, TabularInline, display

from .displays import STATE_TONES, link, toned
from .fields import refuse_another_age, zone_select
from .needs import NeedsMixin
from .own_clock import at_places
from .scoping import ReadOnly, ScopedAdmin
from .status_page import StatusPageInline

LISTS = frozenset({"needs", "contacts"})
"""Fields to many others, which are written after the row."""


class TargetInline(ReadOnly, TabularInline[Target]):
    model = Target
    fields = readonly_fields = ("page_link", "kind_label", "account", "region", "order")
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        return super().get_queryset(request).select_related("account")

    @display(description=_("identifier"))
    def page_link(self, target: Target) -> SafeString:
        return link(reverse("admin:environments_target_change", args=[target.pk]), target.identifier)

    @display(description=_("kind"))
    def kind_label(self, target: Target) -> str:
        return in_language(registry.driver(target.kind).label)


class EnvironmentForm(NeedsMixin):
    """What operators describe of an environment."""

    def clean_expires_on(self) -> Any:
        """A last day that is set anew has not passed where its plan is made, and is none of another age."""
        day, now = self.cleaned_data["expires_on"], timezone.now()
        if day and "expires_on" in self.changed_data:
            today = expiry.today(self.cleaned_data.get("schedule"), self.cleaned_data.get("timezone", ""), now)
            if day < today:
                raise forms.ValidationError(gettext("This day has passed. To stop it for good today, choose today."))
            refuse_another_age(day, now)
        return day

    def clean_honour_windows(self) -> bool:
        """Without a schedule its plan leaves it as it is: nothing would stop it after a window."""
        honours: bool = self.cleaned_data["honour_windows"]
        if honours and "schedule" not in self.errors and not self.cleaned_data.get("schedule"):
            raise forms.ValidationError(gettext("Choose a schedule as well: without one nothing stops it afterwards."))
        return honours


@admin.register(Environment)
class EnvironmentAdmin(ScopedAdmin[Environment]):
    environment_path = ""
    list_display = ["page_link", "team", "shown_state", "schedule", "next_change", "edit_link"]
    list_display_links = None
    list_filter = [
        "state",
        ("team", admin.RelatedOnlyFieldListFilter),
        ("schedule", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["team", "schedule"]
    list_per_page = 50
    search_fields = ["name", "slug", "team__name"]
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "team", "description", "schedule", "timezone")}),
        (_("Dependencies"), {"fields": ("needs",)}),
        (_("Before it stops"), {"fields": ("warn_minutes", "contacts")}),
        (_("Limits and end"), {"fields": ("max_hold_hours", "expires_on")}),
        (_("Early start"), {"fields": ("start_early", "start_early_cap")}),
        (_("Maintenance"), {"fields": ("honour_windows",)}),
        (_("New images"), {"fields": ("on_push", "push_hour")}),
    )
    autocomplete_fields = ["needs"]
    form = EnvironmentForm
    empty_text = _("An environment is what people switch on and off.")

    def get_inlines(self, request: HttpRequest, obj: Environment | None) -> Any:
        return [TargetInline, StatusPageInline] if obj else []

    def get_list_display(self, request: HttpRequest) -> Any:
        may_edit = self.has_change_permission(request)
        return self.list_display if may_edit else [name for name in self.list_display if name != "edit_link"]

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "timezone":
            kwargs["widget"] = zone_select(gettext("that of its schedule"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[forms.ModelForm[Environment]]:
        """The form of this request's editor: whom it may need, and what it names, depends on who asks."""
        form = super().get_form(request, *args, **kwargs)
        return type(form.__name__, (form,), {"editor": request.user})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "needs":
            kwargs["queryset"] = Environment.objects.visible_to(request.user)
        elif db_field.name == "contacts":
            # Of people only their names: who describes environments need not see how they are reached.
            kwargs |= {"queryset": Contact.objects.order_by("name", "pk"), "widget": SearchSelectMultiple}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("name"), ordering="name")
    def page_link(self, environment: Environment) -> SafeString:
        return link(reverse("environments:page", args=[environment.slug]), environment.name)

    @display(description=_("state"), ordering="state")
    def shown_state(self, environment: Environment) -> SafeString:
        if environment.drift_since and environment.wish != environment.state:
            return toned(_("Changed outside"), STATE_TONES[State.UNKNOWN])
        return toned(environment.get_state_display(), STATE_TONES[State(environment.state)])

    @display(description=_("next change"), ordering="next_transition_at")
    def next_change(self, environment: Environment) -> str:
        known = environment.next_transition_at if environment.schedule else None
        return at_places(known, environment.zone_name, timezone.now())

    @display(description="")
    def edit_link(self, environment: Environment) -> SafeString:
        return link(reverse("admin:environments_environment_change", args=[environment.pk]), _("Edit"))

    def save_model(
        self, request: HttpRequest, obj: Environment, form: forms.ModelForm[Environment], change: bool
    ) -> None:
        """Writes what was edited and no more: what workers note meanwhile stays. Its plan is read anew."""
        if "expires_on" in form.changed_data:
            obj.expiry_warned = None
        if change:
            told_anew = ["expiry_warned"] if "expires_on" in form.changed_data else []
            written = [name for name in form.changed_data if name not in LISTS]
            obj.save(update_fields=[*written, *told_anew])
            if {"timezone", "schedule"} & set(form.changed_data):
                cost_marks.mark_all(environment_ids=[obj.pk], now=timezone.now())
        else:
            obj.save()
        schedules.plan_changed([obj.pk], now=timezone.now())

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[Environment], formsets: Any, change: bool
    ) -> None:
        """What it needed before and what it needs now is judged again: some of it may be stopped now, some no more."""
        environment = form.instance
        before = set(environment.needs.values_list("pk", flat=True))
        super().save_related(request, form, formsets, change)
        if changed := before ^ set(environment.needs.values_list("pk", flat=True)):
            schedules.plan_changed(changed, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Environment) -> None:
        cost_days.finish(environments=[obj.pk], now=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Environment]) -> None:
        cost_days.finish(environments=queryset.values_list("pk", flat=True), now=timezone.now())
        super().delete_queryset(request, queryset)

    def response_post_save_add(self, request: HttpRequest, obj: Environment) -> HttpResponseRedirect:
        return redirect("environments:page", obj.slug)

    def response_post_save_change(self, request: HttpRequest, obj: Environment) -> HttpResponseRedirect:
        return redirect("environments:page", obj.slug)

    def get_deleted_objects(
        self, objs: Iterable[Environment], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Names and numbers: the history may have many thousands of rows. Refused while an operation is under way.

        Only the portal forgets them: AWS keeps what is there, and the question says so.
        """
        rows = list(objs)
        history = Operation.objects.filter(environment__in=rows)
        under_way = history.unfinished().select_related("environment")
        busy = [gettext("%(name)s: an operation is under way") % {"name": one.environment} for one in under_way]
        targets = Target.objects.filter(environment__in=rows)
        shown: list[Any] = []
        for row in rows:
            left = (target.identifier for target in targets if target.environment_id == row.pk)
            shown += [row.name, [gettext("%(target)s stays as it is in AWS") % {"target": name} for name in left]]
        counts = {
            gettext("environments"): len(rows),
            gettext("targets"): len(targets),
            gettext("operations"): history.count(),
            gettext("tickets"): Ticket.objects.filter(environment__in=rows).count(),
        }
        counts = {name: count for name, count in counts.items() if count}
        forbidden = set() if self.has_delete_permission(request) else {gettext("environment")}
        return shown, counts, forbidden, busy
