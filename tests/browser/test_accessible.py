"""Every page as axe-core sees it, in light and dark, and on a phone of 390 pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.serving import Served

from .conftest import PHONE, WAIT_MS, WIDE
from .judged import faults

Browse = Callable[..., Page]
PAGES = {
    "board": "/",
    "calendar by month": "/calendar/",
    "calendar by week": "/calendar/?view=week",
    "calendar by day": "/calendar/?view=day",
    "environment": "/env/chat-staging/",
    "preferences": "/preferences/",
    "help": "/help/board/",
    "find in AWS": "/find/",
    "changes": "/changes/",
    "account": "/environments/account/1/change/",
    "schedule": "/environments/schedule/1/change/",
    "holiday calendar": "/environments/calendar/1/change/",
    "person": "/auth/user/2/change/",
    "environment to edit": "/environments/environment/1/change/",
    "list of environments": "/environments/environment/",
    "list of operations": "/environments/operation/",
    "list of sign-ins": "/axes/accesslog/",
    "new exception": "/environments/dayexception/add/",
    "password": "/password_change/",
    "question before the sample goes": "/sample/",
    "question before one is deleted": "/environments/environment/1/delete/",
    "nothing there": "/env/nowhere/",
}
DIALOGS = {
    "keep on": ("/", "Keep chat-staging on"),
    "start": ("/", "Start chat-demo"),
    "another day": ("/", "Day off for chat-staging"),
    "other hours": ("/env/chat-dev/", "Other hours…"),
}


@pytest.fixture(scope="module")
def administrator(portal: Served, chromium: Browser) -> Iterator[BrowserContext]:
    """Signed in once: these tests change nothing."""
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{portal.port}", locale="en-US", reduced_motion="reduce", has_touch=True
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto("/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "daybreak")
    page.click("button[type=submit]")
    page.wait_for_url(f"http://127.0.0.1:{portal.port}/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(administrator: BrowserContext) -> Iterator[Page]:
    one = administrator.new_page()
    one.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    yield one
    one.close()


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES.keys())
def test_a_page_can_be_read_by_everybody_and_pressed_with_a_thumb(page: Page, address: str) -> None:
    page.goto(address)
    assert faults(page) == []


@pytest.mark.parametrize(("address", "button"), DIALOGS.values(), ids=DIALOGS.keys())
def test_a_dialog_can_be_read_by_everybody_and_pressed_with_a_thumb(page: Page, address: str, button: str) -> None:
    page.goto(address)
    page.get_by_role("button", name=button, exact=True).click(timeout=90_000)
    page.locator("dialog[open] :is(h2, h3)").first.wait_for()
    assert faults(page) == []


def test_a_day_of_the_calendar_can_be_read_by_everybody_and_pressed_with_a_thumb(page: Page) -> None:
    page.goto("/calendar/")
    page.locator("[data-calendar] button[data-day]").last.click()
    page.locator("dialog[open]").get_by_role("button", name="Other hours").click()
    page.locator("dialog[open] .exc-preview").wait_for()
    assert faults(page) == []


def test_signing_in_and_being_locked_out_can_be_read_by_everybody(browse: Browse) -> None:
    page = browse(PHONE)
    assert faults(page) == []
    while not page.get_by_role("heading", name="Too many failed tries").is_visible():
        page.goto("/login/")
        page.fill("input[name=username]", "nobody")
        page.fill("input[name=password]", "wrong")
        with page.expect_navigation():
            page.click("button[type=submit]")
    assert faults(page) == []


@pytest.mark.parametrize("person", ["newcomer", "outsider"])
def test_the_first_steps_can_be_read_by_everybody(enter: Browse, person: str) -> None:
    page = enter(person, PHONE)
    page.locator("#first-steps").wait_for()
    assert faults(page) == []
