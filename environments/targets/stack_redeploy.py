"""A running stack is brought to the newest values of its parameters. Its template stays as it is.

Template changes come with the next start: an update by parameters alone cannot remove or replace what nobody looked at,
and those parameters that something with data is made of are refused (`stack_reach`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from environments.aws import parameters

from . import cloudformation_texts, stack_reach
from . import stack_redeploy_texts as texts
from .base import Done, Outcome, StepContext, StepDef, TargetError, TargetRef, Wait
from .pace import pause
from .stack_progress import began_with, describe, told, update_progress
from .stack_status import Look, look_at

# What AWS shows in the place of a parameter with NoEcho, whatever its value:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
HIDDEN = "****"
LONG_AGO = timedelta(days=30)
NOTHING_TO_DO = "No updates are to be performed"
UNREADABLE = (ClientError, BotoCoreError, ResponseParserError)
# Both first steps only look: where nothing is newer nobody is told, and nothing is done.
STEPS = (
    StepDef("look", timedelta(hours=2), preflight=True),
    StepDef("resolve", timedelta(minutes=10), preflight=True),
    StepDef("update", timedelta(hours=2)),
    StepDef("wait", timedelta(hours=2)),
)


def look(ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
    stack = describe(cfn, ref.identifier)
    status = stack["StackStatus"] if stack else None
    match look_at(status):
        case Look.UP:
            return Done(
                cloudformation_texts.there(ref.identifier, str(status)), memo={"stack_id": stack and stack["StackId"]}
            )
        case Look.MOVING:
            return Wait(pause(context), cloudformation_texts.being_changed(ref.identifier, str(status)))
        case Look.ABSENT | Look.SHELL | Look.DRAFT | Look.LEAVING:
            raise TargetError(texts.nothing_to_redeploy(ref.identifier), raw=str(status or ""))
        case _:
            raise _stuck(cfn, ref, str(status), context.began - LONG_AGO)


def resolve(ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
    """Ask the sources, compare with what the stack has, and refuse what could cost data. Nothing is changed."""
    stack_id = context.memo["stack_id"]
    stack = describe(cfn, stack_id)
    if stack is None:
        raise TargetError(texts.nothing_to_redeploy(ref.identifier))
    has = {one["ParameterKey"]: one for one in stack.get("Parameters", [])}
    if unknown := sorted({one.name for one in ref.parameters} - set(has)):
        raise TargetError(texts.unknown_parameter(ref.identifier, unknown))
    found = parameters.resolve(ref, context.found)
    repositories = {one.name: one.value for one in ref.parameters if one.source == "ecr"}
    changes = [
        {"parameter": name, "before": before, "after": value, "repository": repositories.get(name, "")}
        for name, value in sorted(found.values.items())
        # Hidden values cannot be compared, and no image is one: they stay until the next start.
        if (before := has[name].get("ParameterValue", "")) not in {HIDDEN, value}
    ]
    # A parameter of an SSM type changes with SSM, though the stack is given the same name: AWS alone can tell.
    looked_up = {name for name, one in has.items() if "ResolvedValue" in one}
    memo = found.memo() | {"changes": changes}
    if not changes and not looked_up:
        return Done(texts.newest_already(ref.identifier, memo["images"]), memo=memo, finished=True)
    names = {one["parameter"] for one in changes} | looked_up
    if touched := stack_reach.reached(cfn, stack_id, names):
        raw = "\n".join(f"{f.path or ref.identifier}: {f.logical_id} ({f.type})" for f in touched)
        raise TargetError(texts.would_touch(ref.identifier, sorted(names), touched), raw=raw)
    return Done(texts.will_change(changes), memo=memo)


def update(ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
    stack_id = context.memo["stack_id"]
    stack = describe(cfn, stack_id)
    status = stack["StackStatus"] if stack else None
    if stack and context.retried and began_with(cfn, stack_id, context.token, since=context.began):
        # An earlier try reached AWS without its answer being saved: never update twice.
        return Done(texts.updating(ref.identifier), memo={"updated_before": ""})
    match look_at(status):
        case Look.UP:
            pass
        case Look.MOVING:
            return Wait(pause(context), cloudformation_texts.being_changed(ref.identifier, str(status)))
        case Look.ABSENT | Look.SHELL | Look.DRAFT | Look.LEAVING:
            raise TargetError(texts.gone_meanwhile(ref.identifier), raw=str(status or ""))
        case _:
            raise _stuck(cfn, ref, str(status), context.began)
    wanted = _wanted(ref, stack or {}, context)
    context.renew()
    try:
        cfn.update_stack(**wanted)
    except ClientError as error:
        answer = error.response.get("Error", {})
        # boto3 itself tries again: this may be the answer to its second try, after a first that went through.
        if began_with(cfn, stack_id, context.token, since=context.began):
            return Done(texts.updating(ref.identifier), memo={"updated_before": ""})
        if NOTHING_TO_DO in answer.get("Message", ""):
            return Done(texts.newest_already(ref.identifier, context.memo.get("images", [])), finished=True)
        raise
    return Done(texts.updating(ref.identifier), memo={"updated_before": _updated(stack or {})})


def wait(ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
    stack_id = context.memo["stack_id"]
    stack = describe(cfn, stack_id)
    status = str(stack["StackStatus"]) if stack else None
    match look_at(status):
        case Look.UP if context.memo.get("updated_before") and _updated(stack or {}) == context.memo["updated_before"]:
            return Wait(pause(context), texts.updating(ref.identifier))
        case Look.UP if status == "UPDATE_ROLLBACK_COMPLETE":
            why = told(cfn, stack_id, since=context.since)
            raise TargetError(texts.put_back(ref.identifier, why), raw="\n".join(map(str, why)) or status)
        case Look.UP:
            took = context.now - context.since
            return Done(texts.updated(ref.identifier, context.memo.get("changes", []), took))
        case Look.MOVING if "ROLLBACK" in str(status):
            why = told(cfn, stack_id, since=context.since)
            return Wait(pause(context), texts.rolling_back(ref.identifier, why))
        case Look.MOVING:
            try:
                seen = update_progress(cfn, stack_id, since=context.since)
            except UNREADABLE as error:
                said = cloudformation_texts.unobserved(ref.identifier, str(status), error)
                return Wait(pause(context), said)
            return Wait(pause(context), texts.under_way(ref.identifier, seen), progress=seen)
        case Look.ABSENT | Look.LEAVING | Look.SHELL | Look.DRAFT:
            raise TargetError(texts.gone_meanwhile(ref.identifier), raw=str(status or ""))
        case _:
            raise _stuck(cfn, ref, str(status), context.began)


def _wanted(ref: TargetRef, stack: Mapping[str, Any], context: StepContext) -> dict[str, Any]:
    """The call: the template as it is, the changed parameters, and all others as they are."""
    after = {one["parameter"]: one["after"] for one in context.memo.get("changes", [])}
    names = [one["ParameterKey"] for one in stack.get("Parameters", [])]
    wanted: dict[str, Any] = {
        "StackName": stack["StackId"],
        "UsePreviousTemplate": True,
        "ClientRequestToken": context.token,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": after[name]}
            if name in after
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in names
        ],
        "Capabilities": sorted({*(ref.options.get("capabilities") or []), *stack.get("Capabilities", [])}),
    }
    if ref.options.get("role_arn"):
        wanted["RoleARN"] = ref.options["role_arn"]
    return wanted


def _updated(stack: Mapping[str, Any]) -> str:
    """When it was last updated, or created: what AWS moves on with each update."""
    at = stack.get("LastUpdatedTime") or stack.get("CreationTime")
    return at.isoformat() if at else ""


def _stuck(cfn: Any, ref: TargetRef, status: str, since: datetime) -> TargetError:
    why = told(cfn, ref.identifier, since=since)
    return TargetError(texts.stuck(ref.identifier, status, why), raw="\n".join(map(str, why)) or status)
