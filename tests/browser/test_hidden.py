"""A page in a tab that nobody sees asks the portal nothing, and asks at once when it is shown again.

The browser's clock is moved, so that nobody waits; whether a tab is hidden is said by the test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from .stage import ALWAYS_NOON

Enter = Callable[..., Page]
HIDES = """() => {
  let hidden = false;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  window.hide = (is) => {
    hidden = is;
    document.dispatchEvent(new Event("visibilitychange"));
  };
}"""
A_MINUTE_MS, SOON_MS = 60_000, 500


@pytest.mark.parametrize(
    ("page_of", "part"), [("/", "/board/live/"), (f"/env/{ALWAYS_NOON}/", f"/env/{ALWAYS_NOON}/live/")]
)
def test_a_hidden_page_asks_nothing_and_asks_at_once_when_it_is_shown_again(
    enter: Enter, page_of: str, part: str
) -> None:
    page = enter("manager")
    page.add_init_script(f"({HIDES})()")
    page.clock.install()
    page.goto(page_of)
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    # Shown, it asks by itself, again and again: otherwise nothing below would say anything.
    for _ in range(2):
        page.clock.run_for(SOON_MS)
        with page.expect_response(f"**{part}**") as answer:
            page.clock.run_for(A_MINUTE_MS)
        answer.value.finished()
    page.clock.run_for(SOON_MS)
    page.wait_for_load_state("networkidle")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.evaluate("hide(true)")
    for _ in range(5):
        page.clock.run_for(A_MINUTE_MS)
    # Its own request comes after any that the page had made.
    page.evaluate("fetch('/healthz').then(() => true)")
    assert asked == ["/healthz"]

    with page.expect_request(f"**{part}**"):
        page.evaluate("hide(false)")
        page.clock.run_for(SOON_MS)
