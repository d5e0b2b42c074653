"""Signing in through the page itself: what fails too often is locked out for a while, and every try is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory
from pytest_django import Settings

from portal import browsers, signin
from portal.tasks import prune_sign_ins
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db

RIGHT, WRONG = "correct horse", "battery staple"
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """It is Monday, ten o'clock in Seoul, and stays so until a test moves it."""
    with time_machine.travel(monday("10:00"), tick=False) as moved:
        yield moved


@pytest.fixture(autouse=True)
def somebody() -> None:
    factories.manager()


def sign_in(name: str = "manager", password: str = RIGHT, address: str = HERE, **headers: Any) -> Any:
    return Client(REMOTE_ADDR=address, **headers).post("/login/", {"username": name, "password": password})


def fail(times: int, name: str = "manager", address: str = HERE) -> list[int]:
    return [sign_in(name, WRONG, address).status_code for _ in range(times)]


def guess(address: str) -> None:
    """A failure without the page around it."""
    assert authenticate(RequestFactory(REMOTE_ADDR=address).post("/login/"), username="manager", password=WRONG) is None


def test_five_failures_of_a_name_from_an_address_lock_just_that_pair_and_the_right_password_does_not_help() -> None:
    factories.operator()
    assert fail(5) == [200, 200, 200, 200, 429]
    refused = sign_in()
    assert (refused.status_code, refused["Retry-After"]) == (429, "900")
    assert "Try again in 15 minutes, at 01:15 (UTC)." in refused.content.decode()
    assert "_auth_user_id" not in refused.client.session
    assert sign_in(address=ELSEWHERE).status_code == 302
    assert sign_in("operator").status_code == 302


def test_a_lock_ends_by_itself_after_a_quarter_of_an_hour_however_often_somebody_tries_meanwhile(clock: Any) -> None:
    fail(5)
    clock.shift(timedelta(minutes=14, seconds=59))
    assert fail(3) == [429, 429, 429]
    clock.shift(timedelta(seconds=1))
    assert sign_in().status_code == 302


def test_changing_the_browser_gives_nobody_more_tries_and_success_forgets_the_slips() -> None:
    answers = [sign_in(password=WRONG, HTTP_USER_AGENT=f"browser {n}").status_code for n in range(4)]
    assert answers == [200] * 4
    assert sign_in().status_code == 302
    assert fail(5) == [200, 200, 200, 200, 429]


@pytest.mark.parametrize("tries", [1, 4, 6])
def test_nothing_tells_a_name_that_exists_from_one_that_does_not(tries: int) -> None:
    def told(name: str) -> tuple[int, str]:
        fail(tries - 1, name)

        answer = sign_in(name, WRONG)
        return answer.status_code, answer.content.decode().replace(name, "NAME")

    here, nobody = told("manager"), told("nobody0")
    assert here[0] == nobody[0]
    assert without_token(here[1]) == without_token(nobody[1])


def without_token(html: str) -> str:
    return "".join(line for line in html.splitlines(keepends=True) if "csrfmiddlewaretoken" not in line)


def test_a_name_tried_from_many_addresses_is_locked_for_new_ones_and_never_where_it_has_signed_in(clock: Any) -> None:
    sign_in(address=HERE)
    for n in range(signin.NAME_LIMIT):
        guess(f"198.51.100.{n}")
    assert sign_in(address="192.0.2.1").status_code == 429
    assert sign_in(address=HERE).status_code == 302
    clock.shift(signin.NAME_SPAN)
    assert sign_in(address=ELSEWHERE).status_code == 302


def test_slow_failures_of_a_day_lock_no_name(clock: Any) -> None:
    for n in range(signin.NAME_LIMIT + 1):
        guess(f"198.51.100.{n}")
        clock.shift(timedelta(minutes=2))
    assert sign_in(address=ELSEWHERE).status_code == 302


def test_an_administrator_lets_somebody_in_again_by_a_dialog_and_it_is_kept_who_did() -> None:
    fail(5)
    admin = Client()
    admin.force_login(factories.administrator())
    lock = AccessAttempt.objects.get(username="manager", ip_address=HERE)
    action = f"/axes/accessattempt/{lock.pk}/let_them_in/"
    assert "locked until" in admin.get("/axes/accessattempt/").content.decode()
    assert admin.get(action).status_code == 200
    assert sign_in().status_code == 429
    assert admin.post(action, {"_form_submitted": "on"}).status_code in {200, 302}
    assert sign_in().status_code == 302
    assert LogEntry.objects.get().change_message == "Let in again: manager"


def test_only_who_may_let_people_in_can() -> None:
    fail(5)
    operator = Client()
    operator.force_login(factories.operator())
    lock = AccessAttempt.objects.get(username="manager", ip_address=HERE)
    assert operator.post(f"/axes/accessattempt/{lock.pk}/let_them_in/", {"_form_submitted": "on"}).status_code == 403
    assert sign_in().status_code == 429


FORGED = {"HTTP_X_FORWARDED_FOR": "1.1.1.1"}
BEHIND = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": f"1.1.1.1, {HERE}"}


@pytest.mark.parametrize(
    ("proxy", "headers", "seen"),
    [(False, FORGED, "10.0.0.1"), (True, BEHIND, HERE), (True, {"HTTP_X_FORWARDED_FOR": "what?"}, signin.NOWHERE)],
)
def test_the_address_is_the_one_that_cannot_be_made_up(
    proxy: bool, headers: dict[str, Any], seen: str, settings: Settings
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxy else None
    sign_in(password=WRONG, address="10.0.0.1", **headers)
    assert AccessFailureLog.objects.get().ip_address == seen


def test_the_log_says_who_tried_from_where_with_what_and_how_it_ended() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
    sign_in(HTTP_USER_AGENT=chrome)
    fail(8)
    admin = Client()
    admin.force_login(factories.administrator())
    told = admin.get("/axes/accesslog/?q=manager").content.decode()
    assert all(words in told for words in ("Chrome on Windows", HERE, "23 Nov 2026 01:00 (UTC)", "signed in"))
    # Who goes on while it is locked is noted once a minute.
    assert AccessFailureLog.objects.count() == 6
    refused = admin.get("/axes/accessfailurelog/?result=refused&person=manager").content.decode()
    assert refused.count(HERE) == 1
    assert WRONG not in str(list(AccessFailureLog.objects.values()) + list(AccessAttempt.objects.values()))


def test_the_log_is_kept_as_long_as_the_setting_says(clock: Any, settings: Settings) -> None:
    settings.SIGN_IN_LOG_DAYS = 90
    sign_in()
    fail(1)
    clock.shift(timedelta(days=89))
    prune_sign_ins()
    assert (AccessLog.objects.count(), AccessFailureLog.objects.count(), AccessAttempt.objects.count()) == (1, 1, 0)
    clock.shift(timedelta(days=1, seconds=1))
    prune_sign_ins()
    assert (AccessLog.objects.count(), AccessFailureLog.objects.count()) == (0, 0)


def test_a_name_as_long_as_a_book_is_a_failure_like_others() -> None:
    assert sign_in("x" * 5000, WRONG).status_code == 200
    assert AccessFailureLog.objects.get().username == "x" * 255


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<unknown>", "not told"),
        ("", "not told"),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert browsers.in_words(agent) == words
