"""What is said of deployments: why an operation is asked for, and what will become of a version that was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from environments import rules
from environments.models import Deployment, DeploymentStatus, Environment, Operation
from environments.rules.wording import when
from environments.rules.zones import known_zone

from .deployment_versions import Version, name_of
from .specs import planned, spec_of

Texts = dict[str, str]
NAMED = 3
# A plan that says nothing by then has no next start worth naming.
CHANGES_LOOKED_AT = 6

NEWER_CAME: Texts = {"en": "A newer version came before it was taken.", "ko": "반영하기 전에 새 버전이 나왔어요."}
NOT_REDEPLOYABLE: Texts = {
    "en": "Nothing that it is made of can be redeployed while it runs.",
    "ko": "실행 중에 재배포할 수 있는 대상이 없어요.",
}
BEING_STOPPED: Texts = {"en": "It is being stopped.", "ko": "중지하는 중이에요."}
CALLED_OFF: Texts = {"en": "What was to take it was called off.", "ko": "반영할 작업이 취소되었어요."}
NOT_TAKEN: Texts = {
    "en": "The last operation took no image of this repository.",
    "ko": "지난 작업에서 이 저장소의 이미지를 반영하지 않았어요.",
}
RUNS_ALREADY: Texts = {"en": "It runs already.", "ko": "이미 실행 중이에요."}


def newest_was(tags: Sequence[str]) -> Texts:
    """A start or redeploy took other tags than the one that was told."""
    shown = ", ".join(tags)
    return {"en": f"ECR had {shown} as the newest.", "ko": f"ECR의 최신 이미지는 {shown}이었어요."}


def taken_instead(tags: Sequence[str]) -> Texts:
    shown = ", ".join(tags)
    return {"en": f"A newer version was taken: {shown}.", "ko": f"더 새로운 버전을 반영했어요: {shown}."}


def only_the_newest(tag: str, newest: Sequence[str]) -> Texts:
    """An older image was asked for: it is not taken, and how to get it all the same."""
    shown = ", ".join(newest)
    return {
        "en": f"Only the newest image is taken: {shown} was pushed after {tag}. To go back, build and push it again, "
        "or have the targets take only this tag (“tags like”) and redeploy.",
        "ko": f"최신 이미지만 반영해요: {tag} 다음에 {shown} 이미지가 푸시되었어요. 되돌리려면 다시 빌드해 푸시하거나, "
        "대상의 태그 조건을 이 태그로 정하고 재배포하세요.",
    }


def why(origin: str, versions: Sequence[Version]) -> Texts:
    """Why a redeploy is asked for, when these were told at once."""
    names = ", ".join(list(dict.fromkeys(version.name for version in versions))[:NAMED])
    if origin == Deployment.Origin.PUSH:
        return {"en": f"A new image was pushed: {names}", "ko": f"새 이미지 푸시: {names}"}
    if origin == Deployment.Origin.POLL:
        return {"en": f"A new image was found in ECR: {names}", "ko": f"ECR에서 새 이미지 발견: {names}"}
    return _deployment_of(names, [version.author for version in versions])


def why_now(deployments: Sequence[Deployment]) -> Texts:
    """Why a redeploy is asked for, when the hour of these has come."""
    names = ", ".join(list(dict.fromkeys(name_of(one) for one in deployments))[:NAMED])
    said = _deployment_of(names, [one.author for one in deployments])
    return {"en": f"{said['en']}, at its hour", "ko": f"{said['ko']}, 정한 시각"}


def _deployment_of(names: str, authors: Sequence[str]) -> Texts:
    by = ", ".join(dict.fromkeys(author for author in authors if author))
    return {
        "en": f"Deployment of {names}" + (f" by {by}" if by else ""),
        "ko": f"{names} 배포" + (f"({by})" if by else ""),
    }


def outlook(deployment: Deployment, environment: Environment, now: datetime) -> Texts:
    """What will happen, or what has, in a sentence; times by the environment's own clock, its zone named.

    Reads the plan where it waits for a start.
    """
    zone = known_zone(environment.zone_name).key
    match deployment.status:
        case DeploymentStatus.TAKEN:
            return _taken(deployment)
        case DeploymentStatus.SCHEDULED if deployment.due_at:
            at = {language: when(deployment.due_at, now, zone, language) for language in ("en", "ko")}
            return {"en": f"It is redeployed at {at['en']} ({zone}).", "ko": f"{at['ko']}({zone})에 재배포해요."}
        case DeploymentStatus.WAITING | DeploymentStatus.SCHEDULED:
            return _joined(deployment.reason, _next_start(environment, now))
        case DeploymentStatus.DONE:
            since = deployment.ended_at
            if since is None:
                return RUNS_ALREADY
            at = {language: when(since, now, zone, language) for language in ("en", "ko")}
            return {"en": f"It was taken at {at['en']} ({zone}).", "ko": f"{at['ko']}({zone})에 반영했어요."}
        case DeploymentStatus.FAILED:
            said = {"en": "It was not deployed.", "ko": "배포하지 못했어요."}
            return _joined(said, deployment.reason)
        case _:
            return dict(deployment.reason) or NEWER_CAME


def _taken(deployment: Deployment) -> Texts:
    operation = deployment.operation
    if operation is not None and operation.kind == Operation.Kind.START:
        return {
            "en": "It is starting: it takes it now, or is redeployed right after.",
            "ko": "시작하는 중이에요. 지금 반영하거나 바로 이어서 재배포해요.",
        }
    return {"en": "It is redeployed now.", "ko": "지금 재배포해요."}


def _next_start(environment: Environment, now: datetime) -> Texts:
    at = next_start(environment, now)
    if at is None:
        return {"en": "It takes it at its next start.", "ko": "다음에 시작할 때 반영돼요."}
    zone = known_zone(environment.zone_name).key
    return {
        "en": f"It takes it at its next start, {when(at, now, zone, 'en')} ({zone}).",
        "ko": f"다음 시작 때 반영돼요: {when(at, now, zone, 'ko')}({zone}).",
    }


def next_start(environment: Environment, now: datetime) -> datetime | None:
    """When its plan next starts it, after a stop where it runs; None where the plan names no such time."""
    try:
        spec = spec_of(planned(environment, now), now)
        found = rules.explain(spec, now)
        for _turn in range(CHANGES_LOOKED_AT):
            if found.until is None:
                return None
            if found.then is rules.Desired.RUNNING and found.desired is not rules.Desired.RUNNING:
                return found.until
            found = rules.explain(spec, found.until)
    except rules.RuleError:
        return None
    return None


def _joined(first: Texts, second: Texts) -> Texts:
    return {
        language: " ".join(part for part in (first.get(language, ""), second.get(language, "")) if part)
        for language in ("en", "ko")
    }
