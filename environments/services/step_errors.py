"""What is said of operations and steps that ended otherwise than wished, for other reasons than AWS's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from environments.models import Operation, OperationStep
from environments.targets.base import RESTS, TargetError


def nothing_redeployed(operation: Operation, steps: Sequence[OperationStep]) -> TargetError | None:
    """Why a redeploy that is through has brought nothing: all that it is about rests. None where something ran."""
    if operation.kind != Operation.Kind.REDEPLOY:
        return None
    resting = [step for step in steps if step.memo.get(RESTS)]
    if not resting or {step.target_label for step in steps if step.target_label} != {
        one.target_label for one in resting
    }:
        return None
    return TargetError(
        {language: " ".join(step.detail[language] for step in resting) for language in resting[0].detail}
    )


def out_of_time(operation: Operation) -> TargetError:
    hours = round((operation.deadline_at - operation.created_at).total_seconds() / 3600)
    return TargetError(
        {
            "en": f"It was not done within {hours} hours. Look at the steps below for where it stands, then try again.",
            "ko": f"{hours}시간 안에 끝나지 않았어요. 아래 단계에서 어디까지 되었는지 확인한 뒤 다시 시도하세요.",
        }
    )


def step_out_of_time(step: OperationStep) -> TargetError:
    given = step.deadline_at - step.started_at if step.deadline_at and step.started_at else timedelta()
    waited = round(given.total_seconds() / 60)
    return TargetError(
        {
            "en": f"{step.target_label}: still not there after {waited} minutes. {step.detail.get('en', '')}".strip(),
            "ko": f"{step.target_label}: {waited}분이 지나도 끝나지 않았어요. {step.detail.get('ko', '')}".strip(),
        }
    )


def no_targets(operation: Operation) -> TargetError:
    name = operation.environment.name
    if operation.kind == Operation.Kind.REDEPLOY and operation.environment.targets.exists():
        return TargetError(
            {
                "en": f"Nothing that {name} is made of can be redeployed while it runs.",
                "ko": f"{name}에는 실행 중에 재배포할 수 있는 대상이 없어요.",
            }
        )
    return TargetError(
        {
            "en": f"{name} has no targets, so there is nothing to switch. Add one on its page.",
            "ko": f"{name}에 대상이 없어 켜고 끌 것이 없어요. 환경 페이지에서 대상을 추가하세요.",
        }
    )


def defect(error: Exception) -> TargetError:
    return TargetError(
        {
            "en": "Daybreak itself made a mistake here. It was logged; try again, and report it when it comes back.",
            "ko": "데이브레이크 내부 오류예요. 기록해 두었으니 다시 시도하고, 반복되면 알려 주세요.",
        },
        raw=f"{type(error).__name__}: {error}",
    )
