"""`make look`: every page and dialog in both languages, light and dark, wide and on a phone, to be looked through.

`index.html` has a row for each page; the sheets have as many pages as fit on a screen, for going through quickly. They
are made by Chromium as well: a page of pictures, of which a picture is taken.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from html import escape
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from docs.screenshots_served import LANGUAGES, UNSTUCK, chromium, installation, signed_in
from tests.browser.dialogs import DIALOGS, open_dialog

SIZES = {"wide": (1440, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
TALLEST = {"wide": 2400, "phone": 3000}
"""Pixels from the top that are kept of a page; a sheet shows as many as its share of a screen."""
COLUMNS, ROWS = {"wide": 3, "phone": 5}, {"wide": 2, "phone": 1}
SHEET = (1480, 1000)
QUALITY = 80


def take(folder: Path, wanted: Collection[str] = ()) -> None:
    """All pages, or those whose names are `wanted`, into `folder`. One that cannot be taken is told and left out;
    the command has failed then."""
    missing = 0
    with installation() as (address, variables), sync_playwright() as playwright:
        places = _furnished(variables)
        names = [name for name in (*places, *DIALOGS) if not wanted or name in wanted]
        for language in LANGUAGES:
            browser = chromium(playwright, language)
            for scheme, size in product(SCHEMES, SIZES):
                look = f"{language}-{scheme}-{size}"
                page = signed_in(browser, address, language, "admin", SIZES[size], scheme)
                missing += sum(not _taken(page, name, places, _file(folder, look, name), size) for name in names)
                page.context.close()
                _sheets(browser, folder, look, names, size)
            browser.close()
    Path(folder, "index.html").write_text(_index(folder, names))
    sys.stdout.write(f"{folder}/index.html\n")
    if missing:
        sys.exit(f"{missing} pictures are missing.")


def _furnished(variables: dict[str, str]) -> dict[str, str]:
    """Where each page is, in an installation that has one of everything now."""
    command = [
        sys.executable,
        "manage.py",
        "shell",
        "-c",
        "from tests.browser import stage; stage.set_up(); stage.furnish()",
    ]
    said = subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(said.splitlines()[-1])
    return found


def _taken(page: Page, name: str, places: dict[str, str], file: Path, size: str) -> bool:
    """A dialog as it lies over its page; of a page as much as is kept."""
    try:
        if name in places:
            page.goto(places[name])
        else:
            open_dialog(page, name)
        page.add_style_tag(content=UNSTUCK)
        page.evaluate("document.fonts.ready")
        height = page.evaluate("document.documentElement.scrollHeight") if name in places else SIZES[size][1]
        kept = {"x": 0, "y": 0, "width": SIZES[size][0], "height": min(height, TALLEST[size])}
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=file, full_page=name in places, animations="disabled", quality=QUALITY, clip=kept)
    except Error as error:
        sys.stderr.write(f"{file}: {error.message.splitlines()[0]}\n")
        return False
    return True


def _sheets(browser: Browser, folder: Path, look: str, names: Sequence[str], size: str) -> None:
    page = browser.new_page(viewport={"width": SHEET[0], "height": SHEET[1]})
    there = [name for name in names if _file(folder, look, name).exists()]
    for number, some in enumerate(_parts(there, COLUMNS[size] * ROWS[size]), 1):
        sheet = Path(folder, f"{look}-{number:02}.png")
        source = sheet.with_suffix(".html")
        source.write_text(_sheet(folder, look, some, size))
        page.goto(source.resolve().as_uri())
        page.screenshot(path=sheet)
        source.unlink()
        sys.stdout.write(f"{sheet}\n")
    page.close()


def _sheet(folder: Path, look: str, names: Sequence[str], size: str) -> str:
    figures = "".join(_figure(folder, look, name, f"{look} {name}") for name in names)
    share = SHEET[1] // ROWS[size] - 20
    style = (
        f"body {{ display: grid; grid-template-columns: repeat({COLUMNS[size]}, 1fr); gap: 8px; margin: 0 }}"
        f"figure {{ height: {share}px; overflow: hidden }}"
    )
    return f"<!doctype html><meta charset=utf-8><style>{STYLE} {style}</style>{figures}"


STYLE = "body { font: 13px sans-serif; background: #999 } figure { margin: 0 } img { width: 100% }"


def _figure(folder: Path, look: str, name: str, caption: str) -> str:
    source = escape(str(_file(folder, look, name).relative_to(folder)))
    image = f'<a href="{source}"><img src="{source}" alt="" loading="eager"></a>'
    return f"<figure><figcaption>{escape(caption)}</figcaption>{image}</figure>"


def _index(folder: Path, names: Sequence[str]) -> str:
    looks = ["-".join(parts) for parts in product(LANGUAGES, SCHEMES, SIZES)]
    rows = "".join(
        f"<h2>{escape(name)}</h2><div>"
        + "".join(_figure(folder, look, name, look) for look in looks if _file(folder, look, name).exists())
        + "</div>"
        for name in names
    )
    style = "div { display: grid; grid-template-columns: repeat(8, 1fr); gap: 8px; align-items: start }"
    return f"<!doctype html><meta charset=utf-8><title>Daybreak</title><style>{STYLE} {style}</style>{rows}"


def _file(folder: Path, look: str, name: str) -> Path:
    return Path(folder, look, f"{name.replace(':', '-').replace(' ', '-')}.jpg")


def _parts(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
