"""Whether AWS SNS has signed a message, as it documents it for its HTTPS deliveries.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html: both versions are RSA with PKCS#1 v1.5
over the message's fields in order, the first with SHA-1, the second with SHA-256. The certificate comes from an address
in the message, so what makes it AWS's is that address: https, the host of SNS in a region, in full.

A good signature proves that AWS sent it, of whichever account's topic: who is let in is decided by the topic.
"""

import base64
import binascii
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings

_HOST: Final = r"https://sns\.[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE: Final = re.compile(_HOST + r"[A-Za-z0-9_-]+\.pem")
_SUBSCRIBE: Final = re.compile(_HOST + r"\?[A-Za-z0-9%&=_:.~+-]+")
_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - AWS's
_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
CONNECT_S, READ_S = 2.0, 3.0
LARGEST: Final = 32 * 1024
KEPT_S: Final = 86_400.0
KEPT_AT_MOST: Final = 20
# Certificates change once in months. Whoever knows a topic's name could make us ask for ever new ones otherwise.
FETCHES_A_MINUTE: Final = 10


class Refused(Exception):
    """What does not come from AWS, or not for us; the message says why, in a line for the log."""


class Unavailable(Exception):
    """AWS could not be asked just now: whoever sent it should send it again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    certificate: x509.Certificate
    until: float


_kept: dict[str, _Kept] = {}
_fetched: list[float] = []
_lock = threading.Lock()


def signed_text(message: Mapping[str, str]) -> bytes:
    """The text that SNS signs: name and value of each signed field, in byte order, a line each."""
    names = _NOTIFICATION if message["Type"] == "Notification" else _CONFIRMATION
    return "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()


def verify(message: Mapping[str, str], now: datetime) -> None:
    """Returns where the signature holds. Raises `Refused`, or `Unavailable` when the certificate cannot be had.

    Side effect: one request to AWS, when the certificate is not known yet.
    """
    digest = _DIGESTS.get(message.get("SignatureVersion", ""))
    if digest is None:
        raise Refused("an unknown version of signature")
    try:
        signature = base64.b64decode(message.get("Signature", ""), validate=True)
    except binascii.Error:
        raise Refused("a signature that is no base64") from None
    certificate = _certificate(message.get("SigningCertURL", ""))
    if certificate.not_valid_after_utc < now:
        raise Refused("a certificate that has expired")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise Refused("a certificate without an RSA key")
    try:
        key.verify(signature, signed_text(message), padding.PKCS1v15(), digest)
    except InvalidSignature:
        raise Refused("a signature that does not fit") from None


def confirmation_address(message: Mapping[str, str]) -> str:
    """The address that confirms a subscription. Raises `Refused` unless it is that of SNS, for this very topic."""
    url = message.get("SubscribeURL", "")
    if not _SUBSCRIBE.fullmatch(url):
        raise Refused("a SubscribeURL that is not one of SNS")
    asked = parse_qs(urlsplit(url).query)
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [message.get("TopicArn")]:
        raise Refused("a SubscribeURL that does something else")
    return url


def get(url: str) -> bytes:
    """What SNS answers at one of its addresses, which the caller has checked. `Unavailable` when it does not answer,
    `Refused` when it says no. No redirects.

    With a simulated AWS (`AWS_ENDPOINT_URL`) that is asked instead, for the same host and path.
    """
    parts, headers, session = urlsplit(url), {}, requests.Session()
    if settings.AWS_ENDPOINT_URL:
        headers["Host"] = parts.netloc
        session.trust_env = False
        url = f"{settings.AWS_ENDPOINT_URL.rstrip('/')}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    try:
        with (
            session,
            session.get(
                url, headers=headers, timeout=(CONNECT_S, READ_S), allow_redirects=False, stream=True
            ) as answer,
        ):
            content = answer.raw.read(LARGEST + 1, decode_content=True)
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Unavailable(f"SNS answered {answer.status_code}")
            if answer.status_code != 200 or len(content) > LARGEST:
                raise Refused(f"SNS answered {answer.status_code}, {len(content)} bytes")
            return bytes(content)
    except (requests.RequestException, OSError) as error:
        # The type alone: the text holds the address, and with it the token of a subscription.
        raise Unavailable(f"SNS could not be asked ({type(error).__name__})") from None


def forget_certificates() -> None:
    """For tests, and for a simulated AWS that was started anew."""
    with _lock:
        _kept.clear()
        _fetched.clear()


def _certificate(url: str) -> x509.Certificate:
    if not _CERTIFICATE.fullmatch(url):
        raise Refused("a SigningCertURL that is not one of SNS")
    now = time.monotonic()
    with _lock:
        found = _kept.get(url)
        if found and now < found.until:
            return found.certificate
        _fetched[:] = [at for at in _fetched if at > now - 60]
        if len(_fetched) >= FETCHES_A_MINUTE:
            raise Unavailable("too many unknown certificates within a minute")
        _fetched.append(now)
    try:
        certificate = x509.load_pem_x509_certificate(get(url))
    except ValueError:
        raise Refused("a certificate that cannot be read") from None
    with _lock:
        while len(_kept) >= KEPT_AT_MOST:
            _kept.pop(next(iter(_kept)))
        _kept[url] = _Kept(certificate, now + KEPT_S)
    return certificate
