"""Reports by SMS: the portal and the encoder for devices speak the same protocol, to the letter."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from environments.probes import sms_report
from environments.probes.sms_report import NoReportError, NotOpenedError, Status

DEVICES = Path(__file__).parents[2] / "devices"
VECTORS = json.loads((DEVICES / "vectors.json").read_text())
MASTER = sms_report.read_master_key(VECTORS["master_key"])
CASES = [pytest.param(case, id=case["case"]) for case in VECTORS["cases"]]


@pytest.fixture(scope="module")
def encoder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("daybreak_report", DEVICES / "daybreak_report.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def status(fields: dict[str, int]) -> Status:
    at = datetime.fromtimestamp(fields["at"], UTC)
    return Status(at, **{name: number for name, number in fields.items() if name != "at"})


def text(number: int = 0) -> str:
    return str(VECTORS["cases"][number]["text"])


def opened(report: str, key: bytes | None = None) -> Status:
    sealed = sms_report.read(report)
    return sms_report.unseal(sealed, key or sms_report.device_key(MASTER, device=sealed.device, epoch=sealed.epoch))


def test_there_are_vectors_enough() -> None:
    assert len(CASES) >= 5


@pytest.mark.parametrize("case", CASES)
def test_the_portal_seals_and_opens_each_vector(case: Any) -> None:
    key = sms_report.device_key(MASTER, device=case["device"], epoch=case["epoch"])
    numbers = {name: case[name] for name in ("device", "epoch", "counter")}
    assert key.hex() == case["device_key"]
    assert sms_report.seal(status(case["fields"]), key, **numbers) == case["text"]
    sealed = sms_report.read(case["text"])
    assert (sealed.device, sealed.epoch, sealed.counter) == tuple(numbers.values())
    assert sms_report.unseal(sealed, key) == status(case["fields"])


@pytest.mark.parametrize("case", CASES)
def test_the_encoder_for_devices_gives_each_vector(case: Any, encoder: ModuleType) -> None:
    numbers = {name: case[name] for name in ("device", "epoch", "counter")}
    assert encoder.report(bytes.fromhex(case["device_key"]), **numbers, **case["fields"]) == case["text"]


@pytest.mark.parametrize("case", CASES)
def test_the_key_of_a_device_is_hkdf_as_its_standard_describes_it(case: Any) -> None:
    """RFC 5869 by hand: extract without salt, one round of expand."""
    extracted = hmac.digest(bytes(32), MASTER, hashlib.sha256)
    info = struct.pack("!BIB", 1, case["device"], case["epoch"])
    assert hmac.digest(extracted, info + b"\x01", hashlib.sha256).hex() == case["device_key"]


def test_a_report_is_54_characters_that_every_gateway_carries() -> None:
    for case in VECTORS["cases"]:
        assert re.fullmatch(r"S1[A-Za-z0-9_-]{52}", case["text"])


def test_white_space_that_a_gateway_adds_is_nothing() -> None:
    assert opened(f" {text()}\r\n") == opened(text())


@pytest.mark.parametrize(
    "wrong",
    ["", "hello", text()[:-1], f"{text()}A", f"S2{text()[2:]}", f"{text()[:20]}+{text()[21:]}", f"S1{'A' * 52}"],
    ids=["nothing", "words", "too short", "too long", "prefix", "alphabet", "version"],
)
def test_what_is_no_report_is_refused_saying_why_without_the_text(wrong: str) -> None:
    with pytest.raises(NoReportError) as refused:
        sms_report.read(wrong)
    assert all(refused.value.texts.values())
    assert not wrong or wrong not in str(refused.value)


@pytest.mark.parametrize("place", range(2, 54))
def test_a_report_with_any_letter_changed_is_not_opened(place: int) -> None:
    swapped = "B" if text()[place] == "A" else "A"
    with pytest.raises((NotOpenedError, NoReportError)):
        opened(f"{text()[:place]}{swapped}{text()[place + 1 :]}")


def test_a_report_is_not_opened_with_the_key_of_another_device_or_epoch() -> None:
    for device, epoch in ((1043, 0), (1042, 1)):
        with pytest.raises(NotOpenedError):
            opened(text(), sms_report.device_key(MASTER, device=device, epoch=epoch))


@pytest.mark.parametrize("wrong", ["", "00", "g" * 64, "0" * 63, "0" * 66, " " + "0" * 63])
def test_a_master_key_is_64_hexadecimal_digits(wrong: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        sms_report.read_master_key(wrong)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DEVICES / "daybreak_report.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_as_a_command_it_prints_reports_that_count_on(tmp_path: Path) -> None:
    key, counter = tmp_path / "key", tmp_path / "counter"
    key.write_text(VECTORS["cases"][0]["device_key"] + "\n")
    asked = ("--key-file", str(key), "--counter-file", str(counter), "--device", "1042", "--bits", "0x5")
    missing = run(*asked)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "there is no counter" in missing.stderr
    assert run("--new-counter", str(counter)).returncode == 0
    said = [run(*asked, "--battery", "87", "--temperature", "-4").stdout.strip() for _ in range(2)]
    assert [sms_report.read(one).counter for one in said] == [1, 2]
    assert [(opened(one).bits, opened(one).battery, opened(one).temperature) for one in said] == [(5, 87, -4)] * 2


def test_what_does_not_fit_is_said_and_spends_no_number(tmp_path: Path) -> None:
    key, counter = tmp_path / "key", tmp_path / "counter"
    key.write_text(VECTORS["cases"][0]["device_key"])
    counter.write_text("7\n")
    found = run("--key-file", str(key), "--counter-file", str(counter), "--device", "1042", "--battery", "300")
    assert found.returncode == 1
    assert "battery must be 0 to 255" in found.stderr
    assert key.read_text() not in found.stderr
    assert counter.read_text() == "7\n"


@pytest.mark.parametrize("damaged", ["", "7", "x\n", "-1\n", "1.5\n"])
def test_a_damaged_counter_gives_no_number(damaged: str, tmp_path: Path, encoder: ModuleType) -> None:
    (tmp_path / "counter").write_text(damaged)
    with pytest.raises(encoder.CounterError, match="damaged"):
        encoder.Counter(str(tmp_path / "counter")).next()


def test_a_counter_ends_at_its_last_number(tmp_path: Path, encoder: ModuleType) -> None:
    (tmp_path / "counter").write_text(f"{2**32 - 2}\n")
    counter = encoder.Counter(str(tmp_path / "counter"))
    assert counter.next() == 2**32 - 1
    with pytest.raises(encoder.CounterError, match="used up"):
        counter.next()


def test_many_at_once_never_get_the_same_number(tmp_path: Path, encoder: ModuleType) -> None:
    path = str(tmp_path / "counter")
    encoder.Counter(path).create()
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: encoder.Counter(path).next(), range(80)))
    assert sorted(numbers) == list(range(1, 81))


def test_a_number_is_on_the_disk_before_it_is_used(
    tmp_path: Path, encoder: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = encoder.Counter(str(tmp_path / "counter"))
    counter.create()
    synced: list[int] = []
    monkeypatch.setattr(encoder.os, "fsync", synced.append)
    counter.next()
    assert len(synced) == 2  # the file, and the directory that names it


def test_an_existing_counter_is_not_begun_anew(tmp_path: Path, encoder: ModuleType) -> None:
    (tmp_path / "counter").write_text("41\n")
    counter = encoder.Counter(str(tmp_path / "counter"))
    with pytest.raises(encoder.CounterError, match="already"):
        counter.create()
    assert counter.next() == 42
