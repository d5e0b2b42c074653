"""ECS services that run get a new deployment of their task definition: its images are pulled anew.

That brings a newer image behind a tag that moves (`latest`, `develop`); a tag that names one image gives the same.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html (forceNewDeployment)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from environments.rules.durations import spoken

from .base import RESTS, Done, Outcome, StepContext, StepDef, TargetError, TargetRef, Texts, Wait
from .client import client
from .ecs_health import complaint, failing, said
from .ecs_services import Found, Service
from .pace import pause

STEPS = (
    StepDef("look", timedelta(minutes=10), preflight=True),
    StepDef("update", timedelta(minutes=10)),
    StepDef("wait", timedelta(hours=2)),
)
# A container that ends right after its start runs for a moment.
STEADY = timedelta(seconds=15)
# AWS stamps deployments by its own clock.
CLOCKS_DIFFER = timedelta(minutes=1)


def look(ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
    running = _running(found)
    if not running:
        return _nothing_runs(ref)
    keys = ", ".join(one.key for one in running)
    failed = {one.key: one.failed for one in running}
    return Done(_say(f"{keys}: images will be pulled anew", f"{keys}: 이미지를 새로 받아요"), memo={"failed": failed})


def update(ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
    """Ask for a new deployment of each service, once: a request whose answer is lost is never sent again unseen."""
    if not _running(found):
        return _nothing_runs(ref)
    deployments: dict[str, str] = {}
    sending = client("ecs", ref.account, ref.region, once=True)
    for one in _running(found):
        # An earlier try may have reached ECS, which knows no client tokens here, without its answer being saved.
        if context.retried and one.deployed_at and one.deployed_at.astimezone(UTC) >= context.since - CLOCKS_DIFFER:
            deployments[one.key] = one.deployment
            continue
        context.renew()
        told = sending.update_service(cluster=one.cluster, service=one.name, forceNewDeployment=True)["service"]
        newest = (row["id"] for row in told.get("deployments", ()) if row["status"] == "PRIMARY")
        deployments[one.key] = str(next(newest, ""))
    count = len(deployments)
    return Done(
        _say(f"ECS deploys {count} services anew", f"ECS가 서비스 {count}개를 다시 배포하고 있어요"),
        memo={"deployments": deployments},
    )


def wait(ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
    """Until every new deployment is complete, and has been for a little while. What ran before runs until then."""
    deployments, before = context.memo.get("deployments", {}), context.memo.get("failed", {})
    meant = [one for one in _running(found) if one.key in deployments]
    waited = context.now - context.since
    for one in meant:
        why = failing(one, since=context.began, waited=waited, before=before.get(one.key, 0))
        if not why and deployments[one.key] not in {"", one.deployment}:
            why = "it was rolled back, or replaced by another."
        if why:
            raise TargetError(_failed(one, why), raw=said(one, since=context.began) or why)
    done = sum(one.is_up for one in meant)
    seen = {"done": done, "total": len(meant)}
    words = next((text for one in meant if (text := complaint(one, since=context.began))), "")
    told = _say(
        f"{done} of {len(meant)} services deployed anew. {words}".strip(),
        f"서비스 {len(meant)}개 중 {done}개 재배포. {words}".strip(),
    )
    if done < len(meant):
        return Wait(pause(context), told, seen, {"up_since": ""})
    up_since = context.memo.get("up_since") or context.now.isoformat()
    if context.now - datetime.fromisoformat(up_since) < STEADY:
        return Wait(pause(context), told, seen, {"up_since": up_since})
    return Done(
        _say(
            f"{done} services deployed anew after {spoken(waited, 'en')}",
            f"서비스 {done}개 재배포 완료, {spoken(waited, 'ko')} 걸림",
        )
    )


def _nothing_runs(ref: TargetRef) -> Done:
    said = _say(
        f"Not needed: no service of {ref.identifier} has tasks, so there is nothing to redeploy. "
        "New tasks pull their images at the next start.",
        f"필요 없음: {ref.identifier}에 실행 중인 태스크가 없어 재배포할 것이 없어요. "
        "다음에 시작할 때 이미지를 새로 받아요.",
    )
    return Done(said, memo={RESTS: True}, finished=True)


def _running(found: Found) -> Sequence[Service]:
    return [one for one in found.members if one.desired]


def _failed(one: Service, why: str) -> Texts:
    return _say(
        f"The new deployment of {one.key} does not come up: {why} What ran before may run on. "
        "Look at the service's events in AWS, then try again.",
        f"{one.key} 서비스의 새 배포가 올라오지 않아요: {why} 이전 태스크는 계속 실행 중일 수 있어요. "
        "AWS에서 서비스 이벤트를 확인한 뒤 다시 시도하세요.",
    )


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}
