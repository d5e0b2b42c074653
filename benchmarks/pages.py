"""What people wait for: the pages of a large installation, server time; and what the board is in a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.database import fresh_database
from benchmarks.figure import Figure
from benchmarks.pages_data import fill
from benchmarks.pages_health import EVENTS, TICKETS
from portal.settled import settle

ENVIRONMENTS, OPERATIONS = 1000, 200_000
REQUESTS, LOADS = 60, 5
PAGES = {
    "board": "/",
    "board_live": "/board/live/",
    "calendar": "/calendar/?view=month",
    "calendar_week": "/calendar/?view=week",
    "calendar_day": "/calendar/?view=day",
    "environment": "/env/service-0050/",
    "environment_live": "/env/service-0050/live/",
    "costs": "/costs/",
    "tickets": "/tickets/",
}
LISTS = {
    "operations": "/environments/operation/",
    "environments": "/environments/environment/",
    "exceptions": "/environments/dayexception/",
    "holds": "/environments/hold/",
    "targets": "/environments/target/",
    "checks": "/environments/httpcheck/",
    "heartbeats": "/environments/heartbeat/",
    "events": "/notifications/event/",
    "deliveries": "/notifications/delivery/",
}
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


def figures() -> Iterator[Figure]:
    """p95 of the server's time for each page, on the database of DATABASE_URL (its name in the figure, unless SQLite),
    and that of the slowest change list; then first paint and weight of the board in Chromium, where Playwright and
    Chromium are there."""
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor,
        "environments": ENVIRONMENTS,
        "operations": OPERATIONS,
        "checks": 2 * ENVIRONMENTS,
        "tickets": TICKETS,
        "events": EVENTS,
        "requests": REQUESTS,
    }
    suffix = "" if connection.vendor == "sqlite" else f"_{connection.vendor}"
    with fresh_database():
        fill(timezone.now(), environments=ENVIRONMENTS, operations=OPERATIONS)
        settle()  # as each web process does
        slowest = (0.0, "")
        for name, path in (PAGES | LISTS).items():
            took, kilobytes = _p95(path)
            slowest = max(slowest, (took, name)) if name in LISTS else slowest
            yield Figure(f"pages.{name}{suffix}_p95_ms", took, "ms", sizes, f"{kilobytes:,.0f} kB of HTML")
        yield Figure(f"pages.lists{suffix}_p95_ms", slowest[0], "ms", sizes, f"the slowest of them: {slowest[1]}")
        if not suffix:
            yield from _in_browser(sizes | {"requests": LOADS})


def _client() -> Any:
    """Django's test client (importable once the apps are ready), signed in."""
    from django.contrib.auth.models import User
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username="operator"))
    return client


def _p95(path: str) -> tuple[float, float]:
    client = _client()
    for _ in range(3):
        answer = client.get(path)
        assert answer.status_code in (200, 204), (path, answer.status_code)
    took = []
    for _ in range(REQUESTS):
        began = perf_counter()
        answer = client.get(path)
        took.append(perf_counter() - began)
    return sorted(took)[int(REQUESTS * 0.95) - 1] * 1000, len(answer.content) / 1000


def _in_browser(sizes: dict[str, int | float | str]) -> Iterator[Figure]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return
    from waitress.server import create_server

    from portal.wsgi import application

    server = create_server(application, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": _client().session.session_key, "url": address}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            paints, weights = [], []
            for _ in range(LOADS):  # each with nothing in its cache
                context = browser.new_context()
                context.add_cookies([cookie])  # type: ignore[list-item]
                page = context.new_page()
                received = _received(context, page)
                page.goto(address + "/", wait_until="networkidle")
                page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
                paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
                weights.append(sum(received) / 1000)
                context.close()
            browser.close()
    except Error as error:
        print(f"No figures of the browser: {str(error).splitlines()[0]}")
        return
    finally:
        server.close()
    yield Figure("pages.board_first_paint_ms", sorted(paints)[LOADS // 2], "ms", sizes, "median, empty cache")
    yield Figure("pages.board_weight_kb", max(weights), "kB", sizes, "as Chromium received it, compressed; the most")


def _received(context: Any, page: Any) -> list[float]:
    """The bytes of all that the page loads from now on, headers with them: grows as answers end."""
    sizes: list[float] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    return sizes
