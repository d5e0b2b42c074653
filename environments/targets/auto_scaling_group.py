"""Auto scaling groups, by name or by a tag filter: set to zero, and given back the sizes they had."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from . import auto_scaling_group_texts as texts
from .auto_scaling_groups import (
    Group,
    Sizes,
    failure,
    find,
    groups,
    is_left_alone,
    meant,
    remembered,
    seen_as,
    sizes_in,
    to_restore,
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
from .selection import SelectionError, selection

LOOK = StepDef("look", timedelta(minutes=10), preflight=True)
REMEMBER = StepDef("remember", timedelta(minutes=10))
SCALE = StepDef("scale", timedelta(minutes=20))
# Lifecycle hooks hold an instance for an hour unless they say otherwise.
WAIT = StepDef("wait", timedelta(hours=2))
# A launch that failed is tried again by AWS itself; so long it may take until that helps.
LAUNCH_PATIENCE = timedelta(minutes=5)
CAPACITY_PATIENCE = timedelta(minutes=30)
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-capacity.html
LACKS_CAPACITY = re.compile(r"sufficient\b.*capacity|InsufficientInstanceCapacity", re.IGNORECASE)
# Jobs that protect their own instance are given so long to end; AWS ends it once the protection is taken away:
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
HELD_PATIENCE = timedelta(minutes=15)
CLOCKS_DIFFER = timedelta(seconds=30)
# What was just changed may be described as it was before for so long.
SETTLES = timedelta(seconds=30)
NONE = Sizes(0, 0, 0)
# Any ASCII from 33 to 126 but the colon: API_CreateAutoScalingGroup.
NAME = re.compile(r"[!-9;-~]{1,255}")


class AutoScalingGroups:
    """Steps of one target's groups. Each may run again at any time: it looks at what is there before it acts.

    Stopping sets the maximum to zero as well: scaling policies (a queue that fills up at night) and warm pools, whose
    size is the maximum less the desired capacity, would otherwise bring instances back. Remembered are `sizes`, by
    group, and `down`: no start was completed since (what a stop that was broken off had set to zero still counts).
    """

    kind = "auto_scaling_group"
    label: Texts = {"en": "Auto scaling group", "ko": "Auto Scaling 그룹"}
    identifier_label: Texts = {"en": "Group name or tag filter", "ko": "그룹 이름 또는 태그 필터"}
    option_fields: tuple[OptionField, ...] = texts.OPTION_FIELDS
    actions = (
        *("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScalingActivities"),
        "autoscaling:UpdateAutoScalingGroup",
    )

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        return (LOOK, SCALE, WAIT) if goal is Goal.START else (LOOK, REMEMBER, SCALE, WAIT)

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        act = getattr(self, f"_{goal}_{step}")
        with in_words("autoscaling", step, ref.account, ref.region):
            autoscaling = client("autoscaling", ref.account, ref.region)
            outcome: Outcome = act(ref, context, _found(autoscaling, ref), autoscaling)
        return outcome

    def state(self, ref: TargetRef) -> Seen:
        with in_words("autoscaling", "DescribeAutoScalingGroups", ref.account, ref.region):
            return seen_as(ref, _found(client("autoscaling", ref.account, ref.region), ref))

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        chosen = [selection(ref.identifier) for ref in refs]
        with in_words("autoscaling", "DescribeAutoScalingGroups", account, region):
            seen = list(groups(client("autoscaling", account, region), chosen))
        return {ref.identifier: seen_as(ref, find(one, seen)) for ref, one in zip(refs, chosen, strict=True)}

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        found: dict[str, Texts] = {}
        try:
            chosen = selection(ref.identifier)
            if not chosen.tags and not NAME.fullmatch(chosen.name):
                found["identifier"] = texts.GROUP_NAME
        except SelectionError as error:
            found["identifier"] = error.texts
        sizes = str(ref.options.get("default_sizes") or "")
        if sizes and sizes_in(sizes) is None:
            found["default_sizes"] = texts.DEFAULT_SIZES
        return found

    # -- start ---------------------------------------------------------------------------------------------------

    def _start_look(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        if not found:
            raise TargetError(_nothing(ref))
        to_start = [one for one in meant(ref, found) if not one.is_full]
        if not to_start:
            return Done(texts.already_up(_names(meant(ref, found))), finished=True, remember=_is_up(ref))
        unknown = [one for one in to_start if not one.sizes.wanted and to_restore(ref, one) is None]
        if unknown:
            raise TargetError(texts.unknown_sizes(_names(unknown)))
        _must_not_be_suspended(to_start, "Launch")
        return Done(texts.to_start(_names(to_start), _left_alone(ref, found)))

    def _start_scale(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        # What somebody has set to more than zero meanwhile is theirs, and stays.
        wanted = {one.name: to_restore(ref, one) for one in meant(ref, found) if not one.sizes.wanted}
        if any(sizes is None for sizes in wanted.values()):
            raise TargetError(texts.unknown_sizes([name for name, sizes in wanted.items() if sizes is None]))
        todo = {name: sizes for name, sizes in wanted.items() if sizes is not None}
        for name, sizes in todo.items():
            _resize(autoscaling, name, sizes, context.renew)
        return Done(texts.restored(todo) if todo else texts.NOTHING_TO_RESTORE)

    def _start_wait(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        if not found:
            raise TargetError(_nothing(ref))
        starting = meant(ref, found)
        zero = [one for one in starting if not one.sizes.wanted]
        if zero and context.now - context.since >= SETTLES:
            raise TargetError(texts.set_to_zero(_names(zero)))
        done = sum(min(one.units, one.sizes.wanted) for one in starting)
        total = sum(one.sizes.wanted for one in starting)
        if done >= total and not zero:
            said = texts.started(_names(starting), context.now - context.began, _left_alone(ref, found))
            return Done(said, remember=_is_up(ref))
        why = ""
        for one in (one for one in starting if one.sizes.wanted and not one.is_full):
            why = failure(autoscaling, one.name, context.began - CLOCKS_DIFFER) or why
            patience = CAPACITY_PATIENCE if LACKS_CAPACITY.search(why) else LAUNCH_PATIENCE
            if why and context.now - context.since >= patience:
                lacking = patience is CAPACITY_PATIENCE
                raise TargetError(texts.cannot_launch(one.name, why, lacking=lacking), raw=why)
        return Wait(pause(context), texts.in_service(done, total, why), {"done": done, "total": total})

    # -- stop ----------------------------------------------------------------------------------------------------

    def _stop_look(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        if not found and selection(ref.identifier).tags:
            raise TargetError(_nothing(ref))
        to_stop = [one for one in found if not one.is_down]
        if not to_stop:
            return Done(texts.ALREADY_STOPPED if found else texts.gone(ref.identifier), finished=True)
        _must_not_be_suspended([one for one in to_stop if one.members], "Terminate")
        return Done(texts.to_stop(_names(to_stop)), memo={"total": sum(len(one.members) for one in to_stop)})

    def _stop_remember(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        now = {one.name: one.sizes for one in found if one.sizes.wanted}
        if not now:
            return Done(texts.NOTHING_RAN)
        there = set(_names(found))
        before = {name: sizes for name, sizes in remembered(ref).items() if ref.memory.get("down") and name in there}
        kept = {name: sizes.kept() for name, sizes in (before | now).items()}
        return Done(texts.remembered(now), remember={"sizes": kept, "down": True})

    def _stop_scale(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        # Only what is remembered: a group that was scaled up in this very moment would not come back.
        todo = [one.name for one in found if one.sizes.wanted and one.name in remembered(ref)]
        for name in todo:
            _resize(autoscaling, name, NONE, context.renew)
        return Done(texts.zeroed(todo) if todo else texts.NOTHING_TO_SCALE)

    def _stop_wait(self, ref: TargetRef, context: StepContext, found: list[Group], autoscaling: Any) -> Outcome:
        again = [one for one in found if one.sizes.wanted]
        if again and context.now - context.since >= SETTLES:
            raise TargetError(texts.scaled_up(_names(again)))
        left = [instance_id for one in found for instance_id in one.members]
        if not left and not again:
            return Done(texts.stopped(context.now - context.began))
        held = [instance_id for one in found for instance_id in one.held]
        if held and len(held) == len(left) and context.now - context.since >= HELD_PATIENCE:
            raise TargetError(texts.held(held), raw="\n".join(held))
        total = max(len(left), context.memo.get("total", 0))
        seen = {"done": total - len(left), "total": total}
        return Wait(pause(context), texts.leaving(seen["done"], total, held), seen)


def _found(autoscaling: Any, ref: TargetRef) -> list[Group]:
    chosen = selection(ref.identifier)
    return find(chosen, groups(autoscaling, [chosen]))


def _nothing(ref: TargetRef) -> Texts:
    words = texts.nothing_found if selection(ref.identifier).tags else texts.not_there
    return words(ref.identifier, ref.region)


def _names(found: Sequence[Group]) -> list[str]:
    return [one.name for one in found]


def _left_alone(ref: TargetRef, found: Sequence[Group]) -> list[str]:
    starting = _names(meant(ref, found))
    return [one.name for one in found if is_left_alone(ref, one) and one.name not in starting]


def _must_not_be_suspended(found: Sequence[Group], process: str) -> None:
    names = [one.name for one in found if process in one.suspended]
    if names:
        raise TargetError(texts.suspended(names, process), raw=f"SuspendedProcesses: {process}")


def _is_up(ref: TargetRef) -> Mapping[str, Any] | None:
    """What is remembered from now on: that a start was completed since the last stop."""
    return {**ref.memory, "down": False} if ref.memory.get("down") else None


def _resize(autoscaling: Any, name: str, sizes: Sizes, renew: Callable[[], None]) -> None:
    renew()
    try:
        autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=sizes.low, MaxSize=sizes.high, DesiredCapacity=sizes.wanted
        )
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        if code not in {"ScalingActivityInProgress", "ResourceContention"}:
            raise
        raise TargetError(texts.BUSY, raw=f"{code}: {error}", retryable=True, code=code) from error
