"""Who gets which mails of tickets, beside those of their own; operators say so."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from environments.models import TicketRule
from portal.unfolded import ModelAdmin


@admin.register(TicketRule)
class TicketRuleAdmin(ModelAdmin[TicketRule]):
    list_display = ["reader", "team", "kind", "hears"]
    list_select_related = ["reader", "team"]
    list_filter = ["kind", "hears", "team"]
    search_fields = ["reader__username", "reader__first_name", "reader__last_name", "team__name"]
    search_help_text = gettext_lazy("Searches people and teams.")
    fields = ["reader", "team", "kind", "hears"]
    list_per_page = 50
    empty_text = gettext_lazy(
        "Nobody gets mails of tickets by a rule. Authors, assignees and watchers hear of theirs in any case."
    )
