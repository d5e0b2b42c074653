"""What is said of things that AWS has, in English and Korean."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Texts


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


NO_TIME = _say("AWS did not answer in time. Look again.", "AWS가 제때 답하지 않았어요. 다시 찾아보세요.")
BROKEN = _say(
    "AWS's answer could not be read. It is in the portal's log.", "AWS의 답을 읽을 수 없었어요. 포털의 로그에 있어요."
)
DRAFT = _say(
    "It is a change set that waits for approval, and has nothing to switch.",
    "승인을 기다리는 변경 세트라 켜고 끌 것이 없어요.",
)
LEAVING = _say("It is being deleted.", "삭제되고 있어요.")
PROTECTED = _say(
    "Termination protection is on: AWS refuses each stop until somebody takes it away.",
    "종료 방지가 켜져 있어서, 누군가 끄기 전에는 AWS가 중지를 거절해요.",
)
DAEMON = _say(
    "It runs one task on each instance (DAEMON), and has no number to set to zero.",
    "인스턴스마다 작업을 하나씩 실행하는(DAEMON) 서비스라 0으로 줄일 개수가 없어요.",
)
GROUP_AT_ZERO = _say(
    "It is at zero. Nobody knows the sizes it should have: write default sizes in the target before the first start.",
    "지금 0이에요. 원래 크기를 알 수 없으니 처음 시작하기 전에 대상에 기본 크기를 적어 주세요.",
)
TAGS_UNKNOWN = _say("Its tags could not be read.", "태그를 읽을 수 없었어요.")


def nested(root: str) -> Texts:
    return _say(
        f"It is a part of the stack {root}, and is created and deleted with it.",
        f"스택 {root}에 속해 있어서 함께 만들고 삭제돼요.",
    )


def of_group(group: str) -> Texts:
    return _say(
        f"Its auto scaling group {group} would replace it. Take the group.",
        f"Auto Scaling 그룹 {group}이(가) 다시 만들어요. 그룹을 고르세요.",
    )


def of_stack(stack: str) -> Texts:
    return _say(f"part of the stack {stack}", f"스택 {stack}에 속함")


def status(word: str) -> Texts:
    return _say(word, word)


def plain(*words: str) -> Texts:
    """What is the same in each language: types, zones, engines."""
    told = " · ".join(word for word in words if word)
    return _say(told, told)


def sizes(low: int, wanted: int, high: int) -> Texts:
    return _say(f"min {low}, desired {wanted}, max {high}", f"최소 {low}, 희망 {wanted}, 최대 {high}")


def tasks(running: int, desired: int) -> Texts:
    return _say(f"{running} of {desired} tasks run", f"작업 {desired}개 중 {running}개 실행 중")


def members(count: int) -> Texts:
    return _say(f"{count} database instance{'s' if count != 1 else ''}", f"데이터베이스 인스턴스 {count}개")


# -- what a running stack tells of itself ------------------------------------------------------------------------------

TOO_LARGE = _say(
    "Its template is larger than 51,200 bytes, and AWS takes such ones from S3 only: enter its address there.",
    "템플릿이 51,200바이트보다 커서 AWS는 S3에 있는 것만 받아요. 그 주소를 적어 주세요.",
)
NO_FINDINGS = _say(
    "Nothing with data of its own would be lost by deleting it.", "스택을 삭제해도 사라지는 데이터가 없어요."
)
DELETED = _say(
    "A stop deletes the stack; a start creates it again from the template and the parameters that are kept now.",
    "중지하면 스택을 삭제하고, 시작하면 지금 보관하는 템플릿과 파라미터로 다시 만들어요.",
)


def would_lose(count: int) -> Texts:
    return _say(
        f"A stop would destroy the data of {count} resource{'s' if count != 1 else ''}. Nothing is deleted until an"
        " operator has accepted that for exactly this template: the first stop fails and asks.",
        f"중지하면 리소스 {count}개의 데이터가 사라져요. 운영자가 바로 이 템플릿에 대해 동의하기 전에는 아무것도"
        " 삭제하지 않고, 처음 중지할 때 실패하며 물어봐요.",
    )


def hidden(names: Sequence[str]) -> Texts:
    listed = ", ".join(names)
    return _say(
        f"AWS shows the values of these parameters to nobody (NoEcho): {listed}. Name an SSM parameter that keeps each."
        " Without one, a start takes the template's default, where it has one.",
        f"다음 파라미터의 값은 AWS가 아무에게도 보여 주지 않아요(NoEcho): {listed}. 값을 보관하는 SSM 파라미터를"
        " 적어 주세요. 적지 않으면 템플릿에 기본값이 있을 때 그 값으로 시작해요.",
    )


def unfit_parameter(name: str) -> Texts:
    return _say(
        f"The parameter {name} is not kept: its name or value does not fit.",
        f"파라미터 {name}은(는) 이름이나 값이 맞지 않아 보관하지 않아요.",
    )


def gone(name: str) -> Texts:
    return _say(f"The stack {name} does not exist (any more).", f"스택 {name}이(가) 없어요.")
