"""What a page sends to somebody who has never been there: it is for phones, too. In bytes, so that no machine is too
slow for it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

Enter = Callable[..., Page]
MOST_KB = 500


@pytest.mark.parametrize("page_of", ["/", "/calendar/?view=month", "/env/chat-staging/"])
def test_a_page_weighs_less_than_500_kb_as_chromium_receives_it_with_an_empty_cache(enter: Enter, page_of: str) -> None:
    page = enter("manager")
    address = page.url
    page.goto("about:blank")
    received: dict[str, float] = {}
    names: dict[str, str] = {}
    session = page.context.new_cdp_session(page)
    session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]}))
    session.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")

    page.goto(address.rstrip("/") + page_of, wait_until="networkidle")

    weights = {urlsplit(names.get(number, "")).path: size for number, size in received.items()}
    assert any(path.endswith(".css") and size > 1000 for path, size in weights.items()), "nothing came from a cache"
    assert sum(received.values()) / 1000 < MOST_KB, sorted(weights.items(), key=lambda one: -one[1])[:5]
