"""Who is told something at once hears before it of what was gathered for them, however short its wait was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as clock
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications import claims, dispatch
from notifications.models import Channel, Contact, Delivery
from notifications.offers import Choice, Offer

from .conftest import later, say
from .discord_server import Discord
from .people import contact, group, jihun, mail, minseo, rule

pytestmark = pytest.mark.django_db

AT = later(seconds=3)
FAILED: dict[str, Any] = {"title": "chat-dev failed to start", "severity": "error", "now": AT}
STOPS: dict[str, Any] = {"title": "chat-dev stops at 18:00", "offer": Offer("x", "1", (Choice("1h", "Keep on 1 h"),))}


@pytest.fixture
def reader(db: None) -> Contact:
    """Minseo hears of everything by mail, gathered for ten seconds, and is asked about failures."""
    who = minseo(channel=mail(gather_seconds=10))
    rule("All", people=[who])
    rule("Failures", groups=[group("On call", who)], severities=["error"])
    return who


def due(title: str) -> datetime:
    return Delivery.objects.get(event__title__en=title).not_before


def claimable(at: datetime) -> list[str]:
    return [one.event.title["en"] for one in Delivery.objects.claimable(at).select_related("event").order_by("pk")]


def goes(at: datetime) -> list[str]:
    """What the next message to be sent tells."""
    first = Delivery.objects.claimable(at).order_by("pk")[0]
    claimed = claims.claim(first.pk, at)
    assert claimed is not None
    claimed.delivery.mark_sent(at, "")
    return [one.event.title["en"] for one in (claimed.delivery, *claimed.together)]


def test_whoever_is_asked_about_a_failure_has_heard_of_its_start(reader: Contact) -> None:
    say("chat-dev is starting")
    say(**FAILED)
    assert [goes(AT), goes(AT)] == [["chat-dev is starting"], ["chat-dev failed to start"]]


def test_what_was_gathered_is_still_one_message(reader: Contact) -> None:
    say("chat-dev is starting")
    say("Ticket 7", now=later(seconds=1))
    say(**FAILED)
    assert [goes(AT), goes(AT)] == [["chat-dev is starting", "Ticket 7"], ["chat-dev failed to start"]]


def test_what_comes_after_the_failure_gathers_anew(reader: Contact) -> None:
    say(**FAILED)
    say("chat-dev is stopped", now=AT)
    assert due("chat-dev is stopped") == AT + timedelta(seconds=10)
    assert claimable(AT) == ["chat-dev failed to start"]


def test_nothing_is_hurried_of_another_environment_or_for_another_reader(reader: Contact) -> None:
    rule("Too", people=[jihun(channel=Channel.objects.get())])
    say("shop-dev is starting", labels={"environment": "shop-dev"})
    say("chat-dev is starting")
    say(**FAILED)
    minseos = set(Delivery.objects.filter(contact=reader, not_before=AT).values_list("event__title__en", flat=True))
    assert minseos == {"chat-dev is starting", "chat-dev failed to start"}
    others = Delivery.objects.exclude(contact=reader, sequence="chat-dev")
    assert set(others.values_list("event__title__en", "not_before")) == {
        ("shop-dev is starting", later(seconds=10)),
        ("chat-dev is starting", later(seconds=10)),
        ("chat-dev failed to start", later(seconds=10)),
    }


def test_what_waits_for_the_morning_is_not_hurried(reader: Contact) -> None:
    # Monday 18:00 in Seoul.
    Contact.objects.update(quiet_from=clock(17), quiet_until=clock(8))
    say("chat-dev is starting")
    say(**FAILED)
    assert goes(AT) == ["chat-dev failed to start"]
    assert Delivery.objects.get(status="pending").not_before == later(hours=14)


def test_a_room_that_is_warned_of_a_stop_has_heard_what_was_before(
    make_channel: Callable[..., Channel], discord: Discord, woken: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    make_channel(gather_seconds=10)
    starting = say("chat-dev is starting").deliveries.get()
    with django_capture_on_commit_callbacks(execute=True):
        warning = say(**STOPS, now=AT).deliveries.get()
    assert woken == [starting.pk, warning.pk]
    assert [dispatch.deliver(one.pk, AT) for one in (warning, starting, warning)] == [None, "sent", "sent"]
    assert discord.titles() == ["chat-dev is starting", "chat-dev stops at 18:00"]


def test_it_costs_three_queries_more_where_something_gathers_and_one_where_nothing_does(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    channel, most = mail(gather_seconds=10), 7
    rule("All", people=[contact(f"P{number}", f"p{number}@example.com", channel=channel) for number in range(5)])
    say("first")
    Delivery.objects.all().delete()
    with django_assert_num_queries(most + 1):
        say(**STOPS)
    say("chat-dev is starting")
    with django_assert_num_queries(most + 3):
        say(**STOPS)
