"""App Runner services, by their names or ARNs or by a tag filter: paused and resumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from . import app_runner_redeploy
from . import app_runner_texts as texts
from .app_runner_services import (
    ARN,
    BROKEN,
    DELETE_FAILED,
    DOWN,
    MOVING,
    NAME,
    PAUSED,
    RUNNING,
    Found,
    Service,
    find,
    seen_as,
    services,
    to_start,
)
from .base import (
    AccountRef,
    Done,
    Goal,
    OptionField,
    Outcome,
    Seen,
    StepContext,
    StepDef,
    TargetError,
    TargetRef,
    Texts,
    Wait,
)
from .client import client, in_words
from .pace import pause
from .selection import Selection, SelectionError, selection

LOOK = StepDef("look", timedelta(minutes=10), preflight=True)
# A deployment that is under way is waited for; App Runner gives up on one after some 20 minutes.
REMEMBER = StepDef("remember", timedelta(hours=1))
START = StepDef("start", timedelta(hours=1))
STOP = StepDef("stop", timedelta(hours=1))
# What was asked a moment ago may not be seen at once.
SETTLES = timedelta(seconds=30)
FAILED = frozenset({"FAILED", "ROLLBACK_FAILED", "ROLLBACK_SUCCEEDED"})


class AppRunnerServices:
    """Steps of one target's services. Each may run again at any time: it looks at what is there before it acts.

    A filter's target remembers `ran`: the ARNs that ran before the last stop, and `down`: no start was completed since
    (what a stop finds paused by an earlier, unfinished one then still counts as having run).
    """

    kind = "app_runner"
    redeploys = True
    label: Texts = {"en": "App Runner services", "ko": "App Runner 서비스"}
    identifier_label: Texts = {"en": "Service name, ARN or tag filter", "ko": "서비스 이름, ARN 또는 태그 필터"}
    option_fields: tuple[OptionField, ...] = ()
    actions = (
        *("apprunner:ListServices", "apprunner:PauseService", "apprunner:ResumeService", "apprunner:ListOperations"),
        *("apprunner:StartDeployment", "tag:GetResources"),
    )

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        if goal is Goal.REDEPLOY:
            return app_runner_redeploy.STEPS
        return (LOOK, START) if goal is Goal.START else (LOOK, REMEMBER, STOP)

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        act = getattr(app_runner_redeploy, step) if goal is Goal.REDEPLOY else getattr(self, f"_{goal}_{step}")
        with in_words("apprunner", step, ref.account, ref.region):
            found = find(selection(ref.identifier), _seen(ref.account, ref.region, [selection(ref.identifier)]))
            runner = client("apprunner", ref.account, ref.region)
            outcome: Outcome = act(ref, context, found, runner)
        return outcome

    def state(self, ref: TargetRef) -> Seen:
        return self.scan(ref.account, ref.region, [ref])[ref.identifier]

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        chosen = [selection(ref.identifier) for ref in refs]
        with in_words("apprunner", "ListServices", account, region):
            seen = _seen(account, region, chosen)
        return {ref.identifier: seen_as(ref, find(one, seen)) for ref, one in zip(refs, chosen, strict=True)}

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        try:
            chosen = selection(ref.identifier)
        except SelectionError as error:
            return {"identifier": error.texts}
        parts = [] if chosen.tags else [part.strip() for part in chosen.name.split(",")]
        for part in parts:
            arn = ARN.fullmatch(part)
            if arn and (arn["account"], arn["region"]) != (ref.account.account_id, ref.region):
                return {"identifier": texts.elsewhere(part, ref.account.account_id, ref.region)}
            if not arn and not NAME.fullmatch(part):
                return {"identifier": texts.strange_name(part)}
            if parts.count(part) > 1:
                return {"identifier": texts.twice(part)}
        return {}

    # -- start ---------------------------------------------------------------------------------------------------

    def _start_look(self, ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
        meant = _meant(ref, found)
        waiting = [one.name for one in meant if one.status != RUNNING]
        if not waiting:
            return Done(texts.already_running(len(meant)), finished=True, remember=_is_up(ref))
        return Done(texts.will_resume(waiting))

    def _start_start(self, ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
        meant = _meant(ref, found)
        asked = _asked(context)
        paused = [one for one in meant if one.status == PAUSED]
        for one in paused:
            if one.arn in asked and context.now - asked[one.arn][1] >= SETTLES:
                raise _came_to_nothing(runner, one, asked[one.arn][0], texts.not_resumed, texts.paused_again)
        done = sum(one.status == RUNNING for one in meant)
        seen = {"done": done, "total": len(meant)}
        if done < len(meant):
            todo = [one for one in paused if one.arn not in asked]
            noted = _ask(runner.resume_service, todo, context)
            return Wait(pause(context), texts.running_so_far(**seen), seen, _noted(context, noted))
        return Done(texts.resumed(done, context.now - context.since), remember=_is_up(ref))

    # -- stop ----------------------------------------------------------------------------------------------------

    def _stop_look(self, ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
        if not found.members and not found.missing:
            raise TargetError(texts.nothing_found(ref.identifier, ref.region))
        up = [one.name for one in found.members if one.status not in DOWN]
        notes = texts.notes(found.missing, found.names(*(BROKEN & DOWN)))
        if not up:
            return Done(texts.joined(texts.already_paused(len(found.members)), notes), finished=True)
        return Done(texts.joined(texts.will_pause(up), notes))

    def _stop_remember(self, ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
        running = [one.arn for one in found.members if one.status == RUNNING]
        # What is being changed runs or is paused afterwards; which of them, is known then only.
        if moving := found.names(MOVING):
            return Wait(pause(context), texts.being_changed(moving))
        if not running:
            return Done(texts.NOTHING_RUNS)
        there = {one.arn for one in found.members}
        before = there.intersection(ref.memory.get("ran", ())) if ref.memory.get("down") else set()
        ran = sorted({*before, *running})
        return Done(texts.remembered(len(ran)), remember={**ref.memory, "ran": ran, "down": True})

    def _stop_stop(self, ref: TargetRef, context: StepContext, found: Found, runner: Any) -> Outcome:
        asked = _asked(context)
        if stuck := found.names(DELETE_FAILED):
            raise TargetError(texts.delete_failed(stuck))
        running = [one for one in found.members if one.status == RUNNING]
        for one in running:
            if one.arn in asked and context.now - asked[one.arn][1] >= SETTLES:
                raise _came_to_nothing(runner, one, asked[one.arn][0], texts.not_paused, texts.resumed_again)
        done = sum(one.status in DOWN for one in found.members)
        seen = {"done": done, "total": len(found.members)}
        if done < len(found.members):
            todo = [one for one in running if one.arn not in asked]
            noted = _ask(runner.pause_service, todo, context)
            return Wait(pause(context), texts.paused_so_far(**seen), seen, _noted(context, noted))
        said = texts.paused(done, context.now - context.since)
        return Done(texts.joined(said, texts.notes(found.missing, found.names(*(BROKEN & DOWN)))))


def _seen(account: AccountRef, region: str, chosen: Sequence[Selection]) -> list[Service]:
    by_tag = any(one.tags for one in chosen)
    tagging = client("resourcegroupstaggingapi", account, region) if by_tag else None
    return services(client("apprunner", account, region), tagging, chosen)


def _meant(ref: TargetRef, found: Found) -> tuple[Service, ...]:
    """What a start is about. `TargetError` where AWS lacks something, or has something that can never be resumed."""
    if found.missing:
        raise TargetError(texts.missing(found.missing, ref.region))
    if not found.members:
        raise TargetError(texts.nothing_found(ref.identifier, ref.region))
    meant = to_start(ref, found.members)
    broken = {one.name: one.status for one in meant if one.status in BROKEN}
    if broken:
        raise TargetError(texts.broken(list(broken)), raw="\n".join(f"{k}: {v}" for k, v in broken.items()))
    return meant


def _is_up(ref: TargetRef) -> Mapping[str, Any] | None:
    """What is remembered from now on: that a start was completed since the last stop."""
    return {**ref.memory, "down": False} if ref.memory.get("down") else None


def _asked(context: StepContext) -> dict[str, tuple[str, datetime]]:
    """The services that App Runner was asked for in this step: its operation's id, and when."""
    return {arn: (operation, datetime.fromisoformat(at)) for arn, (operation, at) in _memo(context).items()}


