"""ICS files and a server for them, on this machine."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

_numbers = count(1)
Answer = Callable[[BaseHTTPRequestHandler], None]


def ics(*events: str, head: str = "") -> bytes:
    """A calendar file of these events."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *head.splitlines(), *events, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def event(name: str, start: str, *lines: str, uid: str = "") -> str:
    """A VEVENT. `start` is a date (20261124) or a time; further lines as in the file."""
    begin = f"DTSTART;VALUE=DATE:{start}" if len(start) == 8 else f"DTSTART:{start}"
    parts = ["BEGIN:VEVENT", f"UID:{uid or next(_numbers)}", begin, f"SUMMARY:{name}", *lines, "END:VEVENT"]
    return "\r\n".join(parts)


def content(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def redirect(to: str) -> Answer:
    return content(b"", 302, Location=to)


@contextmanager
def serving(answers: dict[str, Answer], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that answers these paths; its address. Others are not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.get(self.path, content(b"nothing here", 404))(self)

        def log_message(self, *parts: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *who: object) -> None:
            """Clients that hang up are what is tested here."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
