"""Who may make exceptions for what, and which they see: by role and by team."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q

from environments.models import DayException
from environments.services import exceptions, permissions
from environments.services.exceptions import Wanted
from tests import factories
from tests.support.times import MONDAY, monday

pytestmark = pytest.mark.django_db
EXPECTED = {
    # who: of the own team's environment, the team, the schedule; of the other team's environment, the team
    "viewer": (False, False, False, False, False),
    "manager": (True, True, False, False, False),
    "outsider": (False, False, False, True, True),
    "operator": (True, True, True, True, True),
    "administrator": (True, True, True, True, True),
}


@pytest.mark.parametrize("who", EXPECTED)
def test_managers_override_for_their_teams_and_operators_for_all_and_for_schedules(who: str) -> None:
    chat, pay = factories.environment(), factories.environment("pay-dev", team=factories.team("Payments"))
    user = getattr(factories, who)()
    assert chat.schedule
    scopes: list[permissions.Scope] = [chat, chat.team, chat.schedule, pay, pay.team]
    assert tuple(permissions.may_override(user, scope) for scope in scopes) == EXPECTED[who]
    for scope in scopes:
        if not permissions.may_override(user, scope):
            with pytest.raises(PermissionDenied, match="can"):
                permissions.require_override(user, scope)


def test_nobody_who_is_not_signed_in_or_may_not_sign_in_any_more_overrides_anything() -> None:
    chat, gone = factories.environment(), factories.operator()
    gone.is_active = False
    for user in (AnonymousUser(), gone):
        assert not permissions.may_override(user, chat)
        assert not permissions.may_override(user, chat.team)
        assert not DayException.objects.filter(permissions.exceptions_in_reach(user)).exists()


def test_a_schedule_is_there_for_those_whose_environments_follow_it() -> None:
    chat = factories.environment()
    assert chat.schedule
    assert permissions.may_see_scope(factories.viewer(), chat.schedule)
    assert not permissions.may_see_scope(factories.outsider(), chat.team)
    assert not permissions.may_see_scope(AnonymousUser(), chat.schedule)


@pytest.mark.parametrize(
    ("who", "seen", "reached"),
    [
        ("viewer", {"chat-dev", "Chat", "Office hours Seoul"}, set()),
        ("manager", {"chat-dev", "Chat", "Office hours Seoul"}, {"chat-dev", "Chat"}),
        ("outsider", {"pay-dev", "Payments", "Night"}, {"pay-dev", "Payments"}),
        ("operator", None, None),
    ],
)
def test_the_exceptions_that_somebody_sees_and_may_end_are_those_of_their_teams(
    who: str, seen: set[str] | None, reached: set[str] | None
) -> None:
    chat = factories.environment()
    pay = factories.environment("pay-dev", team=factories.team("Payments"), schedule=factories.schedule("Night"))
    everything = set()
    for environment in (chat, pay):
        assert environment.schedule
        for scope in (environment, environment.team, environment.schedule):
            wanted = Wanted("off", MONDAY.date(), MONDAY.date(), None, "demo")
            exceptions.place(scope=scope, wanted=wanted, author=factories.operator(), now=monday("10:00"))
            everything.add(scope.name)
    user = getattr(factories, who)()

    def names(rows: Q) -> set[str]:
        return {exceptions.scope_of(row).name for row in DayException.objects.filter(rows)}

    assert names(permissions.exceptions_in_sight(user)) == (everything if seen is None else seen)
    assert names(permissions.exceptions_in_reach(user)) == (everything if reached is None else reached)
