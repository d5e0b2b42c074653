"""HTTP as senders need it: one request, bounded in time and size, whose failure says whether the other side may have
acted.

`requests` does the work. Not used of it: redirects (a webhook that moves is a mistake or a trap), its retries (the
outbox decides), proxies and netrc of the process's environment for loopback addresses, and its error texts (they
contain the URL).
"""

import ipaddress
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications.senders.base import TransportError
from notifications.texts import filled

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024
USER_AGENT = "Daybreak"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. Header names are lower case; the body is cut at `LARGEST_ANSWER` bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, object]:
        """The body as a JSON object, or {} when it is none: answers are hints, never to be relied on."""
        try:
            decoded = json.loads(self.body)
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}


def post_json(url: str, payload: object, *, query: Mapping[str, str] | None = None) -> Answer:
    """Posts JSON, with `query` added to the address's own, and returns the answer, whatever its status.

    Raises `TransportError` when there is none: plain when nothing can have been accepted (name not found, connection
    refused, no connection in time, TLS refused), `unknown` when the request was on its way (time-out or reset while
    waiting).
    """
    check_address(url)
    try:
        with _quiet_wire(), requests.Session() as session:
            session.trust_env = not _is_loopback(urlsplit(url).hostname or "")
            return _read(
                session.post(
                    url,
                    json=payload,
                    params=query,
                    headers={"User-Agent": USER_AGENT},
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                )
            )
    except requests.RequestException as error:
        # `from None`: the text of the original names the address, and with it the secret.
        raise _classified(error) from None


def check_address(url: str) -> None:
    """Refuses what is not https. Plain http is allowed to this machine's own loopback, when the settings say so.

    Raises `TransportError` that closes the channel; form checks use `validate_address`.
    """
    if not _is_allowed(url):
        raise TransportError(_("The address must begin with https://."), closes_channel=True)


def validate_address(url: str) -> None:
    """`check_address` for forms: raises ValidationError."""
    if not _is_allowed(url):
        raise ValidationError(_("Enter an address that begins with https://."))


def seconds(value: object) -> float | None:
    """A number of seconds as headers and bodies carry it, or None (RFC 9110 also allows a date; backoff serves)."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def _read(response: requests.Response) -> Answer:
    """Reads the answer within its limits. Once the status is here a broken body changes nothing: the verdict is in."""
    end = time.monotonic() + READ_SECONDS
    body = b""
    try:
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) >= LARGEST_ANSWER or time.monotonic() > end:
                break
    except requests.RequestException:
        pass
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, body[:LARGEST_ANSWER])


def _classified(error: requests.RequestException) -> TransportError:
    if isinstance(error, requests.ConnectTimeout):
        return TransportError(filled(_("No connection within %(seconds)s seconds."), seconds=round(CONNECT_SECONDS)))
    if isinstance(error, requests.exceptions.SSLError):
        return TransportError(_("The secure connection was refused (TLS)."))
    if isinstance(error, requests.Timeout):
        return TransportError(
            filled(_("No answer within %(seconds)s seconds. It may have arrived."), seconds=round(READ_SECONDS)),
            unknown=True,
        )
    if _never_connected(error):
        return TransportError(_("The address could not be reached."))
    if isinstance(error, requests.ConnectionError):
        return TransportError(_("The connection broke before an answer came. It may have arrived."), unknown=True)
    # The rest is about the request itself (an invalid URL or header): the same at each try.
    return TransportError(
        filled(_("The request could not be made (%(name)s)."), name=type(error).__name__), closes_channel=True
    )


def _never_connected(error: requests.RequestException) -> bool:
    """urllib3 reports a connection that was never made as MaxRetryError with the reason inside (its documented
    contract).
    """
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    return isinstance(
        reason,
        (
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.ProxyError,
        ),
    )


def _is_allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "http":
        return bool(getattr(settings, "NOTIFICATIONS_ALLOW_LOOPBACK_HTTP", False)) and _is_loopback(host)
    return parts.scheme == "https" and bool(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_sending: ContextVar[bool] = ContextVar("sending", default=False)


@contextmanager
def _quiet_wire() -> Iterator[None]:
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


class NoSecretsOnTheWireLog(logging.Filter):
    """urllib3 logs the path of each request at DEBUG, and a webhook's path is its secret: silent while we send."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


def silence_wire_log() -> None:
    """Installs the filter, once, on the loggers that see a path. Called when the app is ready."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(found, NoSecretsOnTheWireLog) for found in logger.filters):
            logger.addFilter(NoSecretsOnTheWireLog())
