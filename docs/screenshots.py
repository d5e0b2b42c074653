"""`make screenshots`: the pictures of the user's guide, in both languages, from the sample and a simulated AWS.

Serves an installation of its own on free ports, lets a few things happen there, takes the pictures in Chromium and
stops everything again. Each picture waits for what it shows; one that does not appear fails the command by name.

`make look` (`--matrix FOLDER`): every page there is, in every way that it can look, to be looked through.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from docs import screenshots_matrix
from docs.palette import with_palette
from docs.screenshots_served import LANGUAGES, UNSTUCK, chromium, installation, opened, signed_in

FOLDER = Path(__file__).parent / "images" / "guide"
WIDTH, HEIGHT = 1280, 860
LARGEST = 80 * 1024
NINE_DAYS = "[aria-labelledby=by-day] tbody tr:nth-child(9)"
COMPARED = "/costs/compare/?what=environments&one=chat-dev&other=chat-staging"


@dataclass(frozen=True, slots=True)
class Picture:
    """What is in it: who looks (nobody: without a sign-in), where, what they did before, and the part of the page that
    is kept, with what follows down to `until`."""

    name: str
    person: str
    path: str
    part: str
    before: Callable[[Page], None] = lambda page: None
    tall: int = HEIGHT
    until: str = ""


def _keep(page: Page) -> None:
    page.locator('button[data-ask="/env/chat-dev/ask/keep/"]').click()


def _in_days(days: int) -> str:
    """A date as a field of dates takes it: never today, of which some hours have passed."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def _other_hours(page: Page) -> None:
    page.locator('[data-exception-kind="hours"]').first.click()
    dialog = page.locator("#dialog-exception[open]")
    dialog.locator("input[name=first]").fill(_in_days(3))
    dialog.locator("input[name=start]").fill("07:00")
    expect(dialog.locator(".exc-preview svg").first).to_be_visible()
    dialog.locator("input[name=reason]").fill("release")


def _named(name: str) -> Callable[[Page], None]:
    """Follow the link of this name in a list; names are the same in every language."""

    def follow(page: Page) -> None:
        page.locator("#result_list").get_by_role("link", name=name, exact=True).first.click()

    return follow


def _schedule(page: Page) -> None:
    _named("Office hours Seoul")(page)
    page.locator("input[name=periods-0-end_time]").fill("20:00")
    expect(page.locator("[data-what-if-part]")).to_contain_text("20:00")


def _look(page: Page) -> None:
    page.locator("#look button[type=submit]").click()
    expect(page.locator("#found")).to_be_visible()
    expect(page.locator("input[name=pick]").first).to_be_visible()


def _feed(page: Page) -> None:
    page.locator("#feeds-summary").click()
    page.locator('[data-open="dialog-feed"]').click()


def _costs(page: Page) -> None:
    """Its later parts are there, too: they move what is above them."""
    for part in (".costs-list", ".costs-map", ".costs-billed"):
        expect(page.locator(part).first).to_be_visible()


def _ticket(page: Page) -> None:
    """The one that the sample has a conversation of; titles are people's own, in every language."""
    page.locator("#main").get_by_role("link", name="More memory for the chat server").first.click()
    expect(page.locator("#ticket-comments")).to_be_visible()


def _heartbeat(page: Page) -> None:
    _named("nightly backup")(page)
    expect(page.locator("#expected-part")).to_contain_text("04:00")


def _chat(page: Page) -> None:
    for count, typed in enumerate(("list", "chat-staging why", "chat-dev force_stop"), 2):
        page.locator("#chat-text").fill(typed)
        page.locator("#chat-text").press("Enter")
        expect(page.locator(".chat-said")).to_have_count(count)


def _rule(page: Page) -> None:
    page.locator("input[name=name]").fill("Everything, to its people")
    page.locator("input[name=its_people]").check()
    expect(page.locator("[data-what-if]")).to_contain_text("Mina")


def _budgets(page: Page) -> None:
    expect(page.locator("#result_list").get_by_role("row")).to_have_count(2)


