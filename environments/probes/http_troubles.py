"""What kept an address from answering, as a code of `rules.http_answers` with what its sentence needs."""

from __future__ import annotations

import ssl

import aiohttp
from yarl import URL

from .http_names import Forbidden, UnknownName

# OpenSSL's numbers for what is wrong with a certificate (X509_V_ERR_…).
OF_CERTIFICATES = {9: "not_yet", 10: "expired", 62: "other_name", 64: "other_name"}


class TooManyRedirects(Exception):
    """It leads on and on."""


class BadRedirect(Exception):
    """It leads to what is no web address."""


def trouble(
    error: BaseException, url: str, timeout_s: float, connect_s: float, *, reached: bool
) -> tuple[str, dict[str, str]]:
    """The code and the details of its sentence; “defect” for what should not happen. `reached` says whether there was
    a connection when the time was over."""
    code = _code(error)
    if code == "time_out" and not reached:
        code = "no_connection"
    seconds = connect_s if code == "no_connection" else timeout_s
    return code, {"host": _host(error, url), "seconds": f"{seconds:g}"}


def _code(error: BaseException) -> str:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "no_connection"
        case TimeoutError():
            return "time_out"
        case TooManyRedirects():
            return "redirects"
        case BadRedirect():
            return "bad_redirect"
        case _ if code := _first(error):
            return code
        case aiohttp.ClientConnectorError():
            refused = isinstance(error.os_error, ConnectionRefusedError)
            return "refused" if refused else "unreachable"
        case aiohttp.ClientResponseError():
            return "not_http"
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | OSError():
            return "broken"
        case aiohttp.InvalidURL() | ValueError():
            return "unreachable"
    return "defect"


def _first(error: BaseException) -> str:
    """What is at the bottom of errors that wrap one another."""
    for one in _chain(error):
        if isinstance(one, Forbidden):
            return "forbidden"
        if isinstance(one, UnknownName):
            return "unknown_host"
        # aiohttp's own error is one of these, too, by inheritance and without the number.
        if isinstance(one, ssl.SSLCertVerificationError) and hasattr(one, "verify_code"):
            return OF_CERTIFICATES.get(one.verify_code, "unknown_issuer")
    for one in _chain(error):
        if isinstance(one, ssl.SSLError | aiohttp.ClientSSLError):
            return "tls"
    return ""


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, getattr(one, "os_error", None)]
        waiting += getattr(one, "exceptions", ())
    return found


def _host(error: BaseException, url: str) -> str:
    """Of the hop that failed, where the error knows it."""
    host = getattr(error, "host", None)
    if isinstance(host, str) and host:
        return host
    for one in _chain(error):
        if isinstance(one, Forbidden):
            return str(one)
    try:
        return URL(url).host or url
    except ValueError:
        return url
