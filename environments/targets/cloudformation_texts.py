"""What the CloudFormation target says, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from environments.aws.template_guard import Finding
from environments.rules.durations import spoken

from .base import OptionField, Texts
from .stack_loss_texts import listed
from .stack_progress import Failure

SHOWN = 3


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")

OPTION_FIELDS = (
    OptionField(
        "template_url",
        "text",
        _say("Template address", "템플릿 주소"),
        _say(
            "Where the template lies in S3, for example https://bucket.s3.ap-northeast-2.amazonaws.com/master.yaml.",
            "S3에 있는 템플릿의 주소예요. 예: https://bucket.s3.ap-northeast-2.amazonaws.com/master.yaml",
        ),
    ),
    OptionField(
        "template_body",
        "code",
        _say("Template", "템플릿"),
        _say("The template itself, when it does not lie in S3.", "S3에 없을 때 템플릿 본문을 여기에 넣으세요."),
    ),
    OptionField(
        "capabilities",
        "lines",
        _say("Capabilities", "권한 확인"),
        _say(
            "What the template needs, one a line, for example CAPABILITY_IAM and CAPABILITY_AUTO_EXPAND.",
            "템플릿에 필요한 것을 한 줄에 하나씩 적어요. 예: CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND.",
        ),
    ),
    OptionField(
        "role_arn",
        "text",
        _say("Role of the stack", "스택 역할"),
        _say(
            "The role CloudFormation uses to make the resources, for example"
            " arn:aws:iam::123456789012:role/StackRole. Empty: that of the portal.",
            "CloudFormation이 리소스를 만들 때 쓰는 역할이에요. 예: arn:aws:iam::123456789012:role/StackRole."
            " 비워 두면 포털의 역할을 써요.",
        ),
    ),
    OptionField(
        "tags",
        "pairs",
        _say("Tags", "태그"),
        _say(
            "key=value, one a line, for example team=chat; they go to each resource.",
            "key=value 형식으로 한 줄에 하나씩 적어요. 예: team=chat. 모든 리소스에 붙어요.",
        ),
    ),
    OptionField(
        "termination_protection",
        "bool",
        _say("Termination protection", "종료 방지"),
        _say(
            "AWS then refuses each delete, the scheduled ones too.",
            "켜면 AWS가 모든 삭제를 거절해요. 예약된 삭제도 마찬가지예요.",
        ),
        default=False,
    ),
)

ONE_TEMPLATE = _say(
    "Give either the address of a template or the template itself.", "템플릿 주소와 템플릿 본문 중 하나만 넣으세요."
)
TEMPLATE_URL = _say(
    "AWS takes templates from S3 only: https://bucket.s3.region.amazonaws.com/key.",
    "AWS는 S3의 템플릿만 받아요: https://bucket.s3.region.amazonaws.com/key",
)
ROLE_ARN = _say(
    "This is not the ARN of a role: arn:aws:iam::123456789012:role/Name.",
    "역할의 ARN이 아니에요. 예: arn:aws:iam::123456789012:role/Name",
)
STACK_NAME = _say(
    "A stack's name begins with a letter and has letters, digits and dashes only, 128 at most.",
    "스택 이름은 영문자로 시작하고 영문자, 숫자, 하이픈만 쓸 수 있어요(최대 128자).",
)
CLEARED = _say("The remains of an earlier try were deleted", "이전 시도의 흔적을 지웠어요")
CLEARING = _say("Deleting the remains of an earlier try", "이전 시도의 흔적을 지우는 중")
NOTHING_TO_CLEAR = _say("Nothing to clear away", "지울 것이 없어요")
NOTHING_TO_LOSE = _say("No data would be lost", "잃을 데이터가 없어요")


def unknown_capability(word: str) -> Texts:
    known = ", ".join(CAPABILITIES)
    return _say(f"“{word}” is no capability. AWS knows: {known}.", f"“{word}” 권한은 없어요. 쓸 수 있는 것: {known}")


def template_unreadable(why: str) -> Texts:
    return _say(f"This is not a CloudFormation template: {why}", f"CloudFormation 템플릿이 아니에요: {why}")


def already_up(name: str, status: str) -> Texts:
    return _say(f"{name} is up already ({status})", f"{name} 스택이 이미 있어요({status})")


def not_there(name: str) -> Texts:
    return _say(f"{name} does not exist yet", f"{name} 스택이 아직 없어요")


def there(name: str, status: str) -> Texts:
    return _say(f"{name} is there ({status})", f"{name} 스택이 있어요({status})")


def shell(name: str, status: str) -> Texts:
    return _say(
        f"{name} is left over from an earlier try ({status}): deleting it first",
        f"{name} 스택은 이전 시도에서 남은 것이라({status}) 먼저 지워요",
    )


def draft(name: str) -> Texts:
    return _say(
        f"Somebody has prepared {name} with a change set that waits for approval. Execute or delete it in AWS first.",
        f"누군가 {name} 스택의 변경 세트를 준비해 두고 승인을 기다리고 있어요. 먼저 AWS에서 실행하거나 삭제하세요.",
    )


def being_changed(name: str, status: str) -> Texts:
    return _say(
        f"{name} is being changed ({status}): waiting until that is over",
        f"{name} 스택이 변경되는 중이라({status}) 끝나기를 기다려요",
    )


def being_deleted(name: str) -> Texts:
    return _say(f"Deleting {name}", f"{name} 스택 삭제 중")


def creating(name: str) -> Texts:
    return _say(f"AWS is creating {name}", f"AWS가 {name} 스택을 만들고 있어요")


def somebody_created(name: str) -> Texts:
    return _say(
        f"{name} was created by somebody else meanwhile: following it",
        f"그사이 다른 사람이 {name} 스택을 만들어서 그 진행을 따라가요",
    )


def coming_up(seen: Mapping[str, Any]) -> Texts:
    ko_unit = "스택" if seen["unit"] == "stacks" else "리소스"
    return _say(
        f"{seen['done']} of {seen['total']} {seen['unit']} up", f"{ko_unit} {seen['total']}개 중 {seen['done']}개 완료"
    )


def going_down(seen: Mapping[str, Any]) -> Texts:
    ko_unit = "스택" if seen["unit"] == "stacks" else "리소스"
    return _say(
        f"{seen['done']} of {seen['total']} {seen['unit']} gone",
        f"{ko_unit} {seen['total']}개 중 {seen['done']}개 삭제",
    )


def unobserved(name: str, status: str, error: Exception) -> Texts:
    why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return _say(
        f"{name} is {status}; how far it is, AWS does not tell ({why})",
        f"{name}은(는) {status} 상태예요. 얼마나 진행되었는지는 AWS가 알려 주지 않았어요({why})",
    )


def complete(name: str, took: timedelta) -> Texts:
    return _say(f"{name} is up after {spoken(took, 'en')}", f"{name} 스택 완료, {spoken(took, 'ko')} 걸림")


def gone(name: str, took: timedelta) -> Texts:
    return _say(f"{name} is gone after {spoken(took, 'en')}", f"{name} 스택 삭제 완료, {spoken(took, 'ko')} 걸림")


def already_gone(name: str) -> Texts:
    return _say(f"{name} does not exist: nothing to stop", f"{name} 스택이 없어서 중지할 것이 없어요")


def rolling_back(name: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} could not be created; AWS is undoing it. {_causes(why)}".strip(),
        f"{name} 스택을 만들지 못해 AWS가 되돌리는 중이에요. {_causes(why)}".strip(),
    )


def creation_failed(name: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} could not be created. {_causes(why)} AWS has undone it; correct the cause and try again.",
        f"{name} 스택을 만들지 못했어요. {_causes(why)} AWS가 되돌렸으니 원인을 고친 뒤 다시 시도하세요.",
    )


def deletion_failed(name: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} could not be deleted. What holds it: {_causes(why)} "
        "Remove that (empty the bucket, release what is in use), then try again.",
        f"{name} 스택을 지우지 못했어요. 막고 있는 것: {_causes(why)} "
        "그것을 치운 뒤(버킷 비우기, 사용 해제) 다시 시도하세요.",
    )


def deleted_meanwhile(name: str) -> Texts:
    return _say(
        f"{name} was deleted by somebody else while it was starting.",
        f"{name} 스택이 시작되는 동안 다른 사람이 지웠어요.",
    )


def protected(name: str) -> Texts:
    return _say(
        f"{name} has termination protection, so it is not deleted. Switch the protection off in AWS, then try again.",
        f"{name} 스택에 종료 방지가 켜져 있어 지우지 않아요. AWS에서 끈 뒤 다시 시도하세요.",
    )


def broken(name: str, status: str, why: Sequence[Failure]) -> Texts:
    return _say(
        f"{name} is in {status}, which AWS does not leave by itself. {_causes(why)} Look at it in AWS; "
        "“Stop” deletes what is left of it.",
        f"{name} 스택이 {status} 상태예요. 저절로 풀리지 않아요. {_causes(why)} AWS에서 확인하세요. "
        "“중지”를 누르면 남은 것을 지워요.",
    )


def would_lose(name: str, findings: Sequence[Finding]) -> Texts:
    lost = listed(findings)
    return _say(
        f"{name} is not deleted: its data would be lost for good, without a snapshot: {lost['en']}. "
        "An operator has to look at this list and accept it.",
        f"{name} 스택을 지우지 않았어요. 스냅샷 없이 데이터가 영구히 사라져요: {lost['ko']}. "
        "운영자가 이 목록을 확인하고 동의해야 해요.",
    )


def accepted(count: int) -> Texts:
    return _say(
        f"Loss of {count} stateful resources was accepted for this template",
        f"이 템플릿에서 상태 저장 리소스 {count}개의 손실에 동의했어요",
    )


def _causes(why: Sequence[Failure]) -> str:
    return " ".join(f"{f.logical_id} ({f.type}): {f.reason.rstrip('.')}." for f in why[:SHOWN])
