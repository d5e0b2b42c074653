"""Who hears of an event, from what is in the database. Reads only: a preview asks the same questions.

A fixed number of queries, however many rules, channels and contacts there are; no address is opened for it, since
`Contact.reachable_by` names the kinds that there are. Rules are kept in memory from one event to the next: one query
sees whether they are still true.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from datetime import time as clock
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max

from notifications import audience, reaching
from notifications.models import Channel, Contact, Rule
from notifications.quiet import DIGEST_AT
from notifications.reaching import Fanout, Person, Recipient
from notifications.routing import Announcement, Listener, RuleBook, RuleFacts, Why
from notifications.senders import registry

__all__ = ["Facts", "Fanout", "Recipient", "book", "facts", "recipients", "ways_to"]

KEPT_SECONDS: Final = 30
"""How long rules are kept in memory at most. Two edits that overlap, or clocks that differ, could hide one from the
look at what has changed; so nothing wrong lasts longer than this."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the channels that are on, and of the people in question who get messages."""

    listeners: Mapping[int, Listener]
    people: Mapping[int, Person]


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: tuple[Any, ...]
    read_at: float
    book: RuleBook


_kept: list[_Kept] = []


def book() -> RuleBook:
    """The rules that are switched on. One query while there are none or all are as they were, five when they have
    changed."""
    mark = _mark()
    kept = _kept[0] if _kept else None
    if not mark[1]:
        return RuleBook(())
    if kept is None or kept.mark != mark or time.monotonic() - kept.read_at > KEPT_SECONDS:
        kept = _Kept(mark, time.monotonic(), RuleBook(_rules()))
        _kept[:] = [kept]
    return kept.book


def recipients(
    *,
    announcement: Announcement,
    at: datetime,
    concerned: Iterable[int] = (),
    rules: RuleBook | None = None,
) -> Fanout:
    """Who would hear of an event of that moment, in at most four queries and those of `audience`. No side effects.

    `rules` in the place of those that are stored: for the preview of one that is not saved yet.
    """
    return find(announcement, at, concerned=concerned, rules=rules)[0]


def find(
    announcement: Announcement,
    at: datetime,
    *,
    concerned: Iterable[int] = (),
    followers: Sequence[Recipient] = (),
    rules: RuleBook | None = None,
) -> tuple[Fanout, Facts]:
    """As `recipients`, with the facts that it was judged by, and with those who heard of the begin of what ends."""
    matching = (rules or book()).matching(announcement, at)
    its_people = audience.people_of(announcement.labels) if any(rule.its_people for rule in matching) else ()
    named = dict.fromkeys(concerned)
    asked = {
        *its_people,
        *named,
        *(one for rule in matching for one in rule.contacts),
        *(one.contact_id for one in followers if one.contact_id is not None),
    }
    known = facts(asked)
    found = reaching.hearers(
        announcement,
        rules=matching,
        listeners=known.listeners,
        people=known.people,
        its_people=its_people,
        concerned=tuple(named),
        followers=followers,
    )
    return found, known


def facts(contact_ids: Iterable[int]) -> Facts:
    """What is known of the channels that are on, and of those of these contacts who get messages. Two queries, or one
    where nobody is asked about."""
    return Facts(_listeners(), _people(set(contact_ids)))


def ways_to(
    contact_ids: Iterable[int],
    *,
    severity: str,
    why: Why,
    channel_ids: Sequence[int] = (),
    rule_name: str = "",
) -> tuple[Recipient, ...]:
    """The messages that tell these contacts something, whatever rules say: over those of `channel_ids` that reach
    them, else over their own (the urgent one for errors). Whoever gets no messages has none. Two queries."""
    asked = list(contact_ids)
    known = facts(asked)
    return reaching.ways_to(
        asked,
        severity=severity,
        why=why,
        listeners=known.listeners,
        people=known.people,
        channel_ids=channel_ids,
        rule_name=rule_name,
    )


def _mark() -> tuple[Any, ...]:
    """What changes with the rules: the database, since a process may come to use another one; how many there are; and
    the newest and latest changed."""
    seen = Rule.objects.aggregate(rules=Count("pk"), newest=Max("pk"), changed=Max("changed_at"))
    return connection.settings_dict["NAME"], seen["rules"], seen["newest"], seen["changed"]


def _rules() -> list[RuleFacts]:
    channels = _chosen(Rule.channels.through, "channel_id")
    contacts = _chosen(Rule.contacts.through, "contact_id")
    groups = _chosen(Rule.groups.through, "contactgroup_id")
    return [
        replace(
            facts_of(rule),
            channels=tuple(channels[rule.pk]),
            contacts=tuple(contacts[rule.pk]),
            groups=tuple(groups[rule.pk]),
        )
        for rule in Rule.objects.filter(is_on=True)
    ]


def _chosen(through: Any, column: str) -> defaultdict[int, list[int]]:
    """What each rule has chosen, by ids: the rows themselves would be read, and contacts' addresses opened."""
    chosen: defaultdict[int, list[int]] = defaultdict(list)
    for rule_id, chosen_id in through.objects.filter(rule__is_on=True).order_by("pk").values_list("rule_id", column):
        chosen[rule_id].append(chosen_id)
    return chosen


def facts_of(rule: Rule) -> RuleFacts:
    """A rule as routing knows it, saved or not, without its lists (channels, contacts, groups)."""
    return RuleFacts(
        rule_id=rule.pk or 0,
        name=rule.name,
        kinds=frozenset(rule.event_kinds),
        severities=frozenset(rule.severities),
        environments=frozenset(rule.environments),
        teams=frozenset(rule.teams),
        hours=_hours(rule),
        weekdays=frozenset(int(day) for day in rule.weekdays),
        zone=rule.timezone,
        its_people=rule.its_people,
    )


def _hours(rule: Rule) -> tuple[clock, clock] | None:
    if rule.hours_from is None or rule.hours_until is None:
        return None
    return rule.hours_from, rule.hours_until


def _listeners() -> dict[int, Listener]:
    rows = Channel.objects.filter(enabled=True).order_by("pk")
    return {
        pk: Listener(
            pk,
            event_kinds=frozenset(kinds),
            address=_address_of(kind),
            gather_seconds=gather_seconds,
            fold_minutes=fold_minutes,
        )
        for pk, kind, kinds, gather_seconds, fold_minutes in rows.values_list(
            "pk", "kind", "event_kinds", "gather_seconds", "fold_minutes"
        )
    }


def _address_of(kind: str) -> str:
    """Which addresses a kind of channel writes to. A kind that is gone is taken for a place: dispatch says what is
    wrong with it."""
    return registry.sender(kind).address if kind in registry.SENDERS else ""


def _people(contact_ids: set[int]) -> dict[int, Person]:
    if not contact_ids:
        return {}
    getting = Contact.objects.filter(pk__in=contact_ids, is_on=True, left_at__isnull=True)
    rows = getting.exclude(user__is_active=False).values_list(
        *("pk", "reachable_by", "channel_id", "urgent_channel_id", "timezone"),
        *("quiet_from", "quiet_until", "digest", "digest_at"),
    )
    return {
        pk: Person(
            pk,
            reachable_by=frozenset(reachable_by),
            channel=channel,
            urgent_channel=urgent_channel,
            zone=zone,
            # Midnight is a time of day, and false.
            quiet=(begin, end) if begin is not None and end is not None else None,
            digest=digest,
            digest_at=DIGEST_AT if digest_at is None else digest_at,
        )
        for pk, reachable_by, channel, urgent_channel, zone, begin, end, digest, digest_at in rows.order_by("pk")
    }
