"""Why AWS did not delete a resource and what to do about it, in plain words, English and Korean."""

from __future__ import annotations

import re

from .base import Texts


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


# AWS's words -> what they mean. The services word it each in their own way; the first that fits is it.
CAUSES = (
    ("not_empty", re.compile(r"not empty|must be empty|bucketnotempty|contains images|repositorynotempty")),
    ("protected", re.compile(r"deletion.?protection|termination.?protection|disableapitermination")),
    ("denied", re.compile(r"not authorized|access.?denied|unauthorizedoperation|explicit deny")),
    ("in_use", re.compile(r"in use|being used|still attached|currently attached|deleteconflict")),
    ("dependency", re.compile(r"depend(?:ent|ency|encies)|has associated|embedded stack")),
)

REMEDIES: dict[str, Texts] = {
    "not_empty": _say(
        "There is still something in it. Daybreak does not empty it, because that would lose data: empty it in AWS "
        "(all versions, too), then try again.",
        "아직 비어 있지 않아요. 데이터를 잃지 않도록 데이브레이크가 비우지 않으니 AWS에서 모든 버전까지 비운 뒤 다시 "
        "시도하세요.",
    ),
    "protected": _say(
        "It is protected against deletion. Switch the protection off in AWS, then try again.",
        "삭제 방지가 켜져 있어요. AWS에서 끈 뒤 다시 시도하세요.",
    ),
    "denied": _say(
        "The role that deletes the stack may not delete it. Give the role this permission, then try again.",
        "스택을 지우는 역할에 삭제 권한이 없어요. 권한을 준 뒤 다시 시도하세요.",
    ),
    "in_use": _say(
        "Something outside of the stack uses it: detach or delete that in AWS, then try again.",
        "스택 밖의 무언가가 사용 중이에요. AWS에서 분리하거나 지운 뒤 다시 시도하세요.",
    ),
    "dependency": _say(
        "Something that is not of this stack depends on it: delete that in AWS, then try again.",
        "이 스택에 속하지 않은 무언가가 의존하고 있어요. AWS에서 그것을 지운 뒤 다시 시도하세요.",
    ),
    "other": _say(
        "Take the cause away in AWS, then try again.",
        "AWS에서 원인을 없앤 뒤 다시 시도하세요.",
    ),
}


def cause(reason: str) -> str:
    """What AWS's reason means: a key of REMEDIES."""
    return next((name for name, words in CAUSES if words.search(reason.lower())), "other")


def nested_first(name: str) -> Texts:
    return _say(
        f"Deleting the nested stack {name} without what was named",
        f"지정한 리소스를 남기고 중첩 스택 {name}을(를) 지우는 중",
    )


def canceled(name: str, reason: str) -> Texts:
    return _say(
        f"{name} was not deleted; AWS took the delete back: {reason.rstrip('.')}. Stop the stacks that import from it "
        "first, then try again.",
        f"{name} 스택을 지우지 않았어요. AWS가 삭제를 취소했어요: {reason.rstrip('.')}. 이 스택의 출력을 가져다 쓰는 "
        "스택을 먼저 중지한 뒤 다시 시도하세요.",
    )
