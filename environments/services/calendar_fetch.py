"""An ICS file from its address, within bounds: bytes, seconds, redirects, and networks that it may lead to.

The address is typed by an operator and answered by a stranger, who may lead it anywhere: to this machine, to a
metadata service, into a private network. So each name is resolved once, each of its answers must lie in a public
network (or in one of `CALENDAR_ALLOWED_NETWORKS`), and the connection goes to the very address that was checked.
`requests`, which the senders of notifications use, resolves again when it connects, and knows no total deadline.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
import zlib
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from environments.rules.addresses import may_be_asked

from .calendar_texts import CalendarProblem

LARGEST = 1024 * 1024
SECONDS = 15.0
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Those that every other outgoing request trusts.
CERTIFICATES = str(DEFAULT_CA_BUNDLE_PATH)
PORTS = {"http": 80, "https": 443}


@dataclass
class _Deadline:
    """Ends a connection that is not done in time, whatever it waits for: single reads may each be quick."""

    seconds: float
    end: float = field(init=False)
    passed: bool = False

    def __post_init__(self) -> None:
        self.end = time.monotonic() + self.seconds

    def left(self) -> float:
        left = self.end - time.monotonic()
        if left <= 0 or self.passed:
            self.passed = True
            raise TimeoutError
        return left

    def cut(self, connection: socket.socket) -> None:
        self.passed = True
        with contextlib.suppress(OSError):
            # Of the plain socket: that of TLS would forget its keys under the hands of who reads.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def fetch(url: str, *, seconds: float = SECONDS, largest: int = LARGEST) -> bytes:
    """The content at the address. Raises CalendarProblem, in words, for whatever keeps it from being read."""
    deadline = _Deadline(seconds)
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            parts = _checked(url)
            content, moved_to = _ask(parts, deadline, largest)
            if content is not None:
                return content
            url = urljoin(url, moved_to)
            if parts.scheme == "https" and urlsplit(url).scheme == "http":
                raise CalendarProblem("insecure_redirect")
    except TimeoutError:
        raise CalendarProblem("too_slow", seconds=round(seconds)) from None
    except ssl.SSLError as error:
        raise CalendarProblem("too_slow" if deadline.passed else "tls", seconds=round(seconds)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CalendarProblem("too_slow" if deadline.passed else "unreachable", seconds=round(seconds)) from error
    raise CalendarProblem("redirects", most=MOST_REDIRECTS)


def _checked(url: str) -> SplitResult:
    """The parts of an address that can be asked. `webcal://` is what calendar programs call https://."""
    if url.lower().startswith(("webcal://", "webcals://")):
        url = "https://" + url.partition("://")[2]
    try:
        parts = urlsplit(url)
        usable = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    # Spaces and controls would end the request's line early and begin another.
    if not usable or parts.username is not None or any(letter <= " " or letter == "\x7f" for letter in url):
        raise CalendarProblem("address")
    return parts


def _ask(parts: SplitResult, deadline: _Deadline, largest: int) -> tuple[bytes | None, str]:
    """One request: the content, or the address that it has moved to."""
    host = str(parts.hostname)
    if not host.isascii():
        host = host.encode("idna").decode()
    connection = _connect(host, parts.port or PORTS[parts.scheme], deadline)
    watch = threading.Timer(deadline.left(), lambda: deadline.cut(connection))
    watch.daemon = True
    watch.start()
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=CERTIFICATES)
            # The handshake comes after the assignment: until then the watch would cut a socket that was given away.
            connection = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
            connection.do_handshake()
        exchange = http.client.HTTPConnection(host)
        exchange.sock = connection
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        authority = f"[{host}]" if ":" in host else host
        authority += f":{parts.port}" if parts.port else ""
        headers = {"Host": authority, "User-Agent": "Daybreak", "Accept": "text/calendar, */*;q=0.1"}
        exchange.request("GET", _ascii(path), headers=headers | {"Accept-Encoding": "gzip", "Connection": "close"})
        return _read(exchange.getresponse(), deadline, largest)
    finally:
        watch.cancel()
        connection.close()


def _ascii(path: str) -> str:
    """What people typed or a server said in letters of their own, as addresses write it."""
    return "".join(
        letter if letter.isascii() else "".join(f"%{b:02X}" for b in letter.encode(errors="replace")) for letter in path
    )


def _read(answer: http.client.HTTPResponse, deadline: _Deadline, largest: int) -> tuple[bytes | None, str]:
    if answer.status in REDIRECTS and (moved_to := answer.getheader("Location")):
        return None, moved_to
    if answer.status != HTTPStatus.OK:
        needs_sign_in = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        raise CalendarProblem("sign_in" if needs_sign_in else "status", status=answer.status)
    parts: list[bytes] = []
    size = 0
    while chunk := answer.read1(64 * 1024):
        size += len(chunk)
        deadline.left()
        if size > largest:
            raise CalendarProblem("too_large", most=largest // 1024)
        parts.append(chunk)
    deadline.left()  # a connection that was cut looks like one that ended
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    content = b"".join(parts)
    if (answer.getheader("Content-Encoding") or "").lower() in {"gzip", "deflate"}:
        content = _unpacked(content, largest)
    return content, ""


def _unpacked(content: bytes, largest: int) -> bytes:
    try:
        unpacked = zlib.decompressobj(wbits=47).decompress(content, largest + 1)
    except zlib.error as error:
        raise http.client.HTTPException("not what it says it is packed with") from error
    if len(unpacked) > largest:
        raise CalendarProblem("too_large", most=largest // 1024)
    return unpacked


def _connect(host: str, port: int, deadline: _Deadline) -> socket.socket:
    """A connection to one of the host's addresses, all of which must be allowed."""
    addresses = _resolved(host, port, deadline)
    for address in addresses:
        if not may_be_asked(address, settings.CALENDAR_ALLOWED_NETWORKS):
            raise CalendarProblem("forbidden_network", host=host)
    problem: OSError = ConnectionRefusedError()
    for address in addresses:
        try:
            connection = socket.create_connection((address, port), timeout=min(deadline.left(), 5.0))
        except OSError as error:
            problem = error
        else:
            connection.settimeout(deadline.left())
            return connection
    deadline.left()
    raise CalendarProblem("unreachable") from problem


def _resolved(host: str, port: int, deadline: _Deadline) -> list[str]:
    """The addresses of a name. On a thread: the system's resolver takes as long as it likes."""
    found: list[str] = []

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        raise TimeoutError
    if not found:
        raise CalendarProblem("unknown_host", host=host)
    return found