PICTURES = (
    Picture("board", "manager", "/", "#main", tall=760),
    Picture("keep", "manager", "/", "dialog[open]", _keep),
    Picture("environment", "manager", "/env/chat-dev/", "#main"),
    Picture("calendar", "manager", "/calendar/?view=week", "#content", tall=520),
    Picture("exception", "manager", "/env/chat-staging/", "#dialog-exception", _other_hours),
    Picture("schedule", "operator", "/environments/schedule/", "[data-what-if]", _schedule),
    Picture("holidays", "operator", "/environments/calendar/", ".cal-days", _named("Korea"), tall=640),
    Picture("find", "operator", "/find/", "#content", _look, tall=760),
    Picture("person", "admin", "/auth/user/", "#content", _named("manager"), tall=760),
    Picture("feed", "manager", "/env/chat-dev/", "#dialog-feed", _feed),
    Picture("costs", "manager", "/costs/", "#costs", _costs, until=".costs-chart"),
    Picture("bills", "manager", "/costs/", ".costs-list", _costs),
    Picture("hours", "manager", "/costs/", ".costs-map", _costs),
    Picture("budgets", "operator", "/environments/budget/", "#result_list", _budgets),
    Picture("compare", "manager", COMPARED, ".cmp", tall=655),
    Picture("health", "manager", "/env/chat-staging/health/?days=30", ".db-page", tall=1100, until=NINE_DAYS),
    Picture("checks", "manager", "/env/chat-staging/", "#health"),
    Picture(
        "heartbeat", "operator", "/environments/heartbeat/", ".chk-try", _heartbeat, until="[aria-labelledby=address]"
    ),
    Picture("status", "", "/status/chat-staging/", "main"),
    Picture("tickets", "manager", "/tickets/", "#main", tall=640),
    Picture("rule", "operator", "/notifications/rule/add/", "[data-what-if]", _rule),
    Picture("chat", "manager", "/chat/", ".chat-card", _chat, tall=980),
    Picture("ticket", "manager", "/tickets/", "#content", _ticket, until="[aria-labelledby=ticket-comments]"),
)


def main() -> None:
    """Take all pictures, or those named as arguments; with `--matrix` first, of every page, into the folder named
    next."""
    if sys.argv[1:2] == ["--matrix"]:
        if len(sys.argv) < 3:
            sys.exit("--matrix needs a folder to put the pictures into.")
        screenshots_matrix.take(Path(sys.argv[2]), sys.argv[3:])
        return
    wanted = [picture for picture in PICTURES if picture.name in (sys.argv[1:] or [one.name for one in PICTURES])]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with installation() as (address, _variables), sync_playwright() as playwright:
        for language in LANGUAGES:
            browser = chromium(playwright, language)
            _take_all(browser, address, language, wanted)
            browser.close()


def _take_all(browser: Browser, address: str, language: str, wanted: list[Picture]) -> None:
    pages: dict[str, Page] = {}
    for picture in wanted:
        page = pages.get(picture.person) or _page_of(picture.person, browser, address, language)
        pages[picture.person] = page
        file = FOLDER / f"{picture.name}-{language}.png"
        try:
            page.goto(picture.path)
            picture.before(page)
            _take(page, picture, file)
        except Exception:
            sys.stderr.write(f"The picture {file.name} could not be taken.\n")
            raise
        sys.stdout.write(f"{os.path.relpath(file)}: {file.stat().st_size // 1024} KB\n")


def _page_of(person: str, browser: Browser, address: str, language: str) -> Page:
    size = (WIDTH, HEIGHT)
    return signed_in(browser, address, language, person, size) if person else opened(browser, address, language, size)


def _take(page: Page, picture: Picture, file: Path) -> None:
    """The part of the page from its top, at most so tall, with as many colours as a palette holds."""
    page.add_style_tag(content=UNSTUCK)
    part = page.locator(picture.part).first
    expect(part).to_be_visible()
    page.evaluate("document.fonts.ready")
    part.evaluate("element => element.scrollIntoView({block: 'start'})")
    box = part.bounding_box()
    assert box is not None, f"{picture.part} has no place on the page"
    last = page.locator(picture.until or picture.part).first.bounding_box()
    assert last is not None, f"{picture.until} has no place on the page"
    whole = page.screenshot(
        full_page=True,
        animations="disabled",
        caret="hide",
        clip={
            "x": box["x"],
            "y": box["y"] + page.evaluate("window.scrollY"),
            "width": min(box["width"], WIDTH),
            "height": min(last["y"] + last["height"] - box["y"], picture.tall),
        },
    )
    small = with_palette(whole)
    assert len(small) <= LARGEST, f"{file.name} has {len(small) // 1024} KB, more than {LARGEST // 1024}"
    file.write_bytes(small)


if __name__ == "__main__":
    main()
