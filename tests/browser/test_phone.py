"""The board on a phone of 390 pixels, by touch and in Korean, as a manager uses it; by the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.serving import Served

from .conftest import PHONE, on_stage
from .judged import SIDEWAYS
from .rows import row
from .stage import ALWAYS_NOON
from .test_exceptions import next_weekday

Standing = Callable[[str], dict[str, Any]]
KOREAN = re.compile("[가-힣]")
STACKS_MS = 90_000


@pytest.fixture
def phone(portal: Served, browse: Callable[..., Page]) -> Iterator[Page]:
    """The manager's board; nothing on it was ever wider than the screen when the test has ended."""
    page = browse(PHONE, locale="ko-KR")
    page.fill("input[name=username]", "manager")
    page.fill("input[name=password]", "daybreak")
    page.locator("button[type=submit]").tap()
    page.wait_for_url(f"http://127.0.0.1:{portal.port}/")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    yield page
    assert page.evaluate(SIDEWAYS) == []


@pytest.fixture
def standing(installation: dict[str, str]) -> Standing:
    """What the database holds of an environment: see `stage.standing`."""
    return lambda name: json.loads(on_stage(installation, "standing").splitlines()[-1])[name]


def asked(page: Page, name: str, verb: str) -> Locator:
    """The dialog that the row's button opens."""
    row(page, name).locator(f'[data-ask$="/ask/{verb}/"]').tap(timeout=STACKS_MS)
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("heading").first).to_have_text(KOREAN)
    assert page.evaluate(SIDEWAYS) == []
    return dialog


def told(page: Page, name: str) -> Locator:
    """The message of what was done, in Korean."""
    toast = page.locator("[data-toast]").filter(has_text=name)
    expect(toast).to_have_count(1)
    expect(toast.locator("p")).to_have_text(KOREAN)
    return toast


def taken_back(page: Page, toast: Locator) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        toast.locator("form button").tap()
    assert answer.value.ok
    expect(toast.locator("form")).to_have_count(0)


def confirm(page: Page, name: str, verb: str) -> None:
    button = asked(page, name, verb).locator("button[type=submit]:visible")
    # The dialog is gone before the portal has answered.
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        button.tap()
    assert answer.value.ok
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_it_is_started_by_touch_and_held_as_was_chosen(phone: Page, standing: Standing) -> None:
    assert standing("chat-demo")["hold"] is None
    dialog = asked(phone, "chat-demo", "start")
    dialog.locator("input[name=until][value='1']").tap()
    dialog.locator("button[type=submit]").tap()
    told(phone, "chat-demo")
    held = standing("chat-demo")["hold"]
    assert (held["desired"], held["author"]) == ("running", "manager")
    assert 58 <= held["minutes"] <= 61
    # As it was found: stopped, and nobody holds it.
    expect(row(phone, "chat-demo").locator('[data-ask$="/ask/stop/"]')).to_be_visible(timeout=STACKS_MS)
    confirm(phone, "chat-demo", "stop")
    expect(row(phone, "chat-demo").locator('[data-ask$="/ask/start/"]')).to_be_visible(timeout=STACKS_MS)
    confirm(phone, "chat-demo", "release")
    assert standing("chat-demo")["hold"] is None


def test_it_is_kept_on_an_hour_longer_than_planned_and_that_is_taken_back(phone: Page, standing: Standing) -> None:
    asked(phone, ALWAYS_NOON, "keep").locator("button[name=choice][value='+1']").tap()
    toast = told(phone, ALWAYS_NOON)
    expect(toast).to_contain_text("19:00")
    held = standing(ALWAYS_NOON)["hold"]
    assert (held["desired"], held["until"]) == ("running", "19:00")
    taken_back(phone, toast)
    assert standing(ALWAYS_NOON)["hold"] is None


def test_it_is_off_tomorrow_and_that_is_taken_back(phone: Page, standing: Standing) -> None:
    before = standing(ALWAYS_NOON)
    tomorrow = f"{date.fromisoformat(before['today']) + timedelta(days=1)}"
    assert [tomorrow, "off"] not in before["days"]
    asked(phone, ALWAYS_NOON, "off").locator(f"button[name=day][value='{tomorrow}']").tap()
    toast = told(phone, ALWAYS_NOON)
    assert standing(ALWAYS_NOON)["days"] == sorted([*before["days"], [tomorrow, "off"]])
    taken_back(phone, toast)
    assert standing(ALWAYS_NOON)["days"] == before["days"]


def test_several_are_off_at_once_and_that_is_taken_back_at_once(phone: Page, standing: Standing) -> None:
    names, day = (ALWAYS_NOON, "chat-dev"), f"{next_weekday()}"
    before = {name: standing(name)["days"] for name in names}
    for name in names:
        row(phone, name).locator("[data-choose]").tap()
    expect(phone.locator("[data-chosen-count]")).to_have_text("2")
    phone.locator("[data-many=off]").tap()
    dialog = phone.locator("dialog[open]")
    dialog.locator("[name=day]").fill(day)
    dialog.locator("[name=reason]").fill("팀 야유회")
    assert phone.evaluate(SIDEWAYS) == []
    dialog.locator("button[type=submit]").tap()
    expect(phone.locator("dialog[data-chosen-done] li")).to_have_count(2)
    assert {name: standing(name)["days"] for name in names} == {
        name: sorted([*before[name], [day, "off"]]) for name in names
    }
    with phone.expect_response("**/board/many/undo/") as answer:
        phone.locator("dialog[data-chosen-done] form button").tap()
    assert answer.value.ok
    assert {name: standing(name)["days"] for name in names} == before
    phone.locator("dialog[open] [data-close]").tap()
    expect(phone.locator("#board-chosen")).to_be_hidden()


def test_the_rows_are_searched_and_filtered(phone: Page) -> None:
    links = phone.locator(".bd-name > a")
    expect(links).to_have_count(3)
    phone.locator("#board-q").tap()
    phone.locator("#board-q").fill("staging")
    expect(links).to_have_text([ALWAYS_NOON])
    phone.locator("#board-q").fill("")
    expect(links).to_have_count(3)
    phone.locator(".bd-chip", has=phone.locator("input[value=favourites]")).tap()
    phone.wait_for_url("**/?only=favourites")
    expect(links).to_have_count(0)
    expect(phone.locator("#board-list")).to_contain_text(KOREAN)
