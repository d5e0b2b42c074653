"""`make fonts`: Unfold's fonts, cut down to what the portal shows, where they are found before Unfold's own.

Inter keeps Latin, punctuation, arrows, currency signs and whatever else our texts contain; Material Symbols keeps the
icons that our files and Unfold's mention. Both are under licences that allow it, which lie beside them.
Side effect: writes below portal/static/unfold/fonts. Run it after an upgrade of Unfold, or when a test misses an icon.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = [ROOT / name for name in ("portal", "environments", "notifications")]
FONTS = Path("static/unfold/fonts")
OURS = ROOT / "portal" / FONTS
INTER, ICONS = Path("inter"), Path("material-symbols/Material-Symbols-Outlined.woff2")
LATIN = (
    (0x20, 0x7E),
    (0xA0, 0x17F),  # Latin-1, and what names of the rest of Europe need
    (0x2000, 0x206F),  # punctuation
    (0x20A0, 0x20C0),  # currency
    (0x2100, 0x214F),
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # signs of arithmetic
)
# Subsetting keeps the usual features; pages ask for this one besides (`font-variant-numeric`).
FEATURES = ("tnum",)
WORD = re.compile(r"[a-z0-9_]+")
# The text of an element that shows an icon, from the class to the closing tag.
ELEMENT = re.compile(r"material-symbols-outlined[^<]*?>(.*?)</(?:span|div|button|a|i)>", re.DOTALL)
TEMPLATE_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
QUOTED = re.compile(r"""['"`]([a-z0-9_]+)['"`]""")
ICON_GIVEN = re.compile(r"""\bicon=['"]([a-z0-9_]+)['"]""")
VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# What a style sheet writes before or after an element: a text of words joined so is an icon's.
CONTENT = re.compile(r"""content: ?["']([a-z0-9_]+)["']""")


def unfold() -> Path:
    """Unfold's folder; the package is looked up, not imported, which would need Django's settings."""
    spec = find_spec("unfold")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def sources(*suffixes: str) -> Iterator[str]:
    """The texts of our and Unfold's files that end so, without the libraries that come packed on one line."""
    for folder in [*PRODUCT, unfold()]:
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes and path.is_file() and "tests" not in path.parts:
                text = path.read_text()
                if path.suffix != ".js" or max(map(len, text.splitlines()), default=0) < 2000:
                    yield text


def glyphs_of(font: TTFont) -> dict[str, str]:
    """What one writes for each icon (the letters of its ligature), and the glyph that it becomes."""
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    return {
        "".join(letters.get(part, "") for part in (first, *ligature.Component)): ligature.LigGlyph
        for lookup in font["GSUB"].table.LookupList.Lookup
        for table in lookup.SubTable
        for first, ligatures in table.ligatures.items()
        for ligature in ligatures
    }


def mentioned() -> set[str]:
    """Every word that might be an icon's: generous, for an icon too many weighs 80 bytes."""
    texts = sources(".html", ".py", ".js")
    found = {word for text in texts for word in WORD.findall(text.replace("\\", ""))}
    return found | _in_styles()


def _in_styles() -> set[str]:
    return {word for text in sources(".css") for word in CONTENT.findall(text)}


def named() -> set[str]:
    """What certainly is an icon's name, if a font knows it: in an element for icons or a style, or a text in code."""
    found = _in_styles()
    for text in sources(".html"):
        found |= set(ICON_GIVEN.findall(text))
        for inside in ELEMENT.findall(text):
            found |= {word for given in VARIABLE.findall(inside) for word in QUOTED.findall(given)}
            found |= set(WORD.findall(TEMPLATE_TAG.sub(" ", VARIABLE.sub(" ", inside))))
    for text in sources(".js"):
        found |= set(QUOTED.findall(text))
    for text in sources(".py"):
        nodes = ast.walk(ast.parse(text))
        found |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found


def icons(original: TTFont) -> TTFont:
    """`original` with the mentioned icons alone."""
    words = mentioned()
    kept = {glyph for word, glyph in glyphs_of(original).items() if word in words}
    letters = set(map(ord, "abcdefghijklmnopqrstuvwxyz0123456789_ "))
    options = _options()
    options.layout_closure = False  # else the letters bring every icon back that can be written with them
    return _subset(original, options, unicodes=letters, glyphs=kept)


def letters(original: TTFont) -> TTFont:
    """`original` with Latin and what else our texts contain of it."""
    unicodes = {code for first, last in LATIN for code in range(first, last + 1)}
    unicodes |= {ord(sign) for text in sources(".html", ".py", ".js", ".css") for sign in set(text)}
    options = _options()
    options.layout_features += FEATURES
    return _subset(original, options, unicodes=unicodes, glyphs=set())


def _options() -> Options:
    options = Options()
    options.drop_tables += ["FFTM"]  # when FontForge wrote it
    options.hinting = False  # browsers on screens of today place the outlines themselves
    return options


def _subset(font: TTFont, options: Options, *, unicodes: set[int], glyphs: set[str]) -> TTFont:
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=unicodes, glyphs=glyphs)
    subsetter.subset(font)
    font.flavor = "woff2"
    return font


def main() -> None:
    theirs = unfold() / FONTS
    for path in [theirs / ICONS, *sorted((theirs / INTER).glob("*.woff2"))]:
        place = OURS / path.relative_to(theirs)
        place.parent.mkdir(parents=True, exist_ok=True)
        # Without the time of writing: the same font twice is the same file twice.
        font = TTFont(path, recalcTimestamp=False)
        (icons if path.relative_to(theirs) == ICONS else letters)(font).save(place)
        shutil.copyfile(path.with_name("LICENSE"), place.with_name("LICENSE"))
        before, after = (file.stat().st_size / 1000 for file in (path, place))
        sys.stdout.write(f"{place.relative_to(ROOT)}: {before:.0f} kB to {after:.0f} kB\n")


if __name__ == "__main__":
    main()
