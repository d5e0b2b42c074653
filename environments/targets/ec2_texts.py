"""What the EC2 target says, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from environments.rules.durations import spoken

from .base import OptionField, Texts
from .ec2_instances import Instance

SHOWN = 3


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


OPTION_FIELDS = (
    OptionField(
        "hibernate",
        "bool",
        _say("Hibernate", "최대 절전"),
        _say(
            "What is in memory is kept, so that programs go on where they were. Instances that were not launched for "
            "hibernation are stopped normally.",
            "메모리 내용을 저장해 두어 프로그램이 하던 일을 이어서 해요. 최대 절전용으로 시작하지 않은 인스턴스는 "
            "일반 중지로 멈춰요.",
        ),
        default=False,
    ),
    OptionField(
        "wait_for_checks",
        "bool",
        _say("Wait for AWS's status checks", "AWS 상태 검사 기다리기"),
        _say(
            "A start is done only when AWS has checked host and system of each instance, which takes minutes more.",
            "AWS가 각 인스턴스의 호스트와 시스템 검사를 마쳐야 시작이 끝나요. 몇 분 더 걸려요.",
        ),
        default=False,
    ),
    OptionField(
        "start_all",
        "bool",
        _say("Start all that carry the tags", "태그가 있는 모든 인스턴스 시작"),
        _say(
            "With a tag filter, a start brings back the instances that ran before the last stop; what somebody had "
            "stopped on purpose stays stopped. Switch this on to start all the same.",
            "태그 필터를 쓰면 마지막 중지 전에 켜져 있던 인스턴스만 다시 켜고, 누군가 일부러 꺼 둔 것은 그대로 둬요. "
            "켜면 모두 시작해요.",
        ),
        default=False,
    ),
)

NO_ID = _say(
    "Write the ids of instances (i-0123456789abcdef0), several with commas, or a filter (tag:env=dev).",
    "인스턴스 ID(i-0123456789abcdef0)를 쉼표로 나누어 적거나 필터(tag:env=dev)를 적으세요.",
)
CHANGED = _say(
    "AWS cannot switch an instance in the state that it is in just now: looking again",
    "지금 상태에서는 AWS가 인스턴스를 켜거나 끌 수 없어 다시 확인해요",
)
NOTHING_RAN = _say("Nothing runs any more", "켜져 있는 것이 없어요")


def strange_id(part: str) -> Texts:
    return _say(
        f"“{part}” is no id of an instance: i- and 17 (or 8) of the characters 0-9 and a-f.",
        f"“{part}”은(는) 인스턴스 ID가 아니에요. i- 다음에 0-9, a-f 17자(또는 8자)예요.",
    )


def twice(part: str) -> Texts:
    return _say(f"{part} is written twice.", f"{part}이(가) 두 번 적혀 있어요.")


def nothing_found(identifier: str, region: str) -> Texts:
    return _say(
        f"No instance in {region} carries the tags of {identifier}. Correct the filter, or tag the instances.",
        f"{region}에 {identifier} 태그가 있는 인스턴스가 없어요. 필터를 고치거나 인스턴스에 태그를 붙이세요.",
    )


def missing(ids: Sequence[str], region: str) -> Texts:
    return _say(
        f"{listed(ids)} does not exist in {region}, or was terminated. Correct the target, then try again.",
        f"{region}에 {listed(ids)} 인스턴스가 없거나 이미 종료(삭제)되었어요. 대상을 고친 뒤 다시 시도하세요.",
    )


def only_grouped(grouped: Mapping[str, str]) -> Texts:
    groups = listed(sorted(set(grouped.values())))
    return _say(
        f"{listed(list(grouped))} belongs to the auto scaling group {groups}, which would replace what is stopped, "
        "so it is left alone. Add the group itself as a target.",
        f"{listed(list(grouped))} 인스턴스는 Auto Scaling 그룹 {groups}에 속해 있어 건드리지 않아요. 멈추면 그룹이 "
        "새로 만들어요. 그룹 자체를 대상으로 추가하세요.",
    )


def notes(grouped: Mapping[str, str], missing: Sequence[str], resting: Sequence[str]) -> list[Texts]:
    """What is left out, and why: sentences to hang on to others."""
    said: list[Texts] = []
    if grouped:
        groups = listed(sorted(set(grouped.values())))
        said.append(
            _say(
                f"left alone, of the auto scaling group {groups}: {listed(list(grouped))}",
                f"Auto Scaling 그룹 {groups} 소속이라 그대로 둠: {listed(list(grouped))}",
            )
        )
    if missing:
        said.append(_say(f"not there any more: {listed(missing)}", f"이제 없는 것: {listed(missing)}"))
    if resting:
        said.append(
            _say(
                f"stopped before the last stop already, so not started: {listed(resting)}",
                f"마지막 중지 전부터 꺼져 있어 시작하지 않음: {listed(resting)}",
            )
        )
    return said


def joined(first: Texts, more: Sequence[Texts]) -> Texts:
    return {language: "; ".join([first[language], *(one[language] for one in more)]) for language in first}


def will_start(count: int) -> Texts:
    return _say(f"{_counted(count)} to start", f"시작할 인스턴스 {count}개")


def will_stop(count: int) -> Texts:
    return _say(f"{_counted(count)} to stop", f"중지할 인스턴스 {count}개")


def already_running(count: int) -> Texts:
    return _say(
        f"{_counted(count)} running already" if count > 1 else "It is running already",
        f"인스턴스 {count}개가 이미 켜져 있어요",
    )


def already_stopped(count: int) -> Texts:
    return _say(
        f"{_counted(count)} stopped already" if count else "There is nothing to stop",
        f"인스턴스 {count}개가 이미 꺼져 있어요" if count else "중지할 것이 없어요",
    )


def remembered(count: int) -> Texts:
    return _say(f"Remembered: {_counted(count)} to bring back", f"다시 켤 인스턴스 {count}개를 기억했어요")


def running_so_far(done: int, total: int) -> Texts:
    return _say(f"{done} of {total} {_noun(total)} running", f"인스턴스 {total}개 중 {done}개 켜짐")


def stopped_so_far(done: int, total: int) -> Texts:
    return _say(f"{done} of {total} {_noun(total)} stopped", f"인스턴스 {total}개 중 {done}개 꺼짐")


def checking(left: Sequence[str], total: int) -> Texts:
    return _say(
        f"AWS's status checks: {total - len(left)} of {total} passed, waiting for {listed(left)}",
        f"AWS 상태 검사: {total}개 중 {total - len(left)}개 통과, 기다리는 중: {listed(left)}",
    )


def started(count: int, took: timedelta) -> Texts:
    return _say(
        f"{_counted(count)} running after {spoken(took, 'en')}", f"인스턴스 {count}개 켜짐, {spoken(took, 'ko')} 걸림"
    )


def stopped(count: int, took: timedelta) -> Texts:
    return _say(
        f"{_counted(count)} stopped after {spoken(took, 'en')}", f"인스턴스 {count}개 꺼짐, {spoken(took, 'ko')} 걸림"
    )


def not_hibernated(ids: Sequence[str]) -> Texts:
    return _say(
        f"stopped normally, not made for hibernation at their launch: {listed(ids)}",
        f"최대 절전용으로 시작하지 않아 일반 중지: {listed(ids)}",
    )


def no_capacity(chosen: Sequence[Instance]) -> Texts:
    kinds = listed(sorted({f"{one.type} ({one.zone})" for one in chosen}))
    ids = listed([one.id for one in chosen])
    return _say(
        f"AWS has no capacity for {kinds} at the moment, so {ids} does not start. Try again later, or choose another "
        "type or zone, or reserve capacity.",
        f"지금 AWS에 {kinds} 용량이 없어 {ids} 인스턴스를 시작하지 못해요. 나중에 다시 시도하거나 다른 유형이나 "
        "가용 영역을 고르거나 용량을 예약하세요.",
    )


def limit(one: Instance) -> Texts:
    return _say(
        f"The account's limit for instances like {one.type} is reached, so {one.id} does not start. Stop others, or "
        "ask AWS for a higher limit (Service Quotas).",
        f"{one.type} 계열 인스턴스의 계정 한도에 도달해 {one.id} 인스턴스를 시작하지 못해요. 다른 것을 중지하거나 AWS "
        "Service Quotas에서 한도를 늘리세요.",
    )


def stopped_again(fallen: Sequence[Instance]) -> Texts:
    """Instances whose start AWS accepted, and that are stopped again: by themselves, or by somebody."""
    if all(one.why[0].startswith("Client.UserInitiated") for one in fallen):
        ids = listed([one.id for one in fallen])
        return _say(
            f"Somebody else stopped {ids} while it was starting. Start it once more if it is needed.",
            f"시작하는 동안 다른 사람이 {ids} 인스턴스를 중지했어요. 필요하면 다시 시작하세요.",
        )
    en, ko = _remedy({one.why[0] for one in fallen})
    which = listed([f"{one.id} ({one.why[1] or one.why[0] or '?'})" for one in fallen])
    return _say(
        f"AWS accepted the start, but the instance stopped again by itself: {which}. {en}",
        f"AWS가 시작을 받아들였지만 인스턴스가 스스로 다시 멈췄어요: {which}. {ko}",
    )


def runs_again(ids: Sequence[str]) -> Texts:
    return _say(
        f"{listed(ids)} was started again by somebody else while it was being stopped. Stop it once more when they are "
        "done.",
        f"중지하는 동안 다른 사람이 {listed(ids)} 인스턴스를 다시 켰어요. 사용이 끝난 뒤 다시 중지하세요.",
    )


def refused(which: Mapping[str, str]) -> Texts:
    """Instances that AWS does not let be stopped: id -> AWS's code and words."""
    en, ko = [], []
    for instance_id, raw in which.items():
        low = raw.lower()
        if "disableapistop" in low:
            en.append(f"{instance_id} has stop protection; switch it off in AWS or take the instance out of the target")
            ko.append(f"{instance_id}: 중지 방지가 켜져 있어요. AWS에서 끄거나 대상에서 빼세요")
        elif "spot" in low:
            en.append(f"{instance_id} is of a one-time spot request, which can be terminated but not stopped")
            ko.append(f"{instance_id}: 일회성 스팟 요청의 인스턴스라 종료만 되고 중지는 안 돼요")
        else:
            en.append(f"{instance_id}: {raw.partition(': ')[2]}")
            ko.append(f"{instance_id}: {raw.partition(': ')[2]}")
    return _say(
        f"AWS does not let these be stopped, the others are stopped: {'; '.join(en)}.",
        f"AWS가 중지를 허용하지 않은 인스턴스가 있어요(나머지는 중지했어요). {'; '.join(ko)}.",
    )


