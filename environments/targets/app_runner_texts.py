"""What the App Runner target says, in English and Korean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from environments.rules.durations import spoken

from .base import Texts

SHOWN = 3


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


NOTHING_RUNS = _say("Nothing runs any more", "실행 중인 서비스가 없어요")


def strange_name(part: str) -> Texts:
    return _say(
        f"“{part}” is neither a service's name (4 to 40 letters, digits, _ and -) nor its ARN. Write several with "
        "commas, or a filter (tag:env=dev).",
        f"“{part}”은(는) 서비스 이름(영문자, 숫자, _, - 4~40자)도 ARN도 아니에요. 쉼표로 나누어 여러 개를 적거나 "
        "필터(tag:env=dev)를 적으세요.",
    )


def elsewhere(part: str, account_id: str, region: str) -> Texts:
    return _say(
        f"{part} lies elsewhere: this target is in account {account_id}, region {region}.",
        f"{part}은(는) 다른 곳에 있어요. 이 대상의 계정은 {account_id}, 리전은 {region}이에요.",
    )


def twice(part: str) -> Texts:
    return _say(f"{part} is written twice.", f"{part}이(가) 두 번 적혀 있어요.")


def nothing_found(identifier: str, region: str) -> Texts:
    return _say(
        f"No App Runner service in {region} carries the tags of {identifier}. Correct the filter, or tag the services.",
        f"{region}에 {identifier} 태그가 있는 App Runner 서비스가 없어요. 필터를 고치거나 서비스에 태그를 붙이세요.",
    )


def missing(names: Sequence[str], region: str) -> Texts:
    return _say(
        f"{_listed(names)} does not exist in {region}, or was deleted. Correct the target, then try again.",
        f"{region}에 {_listed_ko(names)} 서비스가 없거나 삭제되었어요. 대상을 고친 뒤 다시 시도하세요.",
    )


def broken(names: Sequence[str]) -> Texts:
    return _say(
        f"{_listed(names)} cannot run: App Runner failed to create or to delete it. Its logs in the App Runner console "
        "say why; rebuild or delete it there, then try again.",
        f"{_listed_ko(names)} 서비스는 App Runner가 만들거나 지우는 데 실패해서 실행할 수 없어요. App Runner 콘솔의 "
        "로그에서 이유를 확인하고 다시 빌드하거나 삭제한 뒤 다시 시도하세요.",
    )


def delete_failed(names: Sequence[str]) -> Texts:
    return _say(
        f"{_listed(names)} cannot be paused: App Runner failed to delete it. Delete it again in its console.",
        f"{_listed_ko(names)} 서비스는 App Runner가 지우다 실패해서 일시 중지할 수 없어요. App Runner 콘솔에서 다시 "
        "삭제하세요.",
    )


def already_running(count: int) -> Texts:
    return _say(f"{_many(count)} already running", f"서비스 {count}개가 이미 모두 실행 중이에요")


def already_paused(count: int) -> Texts:
    return _say(f"{_many(count)} looked at, nothing runs", f"서비스 {count}개 중 실행 중인 것이 없어요")


def will_resume(names: Sequence[str]) -> Texts:
    return _say(f"To be resumed: {_listed(names)}", f"다시 시작할 서비스: {_listed_ko(names)}")


def will_pause(names: Sequence[str]) -> Texts:
    return _say(f"To be paused: {_listed(names)}", f"일시 중지할 서비스: {_listed_ko(names)}")


def being_changed(names: Sequence[str]) -> Texts:
    return _say(
        f"{_listed(names)} is being changed: waiting until that is over",
        f"{_listed_ko(names)} 서비스가 변경되는 중이라 끝나기를 기다려요",
    )


def remembered(count: int) -> Texts:
    return _say(f"{_many(count)} remembered for the next start", f"다음 시작을 위해 서비스 {count}개를 기억했어요")


def running_so_far(done: int, total: int) -> Texts:
    return _say(f"{done} of {_many(total)} running", f"서비스 {total}개 중 {done}개 실행 중")


def paused_so_far(done: int, total: int) -> Texts:
    return _say(f"{done} of {_many(total)} paused", f"서비스 {total}개 중 {done}개 일시 중지")


def resumed(count: int, took: timedelta) -> Texts:
    return _say(
        f"{_many(count)} running after {spoken(took, 'en')}", f"서비스 {count}개 실행 완료, {spoken(took, 'ko')} 걸림"
    )


def paused(count: int, took: timedelta) -> Texts:
    return _say(
        f"{_many(count)} paused after {spoken(took, 'en')}", f"서비스 {count}개 일시 중지, {spoken(took, 'ko')} 걸림"
    )


def not_resumed(name: str, status: str) -> Texts:
    return _say(
        f"App Runner could not resume {name} ({status}). The service's logs in the App Runner console say why; correct "
        "that, then try again.",
        f"App Runner가 {name} 서비스를 다시 시작하지 못했어요({status}). App Runner 콘솔의 서비스 로그에서 이유를 "
        "확인해 고친 뒤 다시 시도하세요.",
    )


def not_paused(name: str, status: str) -> Texts:
    return _say(
        f"App Runner could not pause {name} ({status}). The service's logs in the App Runner console say why; then try "
        "again.",
        f"App Runner가 {name} 서비스를 일시 중지하지 못했어요({status}). App Runner 콘솔의 서비스 로그에서 이유를 "
        "확인한 뒤 다시 시도하세요.",
    )


def paused_again(name: str) -> Texts:
    return _say(
        f"{name} was paused again by somebody else while it was starting.",
        f"{name} 서비스가 시작되는 동안 다른 사람이 다시 일시 중지했어요.",
    )


def resumed_again(name: str) -> Texts:
    return _say(
        f"{name} was resumed by somebody else while it was stopping. Find out who, then try again.",
        f"{name} 서비스가 중지되는 동안 다른 사람이 다시 시작했어요. 누가 했는지 확인한 뒤 다시 시도하세요.",
    )


def notes(missing: Sequence[str], never_ran: Sequence[str]) -> list[Texts]:
    """What is worth knowing besides."""
    found: list[Texts] = []
    if missing:
        found.append(_say(f"does not exist: {_listed(missing)}", f"없는 서비스: {_listed_ko(missing)}"))
    if never_ran:
        found.append(_say(f"failed to be created: {_listed(never_ran)}", f"생성 실패: {_listed_ko(never_ran)}"))
    return found


def joined(first: Texts, more: Sequence[Texts]) -> Texts:
    return {lang: "; ".join([words, *(note[lang] for note in more)]) for lang, words in first.items()}


def _many(count: int) -> str:
    return f"{count} service" if count == 1 else f"{count} services"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _listed_ko(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" 외 {more}개" if more > 0 else "")
