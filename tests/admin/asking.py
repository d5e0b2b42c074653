"""How a browser asks for what reads anew on an environment's page: with what it has of each part."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

SEEN = re.compile(r'<input type="hidden" class="db-seen" name="([\w-]+)" value="(\w*)"')
ASKED = re.compile(r'id="live"[^>]* hx-get="([^"]+)"')
LATER = re.compile(r'<div id="[\w-]+"[^>]* hx-get="([^"]+)" hx-trigger="load".*?</section>\s*</div>', re.DOTALL)
PLACED = re.compile(r'id="([\w-]+)"[^>]* hx-swap-oob="true"')


class Open:
    """A page that somebody has open. `ask` does what its script does every few seconds."""

    def __init__(self, browser: Client, address: str = "/env/chat-dev/") -> None:
        self.browser = browser
        html = browser.get(address).content.decode()
        self.url = self._url(html)
        self.seen: dict[str, list[str]] = {}
        self._read(html)
        for later in LATER.findall(html):
            self._read(browser.get(unescape(later)).content.decode())

    def ask(self) -> Any:
        """The answer; what it brings stands on the page from then on."""
        parts = urlsplit(self.url)
        answer = self.browser.get(parts.path, {**dict(parse_qsl(parts.query)), **self.seen})
        html = answer.content.decode()
        self.url = self._url(html) if 'id="live"' in html else self.url
        self._read(html)
        return answer

    def opened_more(self, name: str, count: int) -> None:
        """Another page of a list was loaded below those that are there."""
        self.seen.setdefault(name, []).append(str(count))

    def _read(self, html: str) -> None:
        found: dict[str, list[str]] = {}
        for name, value in SEEN.findall(html):
            found.setdefault(name, []).append(value)
        self.seen |= found

    @staticmethod
    def _url(html: str) -> str:
        asked = ASKED.search(html)
        assert asked is not None
        return unescape(asked[1])


def whole(browser: Client, address: str = "/env/chat-dev/") -> str:
    """A page, with what its script asks for as soon as it is there in its place."""
    html = browser.get(address).content.decode()
    return LATER.sub(lambda later: browser.get(unescape(later[1])).content.decode(), html)


def brought(answer: Any) -> set[str]:
    """The ids of the parts that an answer brings along, beside the one that asked."""
    return set(PLACED.findall(answer.content.decode()))
