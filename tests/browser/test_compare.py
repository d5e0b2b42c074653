"""Ways to run something, as people fill them in: lines come and go without the page being asked for again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import PHONE
from .judged import PRESSED_OR_FOLLOWED, SIDEWAYS, SMALL, faults, faults_on_a_phone

Enter = Callable[..., Page]
WAYS = "/costs/compare/?what=ways"
WRONG = f"{WAYS}&name=A&hours=900&1.1.label=EC2&1.1.price=cheap&1.2.label=RI&1.2.price=1&1.2.per=once&name=B&hours="


def line(page: Page, way: int, number: int) -> Locator:
    return page.locator(f"#cmp-way-{way}").get_by_role("group", name=f"Line {number}")


def fill(of: Locator, what: str, price: str) -> None:
    of.get_by_label("What").fill(what)
    of.get_by_label("Price", exact=True).fill(price)


def test_ways_are_filled_in_and_compared_and_the_address_keeps_them(enter: Enter) -> None:
    page = enter()
    page.goto(WAYS)
    fill(line(page, 1, 1), "EC2", "0.1")
    page.locator("#cmp-way-1").get_by_role("button", name="Add a line").click()
    expect(line(page, 1, 2).get_by_label("What")).to_be_focused()
    fill(line(page, 1, 2), "Volume", "8")
    line(page, 1, 2).get_by_label("Price for").select_option("a month")
    line(page, 1, 2).get_by_label("Billed while stopped, too").check()
    fill(line(page, 2, 1), "App Runner", "8.5")
    line(page, 2, 1).get_by_label("Price for").select_option("a month")
    line(page, 2, 1).get_by_label("What").press("Enter")
    expect(page.locator("#cmp-result")).to_contain_text("$81.00")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(line(page, 1, 2).get_by_label("Billed while stopped, too")).to_be_checked()
    expect(page.locator("#cmp-result")).to_contain_text("$8.50")
    assert "share" not in address


def test_a_line_is_removed_by_keyboard_and_the_others_are_numbered_anew(enter: Enter) -> None:
    page = enter()
    page.goto(f"{WAYS}&name=A&1.1.label=one&1.1.price=1&1.2.label=two&1.2.price=2&name=B&2.1.label=b&2.1.price=1")
    page.evaluate("document.body.dataset.same = ''")
    line(page, 1, 1).get_by_role("button", name="Remove").press("Enter")
    expect(line(page, 1, 1).get_by_label("What")).to_have_value("two")
    expect(line(page, 1, 1).get_by_label("What")).to_be_focused()
    expect(line(page, 1, 2)).to_have_count(0)
    expect(page.locator("[data-cmp-said]")).to_have_text("Line removed")
    line(page, 1, 1).get_by_role("button", name="Remove").press("Space")
    expect(line(page, 1, 1).get_by_label("What")).to_have_value("")
    expect(page.locator("body[data-same]")).to_have_count(1)


def test_without_scripts_the_same_buttons_do_it(enter: Enter) -> None:
    page = enter()
    page.route("**/compare*.js", lambda route: route.abort())
    page.goto(WAYS)
    fill(line(page, 2, 1), "RDS", "2")
    page.locator("#cmp-way-2").get_by_role("button", name="Add a line").click()
    expect(line(page, 2, 2).get_by_label("What")).to_be_focused()
    expect(line(page, 2, 1).get_by_label("Price", exact=True)).to_have_value("2")
    line(page, 2, 1).get_by_role("button", name="Remove").click()
    expect(line(page, 2, 1).get_by_label("What")).to_have_value("")


def test_pasted_lines_fill_the_fields(enter: Enter) -> None:
    page = enter()
    page.goto(WAYS)
    way = page.locator("#cmp-way-1")
    way.get_by_text("Paste lines").click()
    way.locator("textarea").fill("EC2\t0.1 USD/h\t2\nReserved\t360 EUR/once\t1\t12 months")
    way.get_by_role("button", name="Put them into the fields").click()
    expect(line(page, 1, 2).get_by_label("Spread over months")).to_have_value("12")
    expect(line(page, 1, 2).get_by_label("Own hours")).to_be_hidden()
    expect(line(page, 1, 2).get_by_label("Currency")).to_have_value("EUR")
    expect(line(page, 1, 2).get_by_label("Currency")).to_have_attribute("aria-invalid", "true")


def test_by_touch_on_a_phone_nothing_is_too_small_or_too_wide(enter: Enter) -> None:
    page = enter("manager", PHONE, "dark")
    page.goto(WRONG)
    page.locator("#cmp-way-2").get_by_text("Paste lines").tap()
    page.locator("#cmp-way-2").get_by_role("button", name="Add a line").tap()
    expect(line(page, 2, 2)).to_be_visible()
    assert page.evaluate(SIDEWAYS) + page.evaluate(SMALL, PRESSED_OR_FOLLOWED) == []
    page.get_by_role("link", name="A: Line 1, price").tap()
    expect(line(page, 1, 1).get_by_label("Price", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("address", [f"{WAYS}&more=1", WRONG])
def test_it_can_be_read_by_everybody_and_pressed_with_a_thumb(enter: Enter, address: str) -> None:
    page = enter()
    page.goto(address)
    assert faults(page) + faults_on_a_phone(page) == []
