"""Chromium before a portal that runs as people run it, with the sample application and a simulated AWS.

Skipped where there is no Chromium; `.ci/run` installs it and asks for these tests by name (`make test-browser`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.serving import Served, new_installation, served
from tests.support.waiting import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
START_S = 90.0
WAIT_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium (Debian's package chromium)"))


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The portal with its sample, one for all browser tests; each test leaves its environment as it found it."""
    directory = tmp_path_factory.mktemp("browser")
    one = served(new_installation(directory) | {"SIMULATOR_SECONDS": "2"}, directory / "log", "--prepare")
    try:
        wait_until(one.answers, START_S)
        wait_until(one.ready, START_S)
        yield one
    finally:
        one.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def enter(portal: Served, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Signs a person of the sample in, in a browser of their own; what the page's scripts complain of fails the
    test."""
    expect.set_options(timeout=WAIT_MS)
    complaints: list[str] = []
    contexts = []

    def sign_in(name: str = "manager") -> Page:
        context = chromium.new_context(
            base_url=f"http://127.0.0.1:{portal.port}", locale="en-US", timezone_id="Asia/Seoul"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/login/")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", "daybreak")
        page.click("button[type=submit]")
        page.wait_for_url(f"http://127.0.0.1:{portal.port}/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []
