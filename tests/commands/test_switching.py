"""force_start, force_stop and extend: what is asked first, what is done, and what is left as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import holds, schedules
from notifications.models import Event
from portal.history import changes_of
from tests import factories
from tests.commands.conftest import finish, running, stopped
from tests.commands.talking import Talk, written
from tests.services import budgeting
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
EVENING = monday("19:00")
NOW = monday("17:30")


def talk(language: str = "en") -> Talk:
    return Talk(factories.manager(), language)


def test_force_start_starts_now_until_the_next_change_of_the_plan_and_is_followed_to_its_end() -> None:
    stopped()
    answer = talk().asks("force_start", EVENING)
    assert written(answer) == (
        "ChatApp starts now\nPrivate Server, at once! ChatApp starts now and stays on until Tue 18:00"
        " (Asia/Seoul). I report when it is up."
    )
    operation = Operation.objects.get()
    assert answer.follows == f"operation {operation.pk} start"
    assert talk().is_told(answer.follows, EVENING) is None
    finish("start", EVENING + timedelta(minutes=8))
    assert talk().is_told(answer.follows, EVENING) == "ChatApp is up\nReporting: done in 8 min. All quiet."
    assert talk("ko").is_told(answer.follows, EVENING) == (
        "ChatApp: 실행 중\n보고드립니다! 8분 만에 끝났습니다. 이상 없습니다."
    )


@pytest.mark.parametrize("end", ["until 22:00", "3h", "22시까지", "3시간"])
def test_force_start_lasts_as_long_as_is_said(end: str) -> None:
    stopped()
    talk().asks(f"chatapp force_start {end}", EVENING)
    assert Hold.objects.get().until == monday("22:00")


def test_what_the_bot_does_is_recorded_as_done_in_a_chat() -> None:
    stopped()
    manager = factories.manager()
    Talk(manager).asks("force_start 2h reason client demo", EVENING)
    hold = Hold.objects.get()
    assert (hold.origin, hold.author, hold.reason) == ("bot", manager, "client demo")
    change = changes_of(Hold).get()
    assert (change.history_origin, change.history_user_id) == ("bot", manager.pk)
    assert Event.objects.get(kind="hold.placed").actor == "manager"


def test_what_runs_that_long_anyway_is_left_as_it_is(chat: Environment) -> None:
    assert "It runs until 18:00 (Asia/Seoul) anyway" in talk().reads("force_start", NOW)
    assert "It runs until 18:00 (Asia/Seoul) anyway" in talk().reads("force_start 10m", NOW)
    assert not Hold.objects.exists()


def test_a_longer_hold_is_never_shortened(chat: Environment) -> None:
    talk().asks("extend 4h", NOW)
    assert "until 22:00 (Asia/Seoul) anyway" in talk().reads("extend until 20:00", NOW)
    assert "until 22:00 (Asia/Seoul) anyway" in talk().reads("force_start", NOW)
    assert Hold.objects.open().get().until == monday("22:00")


def test_a_start_that_nothing_would_end_says_so() -> None:
    stopped("Free", schedule=None)
    said = talk().reads("free force_start", EVENING)
    assert "stays on until somebody releases it" in said
    assert "Nothing ends this but a person: type ⟨free force_stop⟩" in said


def test_force_stop_asks_first_and_does_nothing_until_then(chat: Environment) -> None:
    answer = talk().asks("force_stop", NOW)
    assert answer.confirm
    assert not answer.refused
    assert not Hold.objects.exists()
    assert not Operation.objects.exists()


def test_what_runs_against_its_plan_is_asked_for_with_what_its_plan_says(chat: Environment) -> None:
    said = talk().reads("force_stop", EVENING)
    assert "Its plan says: Stopped until Tue 09:00 (Asia/Seoul): schedule Office hours Seoul" in said


def test_a_stop_is_said_to_last_no_longer_than_who_asks_may_hold_it(chat: Environment) -> None:
    Environment.objects.update(max_hold_hours=2, schedule=None)
    assert "It then stays stopped until 19:30 (Asia/Seoul)." in talk().reads("force_stop", NOW)
    talk().asks("force_stop", NOW, confirmed=True)
    assert Hold.objects.get().until == monday("19:30")


def test_force_stop_does_what_it_said(chat: Environment) -> None:
    answer = talk().asks("force_stop until 20:00", NOW, confirmed=True)
    assert (Hold.objects.get().desired, Hold.objects.get().until) == (Wish.STOPPED, monday("20:00"))
    assert answer.follows == f"operation {Operation.objects.get(kind='stop').pk} stop"


def test_what_is_stopped_already_is_left_as_it_is() -> None:
    stopped()
    answer = talk().asks("force_stop", EVENING)
    assert written(answer) == (
        "ChatApp is stopped already\n"
        "Stopped until Tue 09:00 (Asia/Seoul): schedule Office hours Seoul. I changed nothing."
    )
    assert not answer.confirm
    assert not Hold.objects.exists()


def test_what_others_need_is_not_stopped_and_says_who_needs_it(chat: Environment) -> None:
    running("Shop").needs.add(chat)
    answer = talk().asks("chatapp force_stop", NOW)
    assert answer.refused
    assert "ChatApp is not stopped, because others still need it: Shop until 18:00." in written(answer)


def test_extend_counts_from_the_planned_stop_and_says_the_price(priced: Environment) -> None:
    said = talk().reads("extend 2h", NOW)
    assert "stays on until 20:00 (Asia/Seoul)." in said
    assert "Price: $0.48 for 2 h more" in said
    assert "stays on until 21:30 (Asia/Seoul)." in talk().reads("extend 90m", NOW)


def test_extend_keeps_money_from_those_who_may_not_see_it(priced: Environment) -> None:
    person = factories.manager()
    person.groups.clear()
    person.user_permissions.add(Permission.objects.get(codename="switch_environment"))
    said = Talk(person).reads("extend 2h", NOW)
    assert "stays on until 20:00" in said
    assert "$" not in said


def test_extend_of_what_was_started_outside_counts_from_when_its_plan_stops_it(priced: Environment) -> None:
    Environment.objects.update(wish=Wish.STOPPED, drift_since=EVENING)
    assert "until Tue 18:00 (Asia/Seoul) anyway" in talk().reads("extend until 22:00", EVENING)
    assert not Hold.objects.exists()
    said = talk().reads("extend 2h", EVENING)
    assert "stays on until Tue 20:00 (Asia/Seoul)." in said
    assert "Price: $0.48 for 2 h more" in said
    assert Hold.objects.get().until == monday("20:00") + timedelta(days=1)


def test_extend_of_what_is_stopped_says_so_and_how_to_start_it() -> None:
    stopped()
    answer = talk().asks("extend 2h", EVENING)
    assert answer.refused
    assert written(answer).endswith("To start it, type: ⟨chatapp force_start 2h⟩")
    assert [button.says for button in answer.buttons] == ["chatapp force_start 2h"]
    assert not Hold.objects.exists()


def test_extend_of_what_is_kept_on_without_an_end_changes_nothing(chat: Environment) -> None:
    manager = factories.manager()
    holds.place(environment=chat, desired=Wish.RUNNING, until=holds.Until.RELEASED, author=manager, now=NOW)
    assert "kept on until somebody releases it" in talk().reads("extend 2h", NOW)
    assert Hold.objects.open().get().until is None


def test_the_longest_hold_is_refused_in_the_words_of_the_portal(chat: Environment) -> None:
    Environment.objects.update(max_hold_hours=1)
    answer = talk().asks("extend 3h", NOW)
    assert answer.refused
    assert "ChatApp may be held for 1 h beyond its plan" in written(answer)
    assert not Hold.objects.exists()


def test_a_used_up_budget_is_refused_in_the_words_of_the_portal(priced: Environment) -> None:
    budgeting.budget(priced, "1", blocks_extensions=True)
    assert "The budget of ChatApp for this month is used up" in talk().reads("extend 2h", NOW)


@pytest.mark.parametrize("text", ["force_start until 17:00", "force_stop until 17:00", "extend until 17:00"])
def test_a_time_that_has_just_passed_is_a_slip(chat: Environment, text: str) -> None:
    Environment.objects.update(state=State.STOPPED if "start" in text else State.RUNNING)
    assert "17:00 has just passed (Asia/Seoul)." in talk().reads(text, NOW, confirmed=True)
    assert not Hold.objects.exists()


def test_a_time_long_passed_is_tomorrows() -> None:
    stopped()
    talk().asks("force_start until 01:30", EVENING)
    assert Hold.objects.get().until == on("tuesday", "01:30")


def test_a_start_that_failed_is_told_soberly_with_its_reason_and_what_to_do() -> None:
    stopped()
    follows = talk().asks("force_start", EVENING).follows
    finish("start", EVENING, "failed", error={"en": "AWS denied it.", "ko": "AWS가 거부했어요."})
    assert talk().is_told(follows, EVENING) == (
        "ChatApp failed to start\nAWS denied it.\nIts page says what AWS said, and has a button to try again."
    )


def test_a_start_that_somebody_stopped_is_told_of_as_replaced() -> None:
    chat = stopped()
    follows = talk().asks("force_start", EVENING).follows
    holds.place(environment=chat, desired=Wish.STOPPED, until=monday("22:00"), author=factories.operator(), now=EVENING)
    assert talk().is_told(follows, EVENING) == (
        "ChatApp: replaced by a newer wish\nSomebody asked for something else meanwhile. It is now: Stopping."
    )


def test_a_stop_that_follows_what_a_worker_is_at_is_followed_to_its_own_end(chat: Environment) -> None:
    start = factories.operation(chat, "start", "running", at=NOW)
    Operation.objects.update(lease_token="worker", lease_until=NOW + timedelta(minutes=1))
    Environment.objects.update(state=State.STARTING)
    follows = talk().asks("force_stop", NOW, confirmed=True).follows
    assert follows == f"operation {start.pk} stop"
    assert talk().is_told(follows, NOW) is None
    Operation.objects.update(status="cancelled", finished_at=NOW, next_wish=None)
    stop = factories.operation(chat, "stop", "pending", at=NOW)
    assert talk().is_told(follows, NOW) is None
    Operation.objects.filter(pk=stop.pk).update(status="succeeded", finished_at=NOW + timedelta(minutes=1))
    assert talk().is_told(follows, NOW) == "ChatApp is stopped\nReporting: done in 1 min. All quiet."


def test_what_was_followed_and_is_gone_is_told_so() -> None:
    assert talk().is_told("operation 4711 start", NOW) == "This environment is not in the portal any more."


def test_a_schedules_environments_are_started_together_after_asking() -> None:
    for name in ("One", "Two"):
        stopped(name)
    running("Up")
    stopped("Theirs", team=factories.team("Payments"))
    who = talk()
    answer = who.asks("office hours seoul force_start 2h", EVENING)
    assert answer.confirm
    assert written(answer) == (
        "Start all of Office hours Seoul that are stopped (2)?\nThese start now and cost money: One, Two.\n"
        "Left as they are, because they need nothing: 1."
    )
    assert not Hold.objects.exists()
    answer = who.asks("office hours seoul force_start 2h", EVENING, confirmed=True)
    assert answer.title == "Office hours Seoul: 2 starting"
    assert {hold.environment.name for hold in Hold.objects.filter(until=monday("21:00"))} == {"One", "Two"}
    assert Event.objects.filter(kind="hold.placed").count() == 1
    assert who.is_told(answer.follows, EVENING) is None
    Operation.objects.filter(environment__name="One").update(status="succeeded", finished_at=EVENING)
    denied = {"en": "AWS denied it.", "ko": "–"}
    Operation.objects.filter(environment__name="Two").update(status="failed", finished_at=EVENING, error=denied)
    said = who.is_told(answer.follows, EVENING)
    assert said is not None
    assert said.splitlines()[:2] == ["1 done, 1 failed", "Two: AWS denied it."]


def test_a_schedules_environments_are_stopped_together_and_those_that_are_not_say_why() -> None:
    one, two = running("One"), running("Two")
    two.needs.add(one)
    said = talk().reads("force_stop office", NOW, confirmed=True)
    assert said.splitlines()[0] == "Office hours Seoul: 1 stopping"
    assert "Not done: One: One is not stopped, because others still need it: Two until 18:00" in said


def test_the_plan_goes_on_after_what_the_bot_did(chat: Environment) -> None:
    talk().asks("extend 2h", NOW)
    schedules.enforce_due(now=monday("18:00"))
    assert not Operation.objects.exists()
    schedules.enforce_due(now=monday("20:00"))
    assert Operation.objects.get().kind == "stop"
