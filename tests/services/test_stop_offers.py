"""“Keep it on” by the link of a warning: as on the board, within the same limits, and never cut short."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import exceptions, holds, schedules
from environments.services.exceptions import Wanted
from environments.services.stop_offers import KeepOn
from notifications import offers
from notifications.models import Contact, Event
from portal.history import changes_of
from tests import factories
from tests.services import budgeting
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
NOW, STOP = monday("17:40"), monday("18:00")


@pytest.fixture
def chat() -> Environment:
    return running()


def running(**fields: Any) -> Environment:
    values: dict[str, Any] = {
        "state": State.RUNNING,
        "wish": Wish.RUNNING,
        "judged_at": monday("09:00"),
        "next_transition_at": STOP,
    }
    return factories.environment(**(values | fields))


def contact(user: User | None = None) -> Contact:
    return Contact.objects.create(name="Minseo Kim", user=user)


def click(
    chat: Environment, choice: str = "1h", value: str = "", *, whose: Contact | None = None, now: datetime = NOW
) -> str:
    """What the page says, in English."""
    who = whose.name if whose else "Team room"
    subject = f"{chat.pk}@{STOP.isoformat()}"
    said = KeepOn().do(subject=subject, choice=choice, value=value, contact=whose, who=who, now=now)
    assert isinstance(said, Mapping)
    return said["en"]


def refused(chat: Environment, *given: Any, **more: Any) -> str:
    with pytest.raises(offers.Refused) as refusal:
        click(chat, *given, **more)
    said = refusal.value.said
    return said["en"] if isinstance(said, Mapping) else str(said)


@pytest.mark.parametrize(("choice", "end"), [("1h", "19:00"), ("2h", "20:00")])
def test_hours_count_from_the_planned_stop(chat: Environment, choice: str, end: str) -> None:
    assert click(chat, choice) == f"chat-dev is kept running until {end} (Asia/Seoul)."
    assert Hold.objects.get().until == monday(end)
    schedules.enforce_due(now=monday("18:00"))
    assert not Operation.objects.exists()


def test_what_was_started_again_outside_is_not_cut_short_by_a_late_click(chat: Environment) -> None:
    Environment.objects.update(wish=Wish.STOPPED, drift_since=monday("18:20"))
    said = click(chat, "1h", now=monday("18:30"))
    assert said == "chat-dev runs until Tue 18:00 (Asia/Seoul) anyway, so nothing was changed."
    assert not Hold.objects.exists()


def test_the_hold_is_theirs_whose_link_it_is_and_says_that_it_came_from_a_message(chat: Environment) -> None:
    manager = factories.manager()
    click(chat, whose=contact(manager))
    hold = Hold.objects.get()
    assert (hold.author, hold.origin, hold.reason) == (manager, "link", "")
    change = changes_of(Hold).get()
    assert (change.history_origin, change.history_user_id) == ("link", manager.pk)


def test_of_somebody_without_an_account_their_name_is_its_reason(chat: Environment) -> None:
    click(chat, whose=contact())
    hold = Hold.objects.get()
    assert (hold.author, hold.origin, hold.reason) == (None, "link", "Minseo Kim")
    assert changes_of(Hold).get().history_user_id is None
    assert Event.objects.get(kind="hold.placed").actor == "Minseo Kim"


def test_of_a_link_in_a_chat_room_the_rooms_name_is(chat: Environment) -> None:
    click(chat)
    assert Hold.objects.get().reason == "Team room"


def test_two_people_who_click_the_same_do_not_add_up(chat: Environment) -> None:
    click(chat, whose=contact(factories.manager()))
    said = click(chat, now=NOW + timedelta(minutes=1))
    assert said == "chat-dev runs until 19:00 (Asia/Seoul) anyway, so nothing was changed."
    assert Hold.objects.count() == 1


def test_what_is_kept_on_for_longer_is_never_shortened(chat: Environment) -> None:
    click(chat, "2h")
    assert "until 20:00 (Asia/Seoul) anyway" in click(chat, "1h")
    assert Hold.objects.open().get().until == monday("20:00")


def test_what_is_kept_on_until_released_is_left_as_it_is(chat: Environment) -> None:
    holds.place(
        environment=chat, desired=Wish.RUNNING, until=holds.Until.RELEASED, author=factories.operator(), now=NOW
    )
    assert click(chat) == "chat-dev runs without an end, so nothing was changed."


@pytest.mark.parametrize(
    ("value", "end"), [("22:00", monday("22:00")), ("01:30", on("tuesday", "01:30")), ("24:00", on("tuesday", "00:00"))]
)
def test_until_a_time_of_day_is_the_next_such_time_where_the_environment_is(
    chat: Environment, value: str, end: datetime
) -> None:
    click(chat, "until", value)
    assert Hold.objects.get().until == end


def test_a_time_before_the_stop_changes_nothing(chat: Environment) -> None:
    assert "until 18:00 (Asia/Seoul) anyway" in click(chat, "until", "17:50")
    assert not Hold.objects.exists()


@pytest.mark.parametrize(("value", "said"), [("", "for example 22:00"), ("25:00", "25:00"), ("soon", "soon")])
def test_what_is_no_time_of_day_is_refused_saying_so(chat: Environment, value: str, said: str) -> None:
    assert said in refused(chat, "until", value)
    assert not Hold.objects.exists()


@pytest.mark.parametrize("state", [State.STOPPED, State.STOPPING])
def test_what_does_not_run_any_more_is_not_started_by_a_link(chat: Environment, state: State) -> None:
    Environment.objects.update(state=state)
    assert "does not run any more" in refused(chat)
    assert not Operation.objects.exists()


def test_what_somebody_is_stopping_is_left_to_them(chat: Environment) -> None:
    holds.place(environment=chat, desired=Wish.STOPPED, until=monday("20:00"), author=factories.manager(), now=NOW)
    Environment.objects.update(state=State.RUNNING)
    assert "hold by manager" in refused(chat)
    assert Hold.objects.open().get().desired == Wish.STOPPED


def test_who_may_not_switch_it_any_more_is_refused(chat: Environment) -> None:
    gone = factories.manager()
    whose = contact(gone)
    factories.team().members.remove(gone)
    assert refused(chat, whose=whose) == "You may look at chat-dev, but not switch it. A manager of its team can."
    factories.team().members.add(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert refused(chat, whose=Contact.objects.get())
    assert not Hold.objects.exists()


def test_its_longest_hold_counts_for_those_who_may_not_pass_it() -> None:
    chat = running(max_hold_hours=1)
    assert "may be held for 1 h beyond its plan" in refused(chat, "2h")
    assert "may be held for 1 h beyond its plan" in refused(chat, "2h", whose=contact(factories.manager()))
    assert click(chat, "1h").startswith("chat-dev is kept running until 19:00")
    operator = Contact.objects.create(name="Operator", user=factories.operator())
    assert click(chat, "2h", whose=operator).startswith("chat-dev is kept running until 20:00")


def test_a_used_up_budget_forbids_it_in_words() -> None:
    chat = budgeting.environment(
        state=State.RUNNING, wish=Wish.RUNNING, judged_at=monday("09:00"), next_transition_at=STOP
    )
    budgeting.started(chat, monday("09:00"))
    budgeting.reckoned(monday("17:00"))
    budgeting.budget(chat, "5", blocks_extensions=True)
    assert "used up" in refused(chat)
    assert not Hold.objects.exists()


def test_an_environment_that_was_removed_is_said_to_be_gone(chat: Environment) -> None:
    gone = Environment.objects.get()
    Environment.objects.all().delete()
    assert refused(gone) == "This environment is not in the portal any more."
    said = KeepOn().standing(subject=f"{gone.pk}@{STOP.isoformat()}", now=NOW)
    assert said["en"] == "This environment is not in the portal any more."


def test_the_page_says_what_is_true_now(chat: Environment) -> None:
    def standing(now: datetime) -> str:
        return KeepOn().standing(subject=f"{chat.pk}@{STOP.isoformat()}", now=now)["en"]

    assert standing(NOW) == "chat-dev: Running until 18:00 (Asia/Seoul): schedule Office hours Seoul"
    click(chat, "2h", whose=contact())
    assert standing(NOW) == "chat-dev: Running until 20:00 (Asia/Seoul): hold (Minseo Kim)"
    Environment.objects.update(state=State.STOPPED)
    assert "does not run any more" in standing(monday("20:01"))


def test_a_day_that_was_made_longer_meanwhile_needs_no_hold(chat: Environment) -> None:
    wanted = Wanted("stop", date(2026, 11, 23), date(2026, 11, 23), 21 * 60, "release")
    exceptions.place(scope=chat, wanted=wanted, author=factories.manager(), now=NOW)
    assert "until 21:00 (Asia/Seoul) anyway" in click(chat, "2h")
    assert not Hold.objects.exists()


@pytest.mark.parametrize("value", ["17:20", "14:41", "17:40"])
def test_a_time_that_has_just_passed_is_a_slip_and_not_tomorrow_s(chat: Environment, value: str) -> None:
    assert refused(chat, "until", value) == "That time has just passed (Asia/Seoul). Choose a later one."
    assert not Hold.objects.exists()


def test_a_time_of_the_morning_is_tomorrow_s(chat: Environment) -> None:
    assert click(chat, "until", "08:00") == "chat-dev is kept running until Tue 08:00 (Asia/Seoul)."
