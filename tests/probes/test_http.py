"""Web addresses are asked within bounds, and only where an installation lets them lead."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from environments.probes import http, http_names
from environments.probes.http import Asking, Question
from environments.probes.http_names import NameServers
from environments.rules.http_answers import LARGEST, Answer, trouble_texts
from environments.rules.http_verdicts import expected
from tests.support import ics
from tests.support.certificates import certificate
from tests.support.ics import content, redirect, serving
from tests.support.names import answering

HERE = [ipaddress.ip_network("127.0.0.1/32")]


def question(url: str, key: int = 1, *, status: str = "200-299", **fields: Any) -> Question:
    wanted = expected(url=url, method="GET", expected_status=status)
    return Question(key, url, wanted, **({"timeout_s": 5} | fields))


def ask(
    url: str, *, allowed: Any = HERE, servers: NameServers | None = None, certificates: Any = None, **fields: Any
) -> Answer:
    trusted = {"certificates": str(certificates)} if certificates else {}
    with Asking(allowed=allowed, servers=servers, **trusted) as asking:
        asking.ask([question(url, **fields)])
        (answer,) = asking.answers(within_s=10, most=1)
    return answer


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


class TestAnswers:
    def test_status_text_and_time_of_an_answer_are_told(self) -> None:
        with serving({"/health": content(b'{"status": "UP"}', 503)}) as address:
            answer = ask(f"{address}/health")
        assert (answer.status, answer.body, answer.trouble) == (503, '{"status": "UP"}', "")
        assert answer.ms is not None

    def test_headers_are_sent_as_they_were_entered_secret_ones_too(self) -> None:
        seen: list[str] = []

        def look(request: BaseHTTPRequestHandler) -> None:
            seen.extend([request.headers["X-Team"], request.headers["Authorization"]])
            content(b"")(request)

        with serving({"/": look}) as address:
            ask(f"{address}/", headers={"X-Team": "chat"}, secrets={"Authorization": "Bearer s3cret"})
        assert seen == ["chat", "Bearer s3cret"]

    def test_of_a_body_without_end_only_the_beginning_is_read(self) -> None:
        def endless(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
            for _ in range(1000):
                request.wfile.write(b"x" * 50_000)

        with serving({"/": endless}) as address:
            answer = ask(f"{address}/")
        assert (answer.status, len(answer.body), answer.is_cut) == (200, LARGEST, True)

    def test_a_hanging_address_is_given_up_at_its_time_out_and_delays_no_other(self) -> None:
        with silent() as hanging, serving({"/": content(b"fine")}) as address, Asking(allowed=HERE) as asking:
            asking.ask([question(hanging, n, timeout_s=0.6) for n in range(20)])
            asking.ask([question(f"{address}/", 100)])
            first = asking.answers(within_s=5, most=1)
            rest = asking.answers(within_s=5, most=50)
            assert asking.waiting == 0
        assert [one.key for one in first] == [100]
        assert {one.trouble for one in rest} == {"time_out"}
        assert len(rest) == 20

    def test_its_time_out_and_no_shorter_one_holds_for_connections_that_do_not_come_about(self) -> None:
        with silent() as hanging:  # says nothing of TLS either
            answer = ask(hanging.replace("http:", "https:"), timeout_s=0.4)
        assert trouble_texts(answer)["en"] == "no connection within 0.4 s"
        assert answer.ms is not None
        assert answer.ms >= 400

    def test_a_connection_has_ten_seconds_and_a_name_with_three_servers_less(self) -> None:
        assert http.CONNECT_S == 10
        rounds = [3 * http_names.NAME_S * 2**number for number in range(http_names.NAME_TRIES)]
        assert sum(rounds) < http.CONNECT_S

    @pytest.mark.parametrize(("files", "places"), [(1024, 384), (256, 30), (20_000, 900), (-1, 900)])
    def test_as_many_are_asked_at_once_as_files_may_be_open(
        self, files: int, places: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("resource.getrlimit", lambda _what: (files, files))
        assert http.places() == places

    def test_who_leaves_early_waits_for_nobody(self) -> None:
        began = time.monotonic()
        with silent() as hanging, Asking(allowed=HERE) as asking:
            asking.ask([question(hanging, timeout_s=30)])
            assert asking.answers(within_s=0.05, most=1) == []
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("http://127.0.0.1:9/", "refused"),
            ("http://[127.0.0.1/", "unreachable"),
            ("http://2130706433/", "unreachable"),
        ],
    )
    def test_why_there_was_no_answer_is_said(self, url: str, code: str) -> None:
        answer = ask(url)
        assert answer.trouble == code
        assert all(trouble_texts(answer).values())

    def test_what_is_no_web_server_is_said(self) -> None:
        def greet(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(b"220 mail.example ESMTP\r\n")

        with serving({"/": greet}) as address:
            assert ask(f"{address}/").trouble == "not_http"
        with serving({"/": lambda request: None}) as address:
            assert ask(f"{address}/").trouble == "broken"


class TestRedirects:
    def test_it_is_followed_to_its_end_without_secrets_for_other_hosts(self) -> None:
        seen: list[str | None] = []

        def look(request: BaseHTTPRequestHandler) -> None:
            seen.append(request.headers["Authorization"])
            content(b"there")(request)

        with serving({"/": look}) as other, serving({"/a": redirect("/b"), "/b": redirect(f"{other}/")}) as address:
            assert ask(f"{address}/a", secrets={"Authorization": "Bearer s3cret"}).body == "there"
        assert seen == [None]

    def test_one_that_is_expected_is_the_answer(self) -> None:
        with serving({"/": redirect("http://169.254.169.254/")}) as address:
            assert ask(f"{address}/", status="302").status == 302

    @pytest.mark.parametrize(
        ("to", "code"),
        [
            ("http://169.254.169.254/latest/meta-data/", "forbidden"),
            ("http://[fd00:ec2::254]/", "forbidden"),
            ("http://127.0.0.2/", "forbidden"),
            ("file:///etc/passwd", "bad_redirect"),
            ("/", "redirects"),
        ],
    )
    def test_it_leads_neither_to_forbidden_networks_nor_round_in_circles(self, to: str, code: str) -> None:
        with serving({"/": redirect(to)}) as address:
            assert ask(f"{address}/").trouble == code


class TestNetworks:
    @pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1", "localhost"])
    def test_without_leave_no_private_address_is_even_connected_to(self, host: str) -> None:
        asked: list[str] = []
        with serving({"/": lambda request: asked.append(request.path)}) as address:
            assert ask(address.replace("127.0.0.1", host) + "/", allowed=[]).trouble == "forbidden"
        assert asked == []

    def test_a_name_that_answers_with_a_private_address_is_refused_also_when_only_one_of_them_is(self) -> None:
        with answering({"inside.example": [["10.0.0.7"]], "mixed.example": [["127.0.0.1", "10.0.0.7"]]}) as servers:
            assert ask("http://inside.example/", servers=servers).trouble == "forbidden"
            assert ask("http://mixed.example/", servers=servers).trouble == "forbidden"
            assert ask("http://unknown.example/", servers=servers).trouble == "unknown_host"

    def test_a_name_is_asked_for_once_and_the_connection_goes_where_that_led(self) -> None:
        hosts: list[str] = []

        def look(request: BaseHTTPRequestHandler) -> None:
            hosts.append(request.headers["Host"])
            content(b"fine")(request)

        with serving({"/": look}) as address, answering({"app.example": [["127.0.0.1"], ["10.0.0.7"]]}) as servers:
            named = address.replace("127.0.0.1", "app.example")
            assert ask(f"{named}/", servers=servers).body == "fine"
        assert hosts == [named.partition("://")[2]]

    def test_a_name_that_changes_to_a_private_address_between_two_hops_is_refused(self) -> None:
        answers: dict[str, ics.Answer] = {}
        names = {"first.example": [["127.0.0.1"]], "then.example": [["169.254.169.254"]]}
        with serving(answers) as address, answering(names) as servers:
            answers["/"] = redirect(address.replace("127.0.0.1", "then.example") + "/")
            assert ask(address.replace("127.0.0.1", "first.example") + "/", servers=servers).trouble == "forbidden"


class TestCertificates:
    @contextmanager
    def secure(self, directory: Path, days: float, name: str = "app.example") -> Iterator[tuple[str, Path]]:
        path = certificate(name, directory, days=days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        with serving({"/": content(b"fine")}, tls=context) as address:
            yield address.replace("http://127.0.0.1", "https://app.example") + "/", path

    def test_until_when_a_certificate_is_valid_is_told(self, tmp_path: Path) -> None:
        with self.secure(tmp_path, 10) as (url, path), answering({"app.example": [["127.0.0.1"]]}) as servers:
            answer = ask(url, servers=servers, certificates=path)
        assert answer.status == 200
        assert answer.certificate_until is not None
        assert timedelta(days=9) < answer.certificate_until - datetime.now(UTC) < timedelta(days=10)

    @pytest.mark.parametrize(
        ("days", "name", "known", "code"),
        [
            (-1, "app.example", True, "expired"),
            (10, "other.example", True, "other_name"),
            (10, "app.example", False, "unknown_issuer"),
        ],
    )
    def test_one_that_cannot_be_trusted_is_no_answer_and_why_is_said(
        self, days: float, name: str, known: bool, code: str, tmp_path: Path
    ) -> None:
        with self.secure(tmp_path, days, name) as (url, path), answering({"app.example": [["127.0.0.1"]]}) as servers:
            answer = ask(url, servers=servers, certificates=path if known else None)
        assert answer.trouble == code
        assert all(trouble_texts(answer).values())


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with serving({"/": content(b"")}) as address:
        for _ in range(3):
            ask(f"{address}/")
    assert threading.active_count() <= before + 1
