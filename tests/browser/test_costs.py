"""Costs as people look through them: choices, the address, the keyboard among the bars, and a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .costs_rows import NAMES
from .judged import faults, faults_on_a_phone

Enter = Callable[..., Page]


@pytest.fixture
def costs(enter: Enter) -> Page:
    page = enter("manager")
    page.locator("#nav-sidebar a[href='/costs/']").click()
    expect(page.get_by_role("heading", name="Hours of the week")).to_be_visible()
    return page


def test_choices_change_the_page_and_its_address_and_going_back_takes_them_back(costs: Page) -> None:
    costs.evaluate("window.stayed = true")
    costs.get_by_role("link", name="Week", exact=True).click()
    expect(costs).to_have_url(re.compile("step=week"))
    costs.get_by_role("link", name="Team", exact=True).click()
    expect(costs.locator(".costs-groups tbody th")).to_contain_text(["Chat"])
    expect(costs).to_have_url(re.compile("by=team&step=week"))
    expect(costs.get_by_role("group").get_by_role("link", name="Team", exact=True)).to_be_focused()
    assert costs.evaluate("window.stayed")
    costs.go_back()
    expect(costs.locator(".costs-groups tbody th").first).to_contain_text(NAMES[1])
    expect(costs.get_by_role("heading", name="Hours of the week")).to_be_visible()
    address = costs.url
    costs.goto(address)
    expect(costs.get_by_role("link", name="Week", exact=True)).to_have_attribute("aria-current", "true")


def test_one_environment_is_reached_by_its_name_and_left_again(costs: Page) -> None:
    costs.get_by_role("link", name=NAMES[0], exact=True).last.click()
    chosen = costs.locator(".costs-chosen")
    expect(chosen).to_contain_text(f"{NAMES[0]} (removed)")
    expect(costs.locator(".costs-groups tbody tr")).to_have_count(1)
    chosen.click()
    expect(chosen).to_have_count(0)
    expect(costs.get_by_role("link", name=NAMES[1], exact=True).last).to_be_visible()


def test_the_bars_are_read_with_the_arrow_keys(costs: Page) -> None:
    bars = costs.locator("[data-costs-told]")
    bars.first.focus()
    costs.keyboard.press("ArrowRight")
    expect(bars.nth(1)).to_be_focused()
    said = costs.locator("[data-costs-said]")
    expect(said).to_have_text(bars.nth(1).get_attribute("aria-label") or "nothing")
    costs.keyboard.press("Tab")
    expect(costs.get_by_text("The same as a table")).to_be_focused()


def test_when_its_figures_are_renewed_the_keyboard_and_the_table_stay_as_they_were(costs: Page) -> None:
    costs.get_by_text("The same as a table").click()
    bars = costs.locator("[data-costs-told]")
    bars.first.focus()
    costs.keyboard.press("ArrowRight")
    said = bars.nth(1).get_attribute("aria-label") or "nothing"
    costs.evaluate("document.querySelector('.costs-bars').dataset.former = ''")
    # As if all of it read otherwise than the browser has it.
    costs.evaluate("document.querySelectorAll('.db-seen').forEach((seen) => (seen.value = 'former'))")
    with costs.expect_response(re.compile("/costs/live/")):
        costs.evaluate("htmx.trigger('#live', 'missed')")
    expect(costs.locator(".costs-bars[data-former]")).to_have_count(0)
    expect(bars.nth(1)).to_be_focused()
    expect(costs.locator("[data-costs-said]")).to_have_text(said)
    expect(costs.locator("#costs-numbers")).to_have_attribute("open", "")
    expect(costs.locator("[data-costs-told][tabindex='0']")).to_have_count(1)


def test_days_of_ones_own_are_chosen_in_the_menu(costs: Page) -> None:
    costs.locator("#costs-when summary").click()
    costs.get_by_label("From", exact=True).fill("2026-01-05")
    costs.get_by_label("To", exact=True).fill("2026-01-04")
    costs.locator(".costs-menu").get_by_role("button", name="Show").click()
    expect(costs.get_by_role("alert")).to_contain_text("The first day of the span lies after its last one.")


def test_files_are_downloaded(costs: Page, tmp_path: Path) -> None:
    for kind in ("CSV", "XLSX"):
        with costs.expect_download() as download:
            costs.get_by_role("link", name=kind).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        assert file.suffix == f".{kind.lower()}"
        assert file.stat().st_size > 200


def test_it_can_be_read_by_everybody_and_pressed_with_a_thumb(costs: Page) -> None:
    assert faults(costs) == []
    assert faults_on_a_phone(costs) == []
