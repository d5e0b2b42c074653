"""Releases of holds: undone with one click by who released them; and who may place, release and undo at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import holds
from environments.services.holds import Until
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
EVENING = monday("19:00")


def _place(chat: Environment, **more: Any) -> Hold:
    values: dict[str, Any] = {"until": Until.NEXT_CHANGE, "author": factories.manager(), "now": EVENING} | more
    return holds.place(environment=chat, desired=Wish.RUNNING, **values)


HELD = {"until": monday("22:00"), "reason": "client demo"}


def _released() -> tuple[Environment, Hold]:
    """Held by an operator, released by the manager at half past seven."""
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED)
    _place(chat, author=factories.operator(), **HELD)
    held = holds.release(environment=chat, author=factories.manager(), now=EVENING + timedelta(minutes=30))
    assert held is not None
    return chat, held


def _undo(chat: Environment, hold: Hold, **more: Any) -> Hold | None:
    values: dict[str, Any] = {"author": factories.manager(), "now": EVENING + timedelta(minutes=31)} | more
    return holds.undo_release(environment=chat, hold_id=hold.pk, **values)


def test_undoing_a_release_holds_it_until_the_same_time_for_the_same_reason() -> None:
    chat, held = _released()
    again = _undo(chat, held)
    assert again is not None
    assert again.pk != held.pk, "what was released stays in the history"
    assert {"until": again.until, "reason": again.reason} == HELD
    assert (again.desired, again.author) == (held.desired, factories.manager())
    chat.refresh_from_db()
    assert chat.next_transition_at == monday("22:00")
    assert _undo(chat, held) is None, "it has been undone already"


def _nothing(chat: Environment) -> dict[str, Any]:
    return {"author": factories.operator()}


def _another_hold(chat: Environment) -> dict[str, Any]:
    _place(chat, until=monday("21:00"), now=EVENING + timedelta(minutes=30, seconds=10))
    return {}


def _another_hold_and_its_release(chat: Environment) -> dict[str, Any]:
    _another_hold(chat)
    holds.release(environment=chat, author=factories.manager(), now=EVENING + timedelta(minutes=30, seconds=20))
    return {}


def _its_end(chat: Environment) -> dict[str, Any]:
    return {"now": monday("22:00")}


@pytest.mark.parametrize("since", [_nothing, _another_hold, _another_hold_and_its_release, _its_end])
def test_a_release_of_somebody_else_or_that_something_followed_is_not_undone(since: Any) -> None:
    chat, held = _released()
    more = since(chat)
    before = set(Hold.objects.open())
    assert _undo(chat, held, **more) is None
    assert set(Hold.objects.open()) == before


def test_undoing_a_release_lengthens_nobody_s_hold_beyond_what_they_may() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED, max_hold_hours=4)
    _place(chat, until=Until.RELEASED, author=factories.operator())
    held = holds.release(environment=chat, author=factories.manager(), now=EVENING)
    assert held is not None
    with pytest.raises(ValidationError, match="until 23:00"):
        _undo(chat, held, now=EVENING)
    assert not Hold.objects.open().exists()


DEEDS: dict[str, Callable[[Environment, User], object]] = {
    "place": lambda chat, who: _place(chat, author=who),
    "release": lambda chat, who: holds.release(environment=chat, author=who, now=EVENING),
    "take back": lambda chat, who: holds.take_back(environment=chat, hold_id=1, author=who, now=EVENING),
    "undo": lambda chat, who: holds.undo_release(environment=chat, hold_id=1, author=who, now=EVENING),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("who", [factories.viewer, factories.outsider])
def test_whichever_door_asks_who_may_not_switch_it_changes_nothing(who: Callable[[], User], deed: str) -> None:
    chat = factories.environment(state=State.RUNNING, wish=Wish.RUNNING)
    held = factories.hold(chat, until=None)
    with pytest.raises(PermissionDenied):
        DEEDS[deed](chat, who())
    assert Hold.objects.open().get() == held
    assert not Operation.objects.exists()
