"""The mail server: one conversation for many messages, and what became of each.

Django's own backend opens the connection, by the settings; the conversation is led here, since what an error means
depends on where it happens: before the server has been given the text, nothing was sent; after it, nobody knows
(RFC 5321, 4.2.1 and 4.5.3.2.6).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from portal.mail_wire import Backend, Limit

LONGEST = 300
MOST_SECONDS: Final = 45.0
"""How long one mail may take in all, with the connection that it needs. Less than the minute for which a worker has a
message (`Delivery`)."""
LEAVING_SECONDS: Final = 2.0
_DOTS = re.compile(rb"(?m)^\.")
_OK, _FORWARDED, _GO_ON, _CLOSING = 250, 251, 354, 421


class State(StrEnum):
    """`LATER`: nothing was sent, and another try may help. `REFUSED`: none will. `UNKNOWN`: it may have been taken."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`said`: the server's own words, or those of the connection; empty when it was sent."""

    state: State
    said: str = ""


class NotReachedError(Exception):
    """No conversation: there is no connection, or the server does not let the portal in. Concerns every message."""


def is_configured() -> bool:
    """Whether there is a mail server and an address to write from."""
    return bool(settings.EMAIL_HOST and settings.EMAIL_FROM)


class Post:
    """A conversation with the mail server, opened by the first message and closed at the end of the block.

    Each answer is waited for as long as EMAIL_TIMEOUT says, and each mail takes MOST_SECONDS at the longest, whatever
    the server does: one that sends a letter now and then is no reason to wait.
    """

    def __init__(self) -> None:
        self._limit = Limit(settings.EMAIL_TIMEOUT, MOST_SECONDS)
        self._backend = Backend(self._limit)

    def __enter__(self) -> Post:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def open(self) -> smtplib.SMTP:
        """Connect, encrypt and sign in, unless that is done. Raises NotReachedError with the reason."""
        self._limit.begin(MOST_SECONDS)
        return self._opened()

    def _opened(self) -> smtplib.SMTP:
        if self._backend.connection is not None:
            return self._backend.connection
        try:
            self._backend.open()
            server: smtplib.SMTP = self._backend.connection  # type: ignore[assignment]  # open() has set it
            server.ehlo_or_helo_if_needed()
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            raise NotReachedError(_words(error.smtp_code, error.smtp_error)) from error
        except (OSError, ssl.SSLError, UnicodeError) as error:
            self._hang_up()
            raise NotReachedError(_plain(error)) from error
        return server

    def send(self, message: EmailMessage, *, within: float = MOST_SECONDS) -> Outcome:
        """Give the server a message for its one recipient. `within`: how many seconds that may take, where that is less
        than usual; when they are over before the server is given the text, it is not given. Raises NotReachedError, and
        nothing else for what a server does."""
        text = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own, not the stub's
        encoding = message.encoding or settings.DEFAULT_CHARSET
        sender, reader = (sanitize_address(one, encoding) for one in (message.from_email, message.to[0]))
        self._limit.begin(min(within, MOST_SECONDS))
        server = self._opened()
        try:
            code, said = server.mail(sender)
            if code == _OK:
                code, said = server.rcpt(reader)
            if code in (_OK, _FORWARDED):
                code, said = server.docmd("DATA")
            if code != _GO_ON:
                return self._not_sent(server, code, said)
            self._give_up_late(server)
        except OSError as error:  # smtplib's own errors are such, too
            self._hang_up()
            return Outcome(State.LATER, _plain(error))
        try:
            server.send(_DOTS.sub(b"..", text.removesuffix(b"\r\n")) + b"\r\n.\r\n")
            code, said = server.getreply()
        except OSError as error:
            self._hang_up()
            return Outcome(State.UNKNOWN, _plain(error))
        return Outcome(State.SENT) if code == _OK else self._not_sent(server, code, said)

    def _give_up_late(self, server: smtplib.SMTP) -> None:
        """Raises TimeoutError when there is no time for the text, and leaves without a word: each would be part of
        it."""
        try:
            self._limit.left()
        except TimeoutError:
            server.close()
            raise

    def _not_sent(self, server: smtplib.SMTP, code: int, said: bytes) -> Outcome:
        words = _words(code, said)
        if code == _CLOSING:
            self._hang_up()
        else:
            try:
                server.rset()
            except OSError:
                self._hang_up()
        return Outcome(State.REFUSED if code >= 500 else State.LATER, words)

    def _hang_up(self) -> None:
        """Take leave, if anybody is there still."""
        server, self._backend.connection = self._backend.connection, None
        if server is not None:
            self._limit.begin(LEAVING_SECONDS)
            try:
                server.quit()
            except OSError:
                server.close()


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:LONGEST]


def _plain(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:LONGEST]
