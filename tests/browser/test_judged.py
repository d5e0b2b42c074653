"""That the judgement of pages on a phone finds what it is for, and does not blame what is as it should be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from .judged import PRESSED_OR_FOLLOWED, SIDEWAYS, SMALL

CARD = '<div class="db-card" style="margin: 20px; width: 300px; {}">{}</div>'
WIDE_BOX = '<input style="width: 340px; min-height: 40px">'
AROUND = "<style>a { position: relative } a::after { content: ''; position: absolute; inset: -14px }</style>"


@pytest.fixture
def paper(chromium: Browser) -> Iterator[Page]:
    """An empty page of a phone's width."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (CARD.format("", WIDE_BOX), ["sticks out of its card"]),
        ('<p style="margin-left: -60px">words</p>', ["cut off on the left"]),
        (CARD.format("overflow-x: auto", WIDE_BOX), []),  # it can be moved along
        ('<a style="position: absolute; left: -900px">past the menu</a>', []),  # not there until it is asked for
        (CARD.format("", '<input style="width: 280px">'), []),
    ],
)
def test_what_is_cut_off_or_sticks_out_of_its_card_is_found(paper: Page, content: str, found: list[str]) -> None:
    paper.set_content(content)
    assert [fault.partition(":")[0] for fault in paper.evaluate(SIDEWAYS)] == found


@pytest.mark.parametrize(
    ("content", "is_found"),
    [
        ('<p><a href="/">chat-dev</a></p><p>Chat</p>', True),
        ('<div style="padding: 40px"><a href="/">chat-dev</a></div>' + AROUND, False),  # hit beside its letters as well
        ('<p>It was started for <a href="/">chat-dev</a>.</p>', False),
        ('<nav><a href="/">Day</a> <a href="/">Week</a></nav>', True),
        ('<a href="/" style="display: inline-block; padding: 16px">Week</a>', False),
        ('<div style="height: 20px"><button style="height: 20px">Stop</button></div>', True),
    ],
)
def test_what_a_thumb_cannot_hit_is_found_and_words_of_a_sentence_are_not(
    paper: Page, content: str, is_found: bool
) -> None:
    paper.set_content(content)
    assert bool(paper.evaluate(SMALL, PRESSED_OR_FOLLOWED)) is is_found
