"""SMTP that ends in time: a limit for a whole conversation, where sockets know only one for each single wait.

What is taken of `smtplib` and changed: how it connects, sends and reads. A reader that waits for each piece of a line
anew would be held for hours by a server that sends a letter now and then.
"""

from __future__ import annotations

import smtplib
import socket
import time
from functools import partial
from typing import Any, Final

from django.core.mail.backends.smtp import EmailBackend

PIECE: Final = 64 * 1024


class Limit:
    """How long there is still time: `each` seconds for a single wait, and no more than what is left in all."""

    def __init__(self, each: float, in_all: float) -> None:
        self._each = each
        self.begin(in_all)

    def begin(self, in_all: float) -> None:
        """So many seconds from now on."""
        self._in_all, self._end = in_all, time.monotonic() + in_all

    def left(self) -> float:
        """Seconds for the next wait. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not done within {self._in_all:g} seconds")
        return min(left, self._each)


class _Lines:
    """In the place of the file that `smtplib` reads answers from."""

    def __init__(self, connection: socket.socket, limit: Limit) -> None:
        self._connection, self._limit, self._read = connection, limit, bytearray()

    def readline(self, longest: int) -> bytes:
        """A line with its end, or what there is of it: `longest` bytes, or until the server hung up."""
        while b"\n" not in self._read and len(self._read) < longest:
            self._connection.settimeout(self._limit.left())
            piece = self._connection.recv(PIECE)
            if not piece:
                break
            self._read += piece
        end = self._read.find(b"\n") + 1 or len(self._read)
        line = bytes(self._read[: min(end, longest)])
        del self._read[: len(line)]
        return line

    def close(self) -> None:
        """Nothing is kept open here."""


class _InTime(smtplib.SMTP):
    def __init__(self, *args: Any, limit: Limit, **kwargs: Any) -> None:
        self._limit = limit
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The first of the host's addresses that answers, all of them within the limit."""
        failed: OSError | None = None
        for *_kind, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
            try:
                return socket.create_connection((str(address[0]), port), self._limit.left(), self.source_address)
            except OSError as error:
                failed = error
        raise failed or OSError("no address")

    def getreply(self) -> tuple[int, bytes]:
        """As `smtplib`'s, which makes its reader where there is none."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock, self._limit)
        return super().getreply()

    def send(self, s: Any) -> None:
        """As `smtplib`'s: text or bytes; raises SMTPServerDisconnected for whatever breaks."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        left = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while left:
                self.sock.settimeout(self._limit.left())
                left = left[self.sock.send(left[:PIECE]) :]
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"Server not connected: {error}") from error


class _InTimeTls(smtplib.SMTP_SSL, _InTime):
    """Encrypted from the begin. `SMTP_SSL` asks what comes after it for the plain connection, which is ours."""

    def __init__(self, *args: Any, limit: Limit, **kwargs: Any) -> None:
        self._limit = limit
        smtplib.SMTP_SSL.__init__(self, *args, **kwargs)


class Backend(EmailBackend):
    """Django's, by its settings, with conversations that end in time."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(fail_silently=False)
        self._limit = limit

    @property
    def connection_class(self) -> Any:
        """What Django's own makes its connection of."""
        return partial(_InTimeTls if self.use_ssl else _InTime, limit=self._limit)
