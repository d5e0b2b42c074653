"""Templates of prices: given to many targets at once, made of the lines that a target has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from environments.models import Target
from environments.models.rate import Pricing, Rate, RateTemplate
from environments.services import rate_templates, rates
from environments.services.rates import Line
from tests import factories
from tests.support.prices import CACHE, MACHINE, NOW, TODAY, days, set_line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stack() -> Target:
    return factories.chat_app().targets.get()


def template(*lines: Line) -> RateTemplate:
    made = RateTemplate.objects.create(name="Chat, small")
    for line in lines:
        made.lines.create(label=line.label, unit_price=line.unit_price, quantity=line.quantity, currency=line.currency)
    return made


def test_a_template_gives_its_lines_to_many_targets_and_supersedes_those_of_the_same_name(
    stack: Target, django_assert_num_queries: Any
) -> None:
    other = factories.chat_app("chat-qa", "OtherStack").targets.get()
    set_line(stack, MACHINE.label, "0.02", date(2026, 10, 1))
    set_line(stack, "By hand", "1", date(2026, 10, 1))
    done = rate_templates.apply_template(
        template=template(MACHINE, CACHE),
        targets=[stack, other],
        valid_from=date(2026, 11, 1),
        actor=factories.operator(),
        now=NOW,
    )
    assert (done.came, done.same) == (4, 0)
    assert days(stack) == [
        ("By hand", "1", "10-01", ""),
        ("EC2 t3.small", "0.02", "10-01", "11-01"),
        ("EC2 t3.small", "0.023", "11-01", ""),
        ("ElastiCache cache.t2.micro", "0.017", "11-01", ""),
    ]
    assert [row.source for row in other.rates.all()] == ["template", "template"]


def test_a_template_given_twice_changes_nothing_the_second_time(stack: Target) -> None:
    given = template(MACHINE, CACHE)
    asked: Any = {"template": given, "targets": [stack], "valid_from": TODAY, "actor": None, "now": NOW}
    rate_templates.apply_template(**asked)
    again = rate_templates.apply_template(**asked)
    assert (again.came, again.same) == (0, 2)


def test_a_template_costs_the_same_queries_for_many_targets_as_for_few(django_assert_max_num_queries: Any) -> None:
    given = template(MACHINE, CACHE)
    targets = [factories.chat_app(f"env-{n}", f"stack-{n}").targets.get() for n in range(12)]
    targets = list(Target.objects.select_related("environment__schedule").filter(pk__in=[one.pk for one in targets]))
    with django_assert_max_num_queries(15):
        rate_templates.apply_template(template=given, targets=targets, valid_from=TODAY, actor=None, now=NOW)
    assert Rate.objects.count() == 24


def test_the_lines_of_today_are_kept_as_a_template(stack: Target) -> None:
    set_line(stack, "t3.small", "0.023", date(2026, 11, 1), quantity=Decimal(2))
    set_line(stack, "gone", "1", date(2026, 11, 1))
    rates.end_line(line=Rate.objects.get(label="gone"), day=TODAY, actor=None, now=NOW)
    kept = rate_templates.save_as_template(target=stack, name="Small", actor=factories.operator(), now=NOW)
    assert [(line.label, line.quantity) for line in kept.lines.all()] == [("t3.small", Decimal(2))]
    with pytest.raises(ValidationError, match="already exists"):
        rate_templates.save_as_template(target=stack, name="Small", actor=None, now=NOW)


def test_an_empty_template_is_neither_given_nor_made(stack: Target) -> None:
    with pytest.raises(ValidationError, match="no lines yet"):
        rate_templates.apply_template(template=template(), targets=[stack], valid_from=TODAY, actor=None, now=NOW)
    with pytest.raises(ValidationError, match="nothing to keep"):
        rate_templates.save_as_template(target=stack, name="Small", actor=None, now=NOW)
    assert RateTemplate.objects.filter(name="Small").count() == 0


def test_a_template_replaces_what_was_looked_up_and_has_it_looked_up_no_more(stack: Target) -> None:
    rates.replace_from_price_list(target=stack, lines=[MACHINE, CACHE], unpriced=[], now=NOW - timedelta(days=7))
    small = Line("Chat, all of it", Decimal("0.24"))
    asked: Any = {"targets": [stack], "valid_from": TODAY, "actor": None, "now": NOW}
    done = rate_templates.apply_template(template=template(small), **asked)
    assert (done.came, done.gave_way, done.kept_from_looks) == (1, 2, (stack.pk,))
    assert days(stack) == [
        ("Chat, all of it", "0.24", "11-18", ""),
        ("EC2 t3.small", "0.023", "11-11", "11-18"),
        ("ElastiCache cache.t2.micro", "0.017", "11-11", "11-18"),
    ]
    assert list(Pricing.objects.values_list("automatic", "wanted_at")) == [(False, None)]
    # 24 cents an hour, not 24 and 6.3 more for the same machines.
    running = Rate.objects.current().filter(target=stack)
    assert sum(row.unit_price * row.quantity for row in running) == Decimal("0.24")


def test_taking_a_template_back_brings_back_what_was_looked_up_and_the_looks(stack: Target) -> None:
    rates.replace_from_price_list(target=stack, lines=[MACHINE, CACHE], unpriced=[], now=NOW - timedelta(days=7))
    before = days(stack)
    asked: Any = {"targets": [stack], "valid_from": date(2026, 11, 1), "actor": None, "now": NOW}
    done = rate_templates.apply_template(template=template(MACHINE), **asked)
    assert [row for row in days(stack) if row[2] != row[3]] == [("EC2 t3.small", "0.023", "11-01", "")]
    sent: Any = {"changes": done.changes, "looks": done.kept_from_looks, "actor": factories.operator(), "now": NOW}
    other = factories.chat_app("chat-qa", "OtherStack").targets.get()
    assert rates.take_back(environment=other.environment, **sent) == 0
    assert not Pricing.objects.get(target=stack).automatic, "others have no say in it"
    assert rates.take_back(environment=stack.environment, **sent) == 3
    assert days(stack) == before
    assert list(Pricing.objects.values_list("automatic", "wanted_at")) == [(True, NOW)]


def test_a_template_with_a_price_that_cannot_be_counted_is_not_given_and_the_line_is_named(stack: Target) -> None:
    with pytest.raises(ValidationError) as refused:
        rate_templates.apply_template(
            template=template(MACHINE, Line("nonsense", Decimal(99999999))),
            targets=[stack], valid_from=TODAY, actor=factories.operator(), now=NOW,
        )  # fmt: skip
    assert "nonsense: " in refused.value.message_dict["template"][0]
    assert not Rate.objects.exists()
