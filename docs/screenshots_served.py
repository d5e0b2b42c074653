"""What pictures are taken of: an installation of its own with the sample, in Chromium, as somebody who reads a
language."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.support.serving import new_installation, served
from tests.support.waiting import wait_until

LANGUAGES = {"en": "en-GB", "ko": "ko-KR"}
START_S, WAIT_MS = 300.0, 30_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
# What sticks to the edge of the window lies over what is below it in a picture of the whole page.
UNSTUCK = "#submit-row, .ast-go { position: static !important; }"
PASSWORD = "daybreak"  # noqa: S105 (the sample's, which everybody can read)


@contextmanager
def installation() -> Iterator[tuple[str, dict[str, str]]]:
    """A portal on free ports in which a few things have happened: its address, and the variables that it runs with.
    Stopped, and gone, afterwards."""
    with tempfile.TemporaryDirectory(prefix="daybreak-screenshots-") as folder:
        variables = new_installation(Path(folder)) | {
            "SIMULATOR_SECONDS": "2",
            "VAR_DIR": folder,
            "TIME_ZONE": "Asia/Seoul",
        }
        portal = served(variables, Path(folder, "log"), "--prepare")
        try:
            wait_until(portal.answers, START_S)
            wait_until(portal.ready, START_S)
            subprocess.run([sys.executable, "-m", "docs.screenshots_story"], env=variables, check=True)
            yield f"http://127.0.0.1:{portal.port}", variables
        finally:
            portal.process.terminate()
            try:
                portal.process.wait(30)
            except subprocess.TimeoutExpired:
                portal.kill()


def chromium(playwright: Playwright, language: str) -> Browser:
    """Exits with a sentence where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("Chromium is missing (Debian's package chromium).")
    # Fields of dates are drawn by the browser, in its own language and not in the page's.
    spoken: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": LANGUAGES[language].replace("-", "_")}
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS, env=spoken)


def opened(browser: Browser, address: str, language: str, size: tuple[int, int], scheme: str = "light") -> Page:
    """An empty page of somebody who has not signed in."""
    context = browser.new_context(
        base_url=address,
        locale=LANGUAGES[language],
        timezone_id="Asia/Seoul",
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    return page


def signed_in(
    browser: Browser, address: str, language: str, person: str, size: tuple[int, int], scheme: str = "light"
) -> Page:
    page = opened(browser, address, language, size, scheme)
    page.goto("/login/")
    page.fill("input[name=username]", person)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{address}/")
    return page
