"""Who people are in chats: linked by themselves, unlinked by an administrator."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from notifications.addresses import masked
from notifications.models import ChatPerson
from notifications.models.contact import EMAIL
from portal.moments import stamp
from portal.unfolded import ModelAdmin, display


@admin.register(ChatPerson)
class ChatPersonAdmin(ModelAdmin[ChatPerson]):
    """Looked at, and unlinked by deleting: from then on only a code links them again."""

    list_display = ("shown_name", "app", "user", "how", "since")
    list_select_related = ("app", "user")
    search_fields = ("name", "user__username", "app__name")
    fields = readonly_fields = ("shown_name", "known_as", "app", "user", "how", "since")
    empty_text = _("People appear here once they link their account: Preferences, Chat, “Make a code”.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: people link themselves, and prove by it who they are."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChatPerson]:
        """Without the secrets of their apps."""
        return super().get_queryset(request).defer("app__config")

    @display(description=_("name there"), ordering="name")
    def shown_name(self, person: ChatPerson) -> str:
        """What the platform called them when they were linked."""
        return person.name or self.known_as(person)

    @display(description=_("known there as"))
    def known_as(self, person: ChatPerson) -> str:
        """Addresses are masked, as everywhere."""
        return masked(EMAIL, person.external_id) if "@" in person.external_id else person.external_id

    @display(description=_("since"), ordering="linked_at")
    def since(self, person: ChatPerson) -> str:
        """By the reader's clock."""
        return stamp(person.linked_at)
