"""Holds: the toggle and the "+2 h" button; effective at once, and they end by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import holds
from environments.services.holds import Until
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
EVENING = monday("19:00")


def _place(chat: Environment, desired: Wish = Wish.RUNNING, **more: Any) -> Hold:
    values: dict[str, Any] = {"until": Until.NEXT_CHANGE, "author": factories.manager(), "now": EVENING} | more
    return holds.place(environment=chat, desired=desired, **values)


def test_a_hold_starts_the_environment_at_once_with_its_author_and_reason() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    hold = _place(chat, reason="client demo", until=monday("22:00"))
    operation = Operation.objects.get()
    chat.refresh_from_db()
    assert (operation.kind, operation.trigger, operation.actor) == ("start", "hold", hold.author)
    assert operation.reason["en"].startswith("Running until 22:00")
    assert "client demo" in operation.reason["en"]
    assert chat.next_transition_at == monday("22:00")


def test_by_default_it_ends_at_the_next_change_of_the_plan_without_it() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    assert _place(chat).until == on("tuesday", "09:00")


def test_without_a_plan_it_lasts_until_it_is_released() -> None:
    chat = factories.environment(schedule=None, state=State.STOPPED)
    assert _place(chat).until is None
    assert holds.release(environment=chat, author=factories.manager(), now=EVENING + timedelta(hours=1))
    assert Operation.objects.count() == 1, "nothing is planned, so it is left as it is"


def test_an_end_in_the_past_is_refused_naming_the_field_and_nothing_is_written() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    with pytest.raises(ValidationError) as refused:
        _place(chat, until=EVENING)
    assert set(refused.value.message_dict) == {"until"}
    assert not Hold.objects.exists()
    assert not Operation.objects.exists()


@pytest.mark.parametrize("year", [2037, 9999])
def test_an_end_that_nobody_means_is_refused_naming_the_field(year: int) -> None:
    chat = factories.environment()
    with pytest.raises(ValidationError) as refused:
        _place(chat, until=EVENING.replace(year=year, month=12, day=31, hour=23, minute=59, second=59))
    assert refused.value.message_dict == {"until": ["This is more than 10 years away."]}
    assert not Hold.objects.exists()
    assert _place(chat, author=factories.operator(), until=EVENING.replace(year=2036)).until is not None


def test_a_new_hold_replaces_the_open_one_which_stays_in_the_history() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    first = _place(chat, until=monday("20:00"))
    second = _place(chat, until=monday("22:00"))
    first.refresh_from_db()
    assert first.ended_at == EVENING
    assert Hold.objects.open().get() == second
    assert Operation.objects.count() == 1


def test_a_stop_by_hand_during_office_hours_keeps_it_stopped_until_they_end() -> None:
    chat = factories.environment(state=State.RUNNING, wish=Wish.RUNNING)
    hold = _place(chat, Wish.STOPPED, now=monday("15:00"))
    assert hold.until == monday("18:00")
    assert Operation.objects.get().kind == "stop"


def test_releasing_lets_the_plan_decide_at_once() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    _place(chat)
    Operation.objects.update(status="succeeded", finished_at=EVENING)
    Environment.objects.update(state=State.RUNNING)
    assert holds.release(environment=chat, author=factories.operator(), now=monday("20:00"))
    assert Operation.objects.unfinished().get().kind == "stop"
    hold = Hold.objects.get()
    assert (hold.ended_at, hold.ended_by) == (monday("20:00"), factories.operator())


def test_releasing_what_somebody_has_released_already_does_nothing() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    assert not holds.release(environment=chat, author=factories.manager(), now=EVENING)


def test_a_start_by_hand_is_done_even_when_the_plan_wished_for_it_before_and_it_failed() -> None:
    chat = factories.environment(state=State.FAILED_TO_START, wish=Wish.RUNNING)
    _place(chat, now=monday("10:00"))
    assert Operation.objects.get().kind == "start"


def test_holding_what_runs_already_only_keeps_it() -> None:
    chat = factories.environment(state=State.RUNNING, wish=Wish.RUNNING)
    _place(chat, until=monday("22:00"), now=monday("17:00"))
    assert not Operation.objects.exists()


def test_a_stop_while_a_start_waits_for_a_worker_replaces_it() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    _place(chat)
    _place(chat, Wish.STOPPED)
    assert list(Operation.objects.order_by("pk").values_list("kind", "status")) == [
        ("start", "cancelled"),
        ("stop", "pending"),
    ]


def test_the_database_keeps_one_open_hold_an_environment_and_no_hold_that_ends_before_it_starts() -> None:
    chat = factories.environment(schedule=None)
    _place(chat)
    for fields in ({"until": None}, {"until": EVENING, "ended_at": EVENING}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Hold.objects.create(environment=chat, desired="running", starts_at=EVENING, created_at=EVENING, **fields)


def _limited(**more: Any) -> Environment:
    return factories.environment(state=State.STOPPED, wish=Wish.STOPPED, max_hold_hours=4, **more)


def test_a_manager_does_not_pass_the_longest_hold_and_an_operator_does() -> None:
    chat = _limited()
    for until in (monday("23:01"), Until.RELEASED):
        with pytest.raises(ValidationError, match="until 23:00") as refused:
            _place(chat, until=until)
        assert set(refused.value.message_dict) == {"until"}
    assert not Hold.objects.exists()
    assert _place(chat, until=monday("23:00")).until == monday("23:00")
    assert _place(chat, until=Until.RELEASED, author=factories.operator()).until is None


def test_the_default_end_is_brought_forward_to_the_longest_hold() -> None:
    assert _place(_limited()).until == monday("23:00")


def test_one_hold_after_the_other_does_not_get_around_the_longest() -> None:
    chat = _limited()
    _place(chat, until=monday("22:00"))
    with pytest.raises(ValidationError, match="until 23:00"):
        _place(chat, until=on("tuesday", "01:00"), now=monday("21:30"))
    assert _place(chat, until=monday("23:00"), now=monday("21:30")).until == monday("23:00")
    with pytest.raises(ValidationError, match="until 23:00"):
        _place(chat, now=monday("22:59"), until=monday("23:30"))


def test_while_the_plan_says_running_the_longest_hold_counts_from_the_planned_stop() -> None:
    chat = _limited()
    Environment.objects.update(state=State.RUNNING, wish=Wish.RUNNING)
    assert _place(chat, until=monday("22:00"), now=monday("10:00")).until == monday("22:00")
    with pytest.raises(ValidationError, match="until 22:00"):
        _place(chat, until=monday("22:30"), now=monday("10:00"))


def test_the_next_day_a_hold_counts_anew() -> None:
    chat = _limited()
    _place(chat, until=Until.RELEASED, author=factories.operator())
    assert _place(chat, until=on("tuesday", "20:00"), now=on("tuesday", "10:00")).until == on("tuesday", "20:00")


@pytest.mark.parametrize("between", ["released", "stopped for a moment", "over for a second"])
def test_no_way_around_the_longest_hold_while_it_really_goes_on_running(between: str) -> None:
    chat = _limited()
    _place(chat, until=monday("22:00"))
    now = monday("21:00")
    if between == "released":
        holds.release(environment=chat, author=factories.manager(), now=now)
    elif between == "stopped for a moment":
        _place(chat, Wish.STOPPED, until=monday("21:30"), now=now)
    else:
        now = monday("22:00") + timedelta(seconds=1)
    assert Environment.objects.get().state != State.STOPPED
    with pytest.raises(ValidationError, match="until 23:00"):
        _place(chat, until=on("tuesday", "01:00"), now=now)
    assert _place(chat, until=monday("23:00"), now=now).until == monday("23:00")


def test_once_it_really_was_stopped_a_new_hold_counts_anew() -> None:
    chat = _limited()
    _place(chat, until=monday("20:00"))
    Operation.objects.update(status="cancelled", finished_at=monday("20:00"))
    factories.operation(chat, "stop", at=monday("20:00"))
    Environment.objects.update(state=State.STARTING)
    assert _place(chat, until=on("tuesday", "01:00"), now=monday("21:00")).until == on("tuesday", "01:00")


def test_a_limit_is_told_and_kept_in_whole_minutes() -> None:
    chat = _limited()
    moment = EVENING + timedelta(seconds=15)
    assert _place(chat, until=monday("23:01"), now=moment).until == monday("23:01")
    with pytest.raises(ValidationError, match="until 23:01 "):
        _place(chat, until=monday("23:02"), now=moment)


def test_taking_back_a_hold_brings_back_the_one_that_it_replaced_with_its_author_and_its_end() -> None:
    chat = factories.environment(state=State.RUNNING, wish=Wish.STOPPED)
    first = _place(chat, until=monday("22:00"), reason="client demo")
    other = factories.operator()
    longer = _place(chat, until=monday("23:00"), author=other, now=EVENING + timedelta(minutes=10))
    later = EVENING + timedelta(minutes=11)
    assert holds.take_back(environment=chat, hold_id=longer.pk, author=other, now=later)
    held = Hold.objects.open().get(environment=chat)
    assert (held.pk, held.until, held.author, held.reason) == (first.pk, monday("22:00"), first.author, "client demo")
    chat.refresh_from_db()
    assert chat.next_transition_at == monday("22:00")
    assert not Operation.objects.filter(kind="stop").exists()
    assert not holds.take_back(environment=chat, hold_id=longer.pk, author=other, now=later), "it has gone already"


def test_taking_back_a_hold_whose_predecessor_is_over_by_now_leaves_it_to_the_plan() -> None:
    chat = factories.environment(state=State.RUNNING, wish=Wish.STOPPED)
    _place(chat, until=monday("20:00"))
    author = factories.manager()
    longer = _place(chat, until=monday("23:00"), author=author, now=EVENING + timedelta(minutes=10))
    assert holds.take_back(environment=chat, hold_id=longer.pk, author=author, now=monday("20:30"))
    assert not Hold.objects.open().exists()
    assert Operation.objects.latest("pk").kind == "stop"
