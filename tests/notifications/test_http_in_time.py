"""A request ends in time, whatever the other side does: one that sends a letter now and then holds nobody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests.adapters
from django.conf import LazySettings

from notifications.senders import apprise, aws, http, in_time
from notifications.senders.base import Message, NoNewsError, TransportError

from .receivers import tls

LETTER = 0.05
EACH, CONNECT = 0.6, 0.3
IN_ALL = EACH + CONNECT
"""Seconds that a request may take here; each letter of the server comes well within."""

Conversation = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (http, aws):
        monkeypatch.setattr(module, "READ_SECONDS", EACH)
        monkeypatch.setattr(module, "CONNECT_SECONDS", CONNECT)
    yield
    aws.forget_clients()


def drip(connection: socket.socket, text: str) -> None:
    for letter in text + "x" * 200:
        connection.sendall(letter.encode())
        time.sleep(LETTER)


def drips_its_status(connection: socket.socket) -> None:
    connection.recv(65536)
    drip(connection, "HTTP/1.1 200 ")


def drips_its_headers(connection: socket.socket) -> None:
    connection.recv(65536)
    drip(connection, "HTTP/1.1 200 OK\r\nX-Long: ")


def goes_on_and_on(connection: socket.socket) -> None:
    connection.recv(65536)
    for _again in range(200):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(LETTER)


def drips_its_body(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    drip(connection, "")


def reads_nothing(_connection: socket.socket) -> None:
    time.sleep(IN_ALL * 3)


@contextmanager
def serving(conversation: Conversation) -> Iterator[str]:
    """The address at which each caller has this conversation."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = listening.accept()
                    with connection, suppress(OSError):
                        conversation(connection)

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def failed(url: str, body: bytes = b"hello") -> tuple[TransportError, float]:
    """How it went wrong, and how many seconds that took."""
    began = time.monotonic()
    with pytest.raises(TransportError) as caught:
        http.post(url, body)
    return caught.value, time.monotonic() - began


@pytest.mark.parametrize("conversation", [drips_its_status, drips_its_headers, goes_on_and_on])
def test_one_that_drips_is_left_in_time_and_nobody_knows(conversation: Conversation) -> None:
    with serving(conversation) as url:
        error, took = failed(url)
    assert (error.unknown, error.permanent) == (True, False)
    assert EACH * 0.9 < took < IN_ALL * 2


def test_one_that_does_not_read_is_left_in_time_and_nobody_knows() -> None:
    with serving(reads_nothing) as url:
        error, took = failed(url, b"x" * 30_000_000)
    assert error.unknown
    assert took < IN_ALL * 2


def test_a_body_that_drips_changes_nothing_of_the_answer() -> None:
    began = time.monotonic()
    with serving(drips_its_body) as url:
        answer = http.post(url, b"hello")
    assert answer.status == 200
    assert time.monotonic() - began < IN_ALL * 2


def test_aws_is_left_in_time_as_well(settings: LazySettings) -> None:
    keys = {"access_key_id": "AKIATESTTESTTEST", "secret_access_key": "a" * 40, "region": "ap-northeast-2"}
    with serving(drips_its_headers) as settings.AWS_ENDPOINT_URL:
        aws.client("sns", keys)
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            aws.ask("sns", "publish", keys, {"PhoneNumber": "+82", "Message": "hello"})
    assert caught.value.unknown
    assert time.monotonic() - began < IN_ALL * 2


class TestBeforeItIsWritten:
    @pytest.fixture
    def silent(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """The address of one that takes connections and never agrees on TLS."""
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(tls.certificate(tmp_path)))
        with serving(lambda _connection: time.sleep(IN_ALL * 3)) as url:
            yield url.replace("http:", "https:")

    def test_what_was_cut_off_is_tried_again(self, silent: str) -> None:
        error, took = failed(silent)
        assert (error.unknown, error.permanent) == (False, False)
        assert took < IN_ALL * 2

    def test_it_is_no_news_any_more_when_its_time_is_over(self, silent: str) -> None:
        began = time.monotonic()
        with in_time.until(began + CONNECT / 2), pytest.raises(NoNewsError):
            http.post(silent, b"hello")
        assert time.monotonic() - began < CONNECT

    def test_nobody_is_asked_once_its_time_is_over(self) -> None:
        called = threading.Event()
        with (
            serving(lambda _connection: called.set()) as url,
            in_time.until(time.monotonic() - 0.1),
            pytest.raises(NoNewsError),
        ):
            http.post(url, b"hello")
        assert not called.wait(0.1)


def test_once_it_is_written_its_time_ends_the_wait_and_nobody_knows() -> None:
    began = time.monotonic()
    with serving(reads_nothing) as url, in_time.until(began + 0.2), pytest.raises(TransportError) as caught:
        http.post(url, b"hello")
    assert caught.value.unknown
    assert 0.1 < time.monotonic() - began < EACH


class TestApprise:
    NEWS = Message(
        kind="environment.stop_comes",
        severity="warning",
        title="chat-dev stops soon",
        body="",
        fields=(),
        link="",
        actor="",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        language="en",
        key="17",
    )

    @pytest.fixture(autouse=True)
    def loaded(self) -> None:
        """The library, which takes its time when it is used first."""
        apprise.check_url("json://127.0.0.1/")

    def send(self, url: str) -> None:
        apprise.Apprise().send(self.NEWS, {"url": url.replace("http:", "json:")})

    @pytest.mark.parametrize("conversation", [reads_nothing, drips_its_headers])
    def test_its_plugins_get_no_longer_than_the_message_is_news_and_nobody_knows(
        self, conversation: Conversation
    ) -> None:
        began = time.monotonic()
        with serving(conversation) as url, in_time.until(began + 0.3), pytest.raises(TransportError) as caught:
            self.send(url)
        assert caught.value.unknown
        assert 0.2 < time.monotonic() - began < IN_ALL

    def test_its_plugins_get_no_longer_than_any_message_may_take(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apprise, "SECONDS", 0.3)
        began = time.monotonic()
        with serving(drips_its_headers) as url, pytest.raises(TransportError) as caught:
            self.send(url)
        assert caught.value.unknown
        assert 0.2 < time.monotonic() - began < IN_ALL

    def test_nobody_is_asked_once_its_time_is_over(self) -> None:
        called = threading.Event()
        with (
            serving(lambda _connection: called.set()) as url,
            in_time.until(time.monotonic() - 0.1),
            pytest.raises(NoNewsError),
        ):
            self.send(url)
        assert not called.wait(0.1)
