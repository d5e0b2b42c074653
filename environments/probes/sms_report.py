"""Sealed status reports by SMS (PROTOCOLS section 6): one report is one message of 54 characters. Pure.

    S1 + base64url, without padding, of 39 bytes:
    header  9  version (4 bits) and epoch of the key (4 bits), device number u32, counter u32; readable, authenticated
    body   14  unix time u32, status bits u32, battery % u8, temperature °C i8, signal u8, disk % u8, last error u16
    tag    16

Network byte order; AES-256-GCM-SIV. The nonce, device ‖ counter ‖ zero, is not sent. The key of a device follows from
the master key by HKDF-SHA256 with version ‖ device ‖ epoch (u8, u32, u8) as its info, without salt.
"""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION: Final = 1
PREFIX: Final = "S1"
KEY_BYTES: Final = 32
LARGEST_EPOCH: Final = 15
_HEADER: Final = struct.Struct("!BII")
_BODY: Final = struct.Struct("!IIBbBBH")
_NONCE: Final = struct.Struct("!III")
_INFO: Final = struct.Struct("!BIB")
_TEXT: Final = re.compile(r"S1[A-Za-z0-9_-]{52}")
_MASTER: Final = re.compile(r"[0-9A-Fa-f]{64}")


class NoReportError(ValueError):
    """The text is no report of this kind; `texts` says why, for people, and holds nothing of the text."""

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.texts = {"en": en, "ko": ko}


class NotOpenedError(ValueError):
    """The report was not sealed with this key, or was altered on its way: nobody can tell which."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a device says of itself. `rssi` and `last_error` mean what its maker says they mean."""

    sent_at: datetime
    bits: int
    battery: int
    temperature: int
    rssi: int
    disk: int
    last_error: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A report whose header is read and whose body is not opened yet: what the header says is not proven either."""

    device: int
    epoch: int
    counter: int
    header: bytes
    body: bytes


def read_master_key(text: str) -> bytes:
    """The master key of 64 hexadecimal digits. ValueError, without the text, for anything else."""
    if not _MASTER.fullmatch(text):
        raise ValueError("a master key has 64 hexadecimal digits")
    return bytes.fromhex(text)


def device_key(master: bytes, *, device: int, epoch: int) -> bytes:
    """The 32 bytes that are written into the device."""
    info = _INFO.pack(VERSION, device, epoch)
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def read(text: str) -> Sealed:
    """Take the text of a message apart. White space around it is nothing: gateways add it. NoReportError says why."""
    text = text.strip()
    if not text.startswith(PREFIX):
        raise NoReportError("The text does not begin with S1.", "문자가 S1로 시작하지 않아요.")
    if not _TEXT.fullmatch(text):
        raise NoReportError(
            "S1 is not followed by 52 characters of base64url.", "S1 뒤에 base64url 문자 52개가 오지 않아요."
        )
    # 52 characters of the alphabet are 39 bytes, whatever they are.
    data = base64.urlsafe_b64decode(text[len(PREFIX) :])
    header, body = data[: _HEADER.size], data[_HEADER.size :]
    first, device, counter = _HEADER.unpack(header)
    if first >> 4 != VERSION:
        raise NoReportError("It is of another version of the protocol.", "다른 버전의 형식이에요.")
    return Sealed(device, first & 0xF, counter, header, body)


def unseal(sealed: Sealed, key: bytes) -> Status:
    """Open it with the device's key. NotOpenedError when it was not sealed with it, header and body as they are."""
    nonce = _NONCE.pack(sealed.device, sealed.counter, 0)
    try:
        plain = AESGCMSIV(key).decrypt(nonce, sealed.body, sealed.header)
    except InvalidTag:
        raise NotOpenedError("it was not sealed with this key") from None
    at, *rest = _BODY.unpack(plain)
    return Status(datetime.fromtimestamp(at, UTC), *rest)


def seal(status: Status, key: bytes, *, device: int, epoch: int, counter: int) -> str:
    """The text that a device sends. struct.error for a number that does not fit, ValueError for a wrong epoch."""
    if not 0 <= epoch <= LARGEST_EPOCH:
        raise ValueError("an epoch is 0 to 15")
    header = _HEADER.pack(VERSION << 4 | epoch, device, counter)
    plain = _BODY.pack(
        int(status.sent_at.timestamp()),
        status.bits,
        status.battery,
        status.temperature,
        status.rssi,
        status.disk,
        status.last_error,
    )
    body = AESGCMSIV(key).encrypt(_NONCE.pack(device, counter, 0), plain, header)
    return PREFIX + base64.urlsafe_b64encode(header + body).decode("ascii")
