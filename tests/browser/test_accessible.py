"""Every page of ours and every dialog as axe-core sees it: in English, light and dark; in Korean, on a phone of 390
pixels. `test_accessible_lists` has the lists and forms of the admin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from . import pages
from .conftest import KOREAN, PHONE, WIDE, Addresses, Look
from .dialogs import DIALOGS, open_dialog
from .judged import faults, faults_of, faults_on_a_phone

Browse = Callable[..., Page]
OURS = [name for name in (*pages.names(), *pages.ALSO, *pages.LINKS) if not name.startswith("admin:")]


@pytest.mark.parametrize("name", OURS)
def test_a_page_can_be_read_by_everybody_and_pressed_with_a_thumb(look: Look, addresses: Addresses, name: str) -> None:
    assert faults_of(name, look, addresses) == []


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
