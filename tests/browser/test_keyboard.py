"""Without a mouse: from the board to a hold and back, with the place of the keyboard always in sight."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from .rows import UNTIL_22, row
from .stage import ALWAYS_NOON

Enter = Callable[..., Page]
IN_SIGHT = """one => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const marked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  return marked && box.top >= 0 && box.bottom <= innerHeight;
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(120):
        if wanted.evaluate("one => one === document.activeElement"):
            assert wanted.evaluate(IN_SIGHT), "where the keyboard is cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


def test_staging_is_kept_on_and_that_is_undone_by_the_keyboard_alone(enter: Enter) -> None:
    page = enter("manager")
    line, dialog = row(page, ALWAYS_NOON), page.get_by_role("dialog")
    keep = line.get_by_role("button", name=f"Keep {ALWAYS_NOON} on")
    expect(keep).to_be_visible(timeout=90_000)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, keep)
    page.keyboard.press("Enter")
    tab_to(page, dialog.get_by_role("button", name=UNTIL_22))
    page.keyboard.press("Enter")
    expect(line).to_contain_text("Running, held")
    expect(dialog).to_have_count(0)
    expect(line.locator(":focus")).to_have_count(1)

    tab_to(page, page.locator("[data-toast]").get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(line).not_to_contain_text("held")


def test_arrows_choose_until_when_and_escape_leads_back_with_nothing_done(enter: Enter) -> None:
    page = enter("manager")
    start = row(page, "chat-demo").get_by_role("button", name="Start chat-demo")
    expect(start).to_be_visible(timeout=90_000)
    start.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    chosen = dialog.locator("input[type=radio]:checked")
    expect(chosen).to_have_value("next")
    # Opening puts the keyboard on the button that does it.
    expect(dialog.get_by_role("button", name="Start", exact=True)).to_be_focused()
    chosen.focus()
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_value("1")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(start).to_be_focused()
    expect(row(page, "chat-demo")).to_contain_text("Stopped")


def test_j_and_k_go_from_row_to_row_and_stay_there_while_rows_are_renewed(enter: Enter) -> None:
    page, beside = enter("manager"), enter("manager")
    links = page.locator(".bd-name > a")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    name = links.nth(1).inner_text()
    for pressed in ("true", "false"):
        row(beside, name).get_by_role("button", name=f"Favourite: {name}").click()
        star = row(page, name).get_by_role("button", name=f"Favourite: {name}")
        expect(star).to_have_attribute("aria-pressed", pressed)
        expect(row(page, name).get_by_role("link", name=name, exact=True)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()


def test_when_its_row_leaves_the_list_the_keyboard_goes_to_the_one_in_its_place(enter: Enter) -> None:
    page, beside = enter("manager"), enter("manager")
    stars = beside.locator(".bd-star")
    for number in range(2):
        name = beside.locator(".bd-name > a").nth(number).inner_text()
        stars.nth(number).click()
        expect(beside.get_by_role("button", name=f"Favourite: {name}")).to_have_attribute("aria-pressed", "true")
    page.goto("/?only=favourites")
    links = page.locator(".bd-name > a")
    expect(links).to_have_count(2)
    for left in (1, 0):
        links.first.focus()
        name = links.first.inner_text()
        row(beside, name).get_by_role("button", name=f"Favourite: {name}").click()
        expect(links).to_have_count(left)
        expect(links.first if left else page.locator("#board-q")).to_be_focused()
