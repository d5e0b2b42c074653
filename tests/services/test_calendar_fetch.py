"""Calendars from an address: within bytes, seconds and redirects, and only from networks that are allowed."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask
from pytest_django import Settings

from environments import tasks
from environments.models import Calendar, Environment
from environments.services import calendar_fetch, calendar_import
from environments.services.calendar_fetch import fetch
from environments.services.calendar_texts import CalendarProblem
from tests import factories
from tests.support.certificates import certificate
from tests.support.ics import Answer, content, event, ics, redirect, serving
from tests.support.times import monday

NOW = monday("10:00")
GOOD = ics(event("Founding day", "20261124"))


@pytest.fixture(autouse=True)
def this_machine_is_allowed(settings: Settings) -> None:
    settings.CALENDAR_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.1/32")]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the system's resolver answers for these names, once they are put in; each question takes the first list."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host not in known:
            return real(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known.pop(host)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


def problem(url: str, **limits: Any) -> str:
    with pytest.raises(CalendarProblem) as caught:
        fetch(url, **limits)
    return caught.value.code


def slowly(part: bytes, first: bytes = b"") -> Answer:
    """Sends a little, again and again, so that no single read takes long."""

    pause = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(first)
            for _ in range(200):
                request.wfile.write(part)
                pause.wait(0.05)
        except OSError:
            request.close_connection = True

    return answer


class TestBounds:
    def test_a_calendar_is_read_also_where_its_address_leads_on(self) -> None:
        with serving({"/a.ics": redirect("/b.ics?secret=1"), "/b.ics?secret=1": content(GOOD)}) as address:
            assert fetch(f"{address}/a.ics") == GOOD

    def test_packed_content_is_unpacked_within_the_same_limit(self) -> None:
        packed = {
            "/good": content(gzip.compress(GOOD), Content_Encoding="gzip"),
            "/bomb": content(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"),
        }
        with serving(packed) as address:
            assert fetch(f"{address}/good") == GOOD
            assert problem(f"{address}/bomb") == "too_large"

    def test_what_is_too_large_is_not_read_to_its_end(self) -> None:
        with serving({"/endless": slowly(b"x" * 200_000, b"HTTP/1.0 200 OK\r\n\r\n")}) as address:
            assert problem(f"{address}/endless") == "too_large"

    @pytest.mark.parametrize(
        ("part", "first"),
        [
            (b"BEGIN:VCALENDAR\r\n", b"HTTP/1.0 200 OK\r\n\r\n"),
            (b"X-Slow: 1\r\n", b"HTTP/1.0 200 OK\r\n"),
            (b"x", b""),
        ],
        ids=["body", "headers", "status"],
    )
    def test_a_server_that_sends_little_by_little_is_cut_off_at_the_deadline(self, part: bytes, first: bytes) -> None:
        with serving({"/slow": slowly(part, first)}) as address:
            begun = time.monotonic()
            assert problem(f"{address}/slow", seconds=0.4) == "too_slow"
            assert time.monotonic() - begun < 3

    def test_it_does_not_go_round_in_circles(self) -> None:
        with serving({"/round": redirect("/round")}) as address:
            assert problem(f"{address}/round") == "redirects"

    @pytest.mark.parametrize(
        ("status", "code"), [(404, "not_found"), (401, "sign_in"), (403, "sign_in"), (500, "status")]
    )
    def test_another_answer_than_a_calendar_is_said(self, status: int, code: str) -> None:
        with serving({"/x": content(b"", status)}) as address:
            assert problem(f"{address}/x") == code

    def test_content_that_is_shorter_than_announced_is_none(self) -> None:
        with serving({"/cut": content(GOOD, Content_Length=str(len(GOOD) + 10))}) as address:
            assert problem(f"{address}/cut") == "unreachable"

    def test_nobody_there_no_such_name_and_no_encryption_there(self, names: dict[str, list[str]]) -> None:
        names["calendar.example"] = []
        assert problem("https://calendar.example/x.ics") == "unknown_host"
        with serving({}) as address:
            assert problem(address.replace("http:", "https:")) == "tls"
        assert problem(address) == "unreachable"

    @pytest.mark.parametrize(
        "url", ["ftp://x.example/", "file:///etc/passwd", "https://", "https://me:secret@x.example/", "http://[x", ""]
    )
    def test_addresses_of_another_kind_are_refused(self, url: str) -> None:
        assert problem(url) == "address"


class TestNetworks:
    def test_an_address_in_a_network_that_is_not_allowed_is_not_even_connected_to(self, settings: Settings) -> None:
        settings.CALENDAR_ALLOWED_NETWORKS = []
        asked: list[str] = []
        with serving({"/x": lambda request: asked.append(request.path)}) as address:
            assert problem(f"{address}/x") == "forbidden_network"
        assert asked == []

    @pytest.mark.parametrize("to", ["http://127.0.0.2:{}/x", "http://169.254.169.254/latest/", "http://[::1]:{}/x"])
    def test_nor_is_one_that_a_redirect_leads_to(self, to: str) -> None:
        answers: dict[str, Answer] = {"/x": content(GOOD)}
        with serving(answers) as address:
            answers["/on"] = redirect(to.format(address.rpartition(":")[2]))
            assert problem(f"{address}/on") == "forbidden_network"

    def test_one_forbidden_answer_among_those_of_a_name_is_enough(self, names: dict[str, list[str]]) -> None:
        with serving({"/x": content(GOOD)}) as address:
            names["calendar.example"] = ["127.0.0.1", "10.0.0.1"]
            assert problem(address.replace("127.0.0.1", "calendar.example") + "/x") == "forbidden_network"

    def test_names_and_paths_in_letters_of_other_languages_are_asked_for_as_addresses_are_written(
        self, names: dict[str, list[str]]
    ) -> None:
        names["xn--pu5bl10a.example"] = ["127.0.0.1"]
        with serving({"/%ED%9C%B4%EC%9D%BC.ics": content(GOOD)}) as address:
            assert fetch(address.replace("127.0.0.1", "휴일.example") + "/휴일.ics") == GOOD

    def test_a_name_is_asked_for_once_and_the_connection_goes_where_that_led(self, names: dict[str, list[str]]) -> None:
        hosts: list[str] = []

        def remember(request: BaseHTTPRequestHandler) -> None:
            hosts.append(request.headers["Host"])
            content(GOOD)(request)

        with serving({"/x": remember}) as address:
            named = address.replace("127.0.0.1", "calendar.example")
            names["calendar.example"] = ["127.0.0.1"]
            assert fetch(f"{named}/x") == GOOD
        assert hosts == [named.partition("://")[2]]


class TestEncrypted:
    @pytest.fixture
    def secure(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A server that proves to be calendar.example; the port is in its address."""
        path = certificate("calendar.example", tmp_path)
        monkeypatch.setattr(calendar_fetch, "CERTIFICATES", str(path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        answers = {"/x.ics": content(GOOD), "/plain": redirect("http://calendar.example/x.ics")}
        with serving(answers, tls=context) as address:
            yield address.replace("http://127.0.0.1", "webcal://calendar.example")

    def test_webcal_is_https_and_the_certificate_is_that_of_the_name(
        self, secure: str, names: dict[str, list[str]]
    ) -> None:
        names["calendar.example"] = ["127.0.0.1"]
        assert fetch(f"{secure}/x.ics") == GOOD
        names["other.example"] = ["127.0.0.1"]
        assert problem(secure.replace("calendar.", "other.") + "/x.ics") == "tls"

    def test_it_is_not_led_away_from_encryption(self, secure: str, names: dict[str, list[str]]) -> None:
        names["calendar.example"] = ["127.0.0.1"]
        assert problem(f"{secure}/plain") == "insecure_redirect"


@pytest.mark.django_db
class TestNightly:
    """Each calendar's address is read again each night."""

    def calendar(self, name: str, url: str) -> Calendar:
        return Calendar.objects.create(name=name, ics_url=url)

    def test_each_calendar_with_an_address_is_asked_for_by_a_message_of_its_own(
        self, published: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        for name in ("one", "two"):
            self.calendar(name, f"https://calendar.example/{name}.ics")
        Calendar.objects.create(name="without")
        with django_capture_on_commit_callbacks(execute=True):
            tasks.read_calendars()
        assert published == ["environments.tasks.read_calendar"] * 2

    def test_it_is_one_of_beat_s_entries(self) -> None:
        call_command("migrate", verbosity=0)
        entry = PeriodicTask.objects.get(name="daily: calendars")
        assert entry.task == tasks.read_calendars.name

    def test_its_days_are_taken_over_and_the_plans_concerned_made_anew(self) -> None:
        chat = factories.environment()
        Environment.objects.update(next_transition_at=NOW + timedelta(days=30))
        with serving({"/x.ics": content(GOOD)}) as address:
            calendar = self.calendar("Company", f"{address}/x.ics")
            calendar.environments.add(chat)
            for due_after in (1, 0):  # the second reading finds nothing new
                calendar_import.read_address(calendar_id=calendar.pk, now=NOW)
                assert Environment.objects.due(NOW).count() == due_after
                Environment.objects.update(next_transition_at=NOW + timedelta(days=30))
        calendar.refresh_from_db()
        assert [(day.day, day.name) for day in calendar.days.all()] == [(date(2026, 11, 24), "Founding day")]
        assert (calendar.ics_read_at, calendar.ics_error) == (NOW, {})

    def test_a_failure_is_kept_in_both_languages_with_the_days_read_before_until_it_succeeds(self) -> None:
        answers = {"/x.ics": content(GOOD)}
        with serving(answers) as address:
            calendar = self.calendar("Company", f"{address}/x.ics")
            calendar_import.read_address(calendar_id=calendar.pk, now=NOW)
            del answers["/x.ics"]
            calendar_import.read_address(calendar_id=calendar.pk, now=NOW + timedelta(days=1))
            calendar.refresh_from_db()
            assert calendar.ics_error == {
                "en": "The address answers 404: there is no calendar at it (any more).",
                "ko": "주소가 404로 응답해요. 그 자리에 달력이 없어요.",
            }
            assert (calendar.days.count(), calendar.ics_read_at) == (1, NOW)
            answers["/x.ics"] = content(GOOD)
            calendar_import.read_address(calendar_id=calendar.pk, now=NOW + timedelta(days=2))
        calendar.refresh_from_db()
        assert (calendar.ics_error, calendar.ics_read_at) == ({}, NOW + timedelta(days=2))

    def test_an_address_that_was_changed_while_the_old_one_was_read_is_not_answered_by_it(self) -> None:
        with serving({}) as address:
            calendar = self.calendar("Company", f"{address}/old.ics")

            stale = Calendar.objects.get(pk=calendar.pk)
            Calendar.objects.filter(pk=calendar.pk).update(ics_url="https://calendar.example/new.ics")
            with pytest.raises(CalendarProblem):
                calendar_import.read_now(calendar=stale, user=factories.operator(), now=NOW)
        calendar.refresh_from_db()
        assert (calendar.ics_error, calendar.days.count()) == ({}, 0)
