"""From who hears of an event to the deliveries that are owed: folded, timed, bundled. Wakes nobody.

Messages of one environment keep their order: who is told something at once gets before it what was gathered for them
until then. That is among what is returned, first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from notifications import gathering, texts, threads
from notifications import news as news_of
from notifications.fanout import Facts
from notifications.models import Delivery, Event
from notifications.reaching import Recipient
from notifications.timing import ALONE, Moment, News, moment


def owe(
    event: Event, recipients: Iterable[Recipient], known: Facts, now: datetime, *, not_before: datetime | None = None
) -> list[Delivery]:
    """Writes what is owed to these recipients, who must not have been owed the event before, in at most six queries;
    returns it, without what was only counted. What would come too late is written as dropped, with the reason."""
    left = threads.fold(event, list(recipients), known.listeners, now)
    owed = list(zip(left, _moments(event, left, known, _start(now, not_before)), strict=True))
    waiting = gathering.found(_environment(event), owed, known.listeners)
    ahead = gathering.end(_environment(event), gathering.overtaken(owed, waiting))
    moments = gathering.joined(owed, waiting, now)
    return ahead + Delivery.objects.bulk_create(_row(event, one, when) for one, when in zip(left, moments, strict=True))


def is_put_off(row: Delivery, one: Recipient, now: datetime) -> bool:
    """Whether what is owed already would come later than, or within something else than, what is owed by name now."""
    waits = row.status == Delivery.Status.PENDING and (bool(row.bundle) or row.not_before > now)
    return waits and one.why in ALONE and row.why not in ALONE


def hurry(
    event: Event,
    put_off: Iterable[tuple[Delivery, Recipient]],
    known: Facts,
    now: datetime,
    *,
    not_before: datetime | None = None,
) -> list[Delivery]:
    """Makes what `is_put_off` a message of its own, at its own time, for the new reason; one query each, and at most
    three. Returns what was won: a row that somebody has taken meanwhile goes as it is."""
    found = list(put_off)
    recipients = [one for _row, one in found]
    moments = _moments(event, recipients, known, _start(now, not_before))
    owed = list(zip(recipients, moments, strict=True))
    waiting = gathering.found(_environment(event), owed, known.listeners)
    won = []
    for (row, one), when in zip(found, moments, strict=True):
        if when.dropped is not None:
            continue
        as_it_was = Delivery.objects.filter(pk=row.pk, status=row.status, why=row.why, not_before=row.not_before)
        due = min(row.not_before, when.not_before)
        changes = {"why": one.why, "rule_name": one.rule_name, "bundle": "", "deadline_at": when.deadline_at}
        if as_it_was.update(not_before=due, **changes):
            row.not_before = due
            won.append(row)
    oldest = min((row.pk for row in won), default=0)
    return gathering.end(_environment(event), gathering.overtaken(owed, waiting), before=oldest) + won


def _start(now: datetime, not_before: datetime | None) -> datetime:
    return max(now, not_before) if not_before else now


def _environment(event: Event) -> str:
    return str(event.labels.get("environment", ""))[:200]


def _moments(event: Event, recipients: Iterable[Recipient], known: Facts, start: datetime) -> list[Moment]:
    news = News(
        event.severity, _environment(event), event.until, alone=event.offer is not None or news_of.is_judged(event.kind)
    )
    return [
        moment(
            news,
            why=one.why,
            listener=known.listeners.get(one.channel_id),
            person=None if one.contact_id is None else known.people.get(one.contact_id),
            start=start,
        )
        for one in recipients
    ]


def _row(event: Event, one: Recipient, when: Moment) -> Delivery:
    row = Delivery(
        event=event,
        channel_id=one.channel_id,
        contact_id=one.contact_id,
        recipient=one.key,
        rule_name=one.rule_name,
        why=one.why,
        sequence=_environment(event),
        bundle=when.bundle,
        not_before=when.not_before,
        deadline_at=when.deadline_at,
    )
    if when.dropped is not None:
        row.status, row.last_error = Delivery.Status.DROPPED, texts.render(when.dropped)
    return row
