"""Every page and dialog as axe-core sees it: in English, light and dark; in Korean, on a phone of 390 pixels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.serving import Served

from . import pages
from .conftest import PHONE, WAIT_MS, WIDE, on_stage
from .dialogs import DIALOGS, open_dialog
from .judged import faults, faults_on_a_phone

Browse = Callable[..., Page]
Look = Callable[[str], Page]
KOREAN = "ko-KR"


@pytest.fixture(scope="module")
def addresses(portal: Served, installation: dict[str, str]) -> dict[str, str]:
    """Where each page is, with something on it."""
    found: dict[str, str] = json.loads(on_stage(installation, "furnish").splitlines()[-1])
    return found


@contextmanager
def signed_in(portal: Served, chromium: Browser, locale: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{portal.port}", locale=locale, reduced_motion="reduce", has_touch=True
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


@pytest.fixture(scope="module")
def administrators(portal: Served, chromium: Browser) -> Iterator[dict[str, BrowserContext]]:
    """One who reads English and one who reads Korean, signed in once: these tests change nothing."""
    with signed_in(portal, chromium, "en-US") as english, signed_in(portal, chromium, KOREAN) as korean:
        yield {"en": english, "ko": korean}


@pytest.fixture
def look(administrators: dict[str, BrowserContext]) -> Iterator[Look]:
    """A new page of who reads that language."""
    opened: list[Page] = []

    def begin(language: str) -> Page:
        page = administrators[language].new_page()
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        opened.append(page)
        return page

    yield begin
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", [*pages.names(), *pages.ALSO])
def test_a_page_can_be_read_by_everybody_and_pressed_with_a_thumb(
    look: Look, addresses: dict[str, str], name: str
) -> None:
    assert name in addresses, "tests/browser/stage.py makes nothing that it could show"
    english, korean = look("en"), look("ko")
    english.goto(addresses[name])
    korean.goto(addresses[name])
    expect(korean.locator("html")).to_have_attribute("lang", "ko", timeout=5_000)
    assert faults(english) + faults_on_a_phone(korean) == []


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_can_be_read_by_everybody_and_pressed_with_a_thumb(look: Look, name: str) -> None:
    english, korean = look("en"), look("ko")
    open_dialog(english, name)
    open_dialog(korean, name)
    assert faults(english) + faults_on_a_phone(korean) == []


@pytest.mark.parametrize("locale", ["en-US", KOREAN])
def test_signing_in_can_be_read_by_everybody(browse: Browse, locale: str) -> None:
    page = browse(PHONE, locale=locale)
    assert faults(page) + faults_on_a_phone(page) == []


def test_being_locked_out_can_be_read_by_everybody(browse: Browse) -> None:
    page = browse(PHONE)
    while not page.get_by_role("heading", name="Too many failed tries").is_visible():
        page.goto("/login/")
        page.fill("input[name=username]", "nobody")
        page.fill("input[name=password]", "wrong")
        with page.expect_navigation():
            page.click("button[type=submit]")
    assert faults(page) + faults_on_a_phone(page) == []


@pytest.mark.parametrize("person", ["newcomer", "outsider"])
def test_the_first_steps_can_be_read_by_everybody(enter: Browse, person: str) -> None:
    page = enter(person, WIDE)
    page.locator("#first-steps").wait_for()
    assert faults(page) + faults_on_a_phone(page) == []
