"""What is said of the reports of devices. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from environments.rules.durations import spoken
from environments.rules.wording import when

Texts = dict[str, str]

CLOCK_OFF: Final = timedelta(hours=1)
"""Further than that from when its report came, a device's clock is wrong, or the network held the message back."""

UNKNOWN: Final[Texts] = {"en": "There is no device of this number.", "ko": "이 번호의 기기가 없어요."}
NOT_OPENED: Final[Texts] = {
    "en": "It was not sealed with this device's key, or was altered on its way.",
    "ko": "이 기기의 키로 봉인되지 않았거나 도중에 바뀌었어요.",
}
REPLAYED: Final[Texts] = {"en": "This report came before.", "ko": "이미 받은 보고예요."}
TOO_OLD: Final[Texts] = {
    "en": "More than 64 newer reports came before it: nobody can tell whether it came already.",
    "ko": "더 새로운 보고가 64개 넘게 먼저 와서, 이미 받았는지 알 수 없어요.",
}
NO_MASTER_KEY: Final[Texts] = {
    "en": "DEVICE_MASTER_KEY is not set: no report can be opened.",
    "ko": "DEVICE_MASTER_KEY가 설정되지 않아 보고를 열 수 없어요.",
}


def other_epoch(given: int, wanted: int) -> Texts:
    return {
        "en": f"It was sealed with the key of epoch {given}; {wanted} is in force.",
        "ko": f"{given}번 키로 봉인되었어요. 지금은 {wanted}번 키를 써요.",
    }


def urgent(bits: Iterable[int], at: datetime, zone: str, now: datetime) -> Texts:
    """Of a report whose urgent bits, named by their positions, are set."""
    named = ", ".join(str(bit) for bit in bits)
    at_en, at_ko = (when(at, now, zone, language) for language in ("en", "ko"))
    return {
        "en": f"An urgent report came at {at_en} ({zone}): bit {named}.",
        "ko": f"{at_ko}({zone})에 긴급 보고가 왔어요: 비트 {named}.",
    }


def clock_off(by: timedelta) -> Texts | None:
    """Of a device whose clock says so much more (or less) than ours; None when that is nothing."""
    if abs(by) <= CLOCK_OFF:
        return None
    en, ko = (spoken(abs(by), language) for language in ("en", "ko"))
    if by > timedelta():
        return {"en": f"The device's clock is {en} ahead.", "ko": f"기기 시계가 {ko} 빨라요."}
    return {
        "en": f"The device's clock is {en} behind, or the message was held back.",
        "ko": f"기기 시계가 {ko} 늦거나, 문자가 늦게 도착했어요.",
    }


def positions(bits: int) -> list[int]:
    """Which bits are set, bit 0 first."""
    return [place for place in range(bits.bit_length()) if bits >> place & 1]
