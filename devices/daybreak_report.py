#!/usr/bin/env python3
"""Sealed status reports for Daybreak, to be sent by SMS from places without internet.

One file for devices: Python 3.8 or newer, the standard library and `cryptography` (42 or newer, built on OpenSSL 3.2
or newer, which has AES-GCM-SIV). It makes the text; sending it is the modem's work.

As a command:

    daybreak_report.py --new-counter /var/lib/daybreak/counter          # once, when the device is set up
    daybreak_report.py --key-file /etc/daybreak/key --device 1042 --epoch 0 \\
        --counter-file /var/lib/daybreak/counter --battery 87 --temperature 21 --rssi 19 --disk 35

It prints the 54 characters to send. As a function:

    from daybreak_report import Counter, report
    text = report(key, device=1042, epoch=0, counter=Counter("/var/lib/daybreak/counter").next(), battery=87)

The key is what the portal shows for the device: 64 hexadecimal digits. The counter goes up by one for each report and
never back, also not with a new key; when its file is lost, ask for a new epoch and make a new one.
"""

from __future__ import annotations

import argparse
import base64
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

try:
    import fcntl
except ImportError:  # not on this system: then only one process may make reports
    fcntl = None  # type: ignore[assignment]

VERSION = 1
LAST_COUNTER = 2**32 - 1


class CounterError(Exception):
    """The counter cannot be had safely. No report is made: one counter must never seal two reports."""


class Counter:
    """A counter in a file, which is on the disk before its number is used: a power cut loses a number, and never gives
    one twice. The directory must be on a disk that keeps what `fsync` has written.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path).resolve()

    def create(self, first: int = 0) -> None:
        """Make the file, once in a device's life. An existing one is left alone: CounterError."""
        with self._locked():
            if self.path.exists():
                raise CounterError(f"there is a counter already: {self.path}")
            self._write(first)

    def next(self) -> int:
        """The next number, nobody else's. CounterError for a file that is missing, damaged or used up."""
        with self._locked():
            number = self._read() + 1
            if number > LAST_COUNTER:
                raise CounterError("the counter is used up: this device needs a new number")
            self._write(number)
        return number

    def _read(self) -> int:
        try:
            with self.path.open(encoding="ascii", errors="replace") as file:
                text = file.read()
        except FileNotFoundError:
            raise CounterError(f"there is no counter: {self.path} (--new-counter makes one)") from None
        digits = text[:-1]
        if not text.endswith("\n") or not digits.isdigit():
            raise CounterError(f"the counter is damaged: {self.path}")
        return int(digits)

    def _write(self, number: int) -> None:
        beside = self._beside(".new")
        with beside.open("w", encoding="ascii") as file:
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        if os.name == "posix":
            directory = os.open(str(self.path.parent), os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time. The lock is a file of its own: the counter's is replaced each time."""
        try:
            lock = self._beside(".lock").open("w", encoding="ascii")
        except OSError as error:
            raise CounterError(f"the counter's directory cannot be written: {error}") from error
        with lock:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)


def report(
    key: bytes,
    *,
    device: int,
    epoch: int,
    counter: int,
    at: int | None = None,
    bits: int = 0,
    battery: int = 0,
    temperature: int = 0,
    rssi: int = 0,
    disk: int = 0,
    last_error: int = 0,
) -> str:
    """The text of one report. `key` is the device's, 32 bytes; `at` a unix time, by default now.

    ValueError names the number that does not fit. `counter` must never have been used with this key before.
    """
    if len(key) != 32:
        raise ValueError("the key must have 32 bytes")
    at = int(time.time()) if at is None else at
    _within("epoch", epoch, 0, 15)
    for name, number in (("device", device), ("counter", counter), ("at", at), ("bits", bits)):
        _within(name, number, 0, 2**32 - 1)
    for name, number in (("battery", battery), ("rssi", rssi), ("disk", disk)):
        _within(name, number, 0, 255)
    _within("temperature", temperature, -128, 127)
    _within("last_error", last_error, 0, 2**16 - 1)
    header = struct.pack("!BII", VERSION << 4 | epoch, device, counter)
    body = struct.pack("!IIBbBBH", at, bits, battery, temperature, rssi, disk, last_error)
    sealed = AESGCMSIV(key).encrypt(struct.pack("!III", device, counter, 0), body, header)
    return "S1" + base64.urlsafe_b64encode(header + sealed).decode("ascii")


def _within(name: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise ValueError(f"{name} must be {least} to {most}")


def _key(path: str) -> bytes:
    """ValueError without a word of what the file holds."""
    text = Path(path).read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("the key file must hold 64 hexadecimal digits")
    return key


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Print one sealed status report, to be sent by SMS.")
    parser.add_argument("--new-counter", metavar="FILE", help="make the counter's file, once, and nothing else")
    parser.add_argument("--key-file", help="holds the device's key, 64 hexadecimal digits; readable for its user only")
    parser.add_argument("--counter-file")
    parser.add_argument("--device", type=int, help="its number")
    parser.add_argument("--epoch", type=int, default=0, help="of its key, 0 to 15")
    parser.add_argument("--at", type=int, help="unix time; default: now")
    parser.add_argument("--bits", type=lambda text: int(text, 0), default=0, help="status bits, for example 5 or 0x5")
    for name in ("battery", "temperature", "rssi", "disk", "last-error"):
        parser.add_argument("--" + name, type=int, default=0)
    asked = parser.parse_args(arguments)
    try:
        if asked.new_counter:
            Counter(asked.new_counter).create()
            return 0
        if not asked.key_file or not asked.counter_file or asked.device is None:
            parser.error("--key-file, --counter-file and --device are needed")
        key = _key(asked.key_file)
        said = {name: getattr(asked, name) for name in ("at", "bits", "battery", "temperature", "rssi", "disk")}
        said["last_error"] = asked.last_error
        # What does not fit is said before a number of the counter is spent on it.
        report(key, device=asked.device, epoch=asked.epoch, counter=0, **said)
        number = Counter(asked.counter_file).next()
        sys.stdout.write(report(key, device=asked.device, epoch=asked.epoch, counter=number, **said) + "\n")
    except (CounterError, OSError, ValueError) as error:
        sys.stderr.write(f"daybreak_report: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
