"""What the auto scaling group target says, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from environments.rules.durations import spoken

from .auto_scaling_groups import Sizes
from .base import OptionField, Texts

SHOWN = 3


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


OPTION_FIELDS = (
    OptionField(
        "default_sizes",
        "text",
        _say("Sizes when none are remembered", "기억한 크기가 없을 때의 크기"),
        _say(
            "min/desired/max, for example 1/2/4. A start brings back the sizes from before the last stop; this is for "
            "a group that was at zero already when the portal first saw it.",
            "최소/원하는 용량/최대 순서예요. 예: 1/2/4. 시작하면 마지막 중지 전의 크기로 되돌려요. 이 값은 포털이 "
            "처음 볼 때 이미 0이던 그룹에만 써요.",
        ),
    ),
)

GROUP_NAME = _say(
    "A group's name has letters, digits and signs without spaces and colons, 255 at most.",
    "그룹 이름에는 공백과 콜론 없이 영문자, 숫자, 기호만 쓸 수 있어요(최대 255자).",
)
DEFAULT_SIZES = _say(
    "Write min/desired/max as three numbers, for example 1/2/4: min at most desired, desired at most max and not 0.",
    "최소/원하는 용량/최대를 숫자 세 개로 적으세요. 예: 1/2/4. 최소 ≤ 원하는 용량 ≤ 최대이고, 원하는 용량은 0보다 "
    "커야 해요.",
)
BUSY = _say(
    "The group is being scaled just now: trying again when that is over",
    "지금 그룹의 크기가 바뀌는 중이라 끝난 뒤 다시 시도해요",
)
NOTHING_RAN = _say("Nothing to remember: all are at zero", "모두 0이라 기억할 것이 없어요")
NOTHING_TO_RESTORE = _say("The sizes are not at zero: they stay as they are", "크기가 0이 아니라 그대로 두어요")
NOTHING_TO_SCALE = _say("All are at zero", "모두 0이에요")
ALREADY_STOPPED = _say("At zero already: nothing to stop", "이미 0이라 중지할 것이 없어요")


def not_there(identifier: str, region: str) -> Texts:
    return _say(
        f"There is no auto scaling group {identifier} in {region}. Correct the name, or create the group.",
        f"{region}에 Auto Scaling 그룹 {identifier}이(가) 없어요. 이름을 고치거나 그룹을 만드세요.",
    )


def gone(identifier: str) -> Texts:
    return _say(
        f"There is no auto scaling group {identifier}: nothing to stop",
        f"Auto Scaling 그룹 {identifier}이(가) 없어 중지할 것이 없어요",
    )


def nothing_found(identifier: str, region: str) -> Texts:
    return _say(
        f"No auto scaling group in {region} carries the tags of {identifier}. Correct the filter, or tag the groups.",
        f"{region}에 {identifier} 태그가 있는 Auto Scaling 그룹이 없어요. 필터를 고치거나 그룹에 태그를 붙이세요.",
    )


def unknown_sizes(names: Sequence[str]) -> Texts:
    return _say(
        f"{listed(names)} is at zero, and the portal has not seen what size it had. Enter “Sizes when none are "
        "remembered” at the target, or set the sizes in AWS once.",
        f"{listed(names)} 그룹은 0이고, 포털은 원래 크기를 몰라요. 대상에 “기억한 크기가 없을 때의 크기”를 넣거나 "
        "AWS에서 한 번 크기를 정해 주세요.",
    )


def suspended(names: Sequence[str], process: str) -> Texts:
    verb = {"Launch": ("start", "시작"), "Terminate": ("stop", "중지")}[process]
    return _say(
        f"The process “{process}” of {listed(names)} is suspended in AWS, so the group cannot {verb[0]}. Resume it, "
        "then try again.",
        f"AWS에서 {listed(names)} 그룹의 “{process}” 프로세스가 일시 중단되어 {verb[1]}할 수 없어요. 재개(resume)한 "
        "뒤 시도하세요.",
    )


def already_up(names: Sequence[str]) -> Texts:
    return _say(f"{listed(names)} is up already", f"{listed(names)} 그룹이 이미 켜져 있어요")


def to_start(names: Sequence[str], left_alone: Sequence[str]) -> Texts:
    return _hung(_say(f"To start: {listed(names)}", f"시작할 그룹: {listed(names)}"), left_alone)


def to_stop(names: Sequence[str]) -> Texts:
    return _say(f"To stop: {listed(names)}", f"중지할 그룹: {listed(names)}")


def remembered(sizes: Mapping[str, Sizes]) -> Texts:
    return _say(f"Remembered: {_sizes(sizes, 'en')}", f"기억함: {_sizes(sizes, 'ko')}")


def restored(sizes: Mapping[str, Sizes]) -> Texts:
    return _say(f"Sizes restored: {_sizes(sizes, 'en')}", f"크기를 되돌림: {_sizes(sizes, 'ko')}")


def zeroed(names: Sequence[str]) -> Texts:
    return _say(f"Sizes set to zero: {listed(names)}", f"크기를 0으로 바꿈: {listed(names)}")


def in_service(done: int, total: int, why: str = "") -> Texts:
    return _say(
        f"{done} of {total} in service" + (f"; AWS could not launch one: {why}" if why else ""),
        f"{total}개 중 {done}개 서비스 중" + (f". AWS가 시작하지 못한 인스턴스가 있어요: {why}" if why else ""),
    )


def leaving(done: int, total: int, held: Sequence[str]) -> Texts:
    return _say(
        f"{done} of {total} {'instance' if total == 1 else 'instances'} gone"
        + (f"; protected from scale-in or in standby: {listed(held)}" if held else ""),
        f"인스턴스 {total}개 중 {done}개 종료" + (f". 축소 방지 또는 대기(standby) 중: {listed(held)}" if held else ""),
    )


def started(names: Sequence[str], took: timedelta, left_alone: Sequence[str]) -> Texts:
    return _hung(
        _say(
            f"{listed(names)} is up after {spoken(took, 'en')}",
            f"{listed(names)} 그룹 켜짐, {spoken(took, 'ko')} 걸림",
        ),
        left_alone,
    )


def stopped(took: timedelta) -> Texts:
    return _say(f"All instances are gone after {spoken(took, 'en')}", f"모든 인스턴스 종료, {spoken(took, 'ko')} 걸림")


def cannot_launch(name: str, why: str, *, lacking: bool) -> Texts:
    """`lacking`: AWS has no capacity, in its own words `why`."""
    en, ko = "Correct the cause", "원인을 고치세요"
    if lacking:
        en = "Try again later, or choose another type or zone"
        ko = "나중에 다시 시도하거나 다른 유형이나 가용 영역을 고르세요"
    return _say(
        f"{name} has its sizes back, but AWS cannot launch its instances: {why} {en}; AWS itself goes on trying.",
        f"{name} 그룹의 크기는 되돌렸지만 AWS가 인스턴스를 시작하지 못해요: {why} {ko}. AWS는 계속 시도해요.",
    )


def set_to_zero(names: Sequence[str]) -> Texts:
    return _say(
        f"{listed(names)} was set to zero by somebody else while it was starting. Look for a scheduled action or "
        "a script, then try again.",
        f"시작하는 동안 다른 곳에서 {listed(names)} 그룹을 0으로 바꿨어요. 예약 작업이나 스크립트가 있는지 확인한 뒤 "
        "다시 시도하세요.",
    )


def scaled_up(names: Sequence[str]) -> Texts:
    return _say(
        f"{listed(names)} was scaled up by somebody else while it was being stopped. Look for a scheduled action or "
        "a script, then try again.",
        f"중지하는 동안 다른 곳에서 {listed(names)} 그룹의 크기를 늘렸어요. 예약 작업이나 스크립트가 있는지 확인한 뒤 "
        "다시 시도하세요.",
    )


def held(ids: Sequence[str]) -> Texts:
    return _say(
        f"The sizes are at zero, but AWS does not end instances that are protected from scale-in or in standby: "
        f"{listed(ids)}. Take the protection away in AWS; they then end by themselves.",
        f"크기는 0으로 바꿨지만, 축소 방지가 켜져 있거나 대기(standby) 중인 인스턴스는 AWS가 종료하지 않아요: "
        f"{listed(ids)}. AWS에서 방지를 풀면 저절로 종료돼요.",
    )


def listed(things: Sequence[str]) -> str:
    more = len(things) - SHOWN
    return ", ".join(things[:SHOWN]) + (f" +{more}" if more > 0 else "")


def _hung(said: Texts, left_alone: Sequence[str]) -> Texts:
    if not left_alone:
        return said
    return _say(
        f"{said['en']}; left at zero, as before the last stop: {listed(left_alone)}",
        f"{said['ko']}. 마지막 중지 전에도 0이라 그대로 둠: {listed(left_alone)}",
    )


def _sizes(sizes: Mapping[str, Sizes], language: str) -> str:
    words = {"en": "{} (min {}, desired {}, max {})", "ko": "{}(최소 {}, 원하는 용량 {}, 최대 {})"}[language]
    return listed([words.format(name, one.low, one.wanted, one.high) for name, one in sorted(sizes.items())])
