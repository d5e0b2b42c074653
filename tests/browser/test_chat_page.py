"""The bot's page: what is asked for can be called off, and what was said is there when one comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .test_keyboard import tab_to

Enter = Callable[..., Page]
KEPT = "sessionStorage.getItem('daybreak.chat')"


def said(page: Page, text: str) -> None:
    """Typed, and answered."""
    answers = page.locator(".chat-said")
    before = answers.count()
    page.get_by_role("textbox", name="Ask or order").fill(text)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1)


def asked_back(page: Page) -> None:
    """Whatever the hour, stopping a whole schedule is asked for first."""
    said(page, "Every day force_stop")
    expect(page.get_by_role("button", name="Yes, do it")).to_be_visible()


def test_what_was_asked_for_is_called_off_by_the_keyboard_and_the_portal_is_not_asked(enter: Enter) -> None:
    page = enter("manager")
    page.goto("/chat/")
    asked_back(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("region", name="Conversation").focus()
    tab_to(page, page.get_by_role("button", name="Cancel"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Nothing was changed")
    expect(page.get_by_role("button", name="Yes, do it")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Ask or order")).to_be_focused()
    assert asked == []


def test_where_its_script_did_not_arrive_calling_off_leads_back_to_the_page(enter: Enter) -> None:
    page = enter("manager")
    page.route("**/portal/chat*.js", lambda route: route.abort())
    page.goto("/chat/")
    page.get_by_role("textbox", name="Ask or order").fill("Every day force_stop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, do it")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Yes, do it")).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text("reporting for duty")


def test_what_was_said_is_there_when_one_comes_back_with_nothing_to_press(enter: Enter) -> None:
    page = enter("manager")
    page.goto("/chat/")
    said(page, "chat-staging status")
    asked_back(page)
    assert "csrf" not in page.evaluate(KEPT)
    page.goto("/")
    page.goto("/chat/")
    conversation, earlier = page.get_by_role("region", name="Conversation"), page.locator("#chat-earlier")
    expect(conversation).to_contain_text("Every day force_stop")
    expect(earlier.locator("form, input, button")).to_have_count(0)
    expect(earlier.get_by_role("link", name="Open its page").first).to_be_visible()
    # What is read aloud as it comes has nothing in it.
    expect(page.get_by_role("log")).to_have_text("")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("textbox", name="Ask or order")).to_have_value("Every day force_stop")


def test_thirty_lines_are_kept_at_most_and_clear_forgets_them(enter: Enter) -> None:
    page = enter("manager")
    page.goto("/chat/")
    expect(page.get_by_role("button", name="Clear")).to_be_hidden()
    for number in range(17):
        said(page, f"what {number}")
    page.reload()
    expect(page.locator("#chat-earlier > *")).to_have_count(30)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".chat-mine")).to_have_count(0)
    assert page.evaluate(KEPT) is None
    page.reload()
    expect(page.locator(".chat-said")).to_have_count(1)


@pytest.mark.parametrize("then", ["manager", "outsider"])
def test_who_signs_in_next_in_the_tab_finds_nothing_of_it(enter: Enter, then: str) -> None:
    page = enter("manager")
    page.goto("/chat/")
    said(page, "chat-staging status")
    page.goto("/")
    page.evaluate("document.getElementById('logout-form').submit()")
    page.goto("/login/")
    page.fill("input[name=username]", then)
    page.fill("input[name=password]", "daybreak")
    page.click("button[type=submit]")
    page.wait_for_url("**/")
    page.goto("/chat/")
    expect(page.locator(".chat-said")).to_have_count(1)
    expect(page.locator(".chat-mine")).to_have_count(0)
    assert page.evaluate(KEPT) is None


def test_signing_out_on_the_page_itself_forgets_it_at_once(enter: Enter) -> None:
    page = enter("manager")
    page.goto("/chat/")
    said(page, "chat-staging status")
    page.evaluate("document.getElementById('logout-form').requestSubmit()")
    page.wait_for_url(lambda address: "/chat/" not in address)
    assert page.evaluate(KEPT) is None
