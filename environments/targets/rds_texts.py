"""What databases of RDS say, instances and clusters alike, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from botocore.exceptions import ClientError

from environments.rules.durations import spoken

from .base import OptionField, TargetError, TargetRef, Texts
from .rds_databases import Database

SHOWN = 3


class Noun(NamedTuple):
    """What a kind calls its things: several in English, and in Korean."""

    en: str
    ko: str


def say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


OPTION_FIELDS = (
    OptionField(
        "snapshot",
        "bool",
        say("Snapshot before each stop", "중지하기 전에 스냅샷 만들기"),
        say(
            "A copy of the data as it is then, to go back to. It takes some minutes and is stored at AWS's price.",
            "그 시점의 데이터를 되돌릴 수 있도록 복사해 두어요. 몇 분 걸리고 AWS 저장 요금이 들어요.",
        ),
        default=False,
    ),
    OptionField(
        "keep_snapshots",
        "int",
        say("Snapshots to keep", "보관할 스냅샷 수"),
        say(
            "How many of these are kept for each database, for example 3; older ones are deleted when a new one is "
            "complete. Snapshots that you or others take are never deleted.",
            "데이터베이스마다 보관할 개수예요(예: 3). 새 스냅샷이 완성되면 오래된 것부터 지워요. "
            "직접 만든 스냅샷은 지우지 않아요.",
        ),
        default=3,
    ),
)
KEEP_SNAPSHOTS = say("Keep at least 1 and at most 50.", "1개 이상 50개 이하로 적어 주세요.")
NOTHING_TO_REMEMBER = say("Nothing to remember", "기억할 것이 없어요")
NO_SNAPSHOT = say("No snapshot is wished for", "스냅샷을 만들지 않아요")


def names(chosen: Sequence[Database | str]) -> tuple[str, str]:
    """The first few of them, and how many more there are, in English and Korean."""
    ids = [one if isinstance(one, str) else one.id for one in chosen]
    shown, more = ", ".join(ids[:SHOWN]), len(ids) - SHOWN
    return (f"{shown} and {more} more", f"{shown} 외 {more}개") if more > 0 else (shown, shown)


def nothing(noun: Noun, ref: TargetRef, left_alone: Sequence[str]) -> Texts:
    name = ref.identifier
    if left_alone:
        en, ko = names(left_alone)
        return say(
            f"{name} finds only instances that belong to clusters ({en}). They start and stop with their clusters: "
            "add the clusters as targets of the kind “RDS cluster”.",
            f"{name}(으)로 찾은 것은 모두 클러스터에 속한 인스턴스예요({ko}). 클러스터와 함께 켜지고 꺼지니 "
            "“RDS 클러스터” 대상으로 추가하세요.",
        )
    if name.startswith("tag:"):
        return say(
            f"{name} finds no {noun.en} in {ref.region}. Check the tags in AWS, and the account and region here.",
            f"{ref.region}에서 {name}에 맞는 {noun.ko}를 찾지 못했어요. AWS의 태그와 계정, 리전을 확인하세요.",
        )
    return say(
        f"AWS has no {name} among the {noun.en} in {ref.region}. Check the name, the account and the region.",
        f"{ref.region}의 {noun.ko} 중에 {name}이(가) 없어요. 이름과 계정, 리전을 확인하세요.",
    )


def not_there(ref: TargetRef) -> Texts:
    return say(
        f"AWS has no {ref.identifier} in {ref.region}: nothing to stop",
        f"{ref.region}에 {ref.identifier}이(가) 없어 중지할 것이 없어요",
    )


def already_up(chosen: Sequence[Database]) -> Texts:
    en, ko = names(chosen)
    return say(f"Up already: {en}", f"이미 켜져 있어요: {ko}")


def already_stopped(chosen: Sequence[Database]) -> Texts:
    en, ko = names(chosen)
    return say(f"Stopped already: {en}", f"이미 중지되어 있어요: {ko}")


def will_start(chosen: Sequence[Database], left_alone: Sequence[str]) -> Texts:
    en, ko = names(chosen)
    return _with(say(f"To start: {en}", f"시작할 것: {ko}"), left_alone)


def will_stop(chosen: Sequence[Database], by_aws: Sequence[str], left_alone: Sequence[str]) -> Texts:
    en, ko = names(chosen)
    said = say(f"To stop: {en}", f"중지할 것: {ko}")
    if by_aws:
        en, ko = names(by_aws)
        said = say(
            f"{said['en']}; AWS itself started {en} after seven days",
            f"{said['ko']}; {ko}은(는) 7일이 지나 AWS가 스스로 시작했어요",
        )
    return _with(said, left_alone)


def _with(said: Texts, left_alone: Sequence[str]) -> Texts:
    if not left_alone:
        return said
    en, ko = names(left_alone)
    return say(
        f"{said['en']}; left to their clusters: {en}",
        f"{said['ko']}; 클러스터에 맡기는 인스턴스: {ko}",
    )


def busy(chosen: Sequence[Database]) -> Texts:
    one = chosen[0]
    return say(
        f"AWS is at work on {one.id} ({one.status}): waiting until that is over",
        f"AWS가 {one.id} 작업을 하는 중이라({one.status}) 끝나기를 기다려요",
    )


def remembered(ran: Sequence[str]) -> Texts:
    en, ko = names(ran)
    return say(f"Remembered what runs: {en}", f"켜져 있던 것을 기억했어요: {ko}")


def _of(done: int, total: int, en: str, ko: str, waiting: Sequence[Database]) -> Texts:
    said = say(f"{done} of {total} {en}", f"{total}개 중 {done}개 {ko}")
    if not waiting:
        return said
    states = ", ".join(f"{one.id}: {one.status}" for one in waiting[:SHOWN])
    return say(f"{said['en']} ({states})", f"{said['ko']} ({states})")


def started_so_far(done: int, total: int, waiting: Sequence[Database]) -> Texts:
    return _of(done, total, "running" if total == 1 else "instances running", "실행 중", waiting)


def stopped_so_far(done: int, total: int, waiting: Sequence[Database]) -> Texts:
    return _of(done, total, "stopped", "중지됨", waiting)


def snapshots_so_far(done: int, total: int) -> Texts:
    return _of(done, total, "snapshots complete", "스냅샷 완료", ())


def snapshots_taken(taken: Sequence[str], gone: Sequence[str], kept: Mapping[str, str]) -> Texts:
    en, ko = names(taken)
    said = say(f"Snapshot {en}", f"스냅샷 {ko}")
    if gone:
        en, ko = names(gone)
        said = say(f"{said['en']}; deleted {en}", f"{said['ko']}; 지운 것: {ko}")
    for name, why in list(kept.items())[:1]:
        said = say(
            f"{said['en']}; {name} could not be deleted: {why}", f"{said['ko']}; {name}은(는) 지우지 못했어요: {why}"
        )
    return said


def started(chosen: Sequence[Database], took: timedelta) -> Texts:
    en, ko = names(chosen)
    return say(f"{en} up after {spoken(took, 'en')}", f"{ko} 시작 완료, {spoken(took, 'ko')} 걸림")


def stopped(chosen: Sequence[Database], took: timedelta) -> Texts:
    en, ko = names(chosen)
    return say(f"{en} stopped after {spoken(took, 'en')}", f"{ko} 중지 완료, {spoken(took, 'ko')} 걸림")


def stopped_again(one: Database) -> Texts:
    return say(
        f"AWS accepted to start {one.id}, but it is {one.status} again. Look at its events in AWS, "
        "correct the cause, then try again.",
        f"AWS가 {one.id} 시작을 받아들였지만 다시 {one.status} 상태가 되었어요. AWS에서 이벤트를 확인해 원인을 고친 뒤 "
        "다시 시도하세요.",
    )


def runs_again(one: Database) -> Texts:
    return say(
        f"AWS accepted to stop {one.id}, but it is {one.status}. Somebody may have started it, or AWS could not stop "
        "it; look at its events in AWS, then try again.",
        f"AWS가 {one.id} 중지를 받아들였지만 {one.status} 상태예요. 누군가 시작했거나 AWS가 멈추지 못한 것이니 "
        "AWS에서 이벤트를 확인한 뒤 다시 시도하세요.",
    )


def broken(one: Database) -> Texts:
    """What a status means that AWS does not leave by itself."""
    en, ko = "Look at it in AWS, correct the cause", "AWS에서 확인해 원인을 고친 뒤"
    if one.status == "storage-full":
        en, ko = "Its storage is full: give it more in AWS", "저장 공간이 가득 찼으니 AWS에서 늘린 뒤"
    elif one.status.startswith("inaccessible-encryption"):
        en, ko = (
            "Its encryption key is lost: restore it from a backup",
            "암호화 키를 쓸 수 없으니 백업에서 복원한 뒤",
        )
    elif one.status.startswith("incompatible-"):
        what = one.status.removeprefix("incompatible-")
        en, ko = f"Its {what} settings do not fit: correct them in AWS", f"{what} 설정이 맞지 않으니 AWS에서 고친 뒤"
    return say(
        f"{one.id} is in {one.status}, in which AWS neither starts nor stops it. {en}, then try again.",
        f"{one.id}이(가) {one.status} 상태라 AWS가 시작도 중지도 하지 않아요. {ko} 다시 시도하세요.",
    )


def snapshot_failed(database: str, name: str) -> Texts:
    return say(
        f"{database} is not stopped: its snapshot {name} came to nothing. Look at it in AWS, then try again.",
        f"{database}의 스냅샷 {name}을(를) 만들지 못해 중지하지 않았어요. AWS에서 확인한 뒤 다시 시도하세요.",
    )


def snapshot_quota(database: str) -> Texts:
    return say(
        f"{database} is not stopped: the account has as many snapshots as AWS allows. Delete old ones, keep fewer, or "
        "ask AWS for more, then try again.",
        f"계정의 스냅샷이 AWS 한도에 닿아 {database}을(를) 중지하지 않았어요. 오래된 것을 지우거나 보관 수를 줄이거나 "
        "AWS에 한도를 늘려 달라고 한 뒤 다시 시도하세요.",
    )


def refusal(one: Database, code: str, error: ClientError) -> TargetError | None:
    """Our words for what AWS refuses; None where its own are as good."""
    if code == "InsufficientDBInstanceCapacity":
        said = say(
            f"AWS has no {one.machine or 'capacity'} left for {one.id} in {one.zone or 'its zone'} at the moment. "
            "Try again later, or choose another class.",
            f"지금 AWS {one.zone or '가용 영역'}에 {one.id}에 쓸 {one.machine or '용량'}이(가) 없어요. "
            "나중에 다시 시도하거나 다른 클래스를 고르세요.",
        )
        return TargetError(said, raw=str(error), code=code, retryable=True)
    if code == "KMSKeyNotAccessibleFault":
        said = say(
            f"{one.id} is encrypted with a key that AWS may not use. Switch the key on again, or give the grant back, "
            "then try again.",
            f"{one.id}을(를) 암호화한 키를 AWS가 쓸 수 없어요. 키를 다시 켜거나 권한을 돌려준 뒤 다시 시도하세요.",
        )
        return TargetError(said, raw=str(error), code=code)
    return None
