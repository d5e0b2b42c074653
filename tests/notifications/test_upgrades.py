"""Whoever is told by name is told now, also where a rule owes them the same for later."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from notifications import claims, dispatch, escalations, fanout, outbox, owing
from notifications.channel_health import tell_owner
from notifications.models import Delivery, Event
from notifications.reaching import Recipient
from notifications.routing import Why

from .conftest import MONDAY, later, say
from .people import group, jihun, mail, minseo, room, rule

pytestmark = pytest.mark.django_db

LATE: dict[str, Any] = {"kind": "check.late", "severity": "warning", "thread": "check-1"}


def by_name(delivery: Delivery, why: Why = Why.ESCALATED) -> Recipient:
    return Recipient(delivery.channel_id, delivery.contact_id, why, "On call")


def ask(delivery: Delivery, now: datetime = MONDAY, why: Why = Why.ESCALATED) -> list[int]:
    """Owes the same to the same reader by name."""
    owed = outbox.owe(delivery.event, [by_name(delivery, why)], now)
    delivery.refresh_from_db()
    return owed


def in_a_digest() -> Delivery:
    rule("All", people=[minseo(channel=mail(), digest="daily")])
    return say(**LATE).deliveries.get()


def told(event: Event) -> list[tuple[str | None, str, timedelta, str]]:
    """To whom, why, how long after Monday 09:00, and in which bundle."""
    rows = event.deliveries.select_related("contact").order_by("pk")
    return [(row.contact.name if row.contact else None, row.why, row.not_before - MONDAY, row.bundle) for row in rows]


def test_people_on_call_are_asked_at_once_though_a_rule_has_it_in_their_digest(woken: list[int]) -> None:
    post = mail()
    first, second = minseo(channel=post, digest="daily"), jihun(channel=post, digest="daily")
    rule("A all", people=[first, second])
    rule("B on call", groups=[group("On call", first, second)])
    event = say(**LATE)
    asked, waits = told(event)
    assert asked == ("Minseo Kim", "escalated", timedelta(0), "")
    assert waits[:2] == ("Jihun Lee", "rule")
    assert waits[2] > timedelta(hours=1)
    assert waits[3].startswith("digest ")
    escalations.sweep(later(minutes=5))
    assert told(event)[1] == ("Jihun Lee", "escalated", timedelta(minutes=5), "")
    assert event.deliveries.get(contact=first).rule_name == "B on call"


def test_it_goes_out_as_a_message_of_its_own_once() -> None:
    owed = in_a_digest()
    assert ask(owed) == [owed.pk]
    assert (owed.why, owed.rule_name, owed.bundle, owed.not_before) == ("escalated", "On call", "", MONDAY)
    assert owed.deadline_at == MONDAY + outbox.GIVE_UP_AFTER
    assert ask(owed, later(minutes=1)) == []
    assert Delivery.objects.count() == 1


def test_workers_are_told_of_it(woken: list[int], django_capture_on_commit_callbacks: Any) -> None:
    owed = in_a_digest()
    woken.clear()
    with django_capture_on_commit_callbacks(execute=True):
        ask(owed)
    assert woken == [owed.pk]


def test_what_gathers_does_not_hold_up_who_is_told_by_name() -> None:
    rule("All", people=[minseo(channel=mail(gather_seconds=60))])
    owed = say(**LATE).deliveries.get()
    assert owed.bundle == "chat-dev"
    ask(owed)
    assert (owed.why, owed.bundle, owed.not_before) == ("escalated", "", MONDAY)


def test_quiet_hours_keep_it_but_not_within_the_summary_of_the_night() -> None:
    # 09:00 in UTC is 18:00 in Seoul.
    quiet: dict[str, Any] = {"quiet_from": time(17), "quiet_until": time(19)}
    rule("All", people=[minseo(channel=mail(), **quiet)])
    owed = say(**LATE).deliveries.get()
    assert owed.bundle.startswith("quiet ")
    ask(owed)
    assert (owed.why, owed.bundle, owed.not_before) == ("escalated", "", later(hours=1))


def test_the_owner_of_a_channel_is_told_of_it_apart_from_their_digest() -> None:
    owed = in_a_digest()
    assert owed.contact is not None
    tell_owner(room(owner=owed.contact), owed.event, MONDAY)
    owed.refresh_from_db()
    assert (owed.why, owed.bundle, owed.not_before) == ("owner", "", MONDAY)


@pytest.mark.parametrize("why", [Why.RULE, Why.FOLLOWS, Why.CONCERNED])
def test_any_other_reason_leaves_it_where_it_is(why: Why) -> None:
    owed = in_a_digest()
    before = told(owed.event)
    assert ask(owed, why=why) == []
    assert told(owed.event) == before


@pytest.mark.parametrize("status", ["sent", "failed", "dropped", "retry"])
def test_what_was_sent_settled_or_tried_stays_as_it_is(status: str) -> None:
    owed = in_a_digest()
    Delivery.objects.update(status=status, sent_at=MONDAY if status == "sent" else None)
    before = told(owed.event)
    assert ask(owed) == []
    assert told(owed.event) == before


def test_what_is_due_by_itself_keeps_its_reason_so_that_an_acknowledgement_does_not_take_it_back() -> None:
    rule("All", people=[minseo(channel=mail())])
    owed = say(**LATE).deliveries.get()
    assert ask(owed) == []
    assert owed.why == "rule"


def test_what_a_worker_has_taken_meanwhile_goes_as_it_is() -> None:
    owed = in_a_digest()
    known = fanout.facts([owed.contact_id] if owed.contact_id else [])
    at = owed.not_before
    assert claims.claim(owed.pk, at) is not None
    # As it was read before the claim.
    assert owing.hurry(owed.event, [(owed, by_name(owed))], known, at) == []
    owed.refresh_from_db()
    assert (owed.status, owed.why) == ("sending", "rule")


def test_the_rest_of_a_digest_is_not_disturbed() -> None:
    first = in_a_digest()
    second = say("api is late", kind="check.late", severity="warning", thread="check-2").deliveries.get()
    ask(first)
    assert dispatch.due(first.channel, MONDAY) == [first.pk]
    second.refresh_from_db()
    assert second.bundle.startswith("digest ")
