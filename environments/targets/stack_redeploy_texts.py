"""What a redeploy of a stack says, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from environments.aws.parameter_texts import shortened
from environments.aws.template_guard import Finding
from environments.rules.durations import spoken

from .base import Texts
from .stack_loss_texts import listed
from .stack_progress import Failure

SHOWN = 3
Change = Mapping[str, str]
"""`parameter`, `before`, `after`, and the `repository` where the value is the tag of an image."""


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


def changed(changes: Sequence[Change]) -> str:
    """“chat-chat-http 2.14.2 → 2.14.3, VpcId vpc-1 → vpc-2”: images once, whatever number of parameters take them."""
    said = (
        f"{one['repository'] or one['parameter']} {shortened(one['before']) or '–'} → {shortened(one['after']) or '–'}"
        for one in changes
    )
    return ", ".join(dict.fromkeys(said))


def nothing_to_redeploy(name: str) -> Texts:
    return _say(
        f"{name} does not run, so there is nothing to redeploy. It takes the newest image at its next start.",
        f"{name} 스택이 실행 중이 아니라 재배포할 것이 없어요. 다음에 시작할 때 최신 이미지를 가져와요.",
    )


def unknown_parameter(name: str, parameters: Sequence[str]) -> Texts:
    names = ", ".join(parameters)
    return _say(
        f"{name} runs with a template that has no parameter {names}; a redeploy keeps the template. "
        "Stop and start it to take the new template, or correct the target's parameters.",
        f"실행 중인 {name} 스택의 템플릿에 {names} 파라미터가 없어요. 재배포는 템플릿을 바꾸지 않아요. "
        "중지했다가 시작해 새 템플릿을 쓰거나 대상의 파라미터를 고치세요.",
    )


def would_touch(name: str, changes: Sequence[str], found: Sequence[Finding]) -> Texts:
    things = listed(found)
    names = ", ".join(changes)
    return _say(
        f"{name} is not redeployed: {names} would change, and what keeps data is made with it: {things['en']}. "
        "An update could replace it by an empty one. Update the stack in AWS, where you see beforehand what is "
        "replaced.",
        f"{name} 스택을 재배포하지 않았어요. {names} 값이 바뀌는데 데이터를 보관하는 리소스가 이 값을 써요: "
        f"{things['ko']}. 업데이트하면 빈 리소스로 교체될 수 있어요. "
        "AWS에서 무엇이 교체되는지 먼저 확인하고 업데이트하세요.",
    )


def newest_already(name: str, images: Sequence[Sequence[str]]) -> Texts:
    tags = ", ".join(dict.fromkeys(f"{repository} {tag}" for repository, tag, *_ in images))
    if not tags:
        return _say(f"{name} has all its values already", f"{name} 스택의 값이 이미 모두 최신이에요")
    return _say(f"{name} runs the newest already: {tags}", f"{name} 스택은 이미 최신이에요: {tags}")


def will_change(changes: Sequence[Change]) -> Texts:
    if not changes:
        return _say("AWS looks up SSM parameters of the template anew", "템플릿의 SSM 파라미터를 AWS가 다시 확인해요")
    return _say(changed(changes), changed(changes))


def updating(name: str) -> Texts:
    return _say(f"AWS is updating {name}", f"AWS가 {name} 스택을 업데이트하고 있어요")


def under_way(name: str, seen: Mapping[str, Any]) -> Texts:
    if not seen["total"]:
        return updating(name)
    ko_unit = "스택" if seen["unit"] == "stacks" else "리소스"
    return _say(
        f"{seen['done']} of {seen['total']} {seen['unit']} updated",
        f"{ko_unit} {seen['total']}개 중 {seen['done']}개 업데이트",
    )


def updated(name: str, changes: Sequence[Change], took: timedelta) -> Texts:
    what = changed(changes)
    return _say(
        f"{name} is updated after {spoken(took, 'en')}" + (f": {what}" if what else ""),
        f"{name} 스택 업데이트 완료, {spoken(took, 'ko')} 걸림" + (f": {what}" if what else ""),
    )


def rolling_back(name: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} could not be updated; AWS is putting it back. {_causes(why)}".strip(),
        f"{name} 스택을 업데이트하지 못해 AWS가 되돌리는 중이에요. {_causes(why)}".strip(),
    )


def put_back(name: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} could not be updated. {_causes(why)} AWS has put it back: it runs on as before. "
        "Correct the cause and try again.",
        f"{name} 스택을 업데이트하지 못했어요. {_causes(why)} AWS가 되돌려서 이전 버전으로 계속 실행 중이에요. "
        "원인을 고친 뒤 다시 시도하세요.",
    )


def stuck(name: str, status: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} could not be updated, and is left in {status}. {_causes(why)} A person must look: "
        "continue the rollback in AWS, or “Stop” and “Start” make it anew.",
        f"{name} 스택을 업데이트하지 못했고 {status} 상태로 남았어요. {_causes(why)} 사람이 확인해야 해요. "
        "AWS에서 롤백을 계속하거나, 중지했다가 시작해 새로 만드세요.",
    )


def gone_meanwhile(name: str) -> Texts:
    return _say(
        f"{name} was deleted by somebody else while it was redeployed.",
        f"{name} 스택을 재배포하는 동안 다른 사람이 지웠어요.",
    )


def _causes(why: Sequence[Failure]) -> str:
    return " ".join(f"{f.logical_id} ({f.type}): {f.reason.rstrip('.')}." for f in why[:SHOWN])
