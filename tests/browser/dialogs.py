"""What can be opened on the pages, by what is pressed: the same in every language."""

from __future__ import annotations

from playwright.sync_api import Page

# What opens -> where, and what is pressed there, one after the other.
DIALOGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "start": ("/", ('[data-ask="/env/chat-demo/ask/start/"]',)),
    "stop": ("/env/chat-staging/", ('[data-ask="/env/chat-staging/ask/stop/"]',)),
    "keep on": ("/", ('[data-ask="/env/chat-staging/ask/keep/"]',)),
    "day off": ("/", ('[data-ask="/env/chat-staging/ask/off/"]',)),
    "several": ("/", (".bd-row input[type=checkbox]", '[data-many="off"]')),
    "pause": ("/env/chat-staging/", ('[data-open="dialog-pause"]',)),
    "feed": ("/env/chat-staging/#feeds", ('[data-open="dialog-feed"]',)),
    "other hours": ("/env/chat-staging/", ('[data-exception-kind="hours"]',)),
    "new task": ("/tickets/", ("#ticket-new",)),
    "import of a calendar": ("/environments/calendar/1/change/", ('[data-open="dialog-import"]',)),
}
DAY_OF_CALENDAR = ("[data-calendar] button[data-day] >> nth=-1", 'dialog[open] [data-exception-kind="hours"]')
DIALOGS |= {"a day of the calendar": ("/calendar/", DAY_OF_CALENDAR)}
# Some of what is pressed appears once the simulated AWS has started or stopped something.
OPEN_MS = 90_000


def open_dialog(page: Page, name: str) -> None:
    """Go to where it is and open it; it is there, with its heading, when this returns."""
    address, pressed = DIALOGS[name]
    page.goto(address)
    for place in pressed:
        page.locator(place).first.click(timeout=OPEN_MS)
    page.locator("dialog[open] :is(h2, h3)").first.wait_for()
