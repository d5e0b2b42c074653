"""A manager sets, changes and takes back another day, from the environment's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from playwright.sync_api import Locator, Page, expect

Enter = Callable[..., Page]
SEOUL = ZoneInfo("Asia/Seoul")


def next_weekday() -> date:
    """A day of office hours that the page's bars show, today excluded: no weekend, no holiday of the sample's
    calendar."""
    today = datetime.now(SEOUL).date()
    off = holidays.country_holidays("KR")
    days = (today + timedelta(days=ahead) for ahead in range(1, 7))
    return next(day for day in days if day.weekday() < 5 and day not in off)


@pytest.fixture
def page(enter: Enter) -> Page:
    page = enter("manager")
    page.goto("/env/chat-dev/")
    return page


def open_dialog(page: Page, button: str) -> Locator:
    page.get_by_role("button", name=button).click()
    dialog = page.locator("#dialog-exception")
    expect(dialog).to_be_visible()
    return dialog


def lines(page: Page) -> Locator:
    return page.locator("section:has(> #exceptions) > ul > li")


def save(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def test_a_day_off_is_seen_before_it_is_saved_stands_with_its_reason_and_is_undone(page: Page) -> None:
    day = next_weekday()
    dialog = open_dialog(page, "Day off")
    dialog.locator("[name=first]").fill(f"{day:%Y-%m-%d}")
    dialog.locator("[name=reason]").fill("team day")
    expect(dialog.locator(".exc-preview")).to_contain_text("09:00–18:00")
    expect(dialog.locator(".exc-preview")).to_contain_text("9 h less")
    save(dialog)
    expect(lines(page)).to_have_count(1)
    expect(lines(page)).to_contain_text("team day")
    expect(lines(page)).to_contain_text("Mina Jung")
    # What the day becomes is said where the next seven days are.
    expect(page.locator("section:has(#week), .week").first).to_contain_text("team day")

    page.get_by_role("button", name="Undo").first.click()
    expect(lines(page)).to_have_count(0)


def test_other_hours_are_changed_by_a_second_and_removed_and_brought_back(page: Page) -> None:
    day = next_weekday()
    for stop in ("20:00", "21:30"):
        dialog = open_dialog(page, "Other hours")
        dialog.locator("[name=first]").fill(f"{day:%Y-%m-%d}")
        dialog.locator("[name=stop]").fill(stop)
        dialog.locator("[name=reason]").fill(f"client demo until {stop}")
        expect(dialog.locator(".exc-preview")).to_contain_text(f"09:00–{stop}")
        save(dialog)
        expect(lines(page)).to_have_count(1)
        expect(lines(page)).to_contain_text(f"client demo until {stop}")

    lines(page).get_by_role("button", name="Remove").click()
    expect(lines(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(lines(page)).to_contain_text("client demo until 21:30")
    lines(page).get_by_role("button", name="Remove").click()
    expect(lines(page)).to_have_count(0)


def test_what_cannot_be_is_said_at_its_field_and_nothing_that_was_typed_is_lost(page: Page) -> None:
    today = datetime.now(SEOUL).date()
    dialog = open_dialog(page, "Other hours")
    first = dialog.locator("[name=first]")
    first.evaluate("field => field.removeAttribute('min')")
    first.fill(f"{today - timedelta(days=3):%Y-%m-%d}")
    dialog.locator("[name=stop]").fill("21:00")
    dialog.locator("[name=reason]").fill("client demo")
    # The preview says it as well: what is waited for is the answer to Save, which brings the form anew.
    with page.expect_response("**/exceptions/place/"):
        dialog.get_by_role("button", name="Save").click()
    expect(first).to_have_attribute("min", re.compile(".+"))
    expect(dialog.locator("#exc-error-first")).to_contain_text("has passed")
    expect(dialog.locator("[name=reason]")).to_have_value("client demo")
    dialog.locator("[name=first]").fill(f"{next_weekday():%Y-%m-%d}")
    save(dialog)
    expect(lines(page)).to_have_count(1)
    lines(page).get_by_role("button", name="Remove").click()
    expect(lines(page)).to_have_count(0)


def test_a_preview_that_cannot_be_had_leaves_none_of_another_date(page: Page) -> None:
    day = next_weekday()
    dialog = open_dialog(page, "Day off")
    dialog.locator("[name=first]").fill(f"{day:%Y-%m-%d}")
    expect(dialog.locator(".exc-preview")).to_contain_text("09:00–18:00")
    page.route("**/exceptions/preview/**", lambda route: route.abort())
    dialog.locator("[name=first]").fill(f"{day + timedelta(days=1):%Y-%m-%d}")
    expect(dialog.locator(".exc-preview")).to_have_text(
        "The resulting day cannot be shown now. Whether it can be saved is said when you save it."
    )
    page.unroute("**/exceptions/preview/**")
    dialog.locator("[name=first]").fill(f"{day:%Y-%m-%d}")
    expect(dialog.locator(".exc-preview")).to_contain_text("09:00–18:00")


def test_a_viewer_reads_exceptions_and_is_offered_none(enter: Enter) -> None:
    page = enter("viewer")
    page.goto("/env/chat-dev/")
    expect(page.locator("#exceptions")).to_be_visible()
    expect(page.get_by_role("button", name="Day off")).to_have_count(0)
