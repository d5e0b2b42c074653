"""Costs as files: the lines that the page adds up, numbers as numbers, and nothing that runs."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from environments.admin import costs_files
from environments.models import DailyBill, Environment
from environments.services import cost_exports
from tests import factories
from tests.services import costing
from tests.support.times import monday

from .costs import MONDAY, body_of, chat, html_of
from .overriding import words

pytestmark = pytest.mark.django_db
__all__ = ["chat"]


def lines_of(browser: Client, **asked: Any) -> list[list[str]]:
    answer = browser.get("/costs/file.csv", asked)
    assert answer.streaming
    text = body_of(answer).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_a_csv_has_the_lines_that_the_page_adds_up(as_manager: Client, chat: Environment) -> None:
    account = factories.account(account_id="222222222222", name="payments")
    other = factories.environment("chat-qa")
    known = {"known_until": monday("09:00"), "an_hour": Decimal("0.5"), "always_an_hour": Decimal(1)}
    factories.daily_cost(other, MONDAY, "1", "9", account=account, **known)
    head, *lines = lines_of(as_manager)
    names = ["Day", "Environment", "Team", "AWS account", "Currency"]
    assert head == [*names, "Estimate", "Always on", "Saved", "Ran, hours", "Billed", "Without a price, hours"]
    of_chat = ["chat-dev", "Chat", "development", "USD"]
    assert lines[0] == ["2026-11-09", *of_chat, "9.000000", "24.000000", "15.000000", "9.0000", "", ""]
    assert lines[-1] == [
        "2026-11-23",
        "chat-qa",
        "Chat",
        "payments",
        "USD",
        "1.500000",
        "10.000000",
        "8.500000",
        "",
        "",
        "",
    ]
    assert sum(Decimal(line[5]) for line in lines) == Decimal("91.5")
    assert len(lines_of(as_manager, environment="chat-qa")) == 2
    nothing = as_manager.get("/costs/file.csv", {"period": "2026-09"})
    assert "Nothing was counted in this time" in nothing.content.decode()
    months = lines_of(as_manager, step="month")
    assert months[1:] == [
        ["2026-11-01", *of_chat, "90.000000", "240.000000", "150.000000", "90.0000", "", ""],
        ["2026-11-01", "chat-qa", "Chat", "payments", "USD", "1.500000", "10.000000", "8.500000", "", "", ""],
    ]
    named = as_manager.get("/costs/file.csv", {"from": "2026-11-09", "to": "2026-11-15"})["Content-Disposition"]
    assert named == 'attachment; filename="daybreak-costs-2026-11-09-to-2026-11-15-USD.csv"'


def test_files_say_how_long_it_ran_once_and_what_aws_billed_where_it_has(as_manager: Client, chat: Environment) -> None:
    other = factories.account(account_id="222222222222", name="payments")
    factories.daily_cost(chat, date(2026, 11, 9), "1", "2", account=other)  # a second account on the same day
    for day, account, billed in ((9, factories.account(), "9.18"), (9, other, "1.1"), (10, factories.account(), "9")):
        bill = {"tagged": "chat-dev", "currency": "USD", "amount": Decimal(billed)}
        DailyBill.objects.create(environment=chat, account=account, day=date(2026, 11, day), **bill)

    def told(**asked: Any) -> list[list[str]]:
        return [[line[3], *line[8:10]] for line in lines_of(as_manager, **asked)[1:4]]

    assert told() == [
        ["development", "9.0000", "9.180000"],
        ["payments", "", "1.100000"],
        ["development", "9.0000", "9.000000"],
    ]
    assert told(step="month") == [["development", "90.0000", "18.180000"], ["payments", "", "1.100000"]]
    # An environment runs as a whole: nothing says in which account.
    assert told(account=str(other.pk)) == [["payments", "", "1.100000"]]
    book = zipfile.ZipFile(io.BytesIO(body_of(as_manager.get("/costs/file.xlsx", {"step": "month"}))))
    months = book.read("xl/worksheets/sheet2.xml").decode()
    assert re.findall(r'<c r="([IJ]\d)" s="\d+"><v>([^<]*)</v>', months) == [
        ("I2", "90"),
        ("J2", "18.18"),
        ("J3", "1.1"),
    ]


def test_a_file_s_hours_go_on_while_it_runs(as_manager: Client, chat: Environment) -> None:
    known = {"known_until": monday("09:00")}
    factories.daily_run(chat, MONDAY, (), **known)
    factories.daily_cost(chat, MONDAY, "0", "9", **known)
    costing.ran(chat.targets.get(), monday("09:00"))
    assert lines_of(as_manager)[-1][8] == "1.0000"
    assert lines_of(as_manager, step="month")[-1][8] == "91.0000"


@pytest.mark.parametrize("name", ['=HYPERLINK("http://evil","x")', "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_name_is_a_formula_in_a_spreadsheet(name: str, as_operator: Client) -> None:
    factories.daily_cost(factories.environment(name, slug="evil"), MONDAY - timedelta(days=1), "1", "2")
    assert lines_of(as_operator)[1][1] == f"'{name}"
    assert costs_files.harmless("chat-dev") == "chat-dev"
    answer = as_operator.get("/costs/file.xlsx")
    with zipfile.ZipFile(io.BytesIO(body_of(answer))) as book:
        assert all(b"<f>" not in book.read(one) for one in book.namelist())


def test_a_workbook_has_sums_and_days_as_numbers(as_manager: Client, chat: Environment) -> None:
    factories.daily_cost(factories.environment("chat-qa"), MONDAY - timedelta(days=3), "1.5", "12")
    answer = as_manager.get("/costs/file.xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="daybreak-costs-2026-11-USD.xlsx"'
    with zipfile.ZipFile(io.BytesIO(body_of(answer))) as book:
        totals, days = (book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
        assert re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode()) == ["Totals", "Days"]
        assert '"USD"' in unescape(book.read("xl/styles.xml").decode())
    numbers = re.findall(r'<c r="([B-D]\d)" s="\d+"><v>([^<]*)</v>', totals)
    assert numbers == [
        *(("B2", "90"), ("C2", "240"), ("D2", "150")),
        *(("B3", "1.5"), ("C3", "12"), ("D3", "10.5")),
        *(("B4", "91.5"), ("C4", "252"), ("D4", "160.5")),
    ]
    assert days.count("<row ") == 1 + 10 + 1
    assert 'ySplit="1"' in totals
    assert 'ySplit="1"' in days


def totals_of(browser: Client, **asked: Any) -> dict[str, float]:
    """The numbers of the sheet of totals, by their cells."""
    with zipfile.ZipFile(io.BytesIO(body_of(browser.get("/costs/file.xlsx", asked)))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    return {cell: float(value) for cell, value in re.findall(r'<c r="([B-Z]\d)" s="\d+"><v>([^<]*)</v>', sheet)}


def billed(of: Environment, day: int, amount: str, account: Any = None) -> None:
    fields = {
        "tagged": of.slug,
        "currency": "USD",
        "amount": Decimal(amount),
        "account": account or factories.account(),
    }
    DailyBill.objects.create(environment=of, day=date(2026, 11, day), **fields)


@pytest.fixture
def two(chat: Environment) -> Environment:
    """Another one of the same team, in two accounts, which ran on one day and was billed for it."""
    other = factories.environment("chat-qa")
    factories.daily_run(other, date(2026, 11, 18))
    factories.daily_cost(other, date(2026, 11, 18), "1.5", "12")
    payments = factories.account(account_id="222222222222", name="payments")
    factories.daily_cost(other, date(2026, 11, 18), "1", "2", account=payments)
    billed(chat, 9, "9.18")
    billed(chat, 10, "9")
    billed(other, 18, "1.4")
    billed(other, 18, "0.9", payments)
    return other


def test_totals_say_how_long_each_ran_and_what_aws_billed(as_manager: Client, two: Environment) -> None:
    cells = totals_of(as_manager)
    assert (cells["F2"], cells["G2"]) == (90, 18.18)
    assert (cells["F3"], cells["G3"]) == (9, 2.3)
    assert (cells["F4"], cells["G4"]) == (99, 20.48)


@pytest.mark.parametrize("asked", [{}, {"step": "month"}, {"by": "team"}, {"environment": "chat-qa"}])
def test_totals_of_a_workbook_are_the_sums_of_the_csv(
    as_manager: Client, two: Environment, asked: dict[str, str]
) -> None:
    lines = [line[5:] for line in lines_of(as_manager, **asked)[1:]]
    sums = [float(sum(Decimal(line[column] or 0) for line in lines)) for column in range(5)]
    cells = totals_of(as_manager, **asked)
    last = max(int(cell[1:]) for cell in cells)
    assert [cells[f"{column}{last}"] for column in "BCDFG"] == sums
    assert sums[3] > 0 < sums[4]


def test_accounts_have_bills_and_no_hours_of_their_own(as_manager: Client, two: Environment) -> None:
    cells = totals_of(as_manager, by="account")
    assert (cells["G2"], cells["G3"], cells["G4"]) == (19.58, 0.9, 20.48)
    assert [cell for cell in cells if cell[0] == "F"] == ["F4"]
    assert not any(cell[0] == "F" for cell in totals_of(as_manager, account=str(factories.account().pk)))


def test_what_was_not_billed_and_what_never_ran_is_empty_and_not_nothing(as_manager: Client, chat: Environment) -> None:
    factories.daily_cost(factories.environment("chat-qa"), MONDAY - timedelta(days=3), "1", "2")
    cells = totals_of(as_manager)
    assert [cell for cell in cells if cell[0] in "FG"] == ["F2", "F4"]


def test_files_say_what_ran_without_a_price_and_add_it_to_nothing(as_manager: Client, chat: Environment) -> None:
    gone = factories.environment("=gone")
    costing.ran(
        costing.target(gone, "gone-web"), monday("09:00") - timedelta(days=7), monday("11:00") - timedelta(days=7)
    )
    gone.delete()
    *lines, last = lines_of(as_manager)
    assert last == ["2026-11-16", "'=gone", *[""] * 8, "2.0000"]
    assert all(line[10] == "" for line in lines[1:])
    with zipfile.ZipFile(io.BytesIO(body_of(as_manager.get("/costs/file.xlsx")))) as book:
        names = re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
        sheet = book.read("xl/worksheets/sheet3.xml").decode()
    assert names == ["Totals", "Days", "Not priced"]
    assert re.findall(r'<c r="(E\d)" s="\d+"><v>([^<]*)</v>', sheet) == [("E2", "2")]


def test_too_long_a_file_is_refused_with_what_to_do(
    as_manager: Client, chat: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_exports, "MOST_CSV", 9)
    monkeypatch.setattr(cost_exports, "MOST_XLSX", 9)
    for kind in ("csv", "xlsx"):
        text = words(html_of(as_manager, f"/costs/file.{kind}"))
        assert "The file would have 10 lines; 9 are the most. Choose months or fewer environments." in text
    assert len(lines_of(as_manager, step="month")) == 2
    monkeypatch.setattr(cost_exports, "MOST_XLSX", 10)
    assert as_manager.get("/costs/file.xlsx")["Content-Type"].endswith("spreadsheetml.sheet")


def test_a_workbook_holds_a_month_of_days_of_five_thousand_environments_and_no_more_than_a_sheet_can() -> None:
    assert 5_000 * 31 < cost_exports.MOST_XLSX < 1_048_576
