"""May a channel be used now: its rest after failures, its pace and its daily limit. And who hears when it may not.

Each is one condition in one UPDATE (or, for the limit, a count under the channel's row lock), so that any number of
workers keep to it together. Nothing here sends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from notifications import fanout, outbox, texts
from notifications.models import Channel, Delivery, DeliveryAttempt, Event, Severity
from notifications.models.delivery import LEASE
from notifications.routing import Why
from notifications.texts import Text, Texts, filled, lazily

CHANNEL_CAPPED: Final = "notifications.channel_capped"

LIMIT_REACHED = _("The channel's limit of the day was reached.")
MINUTE: Final = timedelta(minutes=1)
AT_ONCE: Final = 4
"""A quarter of what a minute may have goes out at once, the rest evenly: so no minute ever has more than that."""


class Turn(Enum):
    """What a channel says to one more message."""

    YES = auto()
    NOT_NOW = auto()
    CAPPED = auto()


def take_turn(channel: Channel, now: datetime) -> Turn:
    """Ask to send a message that has just been claimed, and count it. Call it inside the transaction of the claim, and
    undo that unless the answer is yes.

    Nothing is written for a channel without pace, limit and rest.
    """
    if channel.daily_cap and _sent_today(channel, now) > channel.daily_cap:
        return Turn.CAPPED
    if channel.has_tripped and not _is_the_one_try(channel, now):
        return Turn.NOT_NOW
    rate = rate_of(channel)
    return Turn.YES if rate is None or _is_in_pace(channel, rate, now) else Turn.NOT_NOW


def rate_of(channel: Channel) -> int | None:
    """Messages a minute: the channel's own limit, else that of its service; None: no limit."""
    if channel.per_minute:
        return channel.per_minute
    try:
        return channel.sender.per_minute
    except KeyError:
        return None


def standing(channel: Channel, now: datetime) -> Text:
    """Why a channel that is on sends nothing just now, as “Rests until 10:05: 7 failures in a row”, or ""."""
    until = channel.paused_until
    if not channel.enabled or until is None or until <= now:
        return ""
    if not channel.has_tripped:
        return filled(_("Waits until %(until)s: its service asked for that."), until=_clock(until))
    said = ngettext_lazy(
        "Rests until %(until)s: %(number)s failure in a row. Then it is tried with one message.",
        "Rests until %(until)s: %(number)s failures in a row. Then it is tried with one message.",
        channel.failures,
    )
    return filled(said, until=_clock(until), number=channel.failures)


def drop_beyond(channel: Channel, now: datetime) -> int:
    """The limit of the day is reached: what is due is not sent, and the owner hears of it once that day. Says how many
    messages that were."""
    due = Delivery.objects.filter(channel=channel, not_before__lte=now).exclude(why=Why.ASKED)
    dropped = due.drop(texts.render(LIMIT_REACHED))
    if dropped:
        tell_owner(
            channel,
            outbox.publish(
                kind=CHANNEL_CAPPED,
                severity=Severity.WARNING,
                labels={"channel": channel.name},
                title=filled(
                    _("Channel “%(name)s” has sent its %(limit)s messages of the day"),
                    name=channel.name,
                    limit=channel.daily_cap,
                ),
                body=_("What comes beyond is not sent until midnight. The deliveries list it."),
                link=page_of(channel),
                now=now,
                thread=f"channel-{channel.pk}-cap-{_today(now).date()}",
                dedupe_key=f"channel-{channel.pk}-cap-{_today(now).date()}",
            ),
            now,
        )
    return dropped


def tell_switched_off(channel: Channel, reason: Texts, now: datetime) -> None:
    """Nothing can arrive over a channel any more: the others hear of it, and its owner."""
    event = outbox.publish(
        kind=outbox.CHANNEL_OFF,
        severity=Severity.ERROR,
        labels={"channel": channel.name},
        title=filled(_("Channel “%(name)s” was switched off"), name=channel.name),
        body=filled(
            _("%(reason)s Correct its settings and switch it on again: what waits is then sent."), reason=lazily(reason)
        ),
        link=page_of(channel),
        now=now,
        thread=f"channel-{channel.pk}-off-{now.isoformat()}",
    )
    tell_owner(channel, event, now)


def tell_owner(channel: Channel, event: Event, now: datetime) -> None:
    """The owner hears of it over their own channel, never over the one that it is about; at most once of an event."""
    if channel.owner_id is None:
        return
    ways = fanout.ways_to([channel.owner_id], severity=event.severity, why=Why.OWNER)
    # Whom a rule owes it as part of a digest is told by name all the same: `owe` sees to both.
    outbox.owe(event, [way for way in ways if way.channel_id != channel.pk], now)


def page_of(channel: Channel) -> str:
    try:
        return reverse("admin:notifications_channel_change", args=[channel.pk])
    except NoReverseMatch:
        return ""


def _is_the_one_try(channel: Channel, now: datetime) -> bool:
    """A rest is over: one message tries, and the others wait for what comes of it, for as long as a worker may be at
    it."""
    rested = Channel.objects.sending(now).filter(pk=channel.pk, failures=channel.failures)
    return rested.update(paused_until=now + LEASE) == 1


def _is_in_pace(channel: Channel, rate: int, now: datetime) -> bool:
    """A leaky bucket (GCRA) in one column: `next_at` is when the next message may go. A quarter of a minute's messages
    may go at once, the others each `apart`; so that no span of a minute has more than `rate`."""
    at_once = max(1, rate // AT_ONCE)
    apart = MINUTE / (rate - at_once + 1)
    full = now - (at_once - 1) * apart
    ours = Channel.objects.filter(pk=channel.pk)
    if ours.filter(Q(next_at=None) | Q(next_at__lt=full)).update(next_at=full + apart):
        return True
    return ours.filter(next_at__gte=full, next_at__lte=now).update(next_at=F("next_at") + apart) == 1


def _sent_today(channel: Channel, now: datetime) -> int:
    """Messages of this day by the portal's clock that its service has or may have, and those under way. Holds the
    channel's row, so that nobody counts at the same time; of a bundle, one counts."""
    Channel.objects.select_for_update().only("pk").get(pk=channel.pk)
    midnight = _today(now)
    tries = DeliveryAttempt.objects.filter(
        delivery__channel=channel,
        delivery__sent_with=None,
        at__gte=midnight,
        # Nothing is tried a day after it was due; by this the database finds them.
        delivery__not_before__gte=midnight - outbox.GIVE_UP_AFTER,
    )
    outcome = DeliveryAttempt.Outcome
    return tries.filter(outcome__in=[outcome.STARTED, outcome.SENT, outcome.UNKNOWN]).count()


def _today(now: datetime) -> datetime:
    """Midnight, by the portal's clock."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)


def _said(at: datetime) -> str:
    """By the reader's clock; with the day where it is another one."""
    local, here = timezone.localtime(at), timezone.localtime()
    time = formats.date_format(local, "H:i")
    return time if local.date() == here.date() else f"{formats.date_format(local, 'SHORT_DATE_FORMAT')} {time}"


_clock = lazy(_said, str)
