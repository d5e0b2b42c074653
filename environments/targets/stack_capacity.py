"""A stack that could not be created because AWS had no capacity: its remains are deleted and it is created once more,
later and later, before that is a failure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from . import cloudformation_texts
from .base import StepContext, TargetError, TargetRef, Texts, Wait
from .pace import pause
from .stack_progress import Failure, describe, told
from .stack_status import Look, look_at

# EC2, RDS, ElastiCache and others word it alike: “We currently do not have sufficient t3.small capacity in the
# Availability Zone you requested (ap-northeast-2a)”, “InsufficientCacheClusterCapacity”.
NO_CAPACITY = re.compile(r"not have (?:sufficient|enough).*capacity|insufficient ?\w*capacity", re.IGNORECASE)
TYPE = re.compile(r"\b(?:(?:db|cache|search)\.)?[a-z]+\d[a-z0-9-]*\.(?:nano|micro|small|medium|metal|\d*x?large)\b")
ZONE = re.compile(r"\b([a-z]{2}(?:-[a-z]+)+-\d[a-z])\b")
# After each failed creation, which itself takes minutes and is rolled back; within the step's deadline.
PAUSES = (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20))

Create = Callable[[str], str]
"""Creates the stack with the token given; its id."""


def is_lacking(why: Sequence[Failure]) -> bool:
    """Whether AWS had no capacity: said by one of the resources that failed."""
    return any(NO_CAPACITY.search(one.reason) for one in why)


def failed(cloudformation: Any, ref: TargetRef, stack_id: str, status: str, context: StepContext) -> Wait:
    """What follows a failed creation: another try after a pause where capacity was all that lacked, else `TargetError`
    with what failed and why."""
    why = told(cloudformation, stack_id, since=context.began, verb="CREATE")
    tries = int(context.memo.get("capacity", {}).get("tries", 0))
    raw = "\n".join(map(str, why)) or status
    if look_at(status) is not Look.SHELL or not is_lacking(why):
        raise TargetError(cloudformation_texts.creation_failed(ref.identifier, why), raw=raw)
    if tries >= len(PAUSES):
        raise TargetError(_gave_up(ref.identifier, why, tries + 1), raw=raw)
    wait = PAUSES[tries]
    memo = {"capacity": {"tries": tries + 1, "at": (context.now + wait).isoformat()}}
    return Wait(wait, _again(ref.identifier, why, wait), memo=memo)


def another_try(
    cloudformation: Any, ref: TargetRef, context: StepContext, deletion: Mapping[str, Any], create: Create
) -> Wait | None:
    """The next thing to do for a try that was announced: wait, delete the remains, create. None when there is none.

    Any of it may be done again: what an earlier try created without its answer being saved is followed.
    """
    noted = context.memo.get("capacity", {})
    if not noted.get("at"):
        return None
    stack = describe(cloudformation, deletion["StackName"])
    match look_at(stack["StackStatus"] if stack else None):
        case Look.SHELL if context.now < datetime.fromisoformat(noted["at"]):
            return Wait(datetime.fromisoformat(noted["at"]) - context.now, cloudformation_texts.CLEARING)
        case Look.SHELL:
            context.renew()
            cloudformation.delete_stack(**{**deletion, "ClientRequestToken": f"{context.token}-clear-{noted['tries']}"})
            return Wait(timedelta(seconds=2), cloudformation_texts.CLEARING)
        case Look.LEAVING:
            return Wait(pause(context), cloudformation_texts.CLEARING)
        case Look.ABSENT:
            there = describe(cloudformation, ref.identifier)
            stack_id = str(there["StackId"]) if there else create(f"{context.token}-{noted['tries']}")
            memo = {"stack_id": stack_id, "capacity": {"tries": noted["tries"]}}
            return Wait(pause(context), cloudformation_texts.creating(ref.identifier), memo=memo)
    return None


def _again(name: str, why: Sequence[Failure], wait: timedelta) -> Texts:
    minutes, (what_en, what_ko) = round(wait.total_seconds() / 60), _what(why)
    return {
        "en": f"{name} could not be created: AWS has no capacity{what_en} at the moment. It is tried again in "
        f"{minutes} minutes.",
        "ko": f"지금 AWS에 {what_ko}용량이 없어 {name} 스택을 만들지 못했어요. {minutes}분 뒤에 다시 시도해요.",
    }


def _gave_up(name: str, why: Sequence[Failure], tries: int) -> Texts:
    what_en, what_ko = _what(why)
    often = "once" if tries == 1 else f"{tries} times"
    return {
        "en": f"{name} could not be created: AWS has no capacity{what_en}; it was tried {often}. "
        "Try again later, or choose another type or zone.",
        "ko": f"AWS에 {what_ko}용량이 없어 {name} 스택을 만들지 못했어요. {tries}번 시도했어요. "
        "나중에 다시 시도하거나 다른 유형이나 가용 영역을 고르세요.",
    }


def _what(why: Sequence[Failure]) -> tuple[str, str]:
    """“ for t3.small in ap-northeast-2a”, as far as AWS says it; otherwise the resources."""
    lacking = [one for one in why if NO_CAPACITY.search(one.reason)]
    types = list(dict.fromkeys(found[0] for one in lacking if (found := TYPE.search(one.reason))))
    zones = list(dict.fromkeys(found[0] for one in lacking if (found := ZONE.search(one.reason))))
    what = ", ".join(types) or ", ".join(f"{one.logical_id} ({one.type})" for one in lacking[:3])
    where = ", ".join(zones)
    return f" for {what}" + (f" in {where}" if where else ""), f"{where} {what} ".lstrip()
