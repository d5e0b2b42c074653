"""“Resolved” always follows “fired”: who heard of the begin of a matter hears of its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications import dispatch, escalations, threads
from notifications.models import Channel, Contact, Delivery, Event, Rule
from portal import signin_events

from .conftest import MONDAY, later, say
from .people import mail, minseo, room, rule, sms, told

pytestmark = pytest.mark.django_db

DOWN: dict[str, Any] = {"title": "API is down", "kind": "check.down", "severity": "error", "thread": "check-1"}
UP: dict[str, Any] = {"title": "API is up", "kind": "check.up", "severity": "success", "thread": "check-1"}


@pytest.fixture(autouse=True)
def over(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The matters of which nobody is asked any more, instead of ending them."""
    notes: list[tuple[str, Any]] = []
    monkeypatch.setattr(escalations, "over", lambda thread, now: notes.append((thread, now)))
    return notes


def down(**values: Any) -> Event:
    return say(**(DOWN | values))


def up(**values: Any) -> Event:
    return say(**(UP | {"ends_thread": True} | values))


def test_whoever_heard_of_the_begin_hears_of_the_end_whatever_rules_say() -> None:
    rule("Errors", to=[room()], people=[minseo(channel=mail(), urgent_channel=sms())], severities=["error"])
    down()
    assert told(up()) == [
        ("Team room", "", "follows", "Errors"),
        # Where they heard of the begin, and nowhere else.
        ("SMS", "Minseo Kim", "follows", "Errors"),
    ]


def test_a_rule_that_names_the_end_does_not_tell_them_elsewhere_as_well() -> None:
    rule("All", people=[minseo(channel=mail(), urgent_channel=sms())])
    down()
    assert told(up()) == [("SMS", "Minseo Kim", "follows", "All")]


def test_a_channel_that_a_rule_names_for_the_end_gets_it_too() -> None:
    who = minseo(channel=mail(), urgent_channel=sms())
    rule("Errors", people=[who], severities=["error"])
    rule("Ends", to=[mail("Archive")], people=[who], event_kinds=["check.up"])
    down()
    assert told(up()) == [("SMS", "Minseo Kim", "follows", "Errors"), ("Archive", "Minseo Kim", "rule", "Ends")]


def test_the_begin_counts_even_when_the_rule_is_gone() -> None:
    made = rule("Errors", to=[room()], severities=["error"])
    down()
    made.delete()
    assert not Rule.objects.exists()
    assert told(up()) == [("Team room", "", "follows", "Errors")]


def test_whoever_heard_of_nothing_hears_of_no_end() -> None:
    rule("Errors", to=[room()], severities=["error"])
    assert told(up()) == []


def test_an_end_is_told_once_and_the_next_begin_has_its_own() -> None:
    rule("Errors", to=[room()], severities=["error"])
    down()
    assert len(told(up())) == 1
    assert told(up(now=later(minutes=1))) == []
    down(now=later(minutes=2))
    assert len(told(up(now=later(minutes=3)))) == 1


def test_a_part_that_is_over_is_told_too_and_the_end_still_follows() -> None:
    rule("Errors", to=[room()], severities=["error"])
    down()
    part = say(**UP, follows=True)
    assert len(told(part)) == 1
    assert len(told(up())) == 1


@pytest.mark.parametrize(
    ("status", "hears"), [("failed", False), ("dropped", False), ("unknown", True), ("sent", True)]
)
def test_whose_message_did_not_arrive_knows_of_nothing_that_could_end(status: str, hears: bool) -> None:
    rule("Errors", to=[room()], severities=["error"])
    event = down()
    event.deliveries.update(status=status, sent_at=MONDAY if status == "sent" else None)
    assert bool(told(up())) == hears


def test_what_was_only_counted_has_its_end_as_well() -> None:
    rule("Errors", to=[room(fold_minutes=30)], severities=["error"])
    down()
    assert told(down(now=later(minutes=5))) == []
    assert len(told(up(now=later(minutes=6)))) == 1


