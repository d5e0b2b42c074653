"""Chromium before a portal that runs as people run it, with the sample application and a simulated AWS.

Skipped where there is no Chromium; `.ci/run` installs it and asks for these tests by name (`make test-browser`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from portal.env import BASE_DIR
from tests.support.serving import Served, new_installation, served
from tests.support.waiting import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
START_S = 300.0
WAIT_MS = 30_000
WIDE, PHONE = (1440, 900), (390, 844)
KOREAN = "ko-KR"
Addresses = dict[str, str]
Look = Callable[[str], Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium (Debian's package chromium)"))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of the portal that all browser tests share."""
    return new_installation(tmp_path_factory.mktemp("browser")) | {"SIMULATOR_SECONDS": "2"}


@pytest.fixture(scope="session")
def portal(installation: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The portal with its sample, one for all browser tests; each test leaves its environment as it found it."""
    one = served(installation, tmp_path_factory.mktemp("portal") / "log", "--prepare")
    try:
        wait_until(one.answers, START_S)
        wait_until(one.ready, START_S)
        on_stage(installation, "set_up")
        yield one
    finally:
        one.kill()


def on_stage(variables: dict[str, str], what: str) -> str:
    """Have a function of `stage` run in the portal's installation; what it says."""
    command = [sys.executable, "manage.py", "shell", "-c", f"from tests.browser import stage; stage.{what}()"]
    done = subprocess.run(command, cwd=BASE_DIR, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def addresses(portal: Served, installation: dict[str, str]) -> Addresses:
    """Where each page is, with something on it."""
    found: Addresses = json.loads(on_stage(installation, "furnish").splitlines()[-1])
    return found


@contextmanager
def signed_in(portal: Served, chromium: Browser, locale: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{portal.port}", locale=locale, reduced_motion="reduce", has_touch=True
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto("/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "daybreak")
    page.click("button[type=submit]")
    page.wait_for_url(f"http://127.0.0.1:{portal.port}/")
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="session")
def administrators(portal: Served, chromium: Browser) -> Iterator[dict[str, BrowserContext]]:
    """One who reads English and one who reads Korean, signed in once: these tests change nothing."""
    with signed_in(portal, chromium, "en-US") as english, signed_in(portal, chromium, KOREAN) as korean:
        yield {"en": english, "ko": korean}


@pytest.fixture(scope="session")
def looking(administrators: dict[str, BrowserContext]) -> dict[str, Page]:
    """A page of each, for all tests: a new one costs Chromium as much as what it shows."""
    return {language: context.new_page() for language, context in administrators.items()}


@pytest.fixture
def look(looking: dict[str, Page]) -> Iterator[Look]:
    """The page of who reads that language, wide and as the system has it."""

    def begin(language: str) -> Page:
        page = looking[language]
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        page.emulate_media(color_scheme="light")
        return page

    yield begin
    for page in looking.values():
        # Nothing of it goes on asking the portal.
        page.goto("about:blank")


@pytest.fixture
def browse(portal: Served, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the sign-in page in a browser of its own; what the pages' scripts complain of fails the test."""
    expect.set_options(timeout=WAIT_MS)
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def begin(size: tuple[int, int] = WIDE, scheme: str = "light", locale: str = "en-US") -> Page:
        context = chromium.new_context(
            base_url=f"http://127.0.0.1:{portal.port}",
            locale=locale,
            timezone_id="Asia/Seoul",
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == PHONE,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/login/")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def enter(portal: Served, browse: Callable[..., Page]) -> Callable[..., Page]:
    """Signs a person of the sample in, or the outsider of the stage, in a browser of their own."""

    def sign_in(name: str = "manager", size: tuple[int, int] = WIDE, scheme: str = "light") -> Page:
        page = browse(size, scheme)
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", "daybreak")
        page.click("button[type=submit]")
        page.wait_for_url(f"http://127.0.0.1:{portal.port}/")
        return page

    return sign_in
