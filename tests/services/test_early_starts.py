"""Early starts: ready at nine, learned from how long the environment's own starts took."""

from __future__ import annotations

from datetime import timedelta

import pytest

from environments.models import Environment, Operation, State, Wish
from environments.services import early_starts, schedules
from tests import factories
from tests.support.times import monday, on

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
HOUR_CAP = 60 * MINUTE


def _starts(chat: Environment, *minutes: float, announced: bool = True, status: str = "succeeded") -> None:
    """Past starts that took these minutes, the newest last."""
    day = monday("09:00") - timedelta(days=100)
    for number, took in enumerate(minutes):
        begin = day + timedelta(days=number)
        made = factories.operation(chat, status=status, at=begin, finished_at=begin + took * MINUTE)
        factories.step(made, "announce", "done" if announced else "skipped")


def test_the_lead_is_what_nine_of_ten_of_the_last_twenty_starts_took() -> None:
    chat = factories.environment()
    _starts(chat, 50, 50, *[5] * 17, 7.5, 8, 30)
    found = early_starts.known(chat.pk, HOUR_CAP)
    assert (found.lead, found.samples, found.capped) == (8 * MINUTE, 20, False)


def test_starts_that_failed_or_found_everything_running_teach_nothing() -> None:
    chat = factories.environment()
    _starts(chat, 9, 9)
    _starts(chat, 1, 1, 1, announced=False)
    _starts(chat, 2, 2, 2, status="failed")
    assert early_starts.known(chat.pk, HOUR_CAP).samples == 2


def test_what_was_learned_is_kept_and_used_only_where_it_is_wished_for() -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED, next_transition_at=on("tuesday", "09:00"))
    _starts(chat, 7, 7, 7)
    early_starts.learn(chat.pk, now=monday("19:00"))
    chat.refresh_from_db()
    assert (chat.start_lead, chat.next_transition_at) == (7, on("tuesday", "09:00")), "off by default"

    Environment.objects.update(start_early=True, start_lead=0)
    early_starts.learn(chat.pk, now=monday("19:00"))
    schedules.enforce_due(now=monday("19:00"))
    chat.refresh_from_db()
    assert chat.next_transition_at == on("tuesday", "08:53")
    schedules.enforce_due(now=on("tuesday", "08:53"))
    operation = Operation.objects.get(status="pending")
    assert operation.kind == "start"
    assert operation.reason["en"].endswith("started early to be ready at 09:00")


def test_however_long_starts_took_the_cap_decides() -> None:
    chat = factories.environment(
        state=State.STOPPED, wish=Wish.STOPPED, start_early=True, start_early_cap=15, start_lead=40,
        next_transition_at=monday("00:00"),
    )  # fmt: skip
    schedules.enforce_due(now=monday("07:00"))
    chat.refresh_from_db()
    assert chat.next_transition_at == monday("08:45")


def test_a_lead_that_did_not_change_recomputes_no_plan() -> None:
    chat = factories.environment(start_early=True, start_lead=7, next_transition_at=on("tuesday", "08:53"))
    _starts(chat, 7, 7, 7)
    early_starts.learn(chat.pk, now=monday("19:00"))
    chat.refresh_from_db()
    assert chat.next_transition_at == on("tuesday", "08:53")
