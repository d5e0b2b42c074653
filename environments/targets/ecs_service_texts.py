"""What the ECS target says, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from environments.rules.durations import spoken

from .base import OptionField, Texts

SHOWN = 3


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


OPTION_FIELDS = (
    OptionField(
        "default_count",
        "int",
        _say("Tasks at a first start", "첫 시작 때 태스크 수"),
        _say(
            "How many tasks, for example 2, a service gets that Daybreak has not stopped before. Later it gets as many"
            " as it had.",
            "데이브레이크가 아직 중지한 적 없는 서비스에 띄울 태스크 수예요(예: 2)."
            " 그다음부터는 중지 전의 수로 되돌려요.",
        ),
        default=1,
    ),
    OptionField(
        "cluster",
        "text",
        _say("Only in this cluster", "이 클러스터에서만"),
        _say(
            "Narrows a tag filter to one cluster, for example chat-cluster, which also takes fewer requests. Empty: all"
            " clusters.",
            "태그 필터를 한 클러스터(예: chat-cluster)의 서비스로 좁혀요. 요청 수도 줄어요."
            " 비워 두면 모든 클러스터에서 찾아요.",
        ),
    ),
)

COUNT = _say("A number of tasks from 1 to 5000.", "1에서 5000 사이의 태스크 수를 적으세요.")
NOTHING_RAN = _say("No service has tasks any more", "태스크를 띄우는 서비스가 없어요")
SCALING_CHANGES = _say(
    "Application Auto Scaling is changing the service just now: trying again",
    "지금 Application Auto Scaling이 서비스를 바꾸는 중이라 다시 시도해요",
)


def strange_name(part: str) -> Texts:
    return _say(
        f"“{part}” is no service. Write cluster/service, several with commas, or a filter (tag:env=dev).",
        f"“{part}”은(는) 서비스가 아니에요. 클러스터/서비스 형식으로 쉼표로 나누어 적거나 "
        "필터(tag:env=dev)를 적으세요.",
    )


def strange_cluster(name: str) -> Texts:
    return _say(
        f"“{name}” is no name of a cluster: letters, digits, _ and - only, not the ARN.",
        f"“{name}”은(는) 클러스터 이름이 아니에요. ARN이 아닌 이름으로, 영문자, 숫자, _, -만 쓸 수 있어요.",
    )


def twice(part: str) -> Texts:
    return _say(f"{part} is written twice.", f"{part}이(가) 두 번 적혀 있어요.")


def nothing_found(identifier: str, cluster: str, region: str) -> Texts:
    where, ko = (f"{region}, cluster {cluster},", f"{region}의 {cluster} 클러스터") if cluster else (region, region)
    return _say(
        f"No ECS service in {where} carries the tags of {identifier}. Correct the filter, or tag the services.",
        f"{ko}에 {identifier} 태그가 있는 ECS 서비스가 없어요. 필터를 고치거나 서비스에 태그를 붙이세요.",
    )


def missing(keys: Sequence[str], region: str) -> Texts:
    return _say(
        f"{_listed(keys)} does not exist in {region}, or is being deleted. Correct the target, then try again.",
        f"{region}에 {_listed_ko(keys)} 서비스가 없거나 삭제되는 중이에요. 대상을 고친 뒤 다시 시도하세요.",
    )


def daemons(keys: Sequence[str]) -> Texts:
    return _say(
        f"{_listed(keys)} is a DAEMON service: ECS runs one task of it on each instance, so it cannot be scaled. "
        "Stop the instances instead, as a target of their own, and take this service out.",
        f"{_listed_ko(keys)}은(는) DAEMON 서비스예요. 인스턴스마다 태스크가 하나씩 뜨므로 수를 바꿀 수 없어요. "
        "인스턴스를 별도 대상으로 중지하고, 이 서비스는 대상에서 빼세요.",
    )


def not_deployed(keys: Sequence[str]) -> Texts:
    return _say(
        f"Nothing has been deployed to {_listed(keys)}: its deployments come from outside ECS (CodeDeploy or another "
        "tool). Deploy once, then try again.",
        f"{_listed_ko(keys)}에 배포된 것이 없어요. ECS가 아닌 CodeDeploy나 다른 도구로 배포하는 서비스예요. "
        "한 번 배포한 뒤 다시 시도하세요.",
    )


def already_running(count: int) -> Texts:
    return _say(f"{_many(count, 'service')} already running", f"서비스 {count}개가 이미 모두 실행 중이에요")


def already_stopped(count: int) -> Texts:
    return _say(f"No tasks to stop in {_many(count, 'service')}", f"서비스 {count}개에 멈출 태스크가 없어요")


def will_start(counts: Mapping[str, int]) -> Texts:
    wanted = [f"{key} × {count}" for key, count in counts.items()]
    return _say(f"To be running: {_listed(wanted)}", f"실행할 태스크: {_listed_ko(wanted)}")


def will_stop(keys: Sequence[str]) -> Texts:
    return _say(f"To be stopped: {_listed(keys)}", f"중지할 서비스: {_listed_ko(keys)}")


def remembered(counts: Mapping[str, int]) -> Texts:
    now = [f"{key} × {count}" for key, count in counts.items()]
    return _say(f"Remembered for the next start: {_listed(now)}", f"다음 시작을 위해 기억했어요: {_listed_ko(now)}")


def suspended(count: int) -> Texts:
    if not count:
        return _say("No automatic scaling to suspend", "일시 중지할 자동 확장이 없어요")
    return _say(
        f"Automatic scaling of {_many(count, 'service')} is suspended",
        f"서비스 {count}개의 자동 확장을 일시 중지했어요",
    )


def resumed(count: int) -> Texts:
    if not count:
        return _say("No automatic scaling to resume", "다시 켤 자동 확장이 없어요")
    return _say(
        f"Automatic scaling of {_many(count, 'service')} is as before", f"서비스 {count}개의 자동 확장을 되돌렸어요"
    )


def scaled(tasks: int, count: int) -> Texts:
    return _say(
        f"{_many(tasks, 'task')} wanted for {_many(count, 'service')}",
        f"서비스 {count}개에 태스크 {tasks}개를 요청했어요",
    )


def running_so_far(done: int, total: int, words: str) -> Texts:
    return _quoting(f"{done} of {_many(total, 'task')} running", f"태스크 {total}개 중 {done}개 실행 중", words)


def still_running(left: int, words: str) -> Texts:
    return _quoting(f"{_many(left, 'task')} still running", f"태스크 {left}개가 아직 실행 중", words)


def started(tasks: int, took: timedelta) -> Texts:
    return _say(
        f"{_many(tasks, 'task')} running after {spoken(took, 'en')}",
        f"태스크 {tasks}개 실행 완료, {spoken(took, 'ko')} 걸림",
    )


def stopped(count: int, took: timedelta) -> Texts:
    return _say(
        f"{_many(count, 'service')} without tasks after {spoken(took, 'en')}",
        f"서비스 {count}개의 태스크를 모두 멈춤, {spoken(took, 'ko')} 걸림",
    )


def keeps_failing(key: str, words: str) -> Texts:
    return _say(
        f"The tasks of {key} do not come up. ECS says: {words.rstrip('.')}. Correct the cause (the stopped tasks in "
        "the ECS console say more), then try again.",
        f"{key}의 태스크가 뜨지 않아요. ECS의 설명: {words.rstrip('.')}. ECS 콘솔의 중지된 태스크에서 원인을 확인해 "
        "고친 뒤 다시 시도하세요.",
    )


def scaled_away(keys: Sequence[str]) -> Texts:
    return _say(
        f"{_listed(keys)} was set to 0 tasks by somebody else while it was starting.",
        f"{_listed_ko(keys)} 서비스가 시작되는 동안 다른 사람이 태스크 수를 0으로 바꿨어요.",
    )


def scaled_again(keys: Sequence[str]) -> Texts:
    return _say(
        f"{_listed(keys)} was given tasks again by somebody else while it was stopping. Find out who, then try again.",
        f"{_listed_ko(keys)} 서비스가 중지되는 동안 다른 사람이 태스크 수를 다시 늘렸어요. 누가 바꿨는지 확인한 뒤 "
        "다시 시도하세요.",
    )


def notes(daemons: Sequence[str], missing: Sequence[str]) -> list[Texts]:
    """What is worth knowing besides."""
    found: list[Texts] = []
    if daemons:
        found.append(
            _say(
                f"left alone, as ECS runs one task on each instance: {_listed(daemons)}",
                f"인스턴스마다 뜨는 DAEMON 서비스라 그대로 둠: {_listed_ko(daemons)}",
            )
        )
    if missing:
        found.append(_say(f"does not exist: {_listed(missing)}", f"없는 서비스: {_listed_ko(missing)}"))
    return found


def joined(first: Texts, notes: Sequence[Texts]) -> Texts:
    return {lang: "; ".join([words, *(note[lang] for note in notes)]) for lang, words in first.items()}


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _quoting(en: str, ko: str, words: str) -> Texts:
    return _say(f"{en}. ECS: {words}", f"{ko}. ECS: {words}") if words else _say(en, ko)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _listed_ko(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" 외 {more}개" if more > 0 else "")
