"""What a used-up budget forbids, and to whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from environments.models import Environment, Hold, Wish
from environments.models.budget import Budget
from environments.services import budget_limits, exceptions, holds, pauses
from environments.services.exceptions import Wanted
from tests import factories
from tests.services.budgeting import MONDAY, NOVEMBER, budget, environment, started
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def used_up() -> Environment:
    """Its team's budget is used up at eleven on Monday, and it runs until six by its plan."""
    chat = environment()
    budget(chat.team, "2", blocks_extensions=True)
    started(chat, monday("09:00"))
    return chat


def hold(of: Environment, who: Any, until: Any, at: datetime, desired: Wish = Wish.RUNNING) -> Hold:
    return holds.place(environment=of, desired=desired, until=until, author=who, now=at)


def test_a_manager_cannot_keep_on_what_has_used_up_its_budget(used_up: Environment) -> None:
    manager = factories.manager()
    hold(used_up, manager, monday("19:00"), monday("10:59"))
    with pytest.raises(ValidationError) as refused:
        hold(used_up, manager, monday("20:00"), monday("11:00"))
    assert "The budget of Chat for this month is used up ($2.00 of $2.00)" in refused.value.messages[0]
    assert "An operator can" in refused.value.messages[0]
    assert Hold.objects.open().get().until == monday("19:00")
    with pytest.raises(ValidationError):
        hold(used_up, manager, holds.Until.RELEASED, monday("11:00"))


def test_what_is_planned_anyway_can_be_held_and_stopping_is_always_allowed(used_up: Environment) -> None:
    manager = factories.manager()
    assert hold(used_up, manager, monday("18:00"), monday("12:00")).until == monday("18:00")
    assert hold(used_up, manager, monday("22:00"), monday("12:00"), Wish.STOPPED).desired == Wish.STOPPED
    assert hold(used_up, manager, holds.Until.NEXT_CHANGE, monday("12:10")).until == monday("18:00")


def test_an_operator_can_keep_it_on_all_the_same(used_up: Environment) -> None:
    assert hold(used_up, factories.operator(), monday("23:00"), monday("12:00")).until == monday("23:00")


def test_undoing_a_release_is_refused_as_a_new_hold_is(used_up: Environment) -> None:
    manager = factories.manager()
    held = hold(used_up, manager, monday("21:00"), monday("10:30"))
    holds.release(environment=used_up, author=manager, now=monday("11:30"))
    with pytest.raises(ValidationError, match="is used up"):
        holds.undo_release(environment=used_up, hold_id=held.pk, author=manager, now=monday("11:31"))
    assert not Hold.objects.open().exists()


def replaced(of: Environment, until: str, by: Wish, new_until: str) -> tuple[Hold, Hold]:
    """A hold of an operator that keeps it on, and the one by which the manager replaced it before it was used up."""
    before = hold(of, factories.operator(), monday(until), monday("10:30"))
    return before, hold(of, factories.manager(), monday(new_until), monday("10:40"), by)


@pytest.mark.parametrize(("by", "new_until"), [(Wish.STOPPED, "22:00"), (Wish.RUNNING, "19:00")])
def test_undoing_a_hold_does_not_bring_back_one_that_keeps_on_for_longer(
    used_up: Environment, by: Wish, new_until: str
) -> None:
    before, after = replaced(used_up, "21:00", by, new_until)
    asked: Any = {"environment": used_up, "hold_id": after.pk, "now": monday("11:31")}
    with pytest.raises(ValidationError, match="is used up"):
        holds.take_back(author=factories.manager(), **asked)
    assert Hold.objects.open().get() == after, "it is as it was"
    assert holds.take_back(author=factories.operator(), **asked)
    assert Hold.objects.open().get() == before


@pytest.mark.parametrize(("until", "by"), [("19:00", Wish.RUNNING), ("18:00", Wish.STOPPED)])
def test_undoing_what_only_shortens_or_leaves_it_to_the_plan_is_let_through(
    used_up: Environment, until: str, by: Wish
) -> None:
    before, after = replaced(used_up, until, by, "21:00")
    now = monday("11:31")
    assert holds.take_back(environment=used_up, hold_id=after.pk, author=factories.manager(), now=now)
    assert Hold.objects.open().get() == before


def test_a_budget_that_forbids_nothing_forbids_nothing(used_up: Environment) -> None:
    Budget.objects.update(blocks_extensions=False)
    assert hold(used_up, factories.manager(), monday("19:00"), monday("12:00")).until == monday("19:00")


def test_an_own_month_without_a_ban_goes_before_the_standing_ban(used_up: Environment) -> None:
    budget(used_up.team, "3", month=NOVEMBER)
    assert hold(used_up, factories.manager(), monday("19:00"), monday("13:00")).until == monday("19:00")


def place(of: Any, who: Any, kind: str, day: date, minute: int | None = None) -> Any:
    wanted = Wanted(kind, day, day, minute, "demo")
    return exceptions.place(scope=of, wanted=wanted, author=who, now=monday("12:00"))


TUESDAY, SATURDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("kind", "day", "minute"),
    [("on", SATURDAY, None), ("on", TUESDAY, None), ("stop", TUESDAY, 20 * 60), ("start", TUESDAY, 7 * 60)],
)
def test_a_manager_cannot_make_its_days_longer(used_up: Environment, kind: str, day: date, minute: int | None) -> None:
    for scope in (used_up, used_up.team):
        with pytest.raises(ValidationError, match="is used up"):
            place(scope, factories.manager(), kind, day, minute)
    assert place(used_up, factories.operator(), kind, day, minute)


