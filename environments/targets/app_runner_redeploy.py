"""App Runner services that run are deployed anew: the newest image behind their tag, or commit of their branch.

https://docs.aws.amazon.com/apprunner/latest/api/API_StartDeployment.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

from environments.rules.durations import spoken

from .app_runner_services import MOVING, RUNNING, Found, Service
from .base import Done, Outcome, StepContext, StepDef, TargetError, TargetRef, Texts, Wait
from .pace import pause

# App Runner gives up on a deployment after some 20 minutes.
STEPS = (StepDef("look", timedelta(hours=1), preflight=True), StepDef("update", timedelta(hours=1)))
DEPLOYMENT = "START_DEPLOYMENT"
UNDER_WAY = frozenset({"PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})
# AWS stamps operations by its own clock.
CLOCKS_DIFFER = timedelta(minutes=1)


def look(ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
    if moving := found.names(MOVING):
        said = ", ".join(moving)
        return Wait(pause(context), _say(f"{said} is being changed: waiting", f"{said} 변경 중이라 기다려요"))
    running = _running(found)
    if not running:
        raise TargetError(
            _say(
                f"Nothing of {ref.identifier} runs, so there is nothing to redeploy. "
                "App Runner takes the newest image once it runs and is redeployed.",
                f"{ref.identifier}에 실행 중인 서비스가 없어 재배포할 것이 없어요. 시작한 뒤 재배포하세요.",
            )
        )
    names = ", ".join(one.name for one in running)
    return Done(_say(f"{names} will be deployed anew", f"{names} 서비스를 다시 배포해요"))


def update(ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
    """Ask for a deployment of each once, and wait until all are done. What runs keeps running until then."""
    asked: dict[str, str] = dict(context.memo.get("asked", {}))
    names = {one.arn: one.name for one in found.members}
    todo = [one for one in _running(found) if one.arn not in asked]
    for one in todo:
        # An earlier try may have reached App Runner, which knows no client tokens, without its answer being saved.
        asked[one.arn] = (context.retried and _begun(runner, one, context)) or _deploy(runner, one, context)
    if todo:
        return Wait(timedelta(seconds=2), _so_far(0, len(asked)), memo={"asked": asked})
    ended = {arn: _status(runner, arn, operation) for arn, operation in asked.items() if arn in names}
    if broken := [
        f"{names[arn]}: {status}" for arn, status in ended.items() if status not in {*UNDER_WAY, "SUCCEEDED"}
    ]:
        said = ", ".join(broken)
        raise TargetError(
            _say(
                f"The deployment failed ({said}); what ran before runs on. Read the service's deployment log in AWS, "
                "then try again.",
                f"배포하지 못했어요({said}). 이전 버전이 계속 실행 중이에요. AWS에서 서비스의 배포 로그를 확인한 뒤 "
                "다시 시도하세요.",
            ),
            raw="\n".join(broken),
        )
    done = sum(status == "SUCCEEDED" for status in ended.values())
    if done < len(ended):
        return Wait(pause(context), _so_far(done, len(ended)), {"done": done, "total": len(ended)})
    took = context.now - context.since
    return Done(
        _say(
            f"{done} services deployed anew after {spoken(took, 'en')}",
            f"서비스 {done}개 재배포 완료, {spoken(took, 'ko')} 걸림",
        )
    )


def _running(found: Found) -> Sequence[Service]:
    return [one for one in found.members if one.status == RUNNING]


def _deploy(runner: Any, one: Service, context: StepContext) -> str:
    context.renew()
    return str(runner.start_deployment(ServiceArn=one.arn)["OperationId"])


def _begun(runner: Any, one: Service, context: StepContext) -> str:
    """The id of a deployment that began with this step; empty: there is none."""
    for told in _operations(runner, one.arn):
        since = context.since - CLOCKS_DIFFER
        if told["Type"] == DEPLOYMENT and told["StartedAt"].astimezone(UTC) >= since.astimezone(UTC):
            return str(told["Id"])
    return ""


def _status(runner: Any, arn: str, operation: str) -> str:
    return next((str(told["Status"]) for told in _operations(runner, arn) if told["Id"] == operation), "IN_PROGRESS")


def _operations(runner: Any, arn: str) -> list[Mapping[str, Any]]:
    """The newest operations of a service: one page."""
    return list(runner.list_operations(ServiceArn=arn)["OperationSummaryList"])


def _so_far(done: int, total: int) -> Texts:
    return _say(f"{done} of {total} services deployed anew", f"서비스 {total}개 중 {done}개 재배포")


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}
