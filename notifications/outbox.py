"""What is owed to whom: events become deliveries here, inside the transaction of what happened.

`dispatch` sends them. Nothing here speaks to the outside.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from notifications import texts, wakeups
from notifications.models import Channel, Delivery, Event, Severity
from notifications.routing import Announcement, Listener, Route, Why, route
from notifications.texts import Text

GIVE_UP_AFTER = timedelta(hours=24)
"""A message older than that is news to nobody; long enough for a night's outage to end first."""

TEST = "notifications.test"
CHANNEL_OFF = "notifications.channel_off"


def publish(
    *,
    kind: str,
    severity: Severity | str,
    labels: Mapping[str, str],
    title: Text,
    body: Text = "",
    fields: Iterable[tuple[Text, Text]] = (),
    link: str = "",
    actor: str = "",
    now: datetime,
    dedupe_key: str | None = None,
) -> Event:
    """Writes down that something happened, and who is to hear of it. Call it inside the transaction that made it
    happen.

    Texts are plain strings, lazy translations (see `texts.filled` for places to fill) or mappings of language to text;
    they are rendered now, in each language of the portal. `labels["environment"]` also orders messages: those of one
    environment arrive in each channel in the order of their publishing. `link` is a path of the portal. A `dedupe_key`
    that was used before returns that event and sends nothing.

    Nothing is sent before the caller's transaction commits, and nothing at all when it does not. A broker that is away
    is logged and otherwise ignored. Raises ValueError for a naive `now`, an unknown severity or a link that is no path.
    """
    if now.utcoffset() is None:
        raise ValueError("`now` needs a time zone.")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError("`link` must be a path of the portal.")
    values = {
        "kind": kind,
        "severity": Severity(severity),
        "labels": dict(labels),
        "title": texts.render(title),
        "body": texts.render(body),
        "fields": [{"name": texts.render(name), "value": texts.render(value)} for name, value in fields],
        "link": link,
        "actor": actor[:200],
        "at": now,
    }
    with transaction.atomic():
        if dedupe_key:
            event, created = Event.objects.get_or_create(dedupe_key=dedupe_key, defaults=values)
        else:
            event, created = Event.objects.create(**values), True
        if created:
            owed = _owe(event, route(Announcement(kind, event.severity, event.labels), _listeners()), now)
            transaction.on_commit(partial(wakeups.wake, owed))
    return event


def send_test(*, channel: Channel, actor: str, now: datetime) -> int:
    """Owes one test message to `channel` alone, even when it is switched off; returns the id of the delivery.

    Nobody is woken for it: the caller is there to `dispatch.deliver` it at once and to see how it went. (The sweep
    would.)
    """
    with transaction.atomic():
        event = Event.objects.create(
            kind=TEST,
            severity=Severity.INFO,
            labels={},
            title=texts.render(_("Test message")),
            body=texts.render(_("This channel works. You can switch it on for the events you want to hear of.")),
            actor=actor,
            at=now,
        )
        (delivery_id,) = _owe(event, (Route(channel.pk, Why.ASKED),), now)
    return delivery_id


def send_again(*, delivery: Delivery, now: datetime) -> bool:
    """Owes a failed or unknown delivery once more, with a fresh deadline. False when it is in another state by now."""
    with transaction.atomic():
        reopened = delivery.reopen(now, now + GIVE_UP_AFTER)
        if reopened:
            transaction.on_commit(partial(wakeups.wake, [delivery.pk]))
    return reopened


def _owe(event: Event, routes: Iterable[Route], now: datetime) -> list[int]:
    owed = Delivery.objects.bulk_create(
        Delivery(
            event=event,
            channel_id=found.channel_id,
            recipient=found.recipient,
            why=found.why,
            sequence=event.labels.get("environment", "")[:200],
            not_before=now,
            deadline_at=now + GIVE_UP_AFTER,
        )
        for found in routes
    )
    return [delivery.pk for delivery in owed]


def _listeners() -> list[Listener]:
    channels = Channel.objects.filter(enabled=True).order_by("pk").values_list("pk", "event_kinds")
    return [Listener(pk, event_kinds=frozenset(kinds)) for pk, kinds in channels]
