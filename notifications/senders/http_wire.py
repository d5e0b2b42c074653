"""HTTP that ends in time: a limit for a whole exchange, where sockets know only one for each single wait.

What is taken of urllib3 and `http.client` and changed: how they connect, write and read. A status line or headers that
come a letter at a time have no end there, and each letter begins the wait anew.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import urllib3
import urllib3.connection
from botocore import awsrequest
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from notifications.senders import in_time
from portal.mail_wire import Limit

PIECE: Final = 16 * 1024
"""What TLS writes at once, so that each piece is one wait."""


class Exchange:
    """One request and its answer. `on_its_way`: some of it may have arrived."""

    def __init__(self, each: float, in_all: float) -> None:
        self.limit = Limit(each, in_all)
        self.on_its_way = False


_exchange: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def exchange(each: float, in_all: float) -> Iterator[Exchange]:
    """The requests made inside the block take `in_all` seconds at the longest, connection and answer included, no
    single wait more than `each`, and none goes on after the message is no news any more (`in_time`). Only the look-up
    of a name takes as long as the system lets it.

    Raises NoNewsError when that is over already, and when it is over before anything was written; whatever broke then.
    """
    in_time.check()
    made = Exchange(each, min(in_all, in_time.left()))
    token = _exchange.set(made)
    try:
        yield made
    except Exception:
        if not made.on_its_way:
            in_time.check()
        raise
    finally:
        _exchange.reset(token)


class _Reader(io.RawIOBase):
    """In the place of the file that `http.client` reads answers from. Closing it is closing that one."""

    def __init__(self, connection: socket.socket, file: Any) -> None:
        self._connection, self._file = connection, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        """What there is, as soon as there is any."""
        if (current := _exchange.get()) is not None:
            self._connection.settimeout(current.limit.left())
        found: int | None = self._file.readinto(buffer)
        return found

    def close(self) -> None:
        """Its socket is closed with the last of its files."""
        if not self.closed:
            self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))


class _InTime(urllib3.connection.HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        """What a proxy was told on the way is not the request."""
        try:
            super().connect()
        finally:
            if (current := _exchange.get()) is not None:
                current.on_its_way = False

    def _new_conn(self) -> socket.socket:
        """The first of the host's addresses that answers, all of them within the limit."""
        current = _exchange.get()
        if current is None:
            return super()._new_conn()
        name, each = self._dns_host, self.timeout
        failed: Exception | None = None
        try:
            for address in _addresses(name, self.port):
                self._dns_host, self.timeout = address, _less(each, current.limit.left())
                try:
                    made = super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError) as error:
                    failed = error
                else:
                    # For the agreement on TLS, which is one wait.
                    made.settimeout(_less(each, current.limit.left()))
                    return made
        finally:
            self._dns_host, self.timeout = name, each
        if failed is not None:
            raise failed
        return super()._new_conn()

    def send(self, data: Any) -> None:
        """As `http.client`'s; connects first where that is not done."""
        current = _exchange.get()
        if current is None or not isinstance(data, (bytes, bytearray)):
            super().send(data)
            return
        if self.sock is None:
            self.connect()
        for begin in range(0, len(data), PIECE):
            self.sock.settimeout(current.limit.left())
            current.on_its_way = True
            super().send(data[begin : begin + PIECE])


class _Plain(_InTime):
    """Over http."""


class _Tls(_InTime, urllib3.connection.HTTPSConnection):
    """Over https."""


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


class _AwsPlain(_InTime, awsrequest.AWSHTTPConnection):  # type: ignore[misc]  # their own pair is no better
    """As boto3's."""


class _AwsTls(_InTime, awsrequest.AWSHTTPSConnection):  # type: ignore[misc]
    """As boto3's."""


class _AwsPlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _AwsPlain  # type: ignore[assignment]


class _AwsTlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _AwsTls  # type: ignore[assignment]


class InTimeAdapter(HTTPAdapter):
    """For a session of `requests`: its connections keep to the exchange that they are used in."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        # Not that of SOCKS, whose connections are its own.
        if type(manager) is urllib3.ProxyManager:
            manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
        return manager


def keep_in_time(client: Any) -> None:
    """The same for a client of boto3. It has no door for that: what is changed is the table from which botocore's own
    session (1.44) makes its connections."""
    session = client._endpoint.http_session  # noqa: SLF001
    session._pool_classes_by_scheme.update(http=_AwsPlainPool, https=_AwsTlsPool)  # noqa: SLF001


def _less(each: Any, left: float) -> float:
    return min(each, left) if isinstance(each, (int, float)) else left


def _addresses(name: str, port: int | None) -> list[str]:
    """Empty where the name is not found: urllib3 then says so in its own way."""
    try:
        found = socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_kind, address in found]
