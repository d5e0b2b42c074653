"""Accounts may use one value of the tag for different things: a bill is for what has or had a target in its account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from environments.aws.cost_explorer import Bill
from environments.models import Account, DailyBill, Environment
from environments.services import bill_rows
from tests import factories
from tests.services import costing

pytestmark = pytest.mark.django_db
FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def here() -> Account:
    return factories.account()


@pytest.fixture
def there() -> Account:
    return factories.account(account_id="222222222222", name="production")


def read(account: Account, *values: str, day: date = FRIDAY) -> None:
    """What AWS tells of a day, a dollar for each value."""
    bills = [Bill(day, value, "USD", Decimal(1), is_final=True) for value in values]
    bill_rows.write(account=account, first=day, end=date(2026, 11, day.day + 1), bills=bills)


def whose(account: Account) -> dict[str, str | None]:
    rows = DailyBill.objects.filter(account=account).order_by("day", "tagged")
    return dict(rows.values_list("tagged", "environment__slug"))


def test_of_two_accounts_with_one_value_each_environment_gets_the_bills_of_its_own(
    here: Account, there: Account
) -> None:
    costing.target(factories.environment("Chat of developers", slug="chat"), account=here)
    costing.target(factories.environment("chat", slug="chat-production"), account=there)
    for account in (here, there):
        read(account, "chat")
    assert (whose(here), whose(there)) == ({"chat": "chat"}, {"chat": "chat-production"})


def test_the_bill_of_an_account_that_it_has_nothing_in_stays_with_its_tag_and_is_told(
    here: Account, there: Account
) -> None:
    costing.target(factories.environment("chat-dev"), account=here)
    read(there, "chat-dev")
    assert whose(there) == {"chat-dev": None}
    assert [one.tagged for one in bill_rows.unknown_values(account=there, since=FRIDAY)] == ["chat-dev"]


def test_an_environment_with_targets_in_two_accounts_gets_the_bills_of_both(here: Account, there: Account) -> None:
    chat = factories.environment("chat-dev")
    for account in (here, there):
        costing.target(chat, account=account)
        read(account, "chat-dev")
    assert (whose(here), whose(there)) == ({"chat-dev": "chat-dev"},) * 2


@pytest.mark.parametrize("how", ["removed", "elsewhere", "its costs alone", "its prices alone"])
def test_bills_that_come_after_its_target_has_left_the_account_are_its_own(
    here: Account, there: Account, how: str
) -> None:
    chat = factories.environment("chat-dev")
    if how == "its costs alone":
        factories.daily_cost(chat, FRIDAY, "1", "2", account=here)
    elif how == "its prices alone":
        costing.price(costing.target(chat, account=there), account=here)
    else:
        web = costing.target(chat, account=here)
        leave(web.pk, chat, there if how == "elsewhere" else None)
    read(here, "chat-dev")
    assert whose(here) == {"chat-dev": "chat-dev"}


def leave(target: int, chat: Environment, place: Account | None) -> None:
    web = chat.targets.get(pk=target)
    if place is None:
        web.delete()
    else:
        web.account = place
        web.save()


def test_rows_that_went_to_a_stranger_are_made_right_with_the_next_reading_however_old(
    here: Account, there: Account
) -> None:
    chat, shop = factories.environment("chat-dev"), factories.environment("shop")
    costing.target(chat, account=here)
    costing.target(shop, account=there)
    for account, tagged, environment in ((there, "chat-dev", chat), (there, "shop", shop), (here, "chat-dev", chat)):
        values = {"day": date(2026, 1, 8), "currency": "USD", "amount": 1, "environment": environment}
        DailyBill.objects.create(account=account, tagged=tagged, **values)
    read(there, day=SATURDAY)
    assert whose(there) == {"chat-dev": None, "shop": "shop"}
    assert whose(here) == {"chat-dev": "chat-dev"}


def test_once_it_has_a_target_there_what_waited_is_its_own(here: Account, there: Account) -> None:
    chat = factories.environment("chat-dev")
    read(there, "chat-dev")
    costing.target(chat, account=there)
    read(there, day=SATURDAY)
    assert whose(there) == {"chat-dev": "chat-dev"}


def owners(account: Account) -> list[tuple[Any, ...]]:
    rows = DailyBill.objects.filter(account=account).order_by("day", "tagged")
    fields = ("environment", "team", "environment_name", "tagged")
    return [(day.day, *owner) for day, *owner in rows.values_list("day", *fields)]


def test_a_row_keeps_the_name_and_the_team_of_its_day(here: Account) -> None:
    chat = factories.environment("chat-dev")
    costing.target(chat, account=here)
    read(here, "chat-dev")
    before, chat.team, chat.name = chat.team_id, factories.team("Newcomers"), "chat renamed"
    chat.save()
    read(here, "chat-dev")
    read(here, "chat-dev", day=SATURDAY)
    assert owners(here) == [
        (20, chat.pk, before, "chat-dev", "chat-dev"),
        (21, chat.pk, chat.team_id, "chat renamed", "chat-dev"),
    ]


def test_a_namesake_does_not_inherit_the_bills_of_one_that_is_gone(here: Account) -> None:
    chat = factories.environment("chat-dev")
    costing.target(chat, account=here)
    team = chat.team_id
    read(here, "chat-dev")
    chat.delete()
    read(here, "chat-dev", day=SATURDAY)  # of its last day, which AWS bills late
    costing.target(factories.environment("chat-dev"), account=here)
    read(here, "chat-dev")
    read(here, day=date(2026, 11, 22))
    assert owners(here) == [(day, None, team, "chat-dev", "chat-dev") for day in (20, 21)]
    assert bill_rows.unknown_values(account=here, since=FRIDAY) == []


def test_what_is_taken_from_a_stranger_is_nobody_s(here: Account, there: Account) -> None:
    chat = factories.environment("chat-dev")
    costing.target(chat, account=here)
    values = {"day": FRIDAY, "currency": "USD", "amount": 1, "environment": chat, "environment_name": chat.name}
    DailyBill.objects.create(account=there, tagged="chat-dev", team=chat.team, **values)
    read(there, day=SATURDAY)
    assert owners(there) == [(20, None, None, "", "chat-dev")]