def _memo(context: StepContext) -> dict[str, Any]:
    return dict(context.memo.get("asked", {}))


def _noted(context: StepContext, operations: Mapping[str, str]) -> dict[str, Any]:
    fresh = {arn: [operation, context.now.isoformat()] for arn, operation in operations.items()}
    return {"asked": _memo(context) | fresh}


def _ask(act: Callable[..., Any], todo: Sequence[Service], context: StepContext) -> dict[str, str]:
    """Ask for each of these: ARN -> the operation's id.

    What somebody else is changing since the look (InvalidStateException) is left for the next look. What AWS refuses
    for one does not hold up the others; its error is raised at the end.
    """
    operations: dict[str, str] = {}
    refused: ClientError | None = None
    for one in todo:
        context.renew()
        try:
            operations[one.arn] = act(ServiceArn=one.arn).get("OperationId", "")
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidStateException":
                refused = refused or error
    if refused:
        raise refused
    return operations


def _came_to_nothing(
    runner: Any,
    one: Service,
    operation: str,
    failed: Callable[[str, str], Texts],
    undone: Callable[[str], Texts],
) -> TargetError:
    """Why a service is where it was before it was asked for: the operation failed, or somebody has undone it."""
    listed = runner.list_operations(ServiceArn=one.arn)["OperationSummaryList"]
    status = next((str(told.get("Status")) for told in listed if told["Id"] == operation), "")
    words = failed(one.name, status) if status in FAILED else undone(one.name)
    return TargetError(words, raw=f"{one.arn}: operation {operation} {status}".strip())
