"""What receivers have in common: a real HTTP server in a thread, that takes a request as its protocol says, or answers
the next ones as a test wants."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Behaviour = Callable[["Handler"], None]


class Receiver:
    """A service. Use as a context manager. Subclasses say in `take` how it answers a request that is right.

    `taken`: what it has, in order. `requests`: all that came, as (path, headers with lower case names, body).
    """

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.next: deque[Behaviour] = deque()
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.receiver = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        # A short poll: the default of half a second would be waited for at the end of every test.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: Handler) -> None:
        """Answer a request, and keep what was right."""
        raise NotImplementedError

    def is_scripted(self, request: Handler) -> bool:
        """Whether what a test has wanted next is about this request; else it is taken."""
        return True


class Handler(BaseHTTPRequestHandler):
    body: bytes

    @property
    def receiver(self) -> Receiver:
        return self.server.receiver  # type: ignore[attr-defined, no-any-return]

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        receiver = self.receiver
        receiver.requests.append((self.path, {name.lower(): said for name, said in self.headers.items()}, self.body))
        scripted = bool(receiver.next) and receiver.is_scripted(self)
        behave = receiver.next.popleft() if scripted else receiver.take
        try:
            behave(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_PATCH(self) -> None:
        self.do_POST()

    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    def answer(self, status: int, body: bytes | str | dict[str, Any] = b"", **headers: str) -> None:
        """With _ for - in the names of headers."""
        text = json.dumps(body) if isinstance(body, dict) else body
        sent = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        named = {name.replace("_", "-"): said for name, said in headers.items()}
        for name, said in {"Content-Length": str(len(sent)), **named}.items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def refuse(status: int, body: bytes | str | dict[str, Any] = b"", **headers: str) -> Behaviour:
    """Answers with a status and takes nothing."""
    return lambda request: request.answer(status, body, **headers)


def hang(request: Handler) -> None:
    """Reads the request and never answers."""
    request.receiver.released.wait(30)
    request.close_connection = True


def reset_after_acceptance(request: Handler) -> None:
    """Takes the message, then breaks the connection: the sender cannot know."""
    request.wfile, kept = _Nowhere(), request.wfile  # type: ignore[assignment]
    request.receiver.take(request)
    request.wfile = kept
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.close_connection = True
    request.connection.close()


class _Nowhere:
    """What is written here is not sent."""

    closed = False

    def write(self, sent: bytes) -> int:
        return len(sent)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""
