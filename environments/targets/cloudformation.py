"""A CloudFormation stack with its nested stacks: created to start, deleted to stop."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from environments.aws import parameters, template_guard

from . import cloudformation_texts as texts
from . import stack_capacity, stack_redeploy, stack_stuck
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
from .stack_progress import creations, describe, expected, progress, statuses, told, untold
from .stack_requests import creation, deletion
from .stack_status import Look, look_at, seen_as

LOOK = StepDef("look", timedelta(hours=2), preflight=True)
GUARD = StepDef("guard", timedelta(minutes=10), preflight=True)
CLEAR = StepDef("clear", timedelta(minutes=30))
RESOLVE = StepDef("resolve", timedelta(minutes=10))
CREATE = StepDef("create", timedelta(minutes=10))
# Nested stacks that hold what is left behind go before it.
DELETE = StepDef("delete", timedelta(hours=2))
# AWS itself gives up on a resource after 12 hours at the most; environments that take over two are broken.
WAIT = StepDef("wait", timedelta(hours=2))
# Progress is for people to look at; whether the stack is there, DescribeStacks says alone.
UNREADABLE = (ClientError, BotoCoreError, ResponseParserError)


class CloudFormationStack:
    """Steps of one stack. Each may run again at any time: it looks at what is there before it acts."""

    kind = "cloudformation"
    redeploys = True
    takes_parameters = True
    label: Texts = {"en": "CloudFormation stack", "ko": "CloudFormation 스택"}
    identifier_label: Texts = {"en": "Stack name", "ko": "스택 이름"}
    option_fields: tuple[OptionField, ...] = texts.OPTION_FIELDS
    actions = (
        *("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:ListStackResources"),
        *("cloudformation:DescribeStackResources", "cloudformation:GetTemplate", "cloudformation:GetTemplateSummary"),
        *("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack"),
        *("ecr:DescribeImages", "ssm:GetParameter"),
    )

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        if goal is Goal.REDEPLOY:
            return stack_redeploy.STEPS
        return (LOOK, CLEAR, RESOLVE, CREATE, WAIT) if goal is Goal.START else (LOOK, GUARD, DELETE, WAIT)

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        act = getattr(stack_redeploy, step) if goal is Goal.REDEPLOY else getattr(self, f"_{goal}_{step}")
        with in_words("cloudformation", step, ref.account, ref.region):
            outcome: Outcome = act(ref, context, client("cloudformation", ref.account, ref.region))
        return outcome

    def state(self, ref: TargetRef) -> Seen:
        with in_words("cloudformation", "DescribeStacks", ref.account, ref.region):
            stack = describe(client("cloudformation", ref.account, ref.region), ref.identifier)
        return seen_as(stack["StackStatus"] if stack else None)

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        with in_words("cloudformation", "DescribeStacks", account, region):
            found = statuses(client("cloudformation", account, region), {ref.identifier for ref in refs})
        return {name: seen_as(status) for name, status in found.items()}

    def since(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, datetime]:
        """Since when they run (`services.interval_looks.Dated`); of deleted stacks AWS lists nothing by name."""
        with in_words("cloudformation", "DescribeStacks", account, region):
            return creations(client("cloudformation", account, region), {ref.identifier for ref in refs})

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        found: dict[str, Texts] = {}
        body, url = ref.options.get("template_body", ""), ref.options.get("template_url", "")
        if bool(body) == bool(url):
            found["template_url"] = texts.ONE_TEMPLATE
        if url and not re.match(r"^https://[\w.-]*s3[\w.-]*\.amazonaws\.com(\.cn)?/.+", url):
            found["template_url"] = texts.TEMPLATE_URL
        if body:
            try:
                template_guard.parse_template(body)
            except ValueError as error:
                found["template_body"] = texts.template_unreadable(str(error))
        strange = [word for word in ref.options.get("capabilities") or [] if word not in texts.CAPABILITIES]
        if strange:
            found["capabilities"] = texts.unknown_capability(strange[0])
        role = ref.options.get("role_arn", "")
        if role and not re.match(r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$", role):
            found["role_arn"] = texts.ROLE_ARN
        if not re.match(r"^[A-Za-z][A-Za-z0-9-]{0,127}$", ref.identifier):
            found["identifier"] = texts.STACK_NAME
        return found

    # -- start ---------------------------------------------------------------------------------------------------

    def _start_look(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        stack = describe(cfn, ref.identifier)
        status = stack["StackStatus"] if stack else None
        match look_at(status):
            case Look.UP:
                return Done(texts.already_up(ref.identifier, str(status)), finished=True)
            case Look.ABSENT:
                return Done(texts.not_there(ref.identifier))
            case Look.MOVING | Look.LEAVING:
                return Wait(pause(context), texts.being_changed(ref.identifier, str(status)))
            case Look.SHELL:
                return Done(texts.shell(ref.identifier, str(status)), memo={"shell": _id(stack)})
            case Look.DRAFT:
                raise TargetError(texts.draft(ref.identifier), raw=str(status))
            case _:
                raise _needs_a_person(cfn, ref, str(status), context)

    def _start_clear(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        shell: str = context.memo.get("shell", "")
        stack = describe(cfn, shell) if shell else None
        match look_at(stack["StackStatus"] if stack else None):
            case Look.ABSENT:
                return Done(texts.CLEARED if shell else texts.NOTHING_TO_CLEAR)
            case Look.SHELL:
                context.renew()
                cfn.delete_stack(**deletion(ref, shell, context))
                return Wait(timedelta(seconds=2), texts.CLEARING)
            case Look.LEAVING:
                return Wait(pause(context), texts.CLEARING)
            case _:
                raise _needs_a_person(cfn, ref, str(stack and stack["StackStatus"]), context)

    def _start_resolve(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        found = parameters.resolve(ref, context.found)
        return Done(found.said, memo=found.memo())

    def _start_create(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        if context.retried:
            # An earlier try may have reached AWS without its answer being saved: never create twice.
            stack = describe(cfn, ref.identifier)
            if stack and look_at(stack["StackStatus"]) in {Look.UP, Look.MOVING}:
                return Done(texts.creating(ref.identifier), memo={"stack_id": _id(stack)})
        try:
            stack_id = _create(cfn, ref, context, context.token)
        except cfn.exceptions.AlreadyExistsException:
            stack = describe(cfn, ref.identifier)
            return Done(texts.somebody_created(ref.identifier), memo={"stack_id": _id(stack) or ref.identifier})
        return Done(texts.creating(ref.identifier), memo={"stack_id": stack_id})

    def _start_wait(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        stack_id = context.memo.get("stack_id", ref.identifier)
        wanted = deletion(ref, stack_id, context)
        if waiting := stack_capacity.another_try(cfn, ref, context, wanted, partial(_create, cfn, ref, context)):
            return waiting
        stack = describe(cfn, stack_id)
        status = stack["StackStatus"] if stack else None
        match look_at(status):
            case Look.UP:
                return Done(texts.complete(ref.identifier, context.now - context.since))
            case Look.MOVING if str(status).startswith("ROLLBACK"):
                why = told(cfn, stack_id, since=context.began, verb="CREATE")
                return Wait(pause(context), texts.rolling_back(ref.identifier, why))
            case Look.MOVING:
                return _coming_up(cfn, ref, stack_id, context)
            case Look.ABSENT | Look.LEAVING | Look.STUCK:
                raise TargetError(texts.deleted_meanwhile(ref.identifier), raw=str(status))
            case _:
                return stack_capacity.failed(cfn, ref, stack_id, str(status), context)

    # -- stop ----------------------------------------------------------------------------------------------------

    def _stop_look(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        stack = describe(cfn, ref.identifier)
        status = stack["StackStatus"] if stack else None
        match look_at(status):
            case Look.ABSENT | Look.DRAFT:
                return Done(texts.already_gone(ref.identifier), finished=True)
            case Look.MOVING:
                return Wait(pause(context), texts.being_changed(ref.identifier, str(status)))
            case Look.LEAVING:
                return Done(texts.being_deleted(ref.identifier), memo={"stack_id": _id(stack)})
        if stack and stack.get("EnableTerminationProtection"):
            raise TargetError(texts.protected(ref.identifier), raw="EnableTerminationProtection")
        return Done(texts.there(ref.identifier, str(status)), memo={"stack_id": _id(stack)})

    def _stop_guard(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        stack = describe(cfn, context.memo["stack_id"])
        status = stack["StackStatus"] if stack else None
        if look_at(status) is Look.MOVING:
            return Wait(pause(context), texts.being_changed(ref.identifier, str(status)))
        return Done(_nothing_lost(cfn, ref, status, context.memo["stack_id"]))

    def _stop_delete(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        stack_id = context.memo["stack_id"]
        stack = describe(cfn, stack_id)
        status = stack["StackStatus"] if stack else None
        match look_at(status):
            case Look.ABSENT | Look.LEAVING:
                return Done(texts.being_deleted(ref.identifier))
            case Look.MOVING:
                return Wait(pause(context), texts.being_changed(ref.identifier, str(status)))
        # Judged once more right before: hours and updates may lie between the guard's look and this moment.
        _nothing_lost(cfn, ref, status, stack_id)
        wanted = deletion(ref, stack_id, context)
        if waiting := stack_stuck.nested_first(cfn, ref, context, wanted):
            return waiting
        wanted |= stack_stuck.kept(cfn, context, stack_id)
        context.renew()
        cfn.delete_stack(**wanted)
        return Done(texts.being_deleted(ref.identifier))

    def _stop_wait(self, ref: TargetRef, context: StepContext, cfn: Any) -> Outcome:
        stack_id = context.memo["stack_id"]
        stack = describe(cfn, stack_id)
        status = stack["StackStatus"] if stack else None
        match look_at(status):
            case Look.ABSENT:
                return Done(texts.gone(ref.identifier, context.now - context.since))
            case Look.STUCK:
                raise stack_stuck.failure(cfn, ref, stack_id, context)
            case Look.UP:
                stack_stuck.refuse_canceled(ref, stack)
        try:
            # What is left of a stack lists all its resources: nothing needs to be expected.
            seen = progress(cfn, stack_id, settled="DELETE_COMPLETE", planned={}, since=context.began)
        except UNREADABLE as error:
            return Wait(pause(context), texts.unobserved(ref.identifier, str(status), error))
        return Wait(pause(context), texts.going_down(seen), progress=seen)


def _create(cfn: Any, ref: TargetRef, context: StepContext, token: str) -> str:
    secrets = parameters.secrets(ref, context.memo.get("hidden", {}))
    wanted = creation(ref, context.memo.get("parameters", {}) | secrets, token)
    context.renew()
    with untold(secrets.values()):
        return str(cfn.create_stack(**wanted)["StackId"])


def _coming_up(cfn: Any, ref: TargetRef, stack_id: str, context: StepContext) -> Wait:
    try:
        planned = context.memo.get("planned") or expected(cfn, stack_id)
        seen = progress(cfn, stack_id, settled="CREATE_COMPLETE", planned=planned, since=context.began)
    except UNREADABLE as error:
        return Wait(pause(context), texts.unobserved(ref.identifier, "CREATE_IN_PROGRESS", error))
    return Wait(pause(context), texts.coming_up(seen), progress=seen, memo={"planned": planned})


def _id(stack: Mapping[str, Any] | None) -> str:
    return str(stack["StackId"]) if stack else ""


def _needs_a_person(cfn: Any, ref: TargetRef, status: str, context: StepContext) -> TargetError:
    why = told(cfn, ref.identifier, since=context.since - timedelta(days=30))
    return TargetError(texts.broken(ref.identifier, status, why), raw="\n".join(map(str, why)) or status)


def _nothing_lost(cfn: Any, ref: TargetRef, status: str | None, stack_id: str) -> Texts:
    """Say why the stack may be deleted; `TargetError` when data would be lost that nobody has accepted to lose."""
    if look_at(status) in {Look.ABSENT, Look.LEAVING, Look.SHELL}:
        return texts.NOTHING_TO_LOSE
    verdict = template_guard.judge(cfn, stack_id)
    if not verdict.findings:
        return texts.NOTHING_TO_LOSE
    if verdict.fingerprint in ref.accepted:
        return texts.accepted(len(verdict.findings))
    raise TargetError(
        texts.would_lose(ref.identifier, verdict.findings),
        raw="\n".join(f"{f.path or ref.identifier}: {f.logical_id} ({f.type})" for f in verdict.findings),
        memo={"fingerprint": verdict.fingerprint, "findings": verdict.rows()},
    )
