"""Who gets which mails of tickets, beside those of their own; operators say so."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy

from environments.models import TicketRule
from portal.unfolded import ModelAdmin, display

from .displays import name_of


@admin.register(TicketRule)
class TicketRuleAdmin(ModelAdmin[TicketRule]):
    list_display = ["who", "of_team", "of_kind", "hears"]
    list_select_related = ["reader", "team"]
    list_filter = ["kind", "hears", "team"]
    search_fields = ["reader__username", "reader__first_name", "reader__last_name", "team__name"]
    search_help_text = gettext_lazy("Searches people and teams.")
    fields = ["reader", "team", "kind", "hears"]
    list_per_page = 50
    empty_text = gettext_lazy(
        "Nobody gets mails of tickets by a rule. Authors, assignees and watchers hear of theirs in any case."
    )

    @display(description=gettext_lazy("reader"), ordering="reader__username")
    def who(self, rule: TicketRule) -> str:
        return name_of(rule.reader)

    @display(description=gettext_lazy("team"), ordering="team__name")
    def of_team(self, rule: TicketRule) -> str:
        return str(rule.team or gettext("All teams"))

    @display(description=gettext_lazy("kind"), ordering="kind")
    def of_kind(self, rule: TicketRule) -> str:
        return rule.get_kind_display() or gettext("Incidents and tasks")

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: TicketRule | None = None,
    ) -> HttpResponse:
        context |= {"crumb": f"{self.who(obj)}: {obj.get_hears_display()}"} if obj else {}
        return super().render_change_form(request, context, add, change, form_url, obj)
