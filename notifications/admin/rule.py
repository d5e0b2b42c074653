"""Rules: which events are told where and to whom, with what they would have done before they are saved."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.admin import displays, told
from notifications.admin.rule_form import RuleForm
from notifications.admin.rule_preview import preview
from notifications.models import Rule
from portal.previewing import PreviewingAdmin
from portal.unfolded import SearchSelect, display


@admin.register(Rule)
class RuleAdmin(PreviewingAdmin[Rule]):
    """A rule in words; its form says who would have heard of the last events."""

    form = RuleForm
    list_display = ("name", "events", "hears", "state")
    list_filter = ("is_on",)
    list_per_page = 50
    search_fields = ("name", "channels__name", "contacts__name", "groups__name")
    search_help_text = _("Searches rules, channels, people and groups.")
    autocomplete_fields = ("contacts", "groups")
    fieldsets = (
        (None, {"fields": ("name", "is_on")}),
        (_("Which events"), {"fields": ("event_kinds", "severities", "environments", "teams")}),
        (pgettext_lazy("rule", "When"), {"fields": ("weekdays", "hours_from", "hours_until", "timezone")}),
        (_("Who hears of it"), {"fields": ("channels", "contacts", "groups", "its_people")}),
    )
    change_form_after_template = "notifications/rule_what_if.html"
    empty_text = _("A rule says who hears of what, such as: failures of chat at once to those on call.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        """With whom they tell."""
        return super().get_queryset(request).prefetch_related("channels", "contacts", "groups")

    def get_form(self, request: HttpRequest, obj: Rule | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Who may only look reads values, not fields."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        kwargs.setdefault("form", self.form if may else forms.ModelForm)
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Time zones are found by typing."""
        if db_field.name == "timezone":
            kwargs["widget"] = SearchSelect(choices=[(zone, zone) for zone in sorted(available_timezones())])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: forms.ModelForm[Rule], formsets: Any, change: bool) -> None:
        """The time of the change moves for lists as well: by it other processes see that they know an older rule."""
        super().save_related(request, form, formsets, change)
        Rule.objects.filter(pk=form.instance.pk).update(changed_at=timezone.now())

    def previewed(self, request: HttpRequest, saved: Rule | None) -> HttpResponse:
        """Who would have heard of the last events by the rule as it is typed."""
        # The form of the page itself, so that what is refused here is what saving would refuse.
        form = self.get_form(request, saved, change=saved is not None)(request.POST, instance=saved or Rule())
        return preview(request, form)

    @display(description=_("events"))
    def events(self, rule: Rule) -> str:
        """Which, in words."""
        return told.what(rule)

    @display(description=_("who hears of it"))
    def hears(self, rule: Rule) -> str:
        """Channels, people, groups."""
        return f"→ {told.whom(rule)}"

    @display(description=_("state"), ordering="is_on")
    def state(self, rule: Rule) -> SafeString:
        """On or off."""
        if rule.is_on:
            return displays.badge(pgettext_lazy("channel", "On"), "success")
        return displays.badge(pgettext_lazy("channel", "Off"), "default")
