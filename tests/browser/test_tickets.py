"""The board of tickets: the mouse drags cards, the keyboard and a finger move them by their menus, and where the portal
refuses it they stay."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from portal.env import BASE_DIR

from .conftest import PHONE
from .ticket_rows import REFUSED, TASK

Enter = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def cleared(portal: object, installation: dict[str, str]) -> Iterator[None]:
    yield
    _have(installation, "clear")


@pytest.fixture(autouse=True)
def tickets(cleared: None, installation: dict[str, str]) -> None:
    """A task, and an incident that is done while a newer one of its cause is open."""
    _have(installation, "fill")


def _have(variables: dict[str, str], what: str) -> None:
    command = [sys.executable, "manage.py", "shell", "-c", f"from tests.browser import ticket_rows as r; r.{what}()"]
    subprocess.run(command, cwd=BASE_DIR, env=variables, capture_output=True, check=True)


@pytest.fixture
def board(enter: Enter) -> Page:
    page = enter("manager")
    page.goto("/tickets/?environment=chat-demo")
    return page


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^{name}"))


def card(place: Page | Locator, title: str) -> Locator:
    return place.get_by_role("article", name=title)


def told(page: Page) -> Locator:
    return page.locator("[data-toast]")


def undo(page: Page) -> None:
    told(page).get_by_role("button", name="Undo").last.click()


def test_a_card_is_dragged_into_another_column_and_undo_brings_it_back(board: Page) -> None:
    card(column(board, "Open"), TASK).drag_to(column(board, "Waiting"))
    expect(card(column(board, "Waiting"), TASK)).to_be_visible()
    expect(told(board)).to_contain_text("Waiting")
    board.reload()
    expect(card(column(board, "Waiting"), TASK)).to_be_visible()
    card(column(board, "Waiting"), TASK).drag_to(column(board, "Done"))
    expect(told(board)).to_contain_text("Done")
    undo(board)
    expect(card(column(board, "Waiting"), TASK)).to_be_visible()


def test_the_title_drags_its_card_too(board: Page) -> None:
    card(board, TASK).get_by_role("link").drag_to(column(board, "In progress"))
    expect(card(column(board, "In progress"), TASK)).to_be_visible()
    board.wait_for_url("**/tickets/?environment=chat-demo")


def test_where_the_portal_refuses_it_the_card_goes_back_and_the_reason_is_said(board: Page) -> None:
    done = card(column(board, "Done"), REFUSED)
    done.drag_to(column(board, "Open"))
    expect(told(board)).to_contain_text("A newer ticket about the same is open already.")
    expect(done).to_be_visible()
    expect(done).not_to_have_class(re.compile("tk-moving"))


@pytest.mark.parametrize("away", [True, False])
def test_a_move_that_does_not_reach_the_portal_is_taken_back_in_words(board: Page, away: bool) -> None:
    def fail(route: Route) -> None:
        route.abort() if away else route.fulfill(status=503, body="no")

    board.route("**/move/", fail)
    card(board, TASK).drag_to(column(board, "Done"))
    expect(told(board).first).to_contain_text("It did not work, and nothing was changed.")
    expect(card(column(board, "Open"), TASK)).to_be_visible()
    board.unroute("**/move/")
    card(board, TASK).drag_to(column(board, "Done"))
    expect(card(column(board, "Done"), TASK)).to_be_visible()


def test_the_keyboard_moves_a_card_and_goes_with_it(board: Page) -> None:
    menu = card(board, TASK).locator("summary")
    menu.focus()
    board.keyboard.press("Enter")
    board.keyboard.press("Escape")
    expect(menu).to_be_focused()
    board.keyboard.press("Enter")
    board.keyboard.press("Tab")
    expect(card(board, TASK).get_by_role("button", name="In progress")).to_be_focused()
    board.keyboard.press("Enter")
    moved = card(column(board, "In progress"), TASK)
    expect(moved.locator("summary")).to_be_focused()
    expect(board.get_by_role("status").filter(has=told(board))).to_contain_text("In progress")


def test_a_finger_moves_a_card_by_its_menu(enter: Enter) -> None:
    page = enter("manager", PHONE)
    page.goto("/tickets/?environment=chat-demo")
    card(page, TASK).locator("summary").tap()
    card(page, TASK).get_by_role("button", name="Waiting").tap()
    expect(card(column(page, "Waiting"), TASK)).to_be_visible()


def test_nothing_is_dragged_by_who_only_looks(enter: Enter) -> None:
    page = enter("viewer")
    page.goto("/tickets/?environment=chat-demo")
    expect(card(page, TASK)).to_be_visible()
    expect(page.locator("[data-drag]")).to_have_count(0)
