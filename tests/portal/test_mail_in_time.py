"""A mail ends in time, whatever the server does: one that sends a letter now and then holds nobody for minutes."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from portal import mail
from portal.mail import NotReachedError, Outcome, Post, State
from tests.support.certificates import certificate
from tests.support.mail_server import mail_server

IN_ALL = 0.8
"""Seconds that a mail may take here; each letter of the server comes well within its own time-out."""
LETTER = 0.05

Conversation = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def hurry(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "MOST_SECONDS", IN_ALL)
    settings.EMAIL_HOST, settings.EMAIL_FROM = "127.0.0.1", "daybreak@example.com"
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL, settings.EMAIL_TIMEOUT = False, False, 5


def drip(connection: socket.socket, text: str) -> None:
    """A letter at a time, and on and on."""
    for letter in text + "." * 1000:
        connection.sendall(letter.encode())
        time.sleep(LETTER)


def polite(connection: socket.socket, *answers: str) -> None:
    """A greeting, then an answer to each line."""
    connection.sendall(b"220 here\r\n")
    lines = connection.makefile("rb")
    for answer in answers:
        lines.readline()
        connection.sendall(f"{answer}\r\n".encode())


def greets_slowly(connection: socket.socket) -> None:
    drip(connection, "220-")


def answers_slowly(connection: socket.socket) -> None:
    polite(connection, "250 hello")
    drip(connection, "250")


def has_much_to_say(connection: socket.socket) -> None:
    polite(connection, "250 hello")
    for _line in range(1000):
        connection.sendall(b"250-one more\r\n")
        time.sleep(LETTER)


def takes_the_text_and_drips(connection: socket.socket) -> None:
    polite(connection, "250 hello", "250 OK", "250 OK", "354 go on")
    drip(connection, "250")


def reads_nothing(connection: socket.socket) -> None:
    polite(connection, "250 hello", "250 OK", "250 OK", "354 go on")
    time.sleep(IN_ALL * 3)


@contextmanager
def serving(conversation: Conversation) -> Iterator[int]:
    """The port on which each caller has this conversation."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = listening.accept()
                    with connection, suppress(OSError):
                        conversation(connection)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


def letter(text: str = "Hello") -> EmailMessage:
    return EmailMessage("Hello", text, "daybreak@example.com", ["minseo@example.com"])


def sent(message: EmailMessage | None = None) -> tuple[Outcome | str, float]:
    """What became of it, and how many seconds that took."""
    began = time.monotonic()
    said: Outcome | str
    try:
        with Post() as post:
            said = post.send(message or letter())
    except NotReachedError as error:
        said = str(error)
    return said, time.monotonic() - began


@pytest.mark.parametrize("conversation", [greets_slowly, answers_slowly, has_much_to_say])
def test_a_server_that_drips_is_left_in_time_and_nothing_was_sent(
    settings: Settings, conversation: Conversation
) -> None:
    with serving(conversation) as settings.EMAIL_PORT:
        said, took = sent()
    words = said if isinstance(said, str) else said.said
    assert "timed out" in words or "not done within" in words
    assert isinstance(said, str) or said.state is State.LATER
    assert IN_ALL * 0.9 < took < IN_ALL * 2.5


@pytest.mark.parametrize("conversation", [takes_the_text_and_drips, reads_nothing])
def test_once_the_text_was_on_its_way_nobody_knows(settings: Settings, conversation: Conversation) -> None:
    with serving(conversation) as settings.EMAIL_PORT:
        said, took = sent(letter("x" * 30_000_000) if conversation is reads_nothing else None)
    assert isinstance(said, Outcome)
    assert said.state is State.UNKNOWN
    assert took < IN_ALL * 4


def test_each_mail_of_a_conversation_has_its_own_time(settings: Settings) -> None:
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        with Post() as post:
            first = post.send(letter())
            time.sleep(IN_ALL)
            second = post.send(letter())
    assert (first.state, second.state, len(server.taken)) == (State.SENT, State.SENT, 2)


def test_a_line_of_an_answer_that_comes_in_pieces_is_one_line(settings: Settings) -> None:
    def in_pieces(connection: socket.socket) -> None:
        connection.sendall(b"220 here\r\n")
        lines = connection.makefile("rb")
        lines.readline()
        for piece in (b"25", b"0-hello\r\n250 si", b"ze\r\n"):
            connection.sendall(piece)
            time.sleep(LETTER)
        lines.readline()
        connection.sendall(b"451 4.7.1 Come back\r\n")
        lines.readline()
        connection.sendall(b"250 OK\r\n")

    with serving(in_pieces) as settings.EMAIL_PORT:
        said, _took = sent()
    assert said == Outcome(State.LATER, "451 4.7.1 Come back")


class TestOverTls:
    @pytest.fixture
    def encrypted(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[socket.socket], ssl.SSLSocket]:
        """The server's side of a connection, by a certificate that is trusted here."""
        path = certificate("localhost", tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        settings.EMAIL_HOST = "localhost"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return lambda connection: context.wrap_socket(connection, server_side=True)

    def takes_it(self, connection: socket.socket) -> None:
        polite(connection, "250 hello", "250 OK", "250 OK", "354 go on")
        text = connection.recv(65536)
        connection.sendall(b"250 taken\r\n" if text else b"")
        connection.recv(100)
        connection.sendall(b"221 bye\r\n")

    def test_a_mail_is_given_to_a_server_that_encrypts_from_the_begin(
        self, settings: Settings, encrypted: Callable[[socket.socket], ssl.SSLSocket]
    ) -> None:
        settings.EMAIL_USE_SSL = True
        with serving(lambda connection: self.takes_it(encrypted(connection))) as settings.EMAIL_PORT:
            assert sent()[0] == Outcome(State.SENT)

    def test_and_to_one_that_does_so_when_it_is_asked(
        self, settings: Settings, encrypted: Callable[[socket.socket], ssl.SSLSocket]
    ) -> None:
        settings.EMAIL_USE_TLS = True

        def on_request(connection: socket.socket) -> None:
            polite(connection, "250-hello\r\n250 STARTTLS", "220 go on")
            within = encrypted(connection)
            lines = within.makefile("rb")
            for answer in (b"250 hello", b"250 OK", b"250 OK", b"354 go on"):
                lines.readline()
                within.sendall(answer + b"\r\n")
            while lines.readline() != b".\r\n":
                pass
            within.sendall(b"250 taken\r\n")

        with serving(on_request) as settings.EMAIL_PORT:
            assert sent()[0] == Outcome(State.SENT)

    def test_one_that_drips_within_it_is_left_in_time_too(
        self, settings: Settings, encrypted: Callable[[socket.socket], ssl.SSLSocket]
    ) -> None:
        settings.EMAIL_USE_SSL = True
        with serving(lambda connection: greets_slowly(encrypted(connection))) as settings.EMAIL_PORT:
            said, took = sent()
        assert isinstance(said, str)
        assert took < IN_ALL * 2.5
