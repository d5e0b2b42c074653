"""The page of costs: what it says to whom, and that its address is all there is to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from environments.admin import costs_card
from environments.models import BillLook, Budget, DailyBill, Environment, Forecast, Pricing
from environments.services import bill_estimates
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .conftest import Enter
from .costs import MONDAY, PAGE, body_of, chat, html_of
from .overriding import words

pytestmark = pytest.mark.django_db
__all__ = ["chat"]


def rows_of(html: str) -> dict[str, str]:
    """The words of each row of the table, by its name."""
    body = html.split('class="costs-table costs-groups"')[1].split("</table>")[0].split("<tbody>")[1]
    rows = [words(row) for row in body.split("<tr>")[1:]]
    return {row.split()[0]: row for row in rows}


def tiles_of(html: str) -> list[str]:
    return [
        words(tile) for tile in html.split('class="db-tiles costs-tiles"')[1].split("</dl>")[0].split("db-tile")[1:]
    ]


def test_a_month_says_what_it_cost_what_always_on_would_have_and_what_was_saved(
    as_manager: Client, chat: Environment
) -> None:
    html = html_of(as_manager)
    cost, always, saved, extensions = tiles_of(html)
    assert "Cost so far $90.00" in cost
    assert "Always on would be $240.00" in always
    assert "Saved $150.00 62% of always on" in saved
    assert "0 holds" in extensions
    assert rows_of(html)["chat-dev"] == "chat-dev 90 h $90.00 $240.00 $150.00 62%"
    assert rows_of(html)["All"] == "All together 90 h $90.00 $240.00 $150.00 62%"
    assert "Mon 16 Nov: $9.00; always on $24.00, saved $15.00" in unescape(html)


def test_the_figures_of_the_chart_stand_in_a_table_beside_it(as_manager: Client, chat: Environment) -> None:
    other = factories.environment("chat-qa")
    factories.daily_cost(other, date(2026, 11, 16), "1.5", "12")
    html = html_of(as_manager)
    table = html.split('id="costs-numbers"')[1].split("</table>")[0]
    assert "Mon 16 Nov $10.50 $36.00 $25.50 71% $9.00 $1.50" in words(table)
    assert "Sat 14 Nov $0.00 $0.00 $0.00" in words(table)
    bar = next(told for told in re.findall(r'aria-label="([^"]*)"', html) if told.startswith("Mon 16 Nov"))
    assert "chat-qa $1.50, chat-dev $9.00" in bar
    # Without colours: the second of two neighbours has a pattern, in the bar and beside its name.
    assert 'class="costs-part costs-c0" x=' in html
    assert html.count('fill="url(#costs-p1)"') >= 3


def test_forecast_and_budget_stand_beside_the_cost(as_manager: Client, chat: Environment) -> None:
    Budget.objects.create(team=chat.team, amount=140, currency="USD")
    rest = {"estimate": Decimal(54), "always_on": Decimal(192), "currency": "USD", "month": date(2026, 11, 1)}
    Forecast.objects.create(environment=chat, account=factories.account(), from_moment=monday("10:00"), **rest)
    html = html_of(as_manager)
    assert "forecast $144.00 · budget $140.00" in tiles_of(html)[0]
    assert "costs-over" in html  # more than the budget: said with a sign, too
    assert "Expected by the plan, 24 Nov – 30 Nov: $54.00" in unescape(html)
    assert 'class="costs-budget"' in html
    days = {"from": "2026-11-01", "to": "2026-11-22"}
    assert "forecast" not in tiles_of(html_of(as_manager, **days))[0]


def test_what_aws_billed_is_compared_over_the_same_days_and_what_is_not_billed_says_so(
    as_manager: Client, chat: Environment
) -> None:
    other = factories.environment("chat-qa")
    factories.daily_cost(other, date(2026, 11, 16), "1.5", "12")
    for day in range(9, 19):
        bill = {"account": factories.account(), "tagged": "chat-dev", "currency": "USD"}
        if date(2026, 11, day).weekday() < 5:
            DailyBill.objects.create(environment=chat, day=date(2026, 11, day), amount=Decimal("9.18"), **bill)
    bill_estimates.note(DailyBill.objects.all())
    BillLook.objects.create(account=factories.account(), enabled=True, known_until=date(2026, 11, 18))
    rows = rows_of(html_of(as_manager))
    assert rows["chat-dev"].endswith("$64.26 +2.0% until 17 Nov")  # the 18th still comes in
    assert rows["chat-qa"].endswith("not billed yet")
    part = words(html_of(as_manager, "/costs/bills/", currency="USD"))
    assert "development until 17 Nov $64.26 $63.00 +2.0%" in part
    assert "AWS is 5 days behind" in part


def test_without_prices_the_page_says_what_to_do(as_manager: Client) -> None:
    one = factories.chat_app()
    factories.daily_run(one, MONDAY - timedelta(days=3))
    text = html_of(as_manager)
    assert "No prices yet" in text
    assert 'href="/env/chat-dev/#prices"' in text


def test_each_other_emptiness_says_what_to_do_next(as_manager: Client, as_outsider: Client, chat: Environment) -> None:
    assert "No environments yet" in html_of(as_outsider)
    assert "No environment fits" in html_of(as_manager, team=999)
    quiet = html_of(as_manager, period="2026-09")
    assert "Nothing was counted in this time" in quiet
    assert 'href="/costs/"' in quiet


def test_what_is_not_in_the_sums_is_named(as_manager: Client, chat: Environment) -> None:
    factories.chat_app("chat-qa", "QaStack")
    missing = {"what": {"en": "ElastiCache cache.t2.micro", "ko": "ElastiCache"}, "why": {"en": "not listed"}}
    Pricing.objects.update_or_create(target=chat.targets.get(), defaults={"unpriced": [missing]})
    gaps = html_of(as_manager).split('id="costs-gaps"')[1].split("</section>")[0]
    assert "Without prices: chat-qa Its prices have not been looked up yet." in words(gaps)
    assert "chat-dev : without ElastiCache cache.t2.micro not listed" in words(gaps)
    assert 'href="/env/chat-qa/#prices"' in gaps


def test_currencies_stand_side_by_side(as_manager: Client, chat: Environment) -> None:
    factories.daily_cost(chat, MONDAY - timedelta(days=3), "15000", "30000", currency="KRW")
    html = html_of(as_manager)
    assert "Currencies are not added to each other: KRW ₩15,000 USD $90.00" in words(html)
    assert "and ₩15,000" in tiles_of(html)[0]
    assert "$" not in "".join(rows_of(html_of(as_manager, currency="KRW")).values())


def test_the_map_of_hours_is_a_table_of_numbers(as_manager: Client, chat: Environment) -> None:
    part = html_of(as_manager, "/costs/hours/", environment="chat-dev")
    assert part.count('role="cell"') == 7 * 24 + 1
    assert 'title="Mon 09:00–10:00: ran 100% of the time"' in part
    assert 'title="Sat 09:00–10:00: ran 0% of the time"' in part
    assert "Nothing is known of the hours" in html_of(
        as_manager, "/costs/hours/", environment="chat-dev", period="2026-10"
    )


def test_costs_are_for_those_of_the_team_and_for_nobody_without_the_permission(
    as_manager: Client, as_outsider: Client, chat: Environment, enter: Enter
) -> None:
    for part in ("", "hours/", "bills/", "file.csv", "file.xlsx"):
        answer = as_outsider.get(PAGE + part, {"currency": "USD"})
        assert b"chat-dev" not in body_of(answer), part
        assert as_manager.post(PAGE + part).status_code == 405
    person = factories.person("newcomer", "Viewer", chat.team)
    person.groups.clear()
    for part in ("", "hours/", "bills/", "file.csv", "file.xlsx"):
        assert enter(person).get(PAGE + part).status_code == 403


def card_of(environment: Environment, person: Any) -> dict[str, Any]:
    request = RequestFactory().get("/")
    request.user = person
    return costs_card.section(request, environment, monday("10:00"))


def test_the_card_of_an_environment_says_its_month_and_its_last_thirty_days(chat: Environment) -> None:
    factories.daily_cost(chat, date(2026, 10, 30), "5", "24")
    found = card_of(chat, factories.manager())["costs"]
    assert (found["cost"], found["saved"], found["share"]) == ("$90.00", "$150.00", "62%")
    assert [bar.told for bar in found["bars"]][-1] == "Mon 23 Nov: $0.00"
    assert len(found["bars"]) == 30
    assert found["bars"][5].told == "Fri 30 Oct: $5.00"
    assert found["address"] == "/costs/?period=2026-11&environment=chat-dev"
    assert card_of(factories.environment("new"), factories.manager())["costs"]["nothing"]
    nobody = factories.person("nobody", "Viewer")
    nobody.groups.clear()
    assert card_of(chat, nobody) == {}


def test_the_card_says_what_its_amounts_are_without(chat: Environment, as_manager: Client) -> None:
    assert card_of(chat, factories.manager())["costs"]["lacking"] == ""
    missing = {
        "what": {"en": "App Runner vCPU", "ko": "App Runner vCPU"},
        "why": {"en": "It is not in the price list."},
    }
    Pricing.objects.create(target=chat.targets.get(), looked_at=monday("09:00"), unpriced=[missing])
    rest = {"estimate": Decimal(54), "always_on": Decimal(192), "currency": "USD", "month": date(2026, 11, 1)}
    Forecast.objects.create(environment=chat, account=factories.account(), from_moment=monday("10:00"), **rest)
    found = card_of(chat, factories.manager())["costs"]
    assert (found["cost"], found["forecast"]) == ("at least $90.00", "at least $144.00")
    page = html_of(as_manager, "/env/chat-dev/")
    assert "without: App Runner vCPU Prices" in words(page)
    assert 'href="#prices"' in page.split('id="costs-card"')[1].split("</section>")[0]


def test_of_what_ran_before_it_had_a_price_the_card_says_how_long(chat: Environment) -> None:
    db = costing.target(chat, "db")
    costing.price(db, valid_from=date(2026, 11, 20))
    costing.ran(db, monday("00:00") - timedelta(days=4, hours=5), monday("00:00"))
    assert card_of(chat, factories.manager())["costs"]["lacking"] == "db (29 h)"


def test_pages_of_fifty_are_in_the_order_asked_for(as_manager: Client) -> None:
    for n in range(53):
        factories.daily_cost(factories.environment(f"env-{n:02}"), MONDAY - timedelta(days=1), f"{60 - n}", "80")
    html = html_of(as_manager)
    assert [*rows_of(html)][:2] == ["env-00", "env-01"]
    assert len(rows_of(html)) == 51
    assert "1–50 of 53" in words(html)
    assert next(iter(rows_of(html_of(as_manager, sort="saved")))) == "env-52"
    assert [*rows_of(html_of(as_manager, page="2"))] == ["env-50", "env-51", "env-52", "All"]
    assert next(iter(rows_of(html_of(as_manager, sort="name", page="2")))) == "env-50"


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(as_manager: Client, chat: Environment) -> None:
    def queries(ask: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as captured:
            ask()
        return len(captured)

    addresses = ["/costs/", "/costs/?period=2026", "/costs/?by=team", "/costs/?by=account", "/costs/hours/"]
    html_of(as_manager)
    before = [queries(lambda one=one: html_of(as_manager, one)) for one in addresses]  # type: ignore[misc]
    for n in range(12):
        one = factories.chat_app(f"env-{n}", f"Stack{n}")
        for ahead in range(1, 4):
            factories.daily_run(one, MONDAY - timedelta(days=ahead))
            factories.daily_cost(one, MONDAY - timedelta(days=ahead), "1", "2")
        factories.price(one.targets.get())
    after = [queries(lambda one=one: html_of(as_manager, one)) for one in addresses]  # type: ignore[misc]
    assert after == before
    assert max(after) <= 50


def test_in_korean_amounts_and_days_are_korean(as_manager: Client, chat: Environment) -> None:
    with translation.override("ko"):
        as_manager.cookies["django_language"] = "ko"
        html = html_of(as_manager)
    assert "2026년 11월" in html
    assert "US$90.00" in html
    assert "11월 16일 (월)" in html
