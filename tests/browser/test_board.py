"""A manager's day on the board: everything in at most three clicks, without leaving it; the outsider sees nothing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

Enter = Callable[..., Page]


def row(page: Page, name: str) -> Locator:
    return page.locator(".bd-row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_off_tomorrow_takes_two_clicks_and_undo_one(enter: Enter) -> None:
    page = enter("manager")
    row(page, "chat-dev").get_by_role("button", name="Day o").click()
    dialog = page.get_by_role("dialog")
    if dialog.get_by_role("button", name="Day off instead").is_visible():
        dialog.get_by_role("button", name="Day off instead").click()
        expect(dialog.get_by_role("heading", name="Day off for chat-dev")).to_be_visible()
    dialog.get_by_role("button", name="Tomorrow").click()
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("chat-dev, ")
    expect(dialog).to_have_count(0)
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]")).to_contain_text("It is as it was before")


def test_a_dialog_and_a_choice_outlive_the_renewal_and_escape_leads_back(enter: Enter) -> None:
    page = enter("manager")
    row(page, "chat-dev").get_by_role("checkbox").check()
    opener = row(page, "chat-dev").get_by_role("button", name="Day o")
    opener.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("half written")
    with page.expect_response(lambda answer: "/board/live/" in answer.url):
        pass
    expect(dialog.get_by_label("Why")).to_have_value("half written")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(row(page, "chat-dev").get_by_role("checkbox")).to_be_checked()
    expect(page.get_by_role("region", name="Several at once")).to_contain_text("1 chosen")


def test_what_is_typed_filters_the_rows_and_stands_in_the_address(enter: Enter) -> None:
    page = enter("manager")
    page.keyboard.press("/")
    page.keyboard.type("staging")
    expect(page.locator(".bd-row")).to_have_count(1)
    page.wait_for_url("**/?q=staging")
    page.reload()
    expect(page.locator(".bd-row")).to_have_count(1)
