"""A real mail server for tests, on this machine: it takes mails, and refuses, hangs or hangs up when it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class MailServer:
    """`taken`: the mails it has, in order. `to_rcpt`, `to_data`: what it answers, by address, in place of taking it.

    `hangs`: it takes the text of a mail and says nothing more. `drops`: it hangs up then.
    """

    taken: list[EmailMessage] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    to_rcpt: dict[str, str] = field(default_factory=dict)
    to_data: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drops: bool = False
    port: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        self.asked.append(address)
        if address in self.to_rcpt:
            return self.to_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.drops:
            server.transport.abort()
            return "250 never heard"
        if self.hangs:
            await asyncio.get_running_loop().run_in_executor(None, self.ended.wait)
        if envelope.rcpt_tos[0] in self.to_data:
            return self.to_data[envelope.rcpt_tos[0]]
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class _Listening(Controller):
    """On a port that the system chooses: asked for once it listens."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Listening on a free port while the block lasts."""
    made = MailServer()
    controller = _Listening(made, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        made.port = controller.port
        yield made
    finally:
        made.ended.set()
        controller.stop()
