"""Filters of the log pages."""

from datetime import datetime, time
from typing import Any, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import DateTimeField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from notifications import audience, kinds, labels
from notifications.models import Channel, Event
from portal.unfolded import DropdownFilter, RangeDateTimeFilter, TextFilter


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


class TeamFilter(DropdownFilter):
    """By team; who sees the events of their teams alone is offered no others."""

    title = _("team")
    parameter_name = "team"

    def has_output(self) -> bool:
        """Also without teams: what is asked for is never passed over."""
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every team there is, or one's own."""
        if request.user.has_perm("notifications.view_delivery"):
            return labels.choices("team")
        return [(name, name) for name in audience.teams_of(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Events with that team among their labels."""
        return queryset.filter(labels__team=self.value()) if self.value() else queryset


class MomentFilter(RangeDateTimeFilter):
    """By time, from and until, by the reader's clock; without a time of day the whole day counts."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Raises IncorrectLookupParameters for what is no time; the list then begins anew."""
        bounds = {f"{self.field_path}__gte": self._moment("from", time.min)}
        bounds[f"{self.field_path}__lte"] = self._moment("to", time.max)
        return queryset.filter(**{name: moment for name, moment in bounds.items() if moment is not None})

    def _moment(self, end: str, else_at: time) -> datetime | None:
        day = str(self.used_parameters.get(f"{self.field_path}_{end}_0") or "").strip()
        clock = str(self.used_parameters.get(f"{self.field_path}_{end}_1") or "").strip()
        if not day:
            return None
        try:
            at = DateTimeField().clean(f"{day} {clock or else_at.isoformat()}")
        except ValidationError as error:
            raise IncorrectLookupParameters from error
        return cast("datetime", at)


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
