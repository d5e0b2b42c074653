"""Costs over the API: exact amounts, estimates and bills apart, of what somebody sees."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from environments.models import DailyBill, Environment
from environments.services import bill_estimates
from tests import factories
from tests.support.times import monday

from .rest import Program, manager, monday_morning, operator, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "operator", "outsider", "viewer"]

MONDAY = date(2026, 11, 16)
NINE_OF_24 = {"amount": "9.000000", "always_on": "24.000000", "saved": "15.000000", "share": "0.6250"}
FIVE_DAYS = {"amount": "45.000000", "always_on": "120.000000", "saved": "75.000000", "share": "0.6250"}
WEEK = {"from": "2026-11-16", "to": "2026-11-20"}


@pytest.fixture
def chat() -> Environment:
    """The week before: nine hours a day at a dollar an hour."""
    one = factories.chat_app()
    factories.price(one.targets.get(), "1")
    a_week(one)
    return one


def a_week(of: Environment, estimate: str = "9", always_on: str = "24") -> None:
    for ahead in range(5):
        day = MONDAY + timedelta(days=ahead)
        factories.daily_run(of, day)
        factories.daily_cost(of, day, estimate, always_on)


def billed(of: Environment, day: date, amount: str) -> None:
    made = DailyBill.objects.create(
        environment=of, environment_name=of.name, team=of.team, account=factories.account(), tagged=of.slug,
        day=day, currency="USD", amount=Decimal(amount), is_final=True,
    )  # fmt: skip
    bill_estimates.note(DailyBill.objects.filter(pk=made.pk))


def test_a_span_says_what_it_cost_by_environment_and_what_sleep_saved(viewer: Program, chat: Environment) -> None:
    told = viewer.get("/costs", **WEEK)
    assert told == {
        "from": "2026-11-16",
        "to": "2026-11-20",
        "group": "environment",
        "currency": "USD",
        "estimate": FIVE_DAYS,
        "currencies": [{"currency": "USD", "estimate": FIVE_DAYS}],
        "items": [
            {
                "name": "chat-dev",
                "environment": "chat-dev",
                "day": None,
                "estimate": FIVE_DAYS,
                "ran_seconds": 5 * 9 * 3600,
                "bill": None,
            }
        ],
        "unpriced": [],
        "unpriced_count": 0,
    }


def test_by_team_the_environments_of_each_are_together(operator: Program, chat: Environment) -> None:
    a_week(factories.environment("web-dev"), "1", "2")
    a_week(factories.environment("pay-dev", team=factories.team("Payments")), "3", "4")
    told = operator.get("/costs", group="team", **WEEK)["items"]
    assert [(one["name"], one["estimate"]["amount"], one["ran_seconds"]) for one in told] == [
        ("Chat", "50.000000", 2 * 5 * 9 * 3600),
        ("Payments", "15.000000", 5 * 9 * 3600),
    ]


def test_by_day_each_day_of_the_span_stands_in_its_order(viewer: Program, chat: Environment) -> None:
    told = viewer.get("/costs", group="day", **{"from": "2026-11-19", "to": "2026-11-21"})["items"]
    assert [(one["day"], one["estimate"]["amount"]) for one in told] == [
        ("2026-11-19", "9.000000"),
        ("2026-11-20", "9.000000"),
        ("2026-11-21", "0.000000"),
    ]
    assert told[2]["estimate"]["share"] is None


def test_it_is_narrowed_to_an_environment_or_a_team(operator: Program, chat: Environment) -> None:
    a_week(factories.environment("pay-dev", team=factories.team("Payments")), "3", "4")
    assert operator.get("/costs", environment="pay-dev", **WEEK)["estimate"]["amount"] == "15.000000"
    assert operator.get("/costs", team="Chat", group="day", **WEEK)["estimate"] == FIVE_DAYS
    assert operator.status("get", "/costs", environment="nothing", **WEEK) == 404
    assert operator.status("get", "/costs", team="Nothing", **WEEK) == 404


def test_a_bill_stands_beside_the_estimate_of_its_own_days_and_is_in_no_sum(viewer: Program, chat: Environment) -> None:
    billed(chat, MONDAY, "10.50")
    billed(chat, MONDAY + timedelta(days=1), "10.50")
    for group in ("environment", "team"):
        told = viewer.get("/costs", group=group, **WEEK)
        assert told["estimate"] == FIVE_DAYS
        [item] = told["items"]
        assert item["estimate"] == FIVE_DAYS
        assert item["bill"] == {
            "amount": "21.000000",
            "since": "2026-11-16",
            "until": "2026-11-17",
            "estimate": "18.000000",
            "difference": "0.1667",
        }


def test_the_days_of_an_environment_say_how_long_it_ran_and_what_was_billed(viewer: Program, chat: Environment) -> None:
    billed(chat, MONDAY, "10.50")
    told = viewer.get("/costs/chat-dev", **{"from": "2026-11-16", "to": "2026-11-17"})
    assert (told["environment"], told["currency"], told["estimate"]["amount"]) == ("chat-dev", "USD", "18.000000")
    day = {"account": "development", "estimate": NINE_OF_24, "ran_seconds": 9 * 3600}
    assert told["days"] == [
        day | {"day": "2026-11-16", "billed": "10.500000"},
        day | {"day": "2026-11-17", "billed": None},
    ]


def test_currencies_stand_beside_each_other(viewer: Program, chat: Environment) -> None:
    for ahead in range(5):
        factories.daily_cost(chat, MONDAY + timedelta(days=ahead), "1000", "2000", currency="KRW")
    told = viewer.get("/costs", currency="KRW", **WEEK)
    assert (told["currency"], told["estimate"]["amount"]) == ("KRW", "5000.000000")
    assert [(one["currency"], one["estimate"]["amount"]) for one in told["currencies"]] == [
        ("KRW", "5000.000000"),
        ("USD", "45.000000"),
    ]
    assert viewer.get("/costs", **WEEK)["currency"] == "USD"
    assert viewer.get("/costs/chat-dev", currency="KRW", **WEEK)["days"][0]["estimate"]["amount"] == "1000.000000"
    assert "KRW, USD" in viewer.refused("get", "/costs", currency="EUR", **WEEK)["currency"][0]


def test_without_a_span_it_is_this_month_up_to_now(viewer: Program, chat: Environment) -> None:
    told = viewer.get("/costs")
    assert (told["from"], told["to"], told["estimate"]) == ("2026-11-01", "2026-11-23", FIVE_DAYS)


def test_what_runs_is_counted_up_to_the_moment_of_the_question(viewer: Program) -> None:
    one = factories.environment()
    factories.daily_cost(
        one, date(2026, 11, 23), "0", "9", an_hour=1, always_an_hour=1, known_until=monday("09:00")
    )  # fmt: skip
    for clock, amount, always_on in (("10:00", "1.000000", "10.000000"), ("11:30", "2.500000", "11.500000")):
        with time_machine.travel(monday(clock), tick=False):
            whole = viewer.get("/costs")
            assert (whole["estimate"]["amount"], whole["estimate"]["always_on"]) == (amount, always_on)
            assert whole["items"][0]["estimate"] == whole["estimate"]
            assert viewer.get("/costs", group="day")["items"][-1]["estimate"] == whole["estimate"]
            assert viewer.get("/costs/chat-dev")["days"][-1]["estimate"] == whole["estimate"]


def test_costs_of_what_was_removed_stay_with_its_team(viewer: Program, outsider: Program, chat: Environment) -> None:
    chat.delete()
    [item] = viewer.get("/costs", **WEEK)["items"]
    assert (item["name"], item["environment"], item["estimate"]) == ("chat-dev", None, FIVE_DAYS)
    assert viewer.status("get", "/costs/chat-dev", **WEEK) == 404
    assert outsider.get("/costs", **WEEK)["items"] == []


def test_what_has_no_price_is_named(viewer: Program, chat: Environment) -> None:
    web = factories.chat_app("web-dev", "WebStack")
    told = viewer.get("/costs")
    assert told["unpriced_count"] == 1
    assert told["unpriced"] == [{"environment": web.slug, "name": "web-dev", "what": ["WebStack"]}]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-11-20", "to": "2026-11-19"}, "to"),
        ({"from": "2025-01-01", "to": "2026-11-20"}, "to"),
        ({"from": "0001-01-01"}, "from"),
        ({"to": "9999-12-31", "from": "9999-12-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"currency": "dollars"}, "currency"),
    ],
)
@pytest.mark.parametrize("path", ["/costs", "/costs/chat-dev"])
def test_a_span_that_cannot_be_is_refused_with_its_field(
    path: str, asked: dict[str, str], field: str, viewer: Program, chat: Environment
) -> None:
    assert list(viewer.refused("get", path, **asked)) == [field]


def test_four_hundred_days_can_be_asked_for(viewer: Program, chat: Environment) -> None:
    longest = {"from": f"{MONDAY - timedelta(days=395)}", "to": f"{MONDAY + timedelta(days=4)}"}
    assert viewer.get("/costs", group="day", **longest)["estimate"] == FIVE_DAYS
    assert len(viewer.get("/costs", group="day", **longest)["items"]) == 400


def test_a_group_that_is_none_is_refused(viewer: Program) -> None:
    assert list(viewer.refused("get", "/costs", group="planet")) == ["group"]


def test_costs_of_others_are_not_there(outsider: Program, chat: Environment) -> None:
    assert outsider.get("/costs", **WEEK)["items"] == []
    assert outsider.get("/costs", group="team", **WEEK)["items"] == []
    assert outsider.status("get", "/costs", team="Chat", **WEEK) == 404, "as of a team that there is not"
    assert outsider.status("get", "/costs", environment="chat-dev", **WEEK) == 404
    assert outsider.status("get", "/costs/chat-dev", **WEEK) == 404


def test_who_may_not_see_costs_is_told_so(chat: Environment) -> None:
    nobody = factories.person("nobody", "Viewer", chat.team)
    nobody.groups.clear()
    assert Program(nobody).status("get", "/costs") == 403
    assert Program(nobody).status("get", "/costs/chat-dev") == 403


@pytest.mark.parametrize("group", ["environment", "team", "day"])
def test_thirty_environments_ask_the_database_no_more_than_three(group: str, operator: Program) -> None:
    asked = []
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            one = factories.environment(f"dev-{number}", team=factories.team(f"Team {number}"))
            a_week(one)
            billed(one, MONDAY, "10.50")
        asked.append(queries(lambda: operator.get("/costs", group=group, **WEEK)))
    assert len(operator.get("/costs", group=group, **WEEK)["items"]) == (5 if group == "day" else 30)
    assert asked[0] == asked[1]


def test_twenty_days_of_an_environment_ask_the_database_no_more_than_three(viewer: Program) -> None:
    one, asked = factories.environment(), []
    for begin, end in ((0, 3), (3, 20)):
        for ahead in range(begin, end):
            factories.daily_run(one, date(2026, 11, 1) + timedelta(days=ahead))
            factories.daily_cost(one, date(2026, 11, 1) + timedelta(days=ahead), "9", "24")
        asked.append(queries(lambda: viewer.get("/costs/chat-dev")))
    assert len(viewer.get("/costs/chat-dev")["days"]) == 20
    assert asked[0] == asked[1]
