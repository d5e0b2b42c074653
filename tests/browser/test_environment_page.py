"""Two people with the same environment's page open: each sees what the other does, and nobody loses what they write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .rows import count_presses, presses
from .stage import ALWAYS_NOON

Enter = Callable[..., Page]
ADDRESS = f"/env/{ALWAYS_NOON}/"


@pytest.fixture
def reader(enter: Enter) -> Page:
    page = enter("operator")
    page.goto(ADDRESS)
    count_presses(page)
    return page


@pytest.fixture
def other(enter: Enter) -> Page:
    page = enter("manager")
    page.goto(ADDRESS)
    return page


def lines(page: Page) -> Locator:
    return page.locator("section:has(> #exceptions) > ul > li")


def ahead(days: int) -> str:
    return f"{datetime.now(ZoneInfo('UTC')) + timedelta(days=days):%Y-%m-%d}"


def set_day_off(page: Page, reason: str) -> None:
    page.locator("#exc-off").click()
    dialog = page.locator("#dialog-exception")
    dialog.locator("[name=first]").fill(ahead(5))
    dialog.locator("[name=reason]").fill(reason)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def remove(page: Page) -> None:
    lines(page).get_by_role("button", name="Remove").click()
    expect(lines(page)).to_have_count(0)


def test_what_another_person_pauses_and_sets_appears_without_a_reload_and_goes_again(reader: Page, other: Page) -> None:
    banner = reader.locator("#env-standing")
    changes = reader.locator("#env-changes")
    other.locator("#env-pause").click()
    other.locator("#dialog-pause [name=until]").fill(ahead(4))
    other.locator("#dialog-pause [name=reason]").fill("load test")
    other.locator("#dialog-pause").get_by_role("button", name="Pause").click()
    expect(banner).to_contain_text("load test")
    expect(changes).to_contain_text("Schedule paused until")
    expect(reader.locator("#env-pause")).to_have_count(0)
    expect(reader.locator("#week-part")).to_contain_text("paused")
    other.get_by_role("button", name="Resume the schedule").click()
    expect(banner).not_to_contain_text("load test")
    expect(reader.locator("#env-pause")).to_be_visible()

    set_day_off(other, "team day")
    expect(lines(reader)).to_contain_text("team day")
    remove(other)
    expect(lines(reader)).to_have_count(0)
    assert presses(reader) == 0  # it was loaded once, and nobody has touched it


def test_a_dialog_opened_while_an_answer_was_under_way_stays_and_the_answer_is_shown_after_it(
    reader: Page, other: Page
) -> None:
    held: list[Route] = []
    reader.route("**/live/**", lambda route: held.append(route))
    set_day_off(other, "fire drill")
    while not held:  # each look; the browser's own clock drives it
        reader.wait_for_timeout(100)
    reader.locator("#env-pause").click()
    dialog = reader.locator("#dialog-pause")
    dialog.locator("[name=reason]").fill("half written")
    with reader.expect_response("**/live/**") as answered:
        held.pop(0).continue_()
    assert "fire drill" in answered.value.text()
    reader.unroute("**/live/**")
    expect(dialog.locator("[name=reason]")).to_have_value("half written")
    expect(dialog.locator("[name=reason]")).to_be_focused()
    expect(lines(reader)).to_have_count(0)
    reader.keyboard.press("Escape")
    expect(lines(reader)).to_contain_text("fire drill")
    remove(other)


def test_what_is_unfolded_and_where_the_keyboard_is_outlive_what_another_person_does(reader: Page, other: Page) -> None:
    set_day_off(other, "outing")
    remove(other)
    ended = reader.locator("#exc-ended")
    expect(ended).to_contain_text("outing")
    reader.locator("#exc-ended-summary").press("Enter")
    expect(ended).to_have_attribute("open", "")
    set_day_off(other, "second outing")
    expect(lines(reader)).to_contain_text("second outing")
    expect(ended).to_have_attribute("open", "")
    expect(reader.locator("#exc-ended-summary")).to_be_focused()
    # The button that the keyboard is on goes with its line: then it is on the part around it, not at the page's top.
    lines(reader).get_by_role("button", name="Remove").focus()
    remove(other)
    expect(lines(reader)).to_have_count(0)
    expect(reader.locator("#env-exceptions")).to_be_focused()
