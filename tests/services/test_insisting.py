"""An enforced schedule against something that keeps changing an environment outside: three times an hour, no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from environments.models import Environment, Operation, Scan, Schedule, State, Target, Wish
from environments.services import status
from environments.targets.base import Seen
from notifications.models import Event
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
EVENING = monday("19:00")


def test_what_is_put_back_three_times_within_the_hour_is_left_alone_for_the_rest_of_it_and_that_is_said(
    scripted: Any,
) -> None:
    chat = factories.environment(state=State.STOPPED, wish=Wish.STOPPED, judged_at=monday("18:00"))
    Target.objects.create(
        environment=chat, kind="scripted", identifier="chat", account=factories.account(), region=factories.REGION
    )
    factories.operation(chat, "stop", at=monday("18:00"))
    Schedule.objects.update(enforced=True)
    put_back = []
    for turn in range(12 * 2):
        now = EVENING + turn * timedelta(minutes=5)
        scripted.seen["chat"] = Seen.RUNNING
        status.scan_due(now=now)
        status.scan(scan_id=Scan.objects.get().pk, now=now)
        if asked := Operation.objects.unfinished().first():
            put_back.append(turn * 5)
            assert asked.trigger == "drift"
            Operation.objects.filter(pk=asked.pk).update(status="succeeded", started_at=now, finished_at=now)
            Environment.objects.update(state=State.STOPPED, state_since=now)
    assert put_back == [0, 5, 10, 60, 65, 70]
    chat.refresh_from_db()
    assert chat.state_reason["en"].endswith("(put back 3 times within the hour: somebody or something insists)")
    assert Event.objects.filter(kind="environment.changed_outside").count() <= 8
