"""A manager switches an environment on, keeps it on for longer and releases it, from its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

Enter = Callable[..., Page]
SEOUL = ZoneInfo("Asia/Seoul")


def test_a_manager_starts_keeps_on_and_releases(enter: Enter) -> None:
    page = enter("manager")
    page.goto("/env/chat-demo/")
    state = page.locator(".env-now .db-state")
    page.get_by_role("button", name="Start", exact=True).click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("for 1 hour").check()
    dialog.get_by_label("Why").fill("client demo")
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_text("chat-demo starts now and is kept running until")).to_be_visible()
    # Live: the page is not loaded anew while the stacks come up.
    expect(state).to_have_text("Running, held", timeout=60_000)
    expect(page.locator(".env-now .db-why")).to_contain_text("client demo")

    page.locator("#env-keep").click()
    later = datetime.now(SEOUL) + timedelta(hours=3)
    dialog.locator("[name=until_time]").fill(f"{later:%Y-%m-%dT%H:%M}")
    dialog.get_by_role("button", name="Keep on").click()
    expect(page.locator(".env-now .db-why")).to_contain_text(f"{later:%H:%M}")

    page.get_by_role("button", name="Release", exact=True).click()
    dialog.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released. It stays as it is: no schedule.")).to_be_visible()
    expect(state).to_have_text("Running")

    page.get_by_role("button", name="Stop", exact=True).click()
    dialog.get_by_role("button", name="Stop").click()
    expect(state).to_have_text(re.compile("Stopped"), timeout=60_000)

    # As it was found: stopped, and nobody holds it.
    page.get_by_role("button", name="Release", exact=True).click()
    dialog.get_by_role("button", name="Release").click()
    expect(state).to_have_text("Stopped")


def test_a_time_that_has_passed_is_refused_in_words_and_nothing_starts(enter: Enter) -> None:
    page = enter("manager")
    page.goto("/env/chat-demo/")
    before = page.locator(".env-now .db-state").inner_text()
    page.locator("#env-switch").click()
    dialog = page.locator("dialog[open]")
    field = dialog.locator("[name=until_time]")
    field.evaluate("field => field.removeAttribute('min')")
    field.fill("2026-01-01T10:00")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_text("This time has passed.")).to_be_visible()
    expect(page.locator(".env-now .db-state")).to_have_text(before)
