"""What people come for, as three of them: in at most three clicks, without leaving the board; and what another team's
people see of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .rows import UNTIL_22, count_presses, presses, row, undo
from .stage import ALWAYS_NOON

Enter = Callable[..., Page]
SOME_STACKS_MS = 90_000


@pytest.mark.parametrize("person", ["manager", "operator"])
def test_staging_is_kept_on_until_22_tonight_in_two_clicks_and_released_by_one(enter: Enter, person: str) -> None:
    page = enter(person)
    keep = row(page, ALWAYS_NOON).get_by_role("button", name=f"Keep {ALWAYS_NOON} on")
    expect(keep).to_be_visible(timeout=SOME_STACKS_MS)
    count_presses(page)
    keep.click()
    page.get_by_role("dialog").get_by_role("button", name=UNTIL_22).click()
    expect(row(page, ALWAYS_NOON)).to_contain_text("Running, held")
    expect(row(page, ALWAYS_NOON).locator(".bd-when")).to_contain_text("22:00")
    expect(page.locator("[data-toast]")).to_contain_text("22:00")
    assert presses(page) == 2

    undo(page)
    expect(row(page, ALWAYS_NOON)).not_to_contain_text("held")
    expect(row(page, ALWAYS_NOON).locator(".bd-when")).to_contain_text("18:00")
    assert presses(page) == 3


def test_off_tomorrow_takes_two_clicks_and_undo_one(enter: Enter) -> None:
    page = enter("manager")
    day_off = row(page, ALWAYS_NOON).get_by_role("button", name="Day off")
    expect(day_off).to_be_visible(timeout=SOME_STACKS_MS)
    count_presses(page)
    day_off.click()
    page.get_by_role("dialog").get_by_role("button", name="Tomorrow").click()
    expect(page.locator("[data-toast]")).to_contain_text(f"{ALWAYS_NOON}, ")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert presses(page) == 2

    undo(page)
    expect(page.locator("[data-toast]")).to_contain_text("It is as it was before")


def test_started_now_it_is_seen_to_become_ready_on_the_board_and_on_its_page(enter: Enter) -> None:
    board = enter("manager")
    beside = board.context.new_page()
    beside.goto("/env/chat-demo/")
    board.bring_to_front()
    for page in (board, beside):
        count_presses(page)
    line, state = row(board, "chat-demo"), beside.locator(".db-state")
    line.get_by_role("button", name="Start chat-demo").click()
    board.get_by_role("dialog").get_by_role("button", name="Start", exact=True).click()
    expect(line).to_contain_text("Starting")
    expect(line).to_contain_text("Running, held", timeout=SOME_STACKS_MS)
    expect(state).to_have_text("Running, held")
    assert (presses(board), presses(beside)) == (2, 0)

    line.get_by_role("button", name="Release chat-demo").click()
    board.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(line).not_to_contain_text("held")
    line.get_by_role("button", name="Stop chat-demo").click()
    board.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    expect(line).to_contain_text("Stopped", timeout=SOME_STACKS_MS)
    line.get_by_role("button", name="Release chat-demo").click()
    board.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(state).to_have_text(re.compile("^Stopped$"))


def test_a_manager_sees_no_environment_of_other_teams_and_an_operator_sees_them(enter: Enter) -> None:
    page = enter("manager")
    expect(page.locator(".bd-name > a")).to_have_text([re.compile("^chat-")] * 3)
    page = enter("operator")
    expect(row(page, "payments-qa")).to_be_visible()


def test_an_outsider_sees_nothing_of_it_and_is_told_whom_to_ask(enter: Enter) -> None:
    page = enter("outsider")
    expect(page.locator(".bd-row")).to_have_count(0)
    expect(page.locator("#content")).not_to_contain_text("chat-")
    expect(page.locator("#content")).to_contain_text("admin@example.com")
    answer = page.goto(f"/env/{ALWAYS_NOON}/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("main")).to_contain_text("An administrator can add you to its team")
    page.goto("/calendar/")
    expect(page.locator("#content")).to_contain_text("No environments yet")
    expect(page.locator("#content")).not_to_contain_text("chat-")
