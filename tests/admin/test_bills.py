"""The card “Bills” on an account's page: turned on and off, asked by hand; what it says of delays and errors."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.models import Account, BillLook, DailyBill
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return factories.account()


def page(account: Account, rest: str = "change/") -> str:
    return f"/environments/account/{account.pk}/{rest}"


def told(browser: Client, account: Account) -> str:
    return " ".join(browser.get(page(account)).content.decode().split())


def look(account: Account, **fields: Any) -> BillLook:
    values = {"enabled": True, "wanted_at": monday("10:00") + timedelta(hours=5)} | fields
    return BillLook.objects.create(account=account, **values)


def bill(account: Account, tagged: str, amount: str, **fields: Any) -> None:
    values = {"day": date(2026, 11, 20), "currency": "USD"} | fields
    DailyBill.objects.create(account=account, tagged=tagged, amount=Decimal(amount), **values)


def test_before_it_is_turned_on_the_card_says_what_asking_costs(as_operator: Client, account: Account) -> None:
    html = told(as_operator, account)
    assert "AWS charges $0.01 for each request: one a day, about $0.30 a month." in html
    assert 'value="Environment"' in html
    assert "Ask now" not in html
    assert not BillLook.objects.exists()


def test_an_operator_turns_it_on_with_a_tag_and_off_again(as_operator: Client, account: Account) -> None:
    answer = as_operator.post(page(account, "bills/"), {"enabled": "on", "tag": " Project "}, follow=True)
    assert answer.redirect_chain == [(page(account), 302)]
    assert "read by the tag “Project”" in answer.content.decode()
    row = BillLook.objects.get()
    assert (row.enabled, row.tag, row.wanted_at) == (True, "Project", timezone.now())
    as_operator.post(page(account, "bills/"), {"tag": "Project"})
    row.refresh_from_db()
    assert (row.enabled, row.wanted_at) == (False, None)
    assert "not read any more" in as_operator.get(page(account, "history/")).content.decode()


def test_a_tag_that_is_empty_is_refused_and_nothing_changes(as_operator: Client, account: Account) -> None:
    answer = as_operator.post(page(account, "bills/"), {"enabled": "on", "tag": " "}, follow=True)
    assert "cannot be blank" in answer.content.decode()
    assert not BillLook.objects.filter(enabled=True).exists()


def test_the_delay_stands_there_in_words_and_what_was_spent(as_operator: Client, account: Account) -> None:
    look(account, known_until=date(2026, 11, 21), asked_at=timezone.now(), requests=12)
    html = told(as_operator, account)
    assert "21 Nov 2026" in html
    assert "AWS is 2 days behind" in html
    assert "12 requests so far, $0.12" in html


def test_what_went_wrong_stands_there_with_aws_own_words(as_operator: Client, account: Account) -> None:
    look(account, problem={"en": "Not allowed.", "ko": "허용되지 않아요.", "raw": "AccessDenied: <no>"})
    html = told(as_operator, account)
    assert "Not allowed." in html
    assert "AccessDenied: &lt;no&gt;" in html
    assert "AWS" not in html.split("Billed until")[1].split("</dd>")[0]  # no delay where nothing is known
    as_operator.cookies.load({"django_language": "ko"})
    assert "허용되지 않아요." in told(as_operator, account)


def test_ask_now_makes_it_due_and_is_refused_with_the_reason_when_it_was_often_asked(
    as_operator: Client, account: Account
) -> None:
    row = look(account)
    assert "AWS is asked" in as_operator.post(page(account, "bills/ask/"), follow=True).content.decode()
    row.refresh_from_db()
    assert row.wanted_at == timezone.now()
    BillLook.objects.update(asked_at=timezone.now(), attempts=4, wanted_at=None)
    html = as_operator.post(page(account, "bills/ask/"), follow=True).content.decode()
    assert "AWS was asked 4 times today." in html
    row.refresh_from_db()
    assert row.wanted_at is None


def test_values_that_no_environment_has_are_listed_with_what_was_billed_for_them(
    as_operator: Client, account: Account
) -> None:
    look(account)
    bill(account, "chat-dev", "1.50", environment=factories.environment())
    bill(account, "strange", "2.50")
    bill(account, "long-ago", "9", day=date(2026, 1, 1))
    bill(account, "", "100")
    html = told(as_operator, account)
    assert "1 value of the tag belongs to no environment" in html
    assert "<code>strange</code> <span>$2.50" in html
    assert "long-ago" not in html


def test_the_page_costs_as_many_queries_for_forty_values_as_for_one(as_operator: Client, account: Account) -> None:
    look(account)
    bill(account, "one", "1")
    told(as_operator, account)
    with CaptureQueriesContext(connection) as for_one:
        told(as_operator, account)
    for number in range(40):
        bill(account, f"value-{number}", "1")
    with CaptureQueriesContext(connection) as for_many:
        html = told(as_operator, account)
    assert "41 values of the tag belong to no environment" in html
    assert "and 21 more" in html
    assert len(for_many) == len(for_one)


def test_looking_at_the_addresses_changes_nothing_and_managers_are_refused(
    as_operator: Client, as_manager: Client, account: Account
) -> None:
    for end in ("bills/", "bills/ask/"):
        assert as_operator.get(page(account, end)).status_code == 405
        assert as_manager.post(page(account, end), {"enabled": "on", "tag": "X"}).status_code == 403
        assert as_operator.post(f"/environments/account/999999/{end}").status_code == 404
    assert not BillLook.objects.exists()
