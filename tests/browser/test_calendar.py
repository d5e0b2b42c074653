"""The calendar by the keyboard: to a day, into its dialog, and back to where one was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import PHONE

Enter = Callable[..., Page]
MONTH = "/calendar/?on=2027-03-01"


def day(page: Page, date: str, name: str = "chat-dev") -> Locator:
    return page.locator(f'tr[data-url="/calendar/{name}/"] button[data-day="{date}"]')


def test_arrows_lead_from_day_to_day_and_enter_opens_one_that_escape_closes(enter: Enter) -> None:
    page = enter("manager")
    page.goto(MONTH)
    day(page, "2027-03-01").focus()
    for key, date, name in (
        ("ArrowRight", "2027-03-02", "chat-dev"),
        ("ArrowDown", "2027-03-02", "chat-staging"),
        ("End", "2027-03-31", "chat-staging"),
        ("ArrowUp", "2027-03-31", "chat-dev"),
        ("ArrowLeft", "2027-03-30", "chat-dev"),
        ("Home", "2027-03-01", "chat-dev"),
    ):
        page.keyboard.press(key)
        expect(day(page, date, name)).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="chat-dev, Mon 1 Mar 2027")).to_be_focused()
    expect(dialog).to_contain_text("Times of Asia/Seoul")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(day(page, "2027-03-01")).to_be_focused()


def test_a_row_is_one_stop_of_the_tab_key_and_keeps_its_day(enter: Enter) -> None:
    page = enter("manager")
    page.goto(MONTH)
    day(page, "2027-03-01").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="chat-staging")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(day(page, "2027-03-02")).to_be_focused()


@pytest.mark.parametrize(("view", "below"), [("month", "2027-03-08"), ("week", "2027-03-02")])
def test_on_a_phone_down_is_the_day_below(view: str, below: str, enter: Enter) -> None:
    page = enter("manager", PHONE)
    page.goto(f"{MONTH}&view={view}")
    day(page, "2027-03-01").focus()
    page.keyboard.press("ArrowDown")
    expect(day(page, below)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(day(page, "2027-03-01")).to_be_focused()


def test_the_reason_that_is_offered_goes_with_the_kind_and_what_was_typed_stays(enter: Enter) -> None:
    page = enter("manager")
    page.goto(MONTH)
    day(page, "2027-03-02").click()
    dialog = page.get_by_role("dialog")
    reason = dialog.locator("input[name=reason]")
    for kind, offered in (("Day off", "not needed this day"), ("Day on", "needed this day"), ("Other hours", "")):
        dialog.get_by_role("button", name=kind, exact=True).click()
        expect(reason).to_have_value(offered)
    reason.fill("client demo")
    dialog.get_by_role("button", name="Day off", exact=True).click()
    expect(reason).to_have_value("client demo")