@pytest.mark.parametrize("gone", ["channel gone", "person off", "person erased"])
def test_nobody_is_followed_to_where_they_are_not_any_more(gone: str) -> None:
    who, post = minseo(), mail()
    rule("Errors", to=[post], people=[who], severities=["error"])
    down()
    match gone:
        case "channel gone":
            Channel.objects.all().delete()
        case "person off":
            Contact.objects.update(is_on=False)
        case _:
            Rule.objects.all().delete()
            who.delete()
            assert Delivery.objects.get().contact is None
    assert told(up()) == []


def test_the_end_waits_with_the_begin_for_a_channel_that_is_off() -> None:
    place = room(gather_seconds=0)
    rule("Errors", to=[place], severities=["error"])
    begin = down()
    Channel.objects.update(enabled=False)
    end = up(now=later(minutes=3))
    assert told(end) == [("Team room", "", "follows", "Errors")]
    place.refresh_from_db()
    assert dispatch.due(place, later(minutes=4)) == []
    Channel.objects.update(enabled=True)
    place.refresh_from_db()
    assert dispatch.due(place, later(minutes=5)) == [begin.deliveries.get().pk]
    begin.deliveries.update(status="sent", sent_at=later(minutes=5))
    assert dispatch.due(place, later(minutes=6)) == [end.deliveries.get().pk]


def test_an_end_that_waits_for_a_channel_that_is_off_spares_nobody_over_another_one() -> None:
    phone = sms()
    rule("All", people=[minseo(channel=mail(), urgent_channel=phone)])
    down()
    Channel.objects.filter(pk=phone.pk).update(enabled=False)
    assert told(up()) == [("SMS", "Minseo Kim", "follows", "All"), ("Mail", "Minseo Kim", "rule", "All")]


def test_another_matter_is_another_matter() -> None:
    rule("Errors", to=[room()], severities=["error"])
    down()
    assert told(up(thread="check-2")) == []


def test_at_its_end_nobody_is_asked_about_it_any_more(over: list[tuple[str, Any]]) -> None:
    down()
    assert over == []
    up()
    assert over == [("check-1", MONDAY)]


def test_an_event_knows_when_its_matter_was_over_first() -> None:
    first = down()
    assert threads.ended_at(first) is None
    end = up(now=later(minutes=1))
    up(now=later(minutes=5))
    assert (threads.ended_at(first), threads.ended_at(end)) == (later(minutes=1), later(minutes=5))
    up(thread="check-2", now=later(minutes=2))
    assert threads.ended_at(down(now=later(minutes=6))) is None


def test_two_events_are_one_matter_where_it_was_named_or_they_read_alike() -> None:
    assert threads.are_one_matter(down(), down(title="API answers slowly", kind="check.slow"))
    alice, again, bob = (say(f"{who} is locked out", kind="signin.locked") for who in ("alice", "alice", "bob"))
    assert alice.thread == bob.thread
    assert threads.are_one_matter(alice, again)
    assert not threads.are_one_matter(alice, bob)


def test_trouble_with_signing_in_is_one_matter_for_each_person_and_place() -> None:
    for name in ("alice", "bob"):
        User.objects.create_user(name)
    for name, address in [("alice", "10.0.0.1"), ("bob", "10.0.0.1"), ("alice", "10.0.0.2"), ("alice", "10.0.0.1")]:
        until = later(hours=Event.objects.count())
        signin_events.failed(name=name, address=address, locked_until=until, now=MONDAY)
    threads_of = list(Event.objects.order_by("pk").values_list("thread", flat=True))
    assert threads_of[0] == threads_of[3]
    assert len(set(threads_of)) == 3
    assert "10.0.0" not in str(threads_of)


def test_an_end_names_what_ends() -> None:
    with pytest.raises(ValueError, match="thread"):
        up(thread="")


def test_an_end_costs_one_query_more_however_many_heard(django_assert_num_queries: Callable[..., Any]) -> None:
    rule("Errors", to=[room(f"Room {number}") for number in range(10)], severities=["error"])
    down()
    # Savepoint, event, who heard, rules, channels, deliveries, release.
    with django_assert_num_queries(7):
        end = up()
    assert end.deliveries.count() == 10
