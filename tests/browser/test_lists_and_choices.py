"""What reads well only when it is looked at: columns of lists, and kinds of events that are ticked by their heading."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE, WIDE, Addresses, Look

# Words of letters and digits that stand in more than one line, in the cells of the rows.
BROKEN = """() => [...document.querySelectorAll("#result_list tbody :is(td, th)")].flatMap((cell) => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), found = [];
  for (let text; (text = texts.nextNode());) {
    for (const word of text.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((line) => line.top)).size > 1) found.push(word[0]);
    }
  }
  return found;
})"""
# What people may have written, and makes columns narrow for others.
CROWDED = """() => {
  const said = {
    author: "Alexandra Konstantinopoulou <alexandra@example.com>",
    user: "alexandra.konstantinopoulou",
    app: "개발팀 JANDI 서버방",
    asked: "chat-dev exception set 2026-11-24 start 08:30 for the demonstration that the client sees, ".repeat(4),
  };
  for (const [column, words] of Object.entries(said)) {
    const cells = document.querySelectorAll(`#result_list tbody .field-${column}`);
    cells.forEach((cell) => { cell.lastChild.data = words; });
  }
}"""
OVER = """() => [...document.querySelectorAll(".tk-lines .db-state-small")].filter((state) => {
  const inside = document.createRange();
  inside.selectNodeContents(state);
  return inside.getBoundingClientRect().right > state.getBoundingClientRect().right + 1;
}).map((state) => state.innerText)"""
LISTS = ["admin:environments_deployment_changelist", "admin:notifications_chatrequest_changelist"]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [WIDE, (1280, 800), PHONE])
@pytest.mark.parametrize("name", LISTS)
def test_no_column_breaks_a_word(
    look: Look, addresses: Addresses, name: str, size: tuple[int, int], language: str
) -> None:
    page = look(language)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(addresses[name])
    expect(page.locator("#result_list tbody tr").first).to_be_visible()
    page.evaluate(CROWDED)
    assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_version_of_an_environment_has_room_for_its_state(look: Look, language: str) -> None:
    page = look(language)
    page.goto("/env/chat-dev/")
    state = page.locator("[aria-labelledby=what-ran] .db-state-small").first
    expect(state).to_be_visible()
    state.evaluate("(one) => { one.lastChild.data = 'waits for the next start of all' }")
    assert page.evaluate(OVER) == []


@pytest.fixture
def rule(look: Look) -> Page:
    page = look("en")
    page.goto("/notifications/rule/add/")
    return page


def test_a_heading_ticks_all_below_it_and_shows_when_only_some_are(rule: Page) -> None:
    group = rule.get_by_role("group", name="Tickets")
    of_all = group.get_by_label("All of these")
    of_all.check()
    for label in ("Ticket: opened", "Ticket: changed", "Ticket: done"):
        expect(group.get_by_label(label)).to_be_checked()
    group.get_by_label("Ticket: done").uncheck()
    expect(of_all).not_to_be_checked()
    assert of_all.evaluate("(box) => box.indeterminate")
    expect(rule.get_by_role("group", name="Overrides").get_by_label("Hold: placed")).not_to_be_checked()
