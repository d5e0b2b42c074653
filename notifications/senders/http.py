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
from django_stubs_ext import StrOrPromise

from notifications.senders.base import TransportError
from notifications.senders.http_wire import Exchange, InTimeAdapter, exchange
from notifications.senders.tls import tls_error
from notifications.texts import filled

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024
USER_AGENT = "Daybreak"

LATER = frozenset({408, 425, 429})
CLOSING = frozenset({401, 403, 404, 410})


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


def post_json(
    url: str, payload: object, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """`post` of a value as JSON."""
    said = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return post(url, json.dumps(payload).encode(), query=query, headers=said)


def post(
    url: str, body: bytes, *, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
) -> Answer:
    """`ask` by POST."""
    return ask("POST", url, body, headers=headers, query=query)


def ask(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    within: float | None = None,
) -> Answer:
    """Sends the bytes, with `query` added to the address's own, and returns the answer, whatever its status. `within`:
    how many seconds the answer may take, where that is less than usual. All of it takes no longer than connecting and
    answering may together, however slowly the other side speaks.

    Raises `TransportError` when there is none: plain when nothing can have been accepted (name not found, connection
    refused, no connection in time, TLS not agreed on), `unknown` when the request was on its way (time-out, reset or
    broken TLS while waiting); `NoNewsError` when the message was no news any more before the request was written.
    """
    check_address(url)
    patience = min(within or READ_SECONDS, READ_SECONDS)
    to_connect = min(within or CONNECT_SECONDS, CONNECT_SECONDS)
    with exchange(patience, to_connect + patience) as current:
        return _asked(current, (to_connect, patience), method, url, body, headers or {}, query)


def _asked(
    current: Exchange,
    seconds: tuple[float, float],
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None,
) -> Answer:
    try:
        with quiet_wire(), requests.Session() as session:
            for scheme in ("https://", "http://"):
                session.mount(scheme, InTimeAdapter())
            session.trust_env = not _is_loopback(urlsplit(url).hostname or "")
            answer = session.request(
                method,
                url,
                data=body,
                params=query,
                headers={"User-Agent": USER_AGENT, **headers},
                auth=_as_it_is,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            )
            return _read(answer, seconds[1])
    except requests.RequestException as error:
        # `from None`: the text of the original names the address, and with it the secret.
        raise _classified(error, seconds[1], sent=current.on_its_way) from None
    except UnicodeError:
        # A header that no HTTP carries: a token with letters that tokens do not have.
        raise TransportError(_("The settings hold letters that cannot be sent."), closes_channel=True) from None


def answered(answer: Answer, service: StrOrPromise, said: StrOrPromise = "") -> StrOrPromise:
    """ "JANDI answered 400: …" """
    words = _("%(service)s answered %(code)s: %(said)s") if said else _("%(service)s answered %(code)s.")
    return filled(words, service=service, code=answer.status, said=said)


def refusal(answer: Answer, words: StrOrPromise) -> TransportError:
    """What an answer that is no acceptance means, for services that follow HTTP.

    429, 408, 425 and 5xx: later, `Retry-After` wins. 401, 403, 404, 410 and redirects: the address is gone or refuses
    us, which closes the channel. Any other: this message is refused. `words` hold nothing of what was sent.
    """
    if answer.status in LATER or answer.status >= 500:
        return TransportError(words, retry_after=seconds(answer.headers.get("retry-after")), code=answer.status)
    closes = answer.status in CLOSING or 300 <= answer.status < 400
    return TransportError(words, permanent=True, closes_channel=closes, code=answer.status)


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


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """In the place of a password for the host in somebody's .netrc, which would replace our own header."""
    return request


def _read(response: requests.Response, patience: float) -> Answer:
    """Reads the answer within its limits. Once the status is here a broken body changes nothing: the verdict is in."""
    end = time.monotonic() + patience
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


def _classified(error: requests.RequestException, patience: float, *, sent: bool) -> TransportError:
    if isinstance(error, requests.ConnectTimeout) or (isinstance(error, requests.Timeout) and not sent):
        return TransportError(
            filled(_("No connection within %(seconds)s seconds."), seconds=round(min(patience, CONNECT_SECONDS)))
        )
    if isinstance(error, requests.exceptions.SSLError):
        return tls_error(error)
    if isinstance(error, requests.Timeout):
        return TransportError(
            filled(_("No answer within %(seconds)s seconds. It may have arrived."), seconds=round(patience)),
            unknown=True,
        )
    if _never_connected(error) or (isinstance(error, requests.ConnectionError) and not sent):
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
        return is_allowed_loopback(host)
    return parts.scheme == "https" and bool(host)


def is_allowed_loopback(host: str) -> bool:
    """Whether `host` is this machine, and the settings let it be told without encryption."""
    return bool(getattr(settings, "NOTIFICATIONS_ALLOW_LOOPBACK_HTTP", False)) and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_sending: ContextVar[bool] = ContextVar("sending", default=False)


@contextmanager
def quiet_wire() -> Iterator[None]:
    """No address reaches urllib3's log inside the block, nor in threads that were started with its context."""
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


WIRE_LOGS = (
    *("urllib3.connectionpool", "urllib3.util.retry"),
    *("botocore.auth", "botocore.client", "botocore.credentials", "botocore.endpoint", "botocore.hooks"),
    *("botocore.httpsession", "botocore.parsers", "botocore.regions", "botocore.retries.standard", "botocore.loaders"),
)


class NoSecretsOnTheWireLog(logging.Filter):
    """urllib3 logs the path of each request at DEBUG, and a webhook's path is its secret; botocore logs keys and texts:
    silent while we send."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


def silence_wire_log() -> None:
    """Installs the filter, once, on the loggers that see what is sent. Called when the app is ready."""
    for name in WIRE_LOGS:
        logger = logging.getLogger(name)
        if not any(isinstance(found, NoSecretsOnTheWireLog) for found in logger.filters):
            logger.addFilter(NoSecretsOnTheWireLog())
