"""What was asked in chats, and what was answered: a log."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from notifications.admin import displays
from notifications.admin.filters import MomentFilter
from notifications.admin.readonly import LogAdmin
from notifications.chat.following import FOLLOWED
from notifications.chat.typed import unmarked
from notifications.models import ChatApp, ChatRequest
from notifications.texts import here
from portal.moments import stamp
from portal.unfolded import ChoicesDropdownFilter, DropdownFilter, display

_VARIANTS: Final[dict[str, str]] = {
    ChatRequest.State.RECEIVED: "info",
    ChatRequest.State.ANSWERED: "success",
    ChatRequest.State.CONFIRMING: "warning",
    ChatRequest.State.REFUSED: "warning",
    ChatRequest.State.EXPIRED: "default",
}


class AppFilter(DropdownFilter):
    """By app; a filter of our own so that names are read without opening the apps' settings."""

    title = _("chat app")
    parameter_name = "app"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every app by name."""
        return [(str(pk), name) for pk, name in ChatApp.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Requests in the chosen app."""
        value = self.value()
        return queryset.filter(app_id=int(value)) if value and value.isdecimal() else queryset


@admin.register(ChatRequest)
class ChatRequestAdmin(LogAdmin[ChatRequest]):
    """Requests, newest first. Codes and secrets of the platforms are never shown."""

    list_display = ("when", "app", "who", "user", "asked", "condition")
    list_display_links = ("when",)
    list_select_related = ("app", "user")
    list_filter = (AppFilter, ("state", ChoicesDropdownFilter), ("received_at", MomentFilter))
    search_fields = ("text", "name", "user__username")
    fields = readonly_fields = ("when", "app", "who", "user", "asked", "condition", "answered", "later")

    class Media:
        css: ClassVar = {"all": ["portal/records.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChatRequest]:
        """Without secrets: they are not even read."""
        return super().get_queryset(request).defer("reply_to", "app__config")

    @display(description=_("at"), ordering="received_at")
    def when(self, row: ChatRequest) -> str:
        """Day, time and zone by the reader's clock."""
        return stamp(row.received_at)

    @display(description=_("name there"), ordering="name")
    def who(self, row: ChatRequest) -> str:
        """What the platform calls them."""
        return row.name or "–"

    @display(description=_("asked"))
    def asked(self, row: ChatRequest) -> str:
        """As it was typed, without the keyword."""
        return row.text or "–"

    @display(description=_("state"), ordering="state")
    def condition(self, row: ChatRequest) -> SafeString:
        """How far it is."""
        return displays.badge(row.get_state_display(), _VARIANTS.get(row.state, "default"))

    @display(description=_("answer"))
    def answered(self, row: ChatRequest) -> SafeString | str:
        """In the reader's language. What asks for a confirmation is shown by its title, without the code."""
        return _shown(row.answer, whole=not row.answer.get("confirm"))

    @display(description=_("said later"))
    def later(self, row: ChatRequest) -> SafeString | str:
        """What became of it, as it was told; a dash where nothing was."""
        return _shown(row.answer.get(FOLLOWED, {}), whole=not row.answer.get("confirm"))


def _shown(kept: dict[str, Any], *, whole: bool) -> SafeString | str:
    if "title" not in kept:
        return "–"
    facts = [(unmarked(here(name)), unmarked(here(value))) for name, value in kept["fields"]] if whole else []
    lines = format_html_join("", "<div>{}: {}</div>", facts)
    body = unmarked(here(kept["body"])) if whole else ""
    return format_html(
        '<div><b>{}</b></div><div class="whitespace-pre-line">{}</div>{}', unmarked(here(kept["title"])), body, lines
    )