def listed(things: Sequence[str]) -> str:
    more = len(things) - SHOWN
    return ", ".join(things[:SHOWN]) + (f" +{more}" if more > 0 else "")


def _remedy(codes: set[str]) -> tuple[str, str]:
    # https://repost.aws/knowledge-center/kms-iam-ec2-permission: a volume's key that may not be used says this.
    if any(code == "Client.InternalError" or code.startswith("Client.InvalidKMSKey") for code in codes):
        return (
            "Mostly the key of an encrypted volume cannot be used: give the portal's role kms:CreateGrant on it, and "
            "see that the key is enabled.",
            "대개 암호화된 볼륨의 키를 쓸 수 없을 때예요. 포털의 역할에 이 키의 kms:CreateGrant 권한을 주고, 키가 "
            "활성 상태인지 확인하세요.",
        )
    if "Client.VolumeLimitExceeded" in codes:
        return (
            "The account's limit of volumes is reached: delete some, or ask AWS for a higher limit.",
            "계정의 볼륨 한도에 도달했어요. 볼륨을 지우거나 AWS에 한도 증가를 요청하세요.",
        )
    if "Server.InsufficientInstanceCapacity" in codes:
        return (
            "AWS had no capacity, several times in a row: try later, or take another type or zone.",
            "여러 번 시도했지만 AWS에 용량이 없었어요. 나중에 다시 시도하거나 다른 유형이나 가용 영역을 쓰세요.",
        )
    return "Look at the instance in AWS, then try again.", "AWS에서 인스턴스를 확인한 뒤 다시 시도하세요."


def _counted(count: int) -> str:
    return f"{count} {_noun(count)}"


def _noun(count: int) -> str:
    return "instance" if count == 1 else "instances"
