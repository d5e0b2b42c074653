"""The same again is counted, and what comes of one environment at once is one message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notifications import escalations
from notifications.models import Channel, Delivery, Escalation, Event
from notifications.offers import Choice, Offer

from .conftest import MONDAY, later, say
from .people import group, mail, minseo, room, rule

pytestmark = pytest.mark.django_db

DOWN: dict[str, Any] = {
    "title": "chat-dev: API is down",
    "kind": "check.down",
    "severity": "error",
    "thread": "check-1",
}


@pytest.fixture
def place() -> Channel:
    return room(event_kinds=[], fold_minutes=30)


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalations, "over", lambda _thread, _now: None)


def heard(event: Event) -> int:
    return event.deliveries.count()


def repeats() -> list[int]:
    return list(Delivery.objects.order_by("pk").values_list("repeats", flat=True))


def test_the_same_again_is_counted_and_not_sent(place: Channel) -> None:
    say(**DOWN)
    assert [heard(say(**DOWN, now=later(minutes=minute))) for minute in (1, 29)] == [0, 0]
    assert repeats() == [2]


def test_it_is_sent_again_when_the_time_is_over_whatever_was_counted(place: Channel) -> None:
    say(**DOWN)
    say(**DOWN, now=later(minutes=20))
    assert heard(say(**DOWN, now=later(minutes=30))) == 1
    assert repeats() == [1, 0]


def test_each_channel_counts_for_as_long_as_it_says(place: Channel) -> None:
    brief = room("Brief", event_kinds=[], fold_minutes=5)
    say(**DOWN)
    again = say(**DOWN, now=later(minutes=10))
    assert [one.channel for one in again.deliveries.all()] == [brief]


def test_a_channel_that_does_not_fold_sends_each() -> None:
    room(event_kinds=[])
    assert [heard(say(**DOWN)), heard(say(**DOWN))] == [1, 1]


def test_without_a_thread_it_is_kind_environment_and_severity_that_count(place: Channel) -> None:
    assert heard(say()) == 1
    assert heard(say()) == 0
    other = {"environment": "shop-dev", "team": "shop"}
    assert [heard(say(labels=other)), heard(say(severity="warning")), heard(say(kind="environment.ready"))] == [1, 1, 1]


@pytest.mark.parametrize(
    "news",
    [
        {"title": "chat-dev: Web is down"},
        {"kind": "check.missed"},
        {"severity": "warning"},
        {"thread": "check-2"},
    ],
    ids=["another check", "worse news", "another severity", "another matter"],
)
def test_what_differs_is_no_repeat(place: Channel, news: dict[str, Any]) -> None:
    say(**DOWN)
    assert heard(say(**(DOWN | news))) == 1


def test_after_the_end_of_the_matter_it_is_news_again(place: Channel) -> None:
    say(**DOWN)
    up = say("chat-dev: API is up", kind="check.up", severity="success", thread="check-1", ends_thread=True)
    assert heard(up) == 1
    assert heard(say(**DOWN)) == 1


def test_ends_are_never_folded(place: Channel) -> None:
    up = {"title": "up", "kind": "check.up", "severity": "success", "thread": "check-1", "ends_thread": True}
    assert [heard(say(**up)), heard(say(**up))] == [1, 1]


def test_whatever_else_was_told_of_the_matter_in_between_makes_it_news(place: Channel) -> None:
    say(**DOWN)
    say("chat-dev: Web is up", kind="check.up", severity="success", thread="check-1", follows=True)
    assert heard(say(**DOWN)) == 1


@pytest.mark.parametrize(("status", "folds"), [("failed", False), ("dropped", False), ("unknown", True)])
def test_what_did_not_arrive_is_no_reason_to_keep_still(place: Channel, status: str, folds: bool) -> None:
    say(**DOWN)
    Delivery.objects.update(status=status)
    assert heard(say(**DOWN)) == (0 if folds else 1)


def test_each_reader_and_channel_counts_for_themselves() -> None:
    folding, plain = mail("Folding", fold_minutes=30), room(event_kinds=[])
    rule("Minseo", people=[minseo(channel=folding)])
    say(**DOWN)
    rule("Jihun", people=[minseo("Jihun Lee", channel=folding)])
    again = say(**DOWN)
    assert {(one.channel, one.contact.name if one.contact else "") for one in again.deliveries.all()} == {
        (plain, ""),
        (folding, "Jihun Lee"),
    }


def test_what_asks_for_something_is_never_folded(place: Channel) -> None:
    offer = Offer("keep_on", "1", (Choice("1h", "Keep on 1 h"),))
    assert [heard(say(offer=offer)), heard(say(offer=offer))] == [1, 1]


def test_folding_costs_two_queries_however_many_hear(django_assert_num_queries: Callable[..., Any]) -> None:
    for number in range(10):
        room(f"Room {number}", event_kinds=[], fold_minutes=30)
    say(**DOWN)
    # As ever (savepoint, event, rules, channels, release), and: what was told last, what is counted. Nothing is owed.
    with django_assert_num_queries(7):
        say(**DOWN)
    assert repeats() == [1] * 10


class TestGathering:
    @pytest.fixture(autouse=True)
    def gathers(self) -> Channel:
        return room(event_kinds=[], gather_seconds=10)

    def owed(self, **values: Any) -> Delivery:
        return say(**values).deliveries.get()

    def test_the_first_waits_a_little_and_those_after_it_no_longer(self) -> None:
        first, second = self.owed(), self.owed(title="more", now=later(seconds=7))
        assert first.not_before == second.not_before == later(seconds=10)
        assert first.bundle == second.bundle == "chat-dev"

    def test_what_comes_before_a_worker_did_goes_with_it(self) -> None:
        self.owed()
        late = self.owed(title="more", now=later(seconds=15))
        assert (late.not_before, late.bundle) == (later(seconds=15), "chat-dev")

    def test_what_comes_after_it_was_sent_waits_anew(self) -> None:
        self.owed()
        Delivery.objects.update(status="sent", sent_at=later(seconds=12))
        assert self.owed(now=later(seconds=15)).not_before == later(seconds=25)

    def test_another_environment_is_another_message(self) -> None:
        self.owed()
        other = self.owed(labels={"environment": "shop-dev"}, now=later(seconds=7))
        assert (other.not_before, other.bundle) == (later(seconds=17), "shop-dev")

    def test_what_is_of_no_environment_does_not_wait(self, woken: list[int]) -> None:
        other = self.owed(labels={})
        assert (other.not_before, other.bundle) == (MONDAY, "")

    def test_errors_gather_too_so_that_a_storm_is_one_message(self) -> None:
        assert self.owed(severity="error").not_before - MONDAY == timedelta(seconds=10)

    def test_workers_are_not_told_before_its_time(
        self, woken: list[int], django_capture_on_commit_callbacks: Callable[..., Any]
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            self.owed()
        assert woken == []

    def test_it_costs_one_query_more(self, django_assert_num_queries: Callable[..., Any]) -> None:
        say()
        with django_assert_num_queries(7):
            say()


class TestGroups:
    @pytest.fixture
    def begun(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        notes: list[int] = []

        def begin(*, event: Event, groups: list[tuple[int, str]], now: Any) -> None:
            for group_id, name in groups:
                notes.append(group_id)
                Escalation.objects.create(event=event, group_id=group_id, rule_name=name, began_at=now, next_at=now)

        monkeypatch.setattr(escalations, "begin", begin)
        return notes

    def test_a_group_that_is_being_asked_is_not_asked_about_the_same_again(self, begun: list[int]) -> None:
        rule("Failures", groups=[group("On call", minseo())])
        for news in (DOWN, DOWN, DOWN | {"title": "chat-dev: Web is down"}):
            say(**news)
        assert len(begun) == 2

    def test_another_group_is(self, begun: list[int]) -> None:
        rule("Failures", groups=[group("On call", minseo())])
        say(**DOWN)
        rule("More", groups=[group("Leads", minseo("Jihun Lee"))])
        say(**DOWN)
        assert len(begun) == 2
