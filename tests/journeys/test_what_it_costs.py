"""The whole path of money: a schedule, a month of it, what ran, what the days cost, and their sums. To the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import time_machine
from django.test import Client

from environments.models import DayException, Environment, Interval, Operation, State, Target
from environments.models.daily import DailyCost, DailyRun, MonthlyCost, StaleDays
from environments.rules.costs import money
from environments.services import cost_days, costs, forecasts
from environments.targets import registry
from environments.targets.base import AccountRef, Goal, Outcome, Seen, StepContext, TargetRef
from tests import factories
from tests.admin.overriding import words
from tests.services import costing
from tests.services.conftest import Scripted
from tests.support.journey import Journey
from tests.support.times import SEOUL, monday, on
from tests.targets.worlds.ec2 import Instances

pytestmark = pytest.mark.django_db
# It has twenty working days, Monday to Friday, and begins with a Sunday.
FEBRUARY = datetime(2026, 2, 1, tzinfo=SEOUL)
A_MONTH_OF_AWS = timedelta(hours=730)
CENT = Decimal("0.01")


class Costing(Journey):
    """Days of clock and workers, and what is reckoned of them each minute that something happens."""

    def work(self) -> None:
        super().work()
        forecasts.renew(environments=cost_days.rebuild_due(now=self.now), now=self.now)


class NoAws:
    """A clock that stands for itself."""

    def freeze(self, _moment: datetime) -> None: ...

    def advance(self, _seconds: float) -> None: ...


class AtOnce(Scripted):
    """What is asked for is so in the same moment, and is seen so."""

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        self.seen[ref.identifier] = Seen.RUNNING if goal is Goal.START else Seen.STOPPED
        return super().perform(goal, step, ref, context)

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        return {ref.identifier: self.seen.get(ref.identifier, Seen.STOPPED) for ref in refs}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> AtOnce:
    made = AtOnce()
    real = registry.driver
    monkeypatch.setattr(registry, "driver", lambda kind: made if kind == "scripted" else real(kind))
    monkeypatch.setitem(registry.KINDS, "scripted", "tests")
    return made


def page_of(now: datetime) -> str:
    """The words of the page of costs from February's first day until now."""
    with time_machine.travel(now, tick=False):
        browser = Client()
        browser.force_login(factories.operator())
        answer = browser.get("/costs/", {"from": "2026-02-01", "to": f"{now.astimezone(SEOUL):%Y-%m-%d}"})
    return words(answer.content.decode())


@pytest.mark.parametrize(
    ("instances", "always_on", "estimate", "saved"),
    [(1, "159.14", "39.24", "119.90"), (2, "175.93", "43.38", "132.55")],
)
def test_730_hours_by_the_schedule_cost_what_the_reference_table_says(
    at_once: AtOnce, instances: int, always_on: str, estimate: str, saved: str
) -> None:
    day = Costing(NoAws(), FEBRUARY)
    chat = factories.environment(next_transition_at=day.now, state=State.STOPPED)
    costing.chat(costing.target(chat, kind="scripted"), instances, valid_from=FEBRUARY.date())
    # The 730 hours end on a Tuesday in March: those two days are off, so that the hours of running are 180.
    for off in (date(2026, 3, 2), date(2026, 3, 3)):
        DayException.objects.create(environment=chat, kind="off", day=off, reason="closed", created_at=FEBRUARY)
    day.go_to(FEBRUARY + A_MONTH_OF_AWS)

    assert Operation.objects.filter(status="succeeded", kind="start").count() == 20
    assert sum(DailyRun.objects.values_list("seconds", flat=True)) == 180 * 3600
    days = DailyCost.objects.all()
    sums = [sum(getattr(row, name) for row in days) for name in ("estimate", "always_on")]
    now = costs.so_far(environments=[chat], now=day.now)[chat.pk][0]
    sums[1] += now.always_on - days.get(day=date(2026, 3, 3)).always_on
    assert [round(amount, 2) for amount in sums] == [Decimal(estimate), Decimal(always_on)]
    assert round(sums[1] - sums[0], 2) == Decimal(saved)
    assert round((1 - sums[0] / sums[1]) * 100) == 75
    february = MonthlyCost.objects.get(month=date(2026, 2, 1))
    assert (round(february.estimate, 2), february.seconds) == (Decimal(estimate), 180 * 3600)
    assert february.always_on == money(Fraction(february.estimate) / 180 * 28 * 24)
    page = page_of(day.now)
    assert f"Cost so far ${estimate} " in page
    assert f"Always on would be ${always_on} " in page
    assert f"Saved ${saved} 75% of always on" in page
    assert f"chat-dev 180 h ${estimate} ${always_on} ${saved} 75%" in page


def test_what_a_month_is_expected_to_cost_on_its_first_day_is_what_it_has_cost_on_its_last(at_once: AtOnce) -> None:
    chat = factories.environment(next_transition_at=FEBRUARY, state=State.STOPPED)
    costing.chat(costing.target(chat, kind="scripted"))
    cost_days.close_days(now=FEBRUARY)
    day = Costing(NoAws(), FEBRUARY)

    def expected() -> forecasts.Expected:
        return forecasts.expected(environments=Environment.objects.all(), month=FEBRUARY.date(), now=day.now)[chat.pk][
            0
        ]

    forecasts.renew(now=day.now)
    assert (expected().spent, expected().total) == (Decimal(0), Decimal("43.38"))
    for date_ in (3, 10, 17):
        day.go_to(FEBRUARY.replace(day=date_, hour=14, minute=30))
        assert expected().total == Decimal("43.38")
    day.go_to(FEBRUARY.replace(month=3))
    assert (expected().spent, expected().total) == (Decimal("43.38"), None)


def test_a_day_in_aws_costs_what_ran_of_it_by_the_second(chat_aws: Any) -> None:
    day = Costing(chat_aws, monday("08:00"))
    chat_aws.set_transition_seconds(20)
    Instances(chat_aws).launch("worker", {"env": "dev"})
    day.now = chat_aws.now()
    office = factories.environment("office", next_transition_at=day.now, state=State.RUNNING)
    costing.chat(costing.target(office, "tag:env=dev", kind="ec2"))
    day.go_to(on("tuesday", "10:00"))
    day.go_to(on("wednesday", "00:00"))
    spans = list(Interval.objects.order_by("began_at"))
    # Until eighteen o'clock, and from nine to eighteen, as long as AWS took.
    assert [span.ended_by for span in spans] == ["operation", "operation"]
    ran = [span.ended_at - span.began_at for span in spans if span.ended_at]
    assert timedelta(hours=18, minutes=58) < sum(ran, timedelta()) < timedelta(hours=19, minutes=3)
    hour = Fraction(Decimal("0.241")) / 3600 / 10**6
    expected = [money(hour * (time // timedelta(microseconds=1))) for time in ran]
    assert list(costing.estimates(office).values())[-3:] == [*expected, Decimal(0)]
    assert StaleDays.objects.get().marked_at == on("thursday", "00:00")
    assert Target.objects.count() == 1
