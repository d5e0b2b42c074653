"""A channel over which nothing arrives any more, though it has not been switched off: who hears of that, and when it
works again.

Looked at by the sweep, so that it is said as well where nothing is left to try. Once for each time: the matter
`channel-<id>-silent` begins and ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications import channel_health, outbox
from notifications.backoff import LONGEST
from notifications.models import Channel, Event, Severity
from notifications.models.channel import TRIPS_AT, rest_after
from notifications.texts import filled, lazily

SILENT: Final = "notifications.channel_silent"
WORKS: Final = "notifications.channel_works"

SAID_AFTER: Final = LONGEST
"""A rest that long, or that long without a try since the channel rests: whoever mends it is to know."""

_FAILURES: Final = next(number for number in range(TRIPS_AT, 100) if rest_after(number) >= SAID_AFTER)


def tell_of_silence(now: datetime) -> int:
    """Tells of each channel that is on and over which nothing has arrived for a while, once, and its owner over another
    one; says of how many. One query where all is well."""
    for_long = Q(failures__gte=_FAILURES) | Q(failures__gte=TRIPS_AT, last_error_at__lte=now - SAID_AFTER)
    return sum(_tell(channel, now) for channel in Channel.objects.filter(for_long, enabled=True).defer("config"))


def tell_it_works(channel: Channel, now: datetime) -> None:
    """A message has arrived: if people were told that none does, they hear of that. `channel` is as it was read before;
    no query, and nothing to do, where it knows of no failure."""
    if channel.last_error_at is None:
        return
    began = _last(channel)
    if began is None or began.ends_thread:
        return
    outbox.publish(
        kind=WORKS,
        severity=Severity.SUCCESS,
        labels={"channel": channel.name},
        title=filled(_("Channel “%(name)s” works again"), name=channel.name),
        link=channel_health.page_of(channel),
        now=now,
        thread=began.thread,
        ends_thread=True,
        dedupe_key=f"{began.thread}-over-{began.pk}",
    )


def _tell(channel: Channel, now: datetime) -> bool:
    last = _last(channel)
    if last is not None and not last.ends_thread:
        return False
    thread = _thread(channel)
    with transaction.atomic():
        event = outbox.publish(
            kind=SILENT,
            severity=Severity.ERROR,
            labels={"channel": channel.name},
            title=filled(_("Nothing arrives over channel “%(name)s”"), name=channel.name),
            body=filled(
                _("Failures in a row: %(number)s. The last: %(reason)s It is tried again by itself."),
                number=channel.failures,
                reason=lazily(channel.last_error),
            ),
            link=channel_health.page_of(channel),
            now=now,
            thread=thread,
            # Of two sweeps at once, one tells.
            dedupe_key=f"{thread}-{last.pk if last else 0}",
        )
        channel_health.tell_owner(channel, event, now)
    return True


def _last(channel: Channel) -> Event | None:
    return Event.objects.filter(~Q(thread=""), thread=_thread(channel)).order_by("-pk").first()


def _thread(channel: Channel) -> str:
    return f"channel-{channel.pk}-silent"
