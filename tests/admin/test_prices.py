"""Prices on the environment's page: what people read there, and what operators change."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.forms import modelform_factory
from django.test import Client

from environments.admin.rate_templates import LineForm
from environments.models import Environment, Target
from environments.models.rate import Pricing, Rate, RateTemplate, RateTemplateLine
from environments.services import rates
from tests import factories

from .conftest import Enter
from .pricing import FIELDS, TODAY, card, post, priced, stack, undo, words

pytestmark = pytest.mark.django_db
__all__ = ["stack"]


def test_the_card_says_what_each_thing_costs_and_what_they_cost_together(stack: Target) -> None:
    priced(stack, "EC2 t3.small", "0.023", quantity=Decimal(2))
    priced(stack, "DocumentDB db.t3.medium", "0.178")
    priced(stack, "ElastiCache cache.t2.micro", "0.017")
    priced(stack, "Volume", "0.08", unit="month", quantity=Decimal(100), always=True)
    shown = card(factories.operator(), stack.environment)
    assert "EC2 t3.small $0.023 an hour × 2 $0.046 $33.58 1 Nov 2026 entered by hand" in shown
    assert "Volume billed while stopped $0.08 a month × 100 $0.010959 $8.00" in shown
    assert "running $0.251959 an hour stopped $0.010959 an hour always on $183.93 a month" in shown


def test_currencies_stand_beside_each_other_and_are_never_added(stack: Target) -> None:
    priced(stack, "here", "1")
    priced(stack, "there", "1000", currency="KRW")
    shown = card(factories.operator(), stack.environment)
    assert "always on ₩730,000 a month" in shown
    assert "always on $730.00 a month" in shown


def test_what_is_not_known_is_said(stack: Target) -> None:
    factories.stack(stack.environment, "Second", parameters={})
    why = {"what": {"en": "Lambda", "ko": "람다"}, "why": {"en": "billed by use", "ko": "사용량 과금"}}
    Pricing.objects.create(target=stack, unpriced=[why], problem={"en": "AWS does not allow pricing:GetProducts."})
    shown = card(factories.operator(), stack.environment)
    assert "No prices yet, so what it costs is not known." in shown
    assert "Its prices could not be looked up: AWS does not allow pricing:GetProducts." in shown
    assert "Not priced, and in no sum 1 Lambda billed by use" in shown
    assert "$0" not in shown
    priced(stack, "t3.small", "0.023")
    assert "Without: Second." in card(factories.operator(), stack.environment)


def test_those_who_may_only_look_are_offered_nothing_to_change(stack: Target) -> None:
    priced(stack, "t3.small", "0.023")
    for user in (factories.viewer(), factories.manager()):
        shown = card(user, stack.environment)
        assert "t3.small $0.023" in shown
        assert not re.search("Change|Add a price|Look up now|template", shown)
    nobody = User.objects.create_user("nobody")
    assert card(nobody, stack.environment) == ""


def test_an_operator_adds_a_price_and_takes_it_back(as_operator: Client, stack: Target) -> None:
    assert b"Add a price" in as_operator.get("/env/chat-dev/prices/line/").content
    answer = post(as_operator, "line", target=stack.pk, valid_from="2026-11-01", **FIELDS)
    line = Rate.objects.get()
    assert (line.label, line.unit_price, line.currency, line.source) == ("t3.small", Decimal("0.023"), "USD", "hand")
    assert "ChatAppMasterStack, t3.small: the price is set from 1 Nov 2026 on." in words(answer.content.decode())
    assert 'id="env-prices" hx-swap-oob="true"' in answer.content.decode()
    assert answer.headers["HX-Trigger"] == "environmentChanged"
    assert "The prices are as they were before." in words(undo(as_operator, answer).content.decode())
    assert not Rate.objects.exists()
    assert "nothing to undo" in words(undo(as_operator, answer).content.decode())


def test_another_price_of_a_line_begins_today_unless_told_otherwise(as_operator: Client, stack: Target) -> None:
    line = priced(stack, "t3.small", "0.0230")
    form = as_operator.get(f"/env/chat-dev/prices/line/?line={line.pk}").context["form"]
    assert {name: str(form[name].value()) for name in ("unit_price", "quantity", "valid_from")} == {
        "unit_price": "0.023",
        "quantity": "1",
        "valid_from": "2026-11-23",
    }
    post(as_operator, "line", line=line.pk, **(FIELDS | {"unit_price": "0.026", "valid_from": "2026-11-23"}))
    assert list(Rate.objects.order_by("valid_from").values_list("unit_price", "valid_until")) == [
        (Decimal("0.023"), TODAY),
        (Decimal("0.026"), None),
    ]


def test_a_wrong_price_is_refused_in_the_dialog_with_what_was_filled_in(as_operator: Client, stack: Target) -> None:
    for wrong, named in (({"unit_price": "cheap"}, "unit_price"), ({"valid_from": "1926-11-01"}, "valid_from")):
        sent = FIELDS | {"target": stack.pk, "valid_from": "2026-11-01"} | wrong
        answer = post(as_operator, "line", **sent)
        assert list(answer.context["form"].errors) == [named]
        assert '<dialog class="db-dialog' in answer.content.decode()
        assert 'value="t3.small"' in answer.content.decode()
    assert not Rate.objects.exists()


def test_a_line_ends_and_is_brought_back(as_operator: Client, stack: Target) -> None:
    line = priced(stack, "t3.small", "0.023")
    asked = as_operator.get(f"/env/chat-dev/prices/end/?line={line.pk}")
    assert asked.context["form"]["day"].value() == TODAY + timedelta(days=1)
    post(as_operator, "end", line=line.pk, day="2026-11-20")
    shown = card(factories.operator(), stack.environment)
    assert "Ended in the last 31 days 1 t3.small $0.023 an hour until 19 Nov 2026 · entered by hand" in shown
    answer = post(as_operator, "restore", line=line.pk)
    assert "t3.small: it counts again." in words(answer.content.decode())
    line.refresh_from_db()
    assert line.valid_until is None


def test_a_line_that_was_never_right_is_removed_from_every_day(as_operator: Client, stack: Target) -> None:
    line = priced(stack, "t3.small", "23")
    answer = post(as_operator, "end", line=line.pk, never="1")
    assert "t3.small: removed from every day." in words(answer.content.decode())
    found = rates.lines_of(environments=[stack.environment_id], first=date(2026, 11, 1), last=TODAY)
    assert found == {stack.environment_id: []}
    undo(as_operator, answer)
    assert Rate.objects.current().exists()


def test_a_price_that_no_month_can_hold_is_said_at_its_field_in_the_line_and_in_a_template(
    as_operator: Client, stack: Target
) -> None:
    wrong = FIELDS | {"unit_price": "99999999", "target": stack.pk, "valid_from": "2026-11-01"}
    assert list(post(as_operator, "line", **wrong).context["form"].errors) == ["unit_price"]
    template = RateTemplate.objects.create(name="Small")
    made = modelform_factory(RateTemplateLine, form=LineForm, fields=list(FIELDS))
    own, line = FIELDS | {"currency": "USD"}, RateTemplateLine(template=template)
    assert made(own, instance=line).is_valid()
    form = made(own | {"quantity": "9999999999"}, instance=line)
    assert list(form.errors) == ["quantity"]


def test_a_template_gives_its_prices_to_the_chosen_targets(as_operator: Client, stack: Target) -> None:
    second = factories.stack(stack.environment, "Second", parameters={})
    assert b"There is no template yet" in as_operator.get("/env/chat-dev/prices/template/").content
    template = RateTemplate.objects.create(name="Small")
    for label in ("t3.small", "disk"):
        template.lines.create(label=label, unit_price=Decimal("0.023"))
    fields = {"template": template.pk, "valid_from": "2026-11-01"}
    assert list(post(as_operator, "template", **fields).context["form"].errors) == ["targets"]
    answer = post(as_operator, "template", targets=[second.pk], **fields)
    assert "2 prices came from “Small”." in words(answer.content.decode())
    assert set(Rate.objects.values_list("target", "source")) == {(second.pk, "template")}
    again = post(as_operator, "template", targets=[stack.pk, second.pk], **fields)
    assert "2 prices came from “Small”, 2 stood there already." in words(again.content.decode())
    undo(as_operator, again)
    assert set(Rate.objects.values_list("target", flat=True)) == {second.pk}


def test_the_prices_of_a_target_are_kept_as_a_template_under_a_free_name(as_operator: Client, stack: Target) -> None:
    priced(stack, "t3.small", "0.023")
    post(as_operator, "keep", target=stack.pk, name="Small", description="")
    assert RateTemplate.objects.get().lines.get().label == "t3.small"
    again = post(as_operator, "keep", target=stack.pk, name="Small", description="")
    assert list(again.context["form"].errors) == ["name"]


def test_managers_and_other_teams_change_nothing(enter: Enter, stack: Target) -> None:
    line = priced(stack, "t3.small", "0.023")
    for user, status in ((factories.manager(), 403), (factories.outsider(), 404)):
        browser = enter(user)
        for name in ("line", "end", "restore", "undo", "template", "keep", "look", "automatic"):
            assert post(browser, name, line=line.pk, target=stack.pk, **FIELDS).status_code == status, name
    assert list(Rate.objects.values_list("valid_until")) == [(None,)]


def test_lines_of_another_environment_are_not_found(as_operator: Client, stack: Target) -> None:
    other = priced(factories.chat_app("chat-qa", "Other").targets.get(), "t3.small", "0.023")
    assert post(as_operator, "end", line=other.pk, day="2026-11-24").status_code == 404
    assert post(as_operator, "keep", target=other.target_id, name="x").status_code == 404
    answer = post(as_operator, "line", target=other.target_id, valid_from="2026-11-01", **FIELDS)
    assert list(answer.context["form"].errors) == ["target"]


def test_without_scripts_a_form_leads_back_to_the_page_and_says_what_came_of_it(
    as_operator: Client, stack: Target
) -> None:
    sent = FIELDS | {"target": stack.pk, "valid_from": "2026-11-01"}
    for fields, said in ((sent, "the price is set"), (sent | {"unit_price": "x"}, "Enter a number")):
        answer = as_operator.post("/env/chat-dev/prices/line/", fields)
        assert (answer.status_code, answer["Location"]) == (302, "/env/chat-dev/")
        assert said in words(as_operator.get("/env/chat-dev/").content.decode())


def test_the_card_costs_the_same_queries_for_many_lines_as_for_one(
    stack: Target, django_assert_num_queries: Any
) -> None:
    operator, environment = factories.operator(), Environment.objects.get(pk=stack.environment_id)
    operator.has_perm("environments.view_rate")
    assert environment.zone_name
    for n in range(4):
        target = factories.stack(stack.environment, f"Stack{n}", parameters={})
        for label in ("a", "b", "c"):
            priced(target, label, "1")
        with django_assert_num_queries(2):
            card(operator, environment)
