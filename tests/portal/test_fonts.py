"""The fonts that pages load: small, and with every icon in them (docs/fonts.py makes them)."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

from docs.fonts import FONTS, ICONS, INTER, OURS, glyphs_of, named, unfold

FOUND = sorted(path.relative_to(OURS) for path in OURS.rglob("*.woff2"))


def test_every_icon_that_is_named_is_in_the_font() -> None:
    all_icons = glyphs_of(TTFont(unfold() / FONTS / ICONS)).keys()

    missing = (named() & all_icons) - glyphs_of(TTFont(OURS / ICONS)).keys()

    assert {"wb_twilight", "search", "check_circle"} <= named()
    assert missing == set(), "`make fonts` adds them"


@pytest.mark.parametrize("weight", ["Regular", "Medium", "SemiBold", "Bold"])
def test_letters_currencies_and_arrows_are_in_the_font(weight: str) -> None:
    signs = TTFont(OURS / INTER / f"Inter-{weight}.woff2").getBestCmap()

    assert [sign for sign in "AZaz09éßÅ–—“”…·→←₩€$£¥−×" if ord(sign) not in signs] == []


@pytest.mark.parametrize("font", FOUND, ids=str)
def test_a_page_gets_our_small_font_with_its_licence_beside_it(font: Path) -> None:
    found = finders.find(f"unfold/fonts/{font}")

    assert found == str(OURS / font)
    assert Path(found).stat().st_size < 80_000
    assert Path(found).with_name("LICENSE").read_text() == (unfold() / FONTS / font).with_name("LICENSE").read_text()


def test_every_font_of_unfold_has_a_small_one() -> None:
    theirs = unfold() / FONTS

    assert sorted(path.relative_to(theirs) for path in theirs.rglob("*.woff2")) == FOUND != []
