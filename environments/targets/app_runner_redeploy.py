"""App Runner services that run are deployed anew: the newest image behind their tag, or commit of their branch.

https://docs.aws.amazon.com/apprunner/latest/api/API_StartDeployment.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from botocore.exceptions import ClientError

from environments.rules.durations import spoken

from .app_runner_services import MOVING, RUNNING, Found, Service
from .base import RESTS, Done, Outcome, StepContext, StepDef, TargetError, TargetRef, Texts, Wait
from .pace import pause

# App Runner gives up on a deployment after some 20 minutes.
STEPS = (StepDef("look", timedelta(hours=1), preflight=True), StepDef("update", timedelta(hours=1)))
DEPLOYMENT = "START_DEPLOYMENT"
UNDER_WAY = frozenset({"PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})
# What StartDeployment answers while something is under way: https://docs.aws.amazon.com/apprunner/latest/api/API_StartDeployment.html
NOT_NOW = frozenset({"InvalidRequestException", "InvalidStateException"})
# AWS stamps operations by its own clock.
CLOCKS_DIFFER = timedelta(minutes=1)


def look(ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
    if moving := found.names(MOVING):
        said = ", ".join(moving)
        return Wait(pause(context), _say(f"{said} is being changed: waiting", f"{said} 변경 중이라 기다려요"))
    running = [one for one in found.members if one.status == RUNNING]
    if not running:
        return _nothing_runs(ref)
    names = ", ".join(one.name for one in running)
    said_all = _say(f"{names} will be deployed anew", f"{names} 서비스를 다시 배포해요")
    return Done(said_all, memo={"meant": [one.arn for one in running]})


def update(ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
    """Ask for a deployment of each once, and wait until all are done. What runs keeps running until then.

    A deployment that began with this step is taken for the one that was asked for, whoever asked. Anything else that is
    under way is waited for before.
    """
    asked: dict[str, str] = dict(context.memo.get("asked", {}))
    names = {one.arn: one.name for one in found.members}
    # What somebody has paused meanwhile takes the newest when it is deployed anew after its next start.
    chosen = set(context.memo.get("meant", names))
    meant = [one for one in found.members if one.arn in chosen and one.status in {RUNNING, MOVING}]
    todo = [one for one in meant if one.arn not in asked]
    if not (meant or asked):
        return _nothing_runs(ref)
    for one in todo:
        # An earlier try may have reached App Runner, which knows no client tokens, without its answer being saved.
        looks = context.retried or one.status == MOVING
        if operation := (looks and _begun(runner, one, context)) or _deploy(runner, one, context):
            asked[one.arn] = operation
    if todo:
        return Wait(pause(context), _so_far(0, len(meant)), memo={"asked": asked})
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


def _nothing_runs(ref: TargetRef) -> Done:
    said = _say(
        f"Not needed: nothing of {ref.identifier} runs, so there is nothing to redeploy. "
        "App Runner takes the newest image once it runs and is redeployed.",
        f"필요 없음: {ref.identifier}에 실행 중인 서비스가 없어 재배포할 것이 없어요. 시작한 뒤 재배포하세요.",
    )
    return Done(said, memo={RESTS: True}, finished=True)


def _deploy(runner: Any, one: Service, context: StepContext) -> str:
    """The id of the operation that deploys it; empty while something else is under way, which is waited for."""
    if one.status == MOVING:
        return ""
    context.renew()
    try:
        return str(runner.start_deployment(ServiceArn=one.arn)["OperationId"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_NOW:
            raise
        # Refused because something has just begun: our own request of a moment ago, or somebody's.
        if begun := _begun(runner, one, context):
            return begun
        if any(told["Status"] in UNDER_WAY for told in _operations(runner, one.arn)):
            return ""
        raise


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
