"""Whatever happened in whatever order: days, months and hours of teams are what the facts and prices of the end say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.models import Environment, Interval, Target, Team
from environments.models.daily import DailyCost, DailyRun, MonthlyCost, TeamHours
from environments.services import cost_days, cost_marks, intervals, rates
from tests import factories
from tests.journeys.striking import sparing, undone
from tests.services import costing
from tests.services.costing import everything

pytestmark = pytest.mark.django_db

# Clocks go back in Berlin on the 25th of October, and a month begins on the 1st.
BEGIN = datetime(2026, 10, 23, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ["Asia/Seoul", "Europe/Berlin"]
DATES = [date(2026, 10, 20) + n * DAY for n in range(20)]

which = st.integers(0, 1)
moments = st.integers(0, 12 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes, seconds=minutes % 47))
lengths = st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes, seconds=minutes % 53))
dates = st.sampled_from(DATES)
acts = st.one_of(
    st.tuples(st.just("start"), which),
    st.tuples(st.just("stop"), which),
    st.tuples(st.just("late"), which, moments, lengths),
    st.tuples(st.just("corrected"), which, st.integers(0, 9), lengths),
    st.tuples(st.just("price"), which, st.sampled_from(["instance", "volume"]), st.integers(0, 999), dates),
    st.tuples(st.just("team"), which, which),
    st.tuples(st.just("made anew"), st.sets(which, min_size=1), dates, dates | st.none()),
    st.tuples(st.just("what is due")),
)
steps = st.lists(st.tuples(st.integers(0, 40), acts), min_size=4, max_size=12)


class Story:
    """Two environments in two zones, with a target each."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.teams: list[Team] = [factories.team(name) for name in ("Chat", "Payments")]
        self.places: list[Environment] = [factories.environment(zone, slug=zone[:4], timezone=zone) for zone in ZONES]
        self.targets: list[Target] = [costing.target(one, one.name) for one in self.places]

    def act(self, what: str, *said: Any) -> None:
        match what, said:
            case "start", (n,):
                intervals.begun(target_id=self.targets[n].pk, now=self.now)
            case "stop", (n,):
                intervals.ended(target_id=self.targets[n].pk, now=self.now)
            case "late", (n, began, length):
                self.late(self.targets[n], began, min(began + length, self.now))
            case "corrected", (n, number, length):
                self.corrected(self.targets[n], number, length)
            case "price", (n, label, price, day):
                line = {"label": label, "unit_price": Decimal(price) / 1024, "always": label == "volume"}
                rates.set_line(target=self.targets[n], valid_from=day, actor=None, now=self.now, **line)
            case "team", (n, team):
                Environment.objects.filter(pk=self.places[n].pk).update(team=self.teams[team])
            case "made anew", (those, first, last):
                ids = [self.places[n].pk for n in those]
                cost_days.rebuild(environments=ids, first=first, last=last, now=self.now)
            case _:
                cost_days.rebuild_due(now=self.now)

    def late(self, target: Target, began: datetime, ended: datetime) -> None:
        """What is only known now ran then, unless something else did."""
        taken = Interval.objects.between(began, ended).filter(target=target)
        if began < ended and not taken.exists():
            costing.ran(target, began, ended)
            cost_marks.mark_since(since={target.environment_id: began}, now=self.now)

    def corrected(self, target: Target, number: int, length: timedelta) -> None:
        """One that has ended has ended earlier; one that would have lasted too long, never was."""
        spans = list(Interval.objects.filter(target=target, ended_at__isnull=False).order_by("began_at"))
        if spans:
            span = spans[number % len(spans)]
            since, ended = span.began_at, span.began_at + length
            if span.ended_at and ended < span.ended_at:
                Interval.objects.filter(pk=span.pk).update(ended_at=ended)
                since = ended
            else:
                span.delete()
            cost_marks.mark_since(since={target.environment_id: since}, now=self.now)

    def ends(self) -> None:
        """What is due is made, and the present days are brought up to now."""
        cost_days.rebuild_due(now=self.now)
        self.made_anew(self.now.date() - DAY)

    def made_anew(self, first: date, *, backwards: bool = False) -> None:
        for one in reversed(self.places) if backwards else self.places:
            cost_days.rebuild(environments=[one.pk], first=first, last=None, now=self.now)

    def from_the_end_state_alone(self) -> list[list[tuple[Any, ...]]]:
        """All rows made once from nothing, but for whose each day was: that is no fact of the end."""
        for model in (DailyCost, MonthlyCost, TeamHours):
            model.objects.all().delete()
        DailyRun.objects.update(seconds=0, hours=bytes(24), known_until=BEGIN)
        cost_days.rebuild(
            environments=[one.pk for one in self.places], first=cost_marks.BEGINNING, last=None, now=self.now
        )
        return everything()


def tell(those: list[tuple[int, tuple[Any, ...]]]) -> None:
    with undone():
        story = Story()
        for hours, act in those:
            story.now += hours * HOUR
            story.act(*act)
        story.ends()
        stands = everything()
        for backwards in (True, False):
            story.made_anew(cost_marks.BEGINNING, backwards=backwards)
            assert everything() == stands
        assert story.from_the_end_state_alone() == [
            *stands[:3],
            # Hours of teams that nothing ran in any more stay, as nothing.
            [row for row in stands[3] if row[-1] != str([0] * 24)],
        ]


@pytest.fixture(autouse=True)
def breathless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_days, "BREATH_S", 0)


@sparing(max_examples=6)
@given(those=steps)
def test_made_in_any_order_and_twice_all_rows_are_as_made_once_from_the_end(
    those: list[tuple[int, tuple[Any, ...]]],
) -> None:
    tell(those)


@pytest.mark.torture
@sparing(max_examples=400)
@given(those=steps)
def test_so_they_are_after_many_more_stories(those: list[tuple[int, tuple[Any, ...]]]) -> None:
    tell(those)
