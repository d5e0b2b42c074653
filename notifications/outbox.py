"""What is owed to whom: events become deliveries here, inside the transaction of what happened.

`fanout` knows who hears of an event, `owing` when; `dispatch` sends. Nothing here speaks to the outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from notifications import escalations, fanout, offers, owing, texts, threads, wakeups
from notifications.models import Channel, Contact, Delivery, Event, Severity
from notifications.reaching import Recipient
from notifications.routing import Announcement, Why
from notifications.texts import Text
from notifications.timing import GIVE_UP_AFTER

__all__ = ["CHANNEL_OFF", "GIVE_UP_AFTER", "TEST", "owe", "publish", "send_again", "send_test"]

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
    thread: str = "",
    ends_thread: bool = False,
    follows: bool = False,
    until: datetime | None = None,
    offer: offers.Offer | None = None,
    concerned: Iterable[int] = (),
) -> Event:
    """Writes down that something happened, and who is to hear of it. Call it inside the transaction that made it
    happen.

    Texts are plain strings, lazy translations (see `texts.filled` for places to fill) or mappings of language to text;
    they are rendered now, in each language of the portal. `labels["environment"]` also orders messages: those of one
    environment arrive in each channel in the order of their publishing. `link` is a path of the portal. A `dedupe_key`
    that was used before returns that event and sends nothing.

    `thread` names the matter that it belongs to ("check-12"): the same again is counted by channels that fold. With
    `ends_thread` the matter is over: whoever was owed something of it since it was over last hears of that, whatever
    rules say, and nobody is asked about it any more. With `follows` they hear of it, and the matter goes on. `until`:
    it is sent before, or not at all. `offer` is what its readers can do by a link. `concerned` are contacts who hear of
    it whether or not a rule says so.

    Nothing is sent before the caller's transaction commits, and nothing at all when it does not. A broker that is away
    is logged and otherwise ignored. Costs a fixed number of queries. Raises ValueError for a naive `now` or `until`, an
    unknown severity, a link that is no path, and an end without a thread.
    """
    if now.utcoffset() is None or (until is not None and until.utcoffset() is None):
        raise ValueError("`now` and `until` need a time zone.")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError("`link` must be a path of the portal.")
    if (ends_thread or follows) and not thread:
        raise ValueError("What ends or follows a matter names its `thread`.")
    severity = Severity(severity)
    values = {
        "kind": kind,
        "severity": severity,
        "labels": dict(labels),
        "title": texts.render(title),
        "body": texts.render(body),
        "fields": [{"name": texts.render(name), "value": texts.render(value)} for name, value in fields],
        "link": link,
        "actor": actor[:200],
        "at": now,
        "thread": threads.thread_of(
            thread, kind=kind, severity=severity, environment=str(labels.get("environment", ""))
        ),
        "ends_thread": ends_thread,
        "until": until,
        "offer": offer.as_json() if offer else None,
    }
    with transaction.atomic():
        if dedupe_key:
            event, created = Event.objects.get_or_create(dedupe_key=dedupe_key, defaults=values)
        else:
            event, created = Event.objects.create(**values), True
        if created:
            _tell(event, concerned, now, follows=follows or ends_thread)
    return event


def owe(
    event: Event, recipients: Iterable[Recipient], now: datetime, *, not_before: datetime | None = None
) -> list[int]:
    """Owes an event to these recipients as well, and wakes workers when that is committed; returns the ids of what is
    owed. Who was owed it before over the same channel is left out; but who is told by name now, and would have got it
    later (in a digest, after quiet hours, gathered), gets it as a message of its own. Call it inside a transaction."""
    asked = list(recipients)
    rows = event.deliveries.only("channel_id", "recipient", "status", "why", "bundle", "not_before")
    there = {(row.channel_id, row.recipient): row for row in rows}
    new = [one for one in asked if (one.channel_id, one.key) not in there]
    again = [(there[one.channel_id, one.key], one) for one in asked if (one.channel_id, one.key) in there]
    put_off = [(row, one) for row, one in again if owing.is_put_off(row, one, now)]
    known = fanout.facts(one.contact_id for one in (*new, *(one for _row, one in put_off)) if one.contact_id)
    owed = owing.owe(event, new, known, now, not_before=not_before)
    owed += owing.hurry(event, put_off, known, now, not_before=not_before)
    _wake(owed, now)
    return [delivery.pk for delivery in owed]


def send_test(*, channel: Channel, actor: str, now: datetime, contact: Contact | None = None) -> int:
    """Owes one test message to `channel` alone, even when it is switched off; returns the id of the delivery.

    A channel that writes to people needs the `contact` who is to get it. Nobody is woken for it: the caller is there to
    `dispatch.deliver` it at once and to see how it went. (The sweep would.)
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
        asked = Recipient(channel.pk, contact.pk if contact else None, Why.ASKED)
        # Whoever asks for it now is not spared by their own quiet hours.
        (delivery,) = owing.owe(event, [asked], fanout.Facts({}, {}), now)
    return delivery.pk


def send_again(*, delivery: Delivery, now: datetime) -> bool:
    """Owes a failed or unknown delivery once more, with a fresh deadline. False when it is in another state by now, or
    when it is no news any more."""
    until, deadline = delivery.event.until, now + GIVE_UP_AFTER
    if until is not None and until <= now:
        return False
    with transaction.atomic():
        reopened = delivery.reopen(now, min(deadline, until) if until else deadline)
        if reopened:
            transaction.on_commit(partial(wakeups.wake, [delivery.pk]))
    return reopened


def _tell(event: Event, concerned: Iterable[int], now: datetime, *, follows: bool) -> None:
    """Owes a new event to whom it is to be told, and asks the groups that rules name. The end of a matter asks
    nobody."""
    if event.ends_thread:
        # First: who was about to be asked hears of neither the begin nor the end.
        escalations.over(event.thread, now)
    found, known = fanout.find(
        Announcement(event.kind, event.severity, event.labels),
        now,
        concerned=concerned,
        followers=threads.followers(event) if follows else (),
    )
    _wake(owing.owe(event, found.recipients, known, now), now)
    if found.groups and not event.ends_thread:
        asked = threads.asked_already(event, [group_id for group_id, _rule in found.groups])
        groups = [one for one in found.groups if one[0] not in asked]
        escalations.begin(event=event, groups=groups, now=now)


def _wake(owed: Iterable[Delivery], now: datetime) -> None:
    """What waits is found by the sweep when its time has come."""
    due = [one.pk for one in owed if one.status == Delivery.Status.PENDING and one.not_before <= now]
    transaction.on_commit(partial(wakeups.wake, due))
