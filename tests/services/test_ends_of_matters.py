"""Whoever heard that something is wrong hears that it is right again: of checks, operations and tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from environments import device_events, events
from environments.models import Environment, Operation
from environments.services import health, health_telling
from environments.services.ticket_changes import Wanted, change
from notifications.models import Channel, Event, Rule
from tests import factories

from . import ticketing
from .judging import NOW, a_check, an_environment, settle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WHY = {"en": "AWS said no.", "ko": "AWS가 거부했어요."}


@pytest.fixture(autouse=True)
def room() -> Channel:
    """A room in which folding is on, and that hears of errors and warnings alone."""
    place = Channel.objects.create(
        name="Errors",
        kind="discord",
        fold_minutes=30,
        event_kinds=["nothing.of.this"],
        config={"webhook_url": "https://discord.com/api/webhooks/1/abcdefghijklmnop"},
    )
    Rule.objects.create(name="Errors", severities=["error", "warning"]).channels.set([place])
    return place


def heard() -> list[str]:
    """The titles of what the room was owed, in order."""
    return [event.title["en"] for event in Event.objects.filter(deliveries__isnull=False).order_by("pk")]


def operated(of: Environment, kind: str = "start", **fields: Any) -> Operation:
    return factories.operation(of, kind, **fields)


class TestOperations:
    @pytest.mark.parametrize("then", ["start", "stop", "redeploy"])
    def test_a_failure_is_over_with_the_next_operation_that_succeeds(self, then: str) -> None:
        chat = an_environment()
        events.failed(operated(chat), WHY, NOW)
        later = operated(chat, then)
        events.announce(later, NOW + MINUTE)
        events.finished(later, (), NOW + 2 * MINUTE)
        done = {"start": "ready", "stop": "stopped", "redeploy": "redeployed"}[then]
        assert heard() == ["chat-dev failed to start", f"chat-dev is {done}"]

    def test_a_success_after_nothing_is_told_to_nobody_else(self) -> None:
        chat = an_environment()
        for minute in range(3):
            events.finished(operated(chat), (), NOW + minute * MINUTE)
        assert heard() == []

    def test_a_failure_of_another_environment_is_another_matter(self) -> None:
        events.failed(operated(an_environment()), WHY, NOW)
        events.finished(operated(an_environment(name="shop-dev")), (), NOW + MINUTE)
        assert heard() == ["chat-dev failed to start"]

    def test_tries_that_fail_alike_are_counted(self) -> None:
        chat = an_environment()
        for minute in range(3):
            events.failed(operated(chat), WHY, NOW + minute * MINUTE)
        assert heard() == ["chat-dev failed to start"]
        assert [one.repeats for one in Channel.objects.get().deliveries.all()] == [2]

    def test_what_was_changed_outside_is_over_with_the_next_operation_that_succeeds(self) -> None:
        chat = an_environment()
        events.changed_outside(chat, WHY, NOW, NOW)
        events.finished(operated(chat, "stop"), (), NOW + MINUTE)
        assert heard() == ["chat-dev was changed outside", "chat-dev is stopped"]

    def test_a_second_start_after_a_stop_is_no_repeat(self, room: Channel) -> None:
        Channel.objects.update(event_kinds=[])
        chat = an_environment()
        for number, kind in enumerate(["start", "stop", "start"]):
            operation = operated(chat, kind)
            events.announce(operation, NOW + 2 * number * MINUTE)
            events.finished(operation, (), NOW + (2 * number + 1) * MINUTE)
        assert heard() == [
            *("chat-dev is starting", "chat-dev is ready"),
            *("chat-dev is stopping", "chat-dev is stopped"),
            *("chat-dev is starting", "chat-dev is ready"),
        ]


class TestChecks:
    def test_the_end_of_trouble_follows(self) -> None:
        check = a_check(an_environment())
        settle(check)
        settle(check, state="up", now=NOW + MINUTE)
        settle(check, now=NOW + 2 * MINUTE)
        settle(check, state="up", now=NOW + 3 * MINUTE)
        assert heard() == ["chat-dev: API is down", "chat-dev: API is up again"] * 2

    def test_each_end_follows_while_others_are_in_trouble_still(self) -> None:
        chat = an_environment()
        api, web = a_check(chat), a_check(chat, "Web")
        settle(api, web)
        settle(api, state="up", now=NOW + MINUTE)
        settle(web, state="up", now=NOW + 2 * MINUTE)
        assert heard() == ["chat-dev: 2 checks are down", "chat-dev: API is up again", "chat-dev: Web is up again"]
        assert [event.ends_thread for event in Event.objects.order_by("pk")] == [False, False, True]

    def test_trouble_that_begins_as_another_ends_has_its_own_end(self) -> None:
        chat = an_environment()
        api, web = a_check(chat), a_check(chat, "Web")
        settle(api)
        moves = [health.Move(api.pk, "up", WHY, NOW + MINUTE), health.Move(web.pk, "down", WHY, NOW + MINUTE)]
        health.settle(moves, now=NOW + MINUTE)
        settle(web, state="up", now=NOW + 2 * MINUTE)
        assert sorted(heard()) == [
            "chat-dev: API is down",
            "chat-dev: API is up again",
            "chat-dev: Web is down",
            "chat-dev: Web is up again",
        ]

    def test_another_check_and_worse_news_are_no_repeats(self) -> None:
        chat = an_environment()
        api = a_check(chat)
        settle(api, state="late")
        settle(api, state="missed", now=NOW + MINUTE)
        settle(a_check(chat, "Web"), now=NOW + 2 * MINUTE)
        assert heard() == ["chat-dev: API is late", "chat-dev: API was missed", "chat-dev: Web is down"]

    def test_one_that_is_removed_in_trouble_is_the_end_as_well(self) -> None:
        chat = an_environment()
        api, web = a_check(chat), a_check(chat, "Web")
        settle(api, web)
        for number, check in enumerate((api, web)):
            health_telling.removed([check.pk], WHY, now=NOW + number * MINUTE)
            check.delete()
        assert heard()[1:] == ["chat-dev: API was removed", "chat-dev: Web was removed"]
        assert [event.ends_thread for event in Event.objects.order_by("pk")] == [False, False, True]


class TestTickets:
    def test_whoever_heard_that_one_was_opened_hears_that_it_is_done(self) -> None:
        chat = an_environment()
        ticket = ticketing.incident(chat, now=NOW)
        ticketing.over(chat, now=NOW + MINUTE)
        assert [title.split(":")[0] for title in heard()] == [
            f"Ticket #{ticket.pk} opened",
            f"Ticket #{ticket.pk} done",
        ]

    def test_two_changes_of_one_ticket_are_both_told(self, room: Channel) -> None:
        Channel.objects.update(event_kinds=["ticket.changed"])
        user = ticketing.somebody("manager")
        ticket = ticketing.task(an_environment(), user)
        for number in (1, 2):
            wanted = Wanted(per_cent=10 * number)
            change(ticket=ticket, user=user, wanted=wanted, now=NOW + number * MINUTE)
        assert heard() == [f"Ticket #{ticket.pk} changed: Raise the size of the database"] * 2


def test_each_urgent_report_is_told() -> None:
    chat = an_environment()

    def report(at: datetime) -> None:
        device_events.urgent(chat, [("Watch 7", WHY)], at)

    report(NOW)
    report(NOW + MINUTE)
    assert heard() == ["chat-dev: urgent report of Watch 7"] * 2
