"""Who sent a call of a gateway: Twilio's own signature, and the HMAC of the generic gateway. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"https": 443, "http": 80}


def twilio(token: str, address: str, fields: Mapping[str, Sequence[str]]) -> str:
    """What Twilio writes into X-Twilio-Signature: base64 of HMAC-SHA1 over the full address and all fields by name,
    each as name and value; of one that comes several times, each different value once, in order.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    parts = [name + value for name in sorted(fields) for value in sorted(set(fields[name]))]
    signed = hmac.new(token.encode(), (address + "".join(parts)).encode(), hashlib.sha1)
    return base64.b64encode(signed.digest()).decode("ascii")


def is_of_twilio(token: str, addresses: Iterable[str], fields: Mapping[str, Sequence[str]], given: str) -> bool:
    """Whether Twilio has signed these fields for one of the addresses by which it may know us, with a port or without.

    Takes as long for a wrong signature as for a right one. Nothing is signed with an empty token.
    """
    known = {spelling for address in addresses for spelling in _spellings(address)}
    good = [_same(twilio(token, address, fields), given) for address in sorted(known)]
    return bool(token) and any(good)


def generic(secret: str, timestamp: str, body: bytes) -> str:
    """What the generic gateway writes into X-Daybreak-Signature: “sha256=” and the HMAC-SHA256, in hexadecimal digits,
    of the timestamp as it is sent, a full stop and the body."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def is_of_gateway(secret: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether the gateway that knows the secret has signed it. Says nothing of its age."""
    return _same(generic(secret, timestamp, body), given) and bool(secret)


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _spellings(address: str) -> set[str]:
    """With the scheme's own port and without: Twilio is not of one mind about it."""
    parts = urlsplit(address)
    own = _PORTS.get(parts.scheme)
    if own is None or not parts.hostname or parts.port not in {None, own}:
        return {address}
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    rest = address.split("://", 1)[1][len(parts.netloc) :]
    return {address, f"{parts.scheme}://{host}{rest}", f"{parts.scheme}://{host}:{own}{rest}"}
