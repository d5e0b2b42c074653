"""The maintenance page over an application whose backend goes and comes, and the status page itself, in Chromium.

The application and its backend are a server of their own, of another origin than the portal's, with a policy that lets
scripts and connections to the portal pass and no others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.support.serving import Served

from .conftest import PHONE, on_stage
from .judged import SIDEWAYS
from .stage import ASLEEP_FOR_ALL

APPLICATION = """<!doctype html><html lang="{lang}"><title>Chat</title>
<style>* {{ color: rgb(255, 0, 0) !important; display: none }} html, body, button, input {{ display: block }}</style>
<body><button id="send">Send</button><input id="draft" value="half a message"></body>
<script src="{portal}/status.js" data-environment="{environment}" data-interval="0.2" data-retry-interval="0.1" {more}>
</script></html>"""
HEALTH = 'data-health="/actuator/health"'


@dataclass
class Application:
    """An application and its backend; `is_up` says whether the backend answers, `asked` how often it was asked."""

    portal: str
    environment: str = ASLEEP_FOR_ALL
    lang: str = "en"
    more: str = HEALTH
    is_up: bool = True
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def page(self) -> str:
        return APPLICATION.format(portal=self.portal, environment=self.environment, lang=self.lang, more=self.more)


@pytest.fixture
def application(portal: Served) -> Iterator[Application]:
    one = Application(f"http://127.0.0.1:{portal.port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self.say(200, "text/html", one.page())
            elif self.path == "/favicon.ico":
                self.say(404, "text/plain", "")
            else:
                one.asked.append(self.path)
                up = one.is_up
                self.say(200 if up else 503, "application/json", '{"status": "UP"}' if up else "{}")

        def say(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            policy = f"default-src 'self'; script-src {one.portal}; connect-src 'self' {one.portal}"
            self.send_header("Content-Security-Policy", f"{policy}; style-src 'unsafe-inline'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.address = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield one
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", autouse=True)
def published(portal: Served, installation: dict[str, str]) -> Iterator[None]:
    on_stage(installation, "publish_status")
    yield
    on_stage(installation, "withdraw_status")


def test_while_all_is_well_nothing_is_seen(application: Application, browse: Callable[..., Page]) -> None:
    page = browse()
    page.goto(application.address)
    with page.expect_request("**/actuator/health"), page.expect_request("**/actuator/health"):
        pass
    expect(page.locator("daybreak-status")).to_have_count(0)


def test_after_the_third_failed_retry_it_covers_the_app_says_when_it_resumes_and_goes_by_itself(
    application: Application, browse: Callable[..., Page]
) -> None:
    page = browse()
    page.goto(application.address)
    page.locator("#draft").focus()
    application.asked.clear()
    application.is_up = False
    dialog = page.locator("daybreak-status dialog")
    expect(dialog).to_be_visible()
    assert len(application.asked) >= 4, "asked once, and three times more"
    expect(dialog.get_by_role("heading")).to_have_text("Chat (test): Asleep")
    expect(dialog).to_contain_text("Resumes")
    expect(dialog).to_contain_text("at 9:00 AM (Etc/GMT")
    expect(dialog.get_by_role("link", name="dev-team@example.com")).to_have_attribute(
        "href", "mailto:dev-team@example.com"
    )
    expect(dialog.get_by_role("status")).to_have_attribute("aria-live", "polite")
    # The keyboard stays inside, Escape leaves it open, and the app's own styles stay outside.
    for key in ("Tab", "Tab", "Tab", "Escape", "Escape"):
        page.keyboard.press(key)
        assert page.evaluate("['DAYBREAK-STATUS', 'BODY'].includes(document.activeElement.tagName)")
    expect(dialog).to_be_visible()
    assert dialog.get_by_role("heading").evaluate("one => getComputedStyle(one).color") == "rgb(15, 23, 42)"
    application.is_up = True
    expect(page.locator("daybreak-status")).to_have_count(0)
    expect(page.locator("#draft")).to_be_focused()
    expect(page.locator("#draft")).to_have_value("half a message")  # the page was never loaded anew


def test_it_speaks_the_language_of_the_app_and_fits_a_phone_in_the_dark(
    application: Application, browse: Callable[..., Page]
) -> None:
    application.lang, application.is_up = "ko", False
    page = browse(PHONE, "dark")
    page.goto(application.address)
    dialog = page.locator("daybreak-status dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Chat (test): 자는 중")
    expect(dialog).to_contain_text("오전 9시에 재개해요")
    assert dialog.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(11, 17, 32)"
    assert page.evaluate(SIDEWAYS) == []


def test_where_the_portal_is_away_too_it_says_so(application: Application, browse: Callable[..., Page]) -> None:
    application.is_up = False
    page = browse()
    page.route("**/status/*.json", lambda route: route.abort())
    page.goto(application.address)
    dialog = page.locator("daybreak-status dialog")
    expect(dialog).to_contain_text("the status page cannot be reached")
    page.unroute("**/status/*.json")
    expect(dialog).to_contain_text("Resumes")


def test_of_an_environment_without_a_status_page_it_says_no_more_than_that_it_is_away(
    application: Application, browse: Callable[..., Page]
) -> None:
    application.environment, application.is_up = "chat-nowhere", False
    page = browse()
    page.goto(application.address)
    dialog = page.locator("daybreak-status dialog")
    expect(dialog.get_by_role("heading")).to_have_text("We will be right back")
    expect(dialog).to_contain_text("does not answer")


def test_without_an_address_to_ask_the_apps_own_failing_requests_bring_it(
    application: Application, browse: Callable[..., Page]
) -> None:
    application.more = ""
    page = browse()
    page.goto(application.address)
    for asking in (
        "fetch('/api/messages')",
        "{ const x = new XMLHttpRequest(); x.open('GET', '/api/rooms'); x.send() }",
    ):
        application.is_up = False
        page.evaluate(f"() => {{ {asking} }}")
        expect(page.locator("daybreak-status dialog")).to_be_visible()
        application.is_up = True
        expect(page.locator("daybreak-status")).to_have_count(0)


@pytest.fixture
def asleep_again(installation: dict[str, str]) -> Iterator[None]:
    """Afterwards it sleeps as before."""
    yield
    on_stage(installation, "withdraw_status")
    on_stage(installation, "publish_status")


@pytest.mark.usefixtures("asleep_again")
def test_who_may_starts_it_on_the_status_page_and_reads_how_it_goes_on(enter: Callable[..., Page]) -> None:
    page = enter("outsider")
    page.goto(f"/status/{ASLEEP_FOR_ALL}/")
    expect(page.locator("#status")).to_contain_text("Asleep")
    page.get_by_text("Start now").click()
    expect(page.get_by_text("is started and stays on until")).to_be_visible()
    page.get_by_role("button", name="Start it").click()
    expect(page.get_by_text("starts now and stays on until")).to_be_visible()
    # It has no targets, so its start fails: the page says so by itself.
    expect(page.locator("#status .st-down")).to_be_visible(timeout=90_000)
