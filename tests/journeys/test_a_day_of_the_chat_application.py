"""The main job, from the clock and from a click to a real stack and to what people read."""

from __future__ import annotations

from typing import Any

import pytest

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import holds
from notifications.models import Event
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db


def _stacks(aws: Any) -> dict[str, str]:
    """Name of each stack that is there, without the random part of nested ones, and its status."""
    found = aws.client("cloudformation").describe_stacks()["Stacks"]
    return {"-".join(s["StackName"].split("-")[:2]): s["StackStatus"] for s in found}


def _fresh(environment: Environment) -> Environment:
    return Environment.objects.get(pk=environment.pk)


def test_at_nine_the_five_nested_stacks_come_up_with_the_newest_tag_and_at_six_they_go(chat_aws: Any) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    day = Journey(chat_aws, monday("08:59"))
    day.work()
    assert _fresh(chat).state == State.STOPPED
    assert chat_aws.requests(action="CreateStack") == []

    day.go_to(monday("09:02"))

    assert _fresh(chat).state == State.RUNNING
    stacks = _stacks(chat_aws)
    nested = {f"ChatAppMasterStack-{part}" for part in ("Network", "Database", "LoadBalancer", "ECSCluster", "Server")}
    assert set(stacks) == {"ChatAppMasterStack"} | nested
    assert set(stacks.values()) == {"CREATE_COMPLETE"}
    master = chat_aws.client("cloudformation").describe_stacks(StackName="ChatAppMasterStack")["Stacks"][0]
    given = {p["ParameterKey"]: p["ParameterValue"] for p in master["Parameters"]}
    assert {tag: given[tag] for tag in factories.TAGS} == dict.fromkeys(factories.TAGS, "2.14.3")

    day.go_to(monday("18:02"))

    assert _fresh(chat).state == State.STOPPED
    assert _stacks(chat_aws) == {}
    start, stop = Operation.objects.order_by("created_at")
    assert (start.kind, start.trigger, start.status) == ("start", "schedule", "succeeded")
    assert (stop.kind, stop.trigger, stop.status) == ("stop", "schedule", "succeeded")
    assert start.reason["en"] == "Running until 18:00: schedule Office hours Seoul"
    assert len(chat_aws.requests(action="CreateStack")) == 1
    assert len(chat_aws.requests(action="DeleteStack")) == 1


def test_people_hear_that_it_starts_is_ready_stops_and_is_stopped(chat_aws: Any) -> None:
    factories.chat_app(next_transition_at=monday("08:00"))
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("18:05"))
    told = list(Event.objects.order_by("at", "pk").values_list("kind", "severity", "title__ko"))
    assert told == [
        ("environment.starting", "info", "chat-dev 시작 중"),
        ("environment.ready", "success", "chat-dev 준비 완료"),
        ("environment.stopping", "info", "chat-dev 중지 중"),
        ("environment.stopped", "success", "chat-dev 중지 완료"),
    ]


def test_a_click_before_six_with_until_twenty_keeps_it_until_twenty(chat_aws: Any) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("17:30"))
    holds.place(
        environment=chat,
        desired=Wish.RUNNING,
        until=monday("20:00"),
        reason="client demo",
        author=factories.manager(),
        now=day.now,
    )
    day.go_to(monday("19:59"))
    assert _fresh(chat).state == State.RUNNING
    assert chat_aws.requests(action="DeleteStack") == []

    day.go_to(monday("20:02"))
    assert _fresh(chat).state == State.STOPPED
    assert _stacks(chat_aws) == {}
    assert Hold.objects.get().ended_at == monday("20:00")


def test_a_start_by_hand_in_the_evening_lasts_until_the_next_planned_start_and_then_through_that_day(
    chat_aws: Any,
) -> None:
    chat = factories.chat_app(next_transition_at=on("monday", "00:00"))
    day = Journey(chat_aws, on("monday", "19:00"))
    day.settle()
    holds.place(
        environment=chat,
        desired=Wish.RUNNING,
        until=holds.Until.NEXT_CHANGE,
        author=factories.manager(),
        now=day.now,
    )
    day.settle()
    assert _fresh(chat).state == State.RUNNING
    assert Hold.objects.get().until == on("tuesday", "09:00")
    day.go_to(on("tuesday", "17:59"))
    assert _fresh(chat).state == State.RUNNING
    day.go_to(on("tuesday", "18:02"))
    assert _fresh(chat).state == State.STOPPED


def test_a_portal_that_was_down_over_six_stops_it_once_it_is_back(chat_aws: Any) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("17:50"))
    day._move(monday("19:10"))
    day.settle()
    assert _fresh(chat).state == State.STOPPED
    assert Operation.objects.filter(kind="stop").count() == 1


def test_a_portal_that_was_down_over_the_weekend_does_nothing_when_the_present_is_as_it_was(chat_aws: Any) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("17:50"))
    day._move(on("tuesday", "10:00"))
    day.settle()
    assert _fresh(chat).state == State.RUNNING
    assert Operation.objects.count() == 1


def test_what_runs_already_when_it_is_added_in_the_evening_is_left_alone_until_the_next_stop(chat_aws: Any) -> None:
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    day = Journey(chat_aws, monday("08:59"))
    day.go_to(monday("10:00"))
    Environment.objects.filter(pk=chat.pk).update(
        state=State.UNKNOWN, wish=Wish.ANY, judged_at=None, next_transition_at=monday("20:00")
    )
    day._move(monday("20:00"))
    day.settle()
    assert _fresh(chat).state == State.RUNNING
    day.go_to(on("tuesday", "18:02"))
    assert _fresh(chat).state == State.STOPPED
