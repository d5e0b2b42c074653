"""A Discord of our own: a real HTTP server in a thread that speaks its webhook protocol, limits included.

Each webhook (a path) answers as its script says, one entry a request, and well once the script is empty. What arrived
is in `accepted`; a message that Discord would refuse is refused here too, with 400.
"""

import json
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Behaviour = Callable[["Handler"], None]

SECRET = "x" * 60 + "SECRETabcd"


class Discord:
    """The server. Use as a context manager."""

    def __init__(self) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.scripts: dict[str, deque[Behaviour]] = defaultdict(deque)
        self.always: dict[str, Behaviour] = {}
        self.asked = threading.Event()
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.discord = self  # type: ignore[attr-defined]

    def __enter__(self) -> "Discord":
        # A short poll: the default of half a second would be waited for at the end of every test.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, name: str = "1") -> str:
        """The address of a webhook, secret included."""
        return f"http://127.0.0.1:{self._server.server_port}/api/webhooks/{name}/{SECRET}"

    def answers(self, *behaviours: Behaviour, webhook: str = "1") -> None:
        """What the next requests of a webhook meet, in turn."""
        self.scripts[webhook].extend(behaviours)

    def always_answers(self, behaviour: Behaviour, *, webhook: str = "1") -> None:
        """What every request of a webhook meets."""
        self.always[webhook] = behaviour

    def titles(self, webhook: str | None = None) -> list[str]:
        """The titles of the accepted messages, in the order of their coming."""
        return [
            found["payload"]["embeds"][0]["title"] for found in self.accepted if webhook in (None, found["webhook"])
        ]


class Handler(BaseHTTPRequestHandler):
    payload: dict[str, Any]

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        self.webhook = parts.path.split("/")[3]
        self.wait = parse_qs(parts.query).get("wait") == ["true"]
        self.payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        discord = self.discord
        discord.requests.append((self.webhook, self.payload))
        discord.asked.set()
        script = discord.scripts[self.webhook]
        behave = discord.always.get(self.webhook) or (script.popleft() if script else accept)
        try:
            behave(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    @property
    def discord(self) -> Discord:
        return self.server.discord  # type: ignore[attr-defined, no-any-return]

    def answer(self, status: int, body: object = None, headers: dict[str, str] | None = None) -> None:
        sent = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(sent)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def store(self) -> str:
        self.discord.accepted.append({"webhook": self.webhook, "payload": self.payload})
        return str(1_100_000_000_000_000_000 + len(self.discord.accepted))

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def accept(handler: Handler) -> None:
    """As Discord does: 200 with the message when asked to wait, else 204; 400 for what is over its limits."""
    if wrong := too_much(handler.payload):
        handler.answer(400, {"message": "Invalid Form Body", "code": 50035, "errors": {"embeds": wrong}})
        return
    message_id = handler.store()
    if handler.wait:
        handler.answer(200, {"id": message_id})
    else:
        handler.answer(204)


def without_id(handler: Handler) -> None:
    """Accepted, and nothing said about it."""
    handler.store()
    handler.answer(204)


def refuse(status: int, body: object = None, **headers: str) -> Behaviour:
    """Answers with a status; header names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.answer(status, body, named)


gone = refuse(404, {"message": "Unknown Webhook", "code": 10015})
broken = refuse(500)


def hang(handler: Handler) -> None:
    """Reads the request and never answers."""
    handler.discord.released.wait(30)
    handler.close_connection = True


def slow(seconds: float) -> Behaviour:
    """Answers well, late."""

    def behave(handler: Handler) -> None:
        time.sleep(seconds)
        accept(handler)

    return behave


def reset_after_acceptance(handler: Handler) -> None:
    """Takes the message, then breaks the connection: the sender cannot know."""
    handler.store()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def too_much(payload: dict[str, Any]) -> str:
    """What is over Discord's documented limits, or ""."""

    def units(text: str) -> int:
        return len(text.encode("utf-16-le")) // 2

    embeds = payload.get("embeds", [])
    if len(embeds) > 10:
        return "embeds"
    total = 0
    for embed in embeds:
        fields = embed.get("fields", [])
        checked = [
            (embed.get("title", ""), 256),
            (embed.get("description", ""), 4096),
            (embed.get("footer", {}).get("text", ""), 2048),
            *((field["name"], 256) for field in fields),
            *((field["value"], 1024) for field in fields),
        ]
        total += sum(units(text) for text, _limit in checked)
        if len(fields) > 25 or any(units(text) > limit for text, limit in checked):
            return "length"
        if any(not field["name"] or not field["value"] for field in fields):
            return "required"
    return "all" if total > 6000 else ""
