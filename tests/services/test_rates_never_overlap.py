"""Two price lines of one label never hold on one day for a target in one environment, by whatever way they came."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from environments.models import Environment, Target
from environments.models.rate import Rate, RateTemplate
from environments.services import rate_templates, rates, target_edits
from environments.services.rate_sheet import own_label
from environments.services.rates import Line
from tests import factories
from tests.journeys.striking import sparing, undone
from tests.services import costing
from tests.support.prices import NOW, TODAY

pytestmark = pytest.mark.django_db
LABELS = ["instance", "volume"]
DAY = timedelta(days=1)

labels, days = st.sampled_from(LABELS), st.integers(-4, 4).map(lambda n: TODAY + n * DAY)
any_row = st.integers(0, 9)
prices = st.integers(1, 3)
acts = st.one_of(
    st.tuples(st.just("set"), labels, days, prices),
    st.tuples(st.just("template"), days, prices),
    st.tuples(st.just("aws"), st.sets(labels), prices),
    st.tuples(st.just("end"), any_row, days),
    st.tuples(st.just("restore"), any_row),
    st.tuples(st.just("take back"), any_row),
    st.tuples(st.just("move"), st.booleans()),
    st.tuples(st.just("next day")),
)


class Story:
    """One target, two environments that it may be in, and what was done to its prices."""

    def __init__(self) -> None:
        self.places: list[Environment] = [factories.environment(name) for name in ("a", "b")]
        self.target: Target = costing.target(self.places[0])
        self.now: datetime = NOW
        self.person = factories.operator()
        self.done: list[rates.Written] = []

    def act(self, what: str, *said: Any) -> None:
        known: dict[str, Any] = {"actor": self.person, "now": self.now}
        try:
            written = self._act(what, said, known)
        except ValidationError:
            return  # refused, with the reason: nothing was written
        if written is not None:
            self.done.append(written)

    def _act(self, what: str, said: tuple[Any, ...], known: dict[str, Any]) -> rates.Written | None:
        rows = list(Rate.objects.filter(target_number=self.target.pk).order_by("pk"))
        if what == "set":
            label, day, price = said
            return rates.set_line(target=self.target, label=label, unit_price=Decimal(price), valid_from=day, **known)
        if what == "template":
            day, price = said
            template = RateTemplate.objects.create(name=f"{RateTemplate.objects.count()}")
            template.lines.create(label=LABELS[0], unit_price=price)
            return rate_templates.apply_template(template=template, targets=[self.target], valid_from=day, **known)
        if what == "aws":
            lines = [Line(label, Decimal(said[1]), always=label == "volume") for label in sorted(said[0])]
            return rates.replace_from_price_list(target=self.target, lines=lines, unpriced=(), now=self.now)
        if what == "move":
            self.target.environment = self.places[said[0]]
            self.target.save()
            target_edits.saved(target=self.target, changed={"environment"}, now=self.now)
        elif what == "next day":
            self.now += DAY
        elif what == "end" and rows:
            return rates.end_line(line=rows[said[0] % len(rows)], day=said[1], **known)
        elif what == "restore" and rows:
            return rates.restore_line(line=rows[said[0] % len(rows)], **known)
        elif what == "take back" and self.done:
            changes, person = self.done[said[0] % len(self.done)].changes, self.person
            rates.take_back(environment=self.target.environment, changes=changes, actor=person, now=self.now)
        return None

    def overlapping(self) -> list[tuple[Rate, Rate]]:
        places: dict[tuple[int | None, str], list[Rate]] = {}
        for row in Rate.objects.filter(target_number=self.target.pk).order_by("valid_from"):
            if row.valid_until != row.valid_from:
                places.setdefault((row.environment_id, own_label(row)), []).append(row)
        pairs = [pair for rows in places.values() for pair in pairwise(rows)]
        return [(one, other) for one, other in pairs if one.valid_until is None or one.valid_until > other.valid_from]


def tell(those: list[tuple[Any, ...]]) -> None:
    with undone():
        story = Story()
        for act in those:
            story.act(*act)
            assert story.overlapping() == [], act


def test_an_end_is_not_taken_back_once_another_price_of_the_label_has_come() -> None:
    story = Story()
    story.act("set", "instance", TODAY - 4 * DAY, 1)
    story.act("end", 0, TODAY)
    story.act("set", "instance", TODAY + 2 * DAY, 2)
    stood = list(Rate.objects.order_by("pk").values())
    changes = story.done[1].changes
    taken = rates.take_back(environment=story.places[0], changes=changes, actor=story.person, now=NOW)
    assert (taken, list(Rate.objects.order_by("pk").values())) == (0, stood)


@sparing(max_examples=8)
@given(those=st.lists(acts, min_size=3, max_size=7))
def test_lines_of_a_label_never_overlap_whatever_is_done_to_them(those: list[tuple[Any, ...]]) -> None:
    tell(those)


@pytest.mark.torture
@sparing(max_examples=400)
@given(those=st.lists(acts, min_size=3, max_size=12))
def test_lines_of_a_label_never_overlap_in_long_stories_either(those: list[tuple[Any, ...]]) -> None:
    tell(those)
