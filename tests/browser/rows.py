"""The board as a person sees it: its rows by name, and how often somebody pressed."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

UNTIL_22 = re.compile(r"^until 22:00( .*\d)?$")
"""The button of the menu, with its price where one is known."""
COUNTING = "addEventListener('pointerdown', () => (window.presses = (window.presses || 0) + 1), true)"


def row(page: Page, name: str) -> Locator:
    return page.locator(".bd-row").filter(has=page.get_by_role("link", name=name, exact=True))


def count_presses(page: Page) -> None:
    """From now on, on this page: what loads it anew begins at nothing, and so is seen too."""
    page.evaluate(f"{COUNTING}; window.presses = 0")


def presses(page: Page) -> int:
    """Since `count_presses`. Raises where the page was loaded anew since then."""
    return int(page.evaluate("window.presses.valueOf()"))


def undo(page: Page) -> None:
    """By the message that says what was done."""
    toast = page.locator("[data-toast]").filter(has=page.get_by_role("button", name="Undo"))
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_have_count(0)
