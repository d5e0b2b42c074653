"""Prices that AWS says on the environment's page, beside those that people keep themselves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from environments.models import Target
from environments.models.rate import Pricing, Rate, RateTemplate
from environments.services import rates, target_edits
from tests import factories
from tests.admin.asking import whole

from .filling import rows
from .pricing import FIELDS, TODAY, card, post, priced, stack, undo, words

pytestmark = pytest.mark.django_db
__all__ = ["stack"]


def test_when_prices_were_looked_up_is_said(stack: Target) -> None:
    pricing = Pricing.objects.create(target=stack, wanted_at=timezone.now())
    for fields, said in (
        ({}, "being looked up"),
        ({"wanted_at": None}, "not looked up yet"),
        ({"looked_at": timezone.now() - timedelta(hours=1)}, "looked up 09:00"),
        ({"automatic": False}, "not looked up in the AWS Price List"),
    ):
        for name, value in fields.items():
            setattr(pricing, name, value)
        pricing.save()
        assert said in card(factories.operator(), stack.environment)


def test_prices_are_looked_up_when_an_operator_asks_and_not_where_they_keep_their_own(
    as_operator: Client, stack: Target
) -> None:
    Pricing.objects.create(target=stack)
    post(as_operator, "look")
    assert Pricing.objects.get().wanted_at == timezone.now()
    post(as_operator, "automatic", target=stack.pk, wished="0")
    assert (Pricing.objects.get().automatic, Pricing.objects.get().wanted_at) == (False, None)
    assert "None of its prices are looked up." in words(post(as_operator, "look").content.decode())


def test_a_first_price_and_a_template_say_that_looking_up_is_switched_off_and_are_taken_back_with_it(
    as_operator: Client, stack: Target
) -> None:
    off = "Looking prices up in AWS is switched off here, so that nothing is counted twice."
    Pricing.objects.create(target=stack)
    answer = post(as_operator, "line", target=stack.pk, valid_from="2026-11-01", **FIELDS)
    said = words(answer.content.decode())
    assert off in said
    assert "Look its prices up each week" in said
    undo(as_operator, answer)
    assert Pricing.objects.get().automatic
    rates.replace_from_price_list(
        target=stack, lines=[rates.Line("found", Decimal(1))], unpriced=[], now=timezone.now()
    )
    template = RateTemplate.objects.create(name="Small")
    template.lines.create(label="t3.small", unit_price=Decimal("0.023"))
    answer = post(as_operator, "template", template=template.pk, targets=[stack.pk], valid_from="2026-11-01")
    assert f"1 price came from “Small”, 1 looked-up price gave way. {off}" in words(answer.content.decode())
    undo(as_operator, answer)
    assert Pricing.objects.get().automatic
    assert list(Rate.objects.current().values_list("label", "source")) == [("found", "price_list")]


def test_prices_of_both_kinds_are_to_be_checked(stack: Target) -> None:
    said = "Some prices were entered by hand, others looked up: check that nothing is counted twice."
    rates.replace_from_price_list(
        target=stack, lines=[rates.Line("found", Decimal(1))], unpriced=[], now=timezone.now()
    )
    assert said not in card(factories.operator(), stack.environment)
    by_hand = priced(stack, "t3.small", "0.023")
    assert said in card(factories.operator(), stack.environment)
    rates.end_line(line=by_hand, day=by_hand.valid_from, actor=None, now=timezone.now())
    assert said not in card(factories.operator(), stack.environment)


def test_saving_and_removing_a_target_has_its_prices_follow(as_operator: Client, stack: Target) -> None:
    fields = {"environment": str(stack.environment_id), "kind": "cloudformation", "identifier": "Second"}
    fields |= {"account": str(stack.account_id), "region": factories.REGION, "order": "2"}
    fields |= {"option_template_url": factories.TEMPLATE_URL} | rows("parameters")
    as_operator.post("/environments/target/add/", fields)
    made = Target.objects.get(identifier="Second")
    assert made.pricing.wanted_at == timezone.now()
    priced(made, "t3.small", "0.023")
    as_operator.post(f"/environments/target/{made.pk}/delete/", {"post": "yes"})
    left = Rate.objects.get()
    assert (left.target, left.valid_until) == (None, TODAY + timedelta(days=1))


def test_changes_of_prices_are_told_as_people_write_them_and_what_aws_changes_is_not(
    as_operator: Client, stack: Target
) -> None:
    line = priced(stack, "t3.small", "0.023")
    post(as_operator, "line", line=line.pk, **(FIELDS | {"unit_price": "0.026", "valid_from": "2026-11-01"}))
    found = [rates.Line("looked up", Decimal(1))]
    rates.replace_from_price_list(target=stack, lines=found, unpriced=[], now=timezone.now())
    html = whole(as_operator)
    told = words(html[html.index("chg-lines") :])
    assert "Price line “t3.small”" in told
    assert "unit price: 0.023 → 0.026" in told.lower()
    assert "looked up" not in told


def test_moved_to_and_fro_the_card_shows_what_counts_today_and_no_line_of_the_move_afterwards(stack: Target) -> None:
    first, second = stack.environment, factories.environment("chat-qa")
    priced(stack, "t3.small", "0.023", valid_from=TODAY)
    for place in (second, first):
        stack.environment = place
        stack.save()
        target_edits.saved(target=stack, changed={"environment"}, now=timezone.now())
    shown = card(factories.operator(), first)
    assert "t3.small (chat-dev) until 23 Nov 2026" in shown
    assert "t3.small from 24 Nov 2026 on" in shown
    assert "running $0.023 an hour" in shown
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        shown = card(factories.operator(), first)
    assert "(chat-dev)" not in shown
    assert "running $0.023 an hour" in shown
