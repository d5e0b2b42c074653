"""How long events are kept, with what was sent of them."""

from datetime import datetime, timedelta

from django.conf import settings

from notifications.models import Delivery, Event

AT_ONCE = 500
"""Events that one step removes: what else writes waits for no longer than that takes."""


def prune_events(now: datetime) -> int:
    """Removes events of more than EVENT_DAYS ago with their deliveries, tries, uses of links and escalations, in small
    steps, oldest first; says how many events. One of which something is still to be sent stays until the next night.
    """
    unfinished = Delivery.objects.filter(status__in=Delivery.UNFINISHED).values("event")
    old = Event.objects.filter(at__lt=now - timedelta(days=settings.EVENT_DAYS)).exclude(pk__in=unfinished)
    removed = 0
    while ids := list(old.order_by("at").values_list("pk", flat=True)[:AT_ONCE]):
        removed += Event.objects.filter(pk__in=ids).delete()[1].get(Event._meta.label, 0)  # noqa: SLF001
    return removed
