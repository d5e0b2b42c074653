"""Lists of environments that are kept for who asks next: what may be a second old, what never is, and for whom."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import DailyCost, Environment, State, Tag
from environments.services import schedules
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOON = monday("12:00")


@pytest.fixture
def chat() -> Environment:
    """It runs as its schedule says: until 18:00."""
    made = factories.chat_app(state=State.RUNNING, wish="running", state_since=monday("09:00"))
    schedules.enforce(made, now=NOON)
    return made


@pytest.fixture
def caller() -> Caller:
    with time_machine.travel(NOON, tick=False):
        return Caller(factories.manager())


def _items(caller: Caller) -> list[dict[str, Any]]:
    answer = caller.get("/environments")
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _one(caller: Caller) -> dict[str, Any]:
    [one] = _items(caller)
    return one


def _names(caller: Caller) -> list[str]:
    return [one["name"] for one in _items(caller)]


def test_what_anybody_changes_is_told_at_once_whichever_process_has_kept_a_list(chat: Environment) -> None:
    """Nothing of it goes by this process's memory: it is written beside it, as another process would."""
    caller = Caller(factories.operator())
    with time_machine.travel(NOON, tick=False):
        assert _one(caller)["hold"] is None
        hold = factories.hold(chat, until=monday("20:00"))
        assert _one(caller)["hold"]["id"] == hold.pk
        hold.delete()
        assert _one(caller)["hold"] is None
        chat.tags.add(Tag.objects.create(name="demo"))
        assert _one(caller)["tags"] == ["demo"]
        chat.team = factories.team("Payments")
        chat.save()
        assert _one(caller)["team"] == "Payments"
        factories.operation(chat, at=NOON)
        Environment.objects.update(state=State.STOPPING)
        factories.environment("new")
        assert _names(caller) == ["chat-dev", "new"]
        chat.delete()
        assert _names(caller) == ["new"]


def test_what_the_portal_sees_for_itself_is_told_a_second_later(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        assert _one(caller)["state"] == "running"
        Environment.objects.update(state=State.STOPPED)
        clock.shift(timedelta(seconds=1))
        assert _one(caller)["state"] == "stopped"


def test_a_list_that_is_kept_is_read_by_nobody_who_may_not_see_it(chat: Environment, caller: Caller) -> None:
    """Asked by one after another within the same second; what changes of their rights counts at once."""
    person, outsider = caller.token.user, Caller(factories.outsider())
    factories.price(chat.targets.get())
    with time_machine.travel(NOON, tick=False):
        assert _one(caller)["cost_today"] == []
        assert _names(outsider) == []
        assert _names(Caller(factories.operator())) == ["chat-dev"]
        person.groups.clear()
        assert _one(caller)["cost_today"] is None
        person.teams.clear()
        assert _names(caller) == []


def test_a_list_that_is_kept_takes_a_few_queries(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        _names(caller)
        with CaptureQueriesContext(connection) as asked:
            _names(caller)
    tables = " ".join(one["sql"] for one in asked)
    assert len(asked) <= 6  # the token, its count, the account's rights and teams, and what was changed last
    assert "environments_check" not in tables.replace("historical", "")


def test_costs_are_those_of_the_minute(chat: Environment, caller: Caller) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        assert _one(caller)["cost_today"] == []
        DailyCost.objects.create(
            environment=chat,
            team=chat.team,
            day=NOON.date(),
            currency="USD",
            estimate=Decimal(3),
            always_on=Decimal(5),
            known_until=NOON,
        )
        clock.shift(timedelta(seconds=59))
        assert _one(caller)["cost_today"] == []
        clock.shift(timedelta(seconds=1))
        [cost] = _one(caller)["cost_today"]
    assert (cost["currency"], Decimal(cost["amount"]), Decimal(cost["saved"])) == ("USD", Decimal(3), Decimal(2))
