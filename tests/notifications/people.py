"""The cast of rules and messages: a room, mail and text messages; Minseo, Jihun and a group of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.models import Channel, Contact, ContactGroup, Delivery, Event, GroupMember, Rule

CONFIGS = {
    "discord": {"webhook_url": "https://discord.com/api/webhooks/1/abcdefghijklmnop"},
    "email": {},
    "sens": {"service_id": "ncp:sms:kr:1:daybreak", "access_key": "key", "secret_key": "secret", "sender": "021234567"},
}


def channel(name: str, kind: str, **fields: Any) -> Channel:
    return Channel.objects.create(name=name, kind=kind, **({"config": CONFIGS[kind]} | fields))


def room(name: str = "Team room", **fields: Any) -> Channel:
    """A place that hears of nothing by itself that is published here."""
    return channel(name, "discord", **({"event_kinds": ["nothing.of.this"]} | fields))


def mail(name: str = "Mail", **fields: Any) -> Channel:
    return channel(name, "email", **fields)


def sms(name: str = "SMS", **fields: Any) -> Channel:
    return channel(name, "sens", **fields)


def contact(name: str, email: str = "", phone: str = "", **fields: Any) -> Contact:
    made = Contact(name=name, **({"timezone": "Asia/Seoul", "language": "en"} | fields))
    made.set_addresses({"email": email, "phone": phone})
    made.save()
    return made


def minseo(name: str = "Minseo Kim", **fields: Any) -> Contact:
    """Reachable by mail and by phone."""
    return contact(name, "minseo@example.com", "+821012345678", **fields)


def jihun(**fields: Any) -> Contact:
    """Reachable by mail alone."""
    return contact("Jihun Lee", "jihun@example.com", **fields)


def group(name: str, *members: Contact) -> ContactGroup:
    made = ContactGroup.objects.create(name=name)
    for place, member in enumerate(members):
        GroupMember.objects.create(group=made, contact=member, after=5 * place)
    return made


def rule(
    name: str,
    *,
    to: Iterable[Channel] = (),
    people: Iterable[Contact] = (),
    groups: Iterable[ContactGroup] = (),
    **fields: Any,
) -> Rule:
    made = Rule.objects.create(name=name, **fields)
    # One by one: Django stores those of one call in the order of a set, which depends on what their ids happen to be.
    for chosen, ones in ((made.channels, to), (made.contacts, people), (made.groups, groups)):
        for one in ones:
            chosen.add(one)
    return made


def told(event: Event) -> list[tuple[str, str, str, str]]:
    """Over which channel, to whom ("" for a place), why, and by which rule."""
    return [
        (one.channel.name, one.contact.name if one.contact else "", one.why, one.rule_name)
        for one in event.deliveries.select_related("channel", "contact").order_by("pk")
    ]


def hearers(event: Event) -> Sequence[tuple[str, str]]:
    """Over which channel, to whom."""
    return [(place, name) for place, name, _why, _rule in told(event)]


def waits(delivery: Delivery, at: datetime) -> timedelta:
    """How long after `at` it is sent at the earliest."""
    return delivery.not_before - at


def utc(day: int, clock: str, *, month: int = 11, year: int = 2026) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(year, month, day, int(hours), int(minutes), tzinfo=UTC)