@pytest.mark.parametrize(("kind", "minute"), [("off", None), ("stop", 15 * 60), ("start", 10 * 60), ("stop", 18 * 60)])
def test_a_manager_can_make_its_days_shorter_or_as_they_are(
    used_up: Environment, kind: str, minute: int | None
) -> None:
    assert place(used_up, factories.manager(), kind, TUESDAY, minute)


def test_a_day_that_an_operator_made_longer_may_be_shortened(used_up: Environment) -> None:
    place(used_up, factories.operator(), "stop", TUESDAY, 22 * 60)
    assert place(used_up, factories.manager(), "stop", TUESDAY, 20 * 60)


def test_a_longer_day_cannot_be_copied_or_brought_back(used_up: Environment) -> None:
    manager = factories.manager()
    rows = place(used_up, factories.operator(), "on", TUESDAY)
    with pytest.raises(ValidationError, match="is used up"):
        exceptions.copy(exceptions=rows, days=[SATURDAY], author=manager, now=monday("12:00"))
    exceptions.remove(exceptions=rows, author=manager, now=monday("12:00"))
    with pytest.raises(ValidationError, match="is used up"):
        exceptions.restore(exceptions=rows, author=manager, now=monday("12:00"))


def test_a_pause_is_no_way_around_it_while_it_runs(used_up: Environment) -> None:
    Environment.objects.filter(pk=used_up.pk).update(state="running")
    used_up.refresh_from_db()
    until, now = on("wednesday", "00:00"), monday("12:00")
    with pytest.raises(ValidationError, match="is used up"):
        pauses.place(environment=used_up, until=until, author=factories.manager(), now=now)
    pauses.place(environment=used_up, until=until, author=factories.operator(), now=now)
    used_up.state = "stopped"
    assert pauses.place(environment=used_up, until=until, author=factories.manager(), now=now).until == until


def test_without_a_budget_asking_takes_one_query(django_assert_num_queries: Any) -> None:
    chat = environment()
    budget(chat, "1")
    manager = factories.manager()
    manager.has_perm("environments.exceed_hold_limit")
    with django_assert_num_queries(1):
        assert budget_limits.refusals(environments=[chat], user=manager, now=monday("12:00")) == {}


@pytest.fixture
def needing() -> Environment:
    """A front that needs an interface, which needs a database whose own budget is used up at eleven on Monday."""
    database, interface, front = (environment(name) for name in ("db", "api", "front"))
    front.needs.add(interface)
    interface.needs.add(database)
    budget(database, "2", blocks_extensions=True)
    started(database, monday("09:00"))
    return front


def test_what_is_needed_cannot_be_kept_on_beyond_its_plan_by_a_hold_on_what_needs_it(needing: Environment) -> None:
    manager = factories.manager()
    with pytest.raises(ValidationError) as refused:
        hold(needing, manager, monday("18:01"), monday("11:00"))
    assert refused.value.messages == [
        "front needs db, and the budget of db for this month is used up ($2.00 of $2.00), so that cannot be kept on"
        " beyond its plan. An operator can, or can raise the budget."
    ]
    assert not Hold.objects.exists()
    assert budget_limits.refusal(needing, manager, monday("11:00")) == refused.value.messages[0]
    hold(needing, manager, monday("18:00"), monday("11:00"))
    hold(needing, manager, monday("22:00"), monday("11:00"), Wish.STOPPED)
    hold(needing, factories.operator(), monday("22:00"), monday("11:00"))


def test_nor_by_an_exception_or_a_pause(needing: Environment) -> None:
    manager = factories.manager()
    with pytest.raises(ValidationError, match="front needs db"):
        place(needing, manager, "stop", TUESDAY, 20 * 60)
    with pytest.raises(ValidationError, match="front needs db"):
        place(needing, manager, "on", SATURDAY)
    place(needing, manager, "stop", TUESDAY, 17 * 60)
    needing.state = "running"
    with pytest.raises(ValidationError, match="front needs db"):
        pauses.place(environment=needing, until=on("wednesday", "00:00"), author=manager, now=monday("12:00"))


def test_what_others_plans_keep_on_anyway_is_not_kept_on_by_a_hold(needing: Environment) -> None:
    late = environment("late", schedule=factories.schedule("late", begin_time="09:00", end_time="21:00"))
    late.needs.add(Environment.objects.get(name="db"))
    assert not budget_limits.refusal(needing, factories.manager(), monday("11:00"))
    hold(needing, factories.manager(), monday("21:00"), monday("11:00"))
    with pytest.raises(ValidationError, match="front needs db"):
        hold(needing, factories.manager(), monday("21:01"), monday("11:00"))


def test_of_another_teams_budget_nothing_but_that_it_is_used_up_is_said(needing: Environment) -> None:
    Environment.objects.filter(name="db").update(team=factories.team("Payments"))
    with pytest.raises(ValidationError) as refused:
        hold(needing, factories.manager(), monday("19:00"), monday("11:00"))
    (said,) = refused.value.messages
    assert said.startswith("front needs an environment of another team whose budget for this month is used up")
    assert "db" not in said
    assert "$" not in said
