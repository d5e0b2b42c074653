"""The page of comparisons: two spans, and two environments. `test_compare_ways` has the ways to run something."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment
from environments.services import cost_days
from tests import factories
from tests.admin.conftest import Enter
from tests.admin.overriding import words
from tests.services import costing
from tests.support.times import monday

pytestmark = pytest.mark.django_db
PAGE = "/costs/compare/"
# Monday and Tuesday of the last week, and of the week before that.
BEFORE = {"a_from": "2026-11-09", "a_to": "2026-11-10"}
AFTER = {"b_from": "2026-11-16", "b_to": "2026-11-17"}


def shown(browser: Client, **asked: Any) -> str:
    return words(browser.get(PAGE, asked, follow=True).content.decode())


def environment(name: str = "chat-dev", price: str = "1", **fields: Any) -> Environment:
    made = factories.environment(name, **fields)
    costing.price(costing.target(made, name), price, valid_from=date(2026, 11, 2))
    return made


def ran(of: Environment, days_ago: int, hours: int) -> None:
    begin = monday("09:00") - timedelta(days=days_ago)
    costing.ran(of.targets.get(), begin, begin + timedelta(hours=hours))


@pytest.fixture
def weeks() -> Environment:
    """Ten hours on the Monday before, four on that of last week; another one the same on both."""
    chat, same = environment(), environment("chat-qa", "2")
    ran(chat, 14, 10)
    ran(chat, 7, 4)
    for days_ago in (14, 7):
        ran(same, days_ago, 3)
    cost_days.close_days(now=monday("10:00"))
    return chat


def test_two_spans_say_what_changed_in_all_a_day_and_for_each(weeks: Environment, as_manager: Client) -> None:
    text = shown(as_manager, what="spans", **BEFORE, **AFTER)
    assert "Cost $16.00 $10.00 −$6.00 −37.5%" in text
    assert "Cost a day $8.00 $5.00 −$3.00 −37.5%" in text
    assert "Ran 13 h 7 h −6 h" in text
    assert "Always on would be $144.00 $144.00 $0.00 0.0%" in text
    assert "Saved $128.00 $134.00 +$6.00 +4.7%" in text
    assert "chat-dev $10.00 $4.00 −$6.00 −60.0% 10 h → 4 h" in text
    assert text.index("chat-dev $10.00") < text.index("chat-qa $6.00 $6.00 $0.00")


def test_spans_of_one_environment_are_its_own(weeks: Environment, as_manager: Client) -> None:
    text = shown(as_manager, what="spans", environment="chat-qa", **BEFORE, **AFTER)
    assert "Cost $6.00 $6.00 $0.00" in text
    assert "chat-dev $10.00" not in text


def test_spans_that_are_none_are_said_with_which_of_the_two(weeks: Environment, as_manager: Client) -> None:
    text = shown(as_manager, what="spans", **BEFORE, b_from="2026-11-17", b_to="2026-11-16")
    assert "After: The first day of the span lies after its last one." in text
    assert "There is no environment “nowhere”" in shown(as_manager, what="spans", environment="nowhere")
    assert "Nothing was counted in these spans" in shown(
        as_manager, a_from="2026-01-01", a_to="2026-01-02", b_from="2026-01-03", b_to="2026-01-04"
    )


def spans_of(browser: Client, **asked: Any) -> list[str]:
    """The first and last days of both spans, as the page shows them."""
    context = browser.get(PAGE, asked).context
    return [f"{one.span.first:%d %b} to {one.span.last:%d %b}" for one in (context["one"], context["other"])]


def test_unless_asked_for_the_spans_are_halves_of_what_there_are_costs_of(as_manager: Client) -> None:
    chat = factories.environment()
    factories.daily_cost(chat, date(2026, 11, 13), "1", "2")
    # Ten days until yesterday; today is Monday, the 23rd.
    assert spans_of(as_manager) == ["13 Nov to 17 Nov", "18 Nov to 22 Nov"]
    assert "There are costs from" not in shown(as_manager)
    factories.daily_cost(chat, date(2026, 11, 12), "1", "2")
    assert spans_of(as_manager) == ["13 Nov to 17 Nov", "18 Nov to 22 Nov"]
    factories.daily_cost(chat, date(2026, 3, 1), "1", "2")
    assert spans_of(as_manager) == ["24 Sep to 23 Oct", "24 Oct to 22 Nov"]


def test_the_usual_spans_are_those_of_the_environments_that_are_chosen(as_manager: Client) -> None:
    factories.daily_cost(factories.environment(), date(2026, 3, 1), "1", "2")
    factories.daily_cost(factories.environment("chat-qa"), date(2026, 11, 19), "1", "2")
    assert spans_of(as_manager, environment="chat-qa") == ["19 Nov to 20 Nov", "21 Nov to 22 Nov"]


def test_without_any_costs_the_usual_spans_are_thirty_days_each(as_manager: Client) -> None:
    factories.environment()
    assert spans_of(as_manager) == ["24 Sep to 23 Oct", "24 Oct to 22 Nov"]


def test_spans_that_begin_before_there_are_costs_say_since_when_and_how_many_days_are_compared(
    weeks: Environment, as_manager: Client
) -> None:
    asked = {"a_from": "2026-10-20", "a_to": "2026-11-03", **AFTER}
    text = shown(as_manager, what="spans", **asked)
    assert "There are costs from 2 Nov 2026 on: 2 days before are compared with 2 after." in text
    longer = {"a_from": "2026-10-20", "a_to": "2026-11-10", **AFTER}
    text = shown(as_manager, what="spans", **longer)
    assert "9 days before are compared with 2 after." in text
    assert "9 days before, 2 after; by estimate" in text
    # Sixteen dollars in nine days, not in twenty-two.
    assert "Cost a day $1.78 $5.00" in text


def test_spans_of_other_lengths_say_that_and_those_of_the_same_say_nothing(
    weeks: Environment, as_manager: Client
) -> None:
    text = shown(as_manager, what="spans", a_from="2026-11-09", a_to="2026-11-11", **AFTER)
    assert "3 days are compared with 2: look at the cost a day." in text
    assert "look at the cost a day" not in shown(as_manager, what="spans", **BEFORE, **AFTER)


def test_an_environment_that_has_costs_of_a_part_of_the_span_says_since_when(as_manager: Client) -> None:
    factories.daily_cost(factories.environment(), date(2026, 11, 1), "1", "2")
    factories.daily_cost(factories.environment("chat-qa"), date(2026, 11, 19), "1", "2")
    span = {"from": "2026-11-10", "to": "2026-11-22"}
    text = shown(as_manager, what="environments", one="chat-dev", other="chat-qa", **span)
    assert "chat-qa has costs from 19 Nov 2026 on, not of the whole span." in text
    assert "chat-dev has costs from" not in text


def test_two_environments_stand_side_by_side(weeks: Environment, as_manager: Client) -> None:
    span = {"from": "2026-11-16", "to": "2026-11-17"}
    text = shown(as_manager, what="environments", one="chat-dev", other="chat-qa", **span)
    assert "Cost $4.00 $6.00 +$2.00 +50.0%" in text
    assert "Cost for each hour that it ran $1.00 $2.00 +$1.00 +100.0%" in text
    assert "An hour of running, by today's prices $1.00 $2.00" in text
    assert "chat-dev ran 4 h" in text
    assert "Prices of chat-qa today instance" in text
    assert "$2.00 / hour" in text


def test_environments_of_other_teams_are_not_there_to_compare(weeks: Environment, enter: Enter) -> None:
    outsider = enter(factories.outsider())
    text = shown(outsider, what="environments", one="chat-dev", other="chat-qa")
    assert "There is no environment “chat-dev” that you can see" in text
    assert "$" not in shown(outsider, what="spans", **BEFORE, **AFTER)
    assert "Choose two different environments" in shown(
        enter(factories.manager()), what="environments", one="chat-dev", other="chat-dev"
    )


@pytest.mark.parametrize("asked", [BEFORE | AFTER, {"what": "environments", "one": "chat-dev", "other": "chat-qa"}])
def test_many_environments_take_as_many_queries_as_two(
    weeks: Environment, as_manager: Client, asked: dict[str, str]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            as_manager.get(PAGE, asked)
        return len(found)

    few = queries()
    for number in range(25):
        made = environment(f"e{number}")
        ran(made, 7, 1 + number % 5)
    cost_days.close_days(now=monday("10:00"))
    assert queries() == few


def test_the_page_of_costs_leads_there(weeks: Environment, as_manager: Client) -> None:
    assert f'href="{PAGE}' in as_manager.get("/costs/").content.decode()
