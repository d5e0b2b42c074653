"""A manager's day on the board: everything in at most three clicks, without leaving it; the outsider sees nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from .rows import row

# Until the simulated AWS has made or removed its stacks, on a busy machine.
STACKS_MS = 90_000

Enter = Callable[..., Page]
COUNT_ROWS = """() => {
  const count = () => (window.most = Math.max(window.most || 0, document.querySelectorAll(".bd-row").length));
  new MutationObserver(count).observe(document.getElementById("board"), { childList: true, subtree: true });
}"""


def names(page: Page) -> list[str]:
    return page.locator(".bd-name > a").all_inner_texts()


def star(page: Page, name: str, *, wished: bool) -> None:
    """Put it first, or no longer: the quietest deed that moves a row."""
    button = row(page, name).get_by_role("button", name=f"Favourite: {name}")
    if (button.get_attribute("aria-pressed") == "true") != wished:
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true" if wished else "false")


@pytest.fixture
def beside(enter: Enter) -> Iterator[Page]:
    """The same manager at another window, without favourites before and after."""
    page = enter("manager")

    def clear() -> None:
        page.goto("/")
        for name in names(page):
            star(page, name, wished=False)

    clear()
    yield page
    clear()


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


def test_under_a_filter_rows_come_and_go_without_a_reload(enter: Enter, beside: Page) -> None:
    page = enter("manager")
    page.goto("/?only=favourites")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.evaluate("window.stayed = true")
    star(beside, "chat-dev", wished=True)
    expect(row(page, "chat-dev")).to_be_visible()
    star(beside, "chat-dev", wished=False)
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert page.evaluate("window.stayed"), "the page was loaded anew"


def test_a_list_that_is_renewed_keeps_the_choice_the_keyboard_and_an_open_dialog(enter: Enter, beside: Page) -> None:
    page = enter("manager")
    first, *_others, last = names(page)
    row(page, first).get_by_role("checkbox").check()
    opener = row(page, first).locator("[data-ask]").first
    opener.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("half written")
    star(beside, last, wished=True)
    expect(page.locator(".bd-name > a").first).to_have_text(last)
    expect(dialog.get_by_label("Why")).to_have_value("half written")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(row(page, first).get_by_role("checkbox")).to_be_checked()
    star(beside, last, wished=False)
    expect(page.locator(".bd-name > a").first).to_have_text(first)
    expect(opener).to_be_focused()
    expect(page.get_by_role("region", name="Several at once")).to_contain_text("1 chosen")


def test_a_choice_that_leaves_the_list_is_chosen_no_more(enter: Enter, beside: Page) -> None:
    star(beside, "chat-dev", wished=True)
    star(beside, "chat-demo", wished=True)
    page = enter("manager")
    page.goto("/?only=favourites")
    page.get_by_label("Choose all shown").check()
    chosen = page.get_by_role("region", name="Several at once")
    expect(chosen).to_contain_text("2 chosen")
    star(beside, "chat-dev", wished=False)
    expect(row(page, "chat-dev")).to_have_count(0)
    expect(chosen).to_contain_text("1 chosen")


def test_a_look_that_was_under_way_does_not_undo_what_was_filtered_meanwhile(enter: Enter) -> None:
    page = enter("manager")
    held: list[Route] = []
    page.route("**/board/live/**", lambda route: held.append(route))
    with page.expect_request("**/board/live/**"):
        pass
    page.locator("#board-q").fill("staging")
    expect(page.locator(".bd-row")).to_have_count(1)
    page.evaluate(COUNT_ROWS)
    # What it answers is of before the search: a list of all rows.
    with page.expect_response(lambda answer: "/board/live/" in answer.url and "q=staging" not in answer.url):
        held[0].continue_(url=held[0].request.url.replace("list=", "list=x"))
    page.unroute("**/board/live/**")
    with page.expect_response(lambda answer: "/board/live/" in answer.url and "q=staging" in answer.url):
        pass
    assert page.evaluate("window.most") <= 1
    assert names(page) == ["chat-staging"]


def test_a_release_is_taken_back_from_its_message(enter: Enter) -> None:
    page = enter("manager")
    line, dialog = row(page, "chat-demo"), page.get_by_role("dialog")
    expect(line).to_contain_text("Stopped", timeout=STACKS_MS)
    line.get_by_role("button", name="Start chat-demo").click()
    dialog.get_by_label("until somebody releases it").check()
    dialog.locator("button[type=submit]").click()
    expect(line.get_by_role("button", name="Release")).to_be_visible()
    line.get_by_role("button", name="Release").click()
    dialog.get_by_role("button", name="Release").click()
    told = page.locator("[data-toast]").filter(has_text=re.compile(r"Released\."))
    expect(line.get_by_role("button", name="Release")).to_have_count(0)
    told.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]").filter(has_text="is held as before")).to_be_visible()
    line.get_by_role("button", name="Release").click()
    dialog.get_by_role("button", name="Release").click()
    expect(line.get_by_role("button", name="Release")).to_have_count(0)
    rest(page, "chat-demo")


def rest(page: Page, name: str) -> None:
    """Nothing plans it, so what was started is stopped again: the other tests find it as the sample has it."""
    line, dialog = row(page, name), page.get_by_role("dialog")
    expect(line).to_contain_text("Running", timeout=STACKS_MS)
    line.get_by_role("button", name=f"Stop {name}").click()
    dialog.get_by_role("button", name="Stop", exact=True).click()
    expect(line).to_contain_text("Stopped", timeout=STACKS_MS)
    line.get_by_role("button", name=f"Release {name}").click()
    dialog.get_by_role("button", name="Release").click()
    expect(line.get_by_role("button", name="Release")).to_have_count(0)
