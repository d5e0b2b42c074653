"""Filters of the log pages."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from notifications import kinds
from notifications.admin.unfolded import DropdownFilter, TextFilter
from notifications.models import Channel, Event


class KindFilter(DropdownFilter):
    """By the kind of event, in the words of the catalogue."""

    title = _("event")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every declared kind."""
        return [(kind, str(label)) for kind, label in kinds.catalogue().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Events of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class EnvironmentFilter(TextFilter):
    """By the environment that an event is about."""

    title = _("environment")
    parameter_name = "environment"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Events with that environment among their labels."""
        value = (self.value() or "").strip()
        return queryset.filter(labels__environment=value) if value else queryset


class ChannelFilter(DropdownFilter):
    """By channel; a filter of our own so that its names are read without opening the channels' settings."""

    title = _("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every channel by name."""
        return [(str(pk), name) for pk, name in Channel.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Deliveries over the chosen channel."""
        value = self.value()
        return queryset.filter(channel_id=int(value)) if value and value.isdecimal() else queryset
